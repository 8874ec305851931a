//! What the gateway itself knows of a visit, gathered for its report.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::clinical::{
    Appointment, AppointmentStatus, ConsentAnswer, DocumentKind, IdentityMeans, InstanceId, ParticipantId,
    Report, SeriesId, incidents, is_other_patient,
};
use crate::report::{
    ConsentFact, IdentityFact, ImageFact, IncidentFact, InstanceFact, LocalTime, MeansFact, PersonFact,
    Presence, ReportFacts, SeriesFact, Span, StudyFact, TelephoneFact, held, presences,
};
use crate::store::{StoredKeyImage, StoredStudy};
use crate::web::Edge;
use crate::web::problem::Failure;

/// A time where the hospital is.
pub(super) fn local(edge: &Edge, at: DateTime<Utc>) -> LocalTime {
    at.with_timezone(&edge.hospital.time_zone).fixed_offset()
}

/// All that the gateway knows as of now. `images` are the key images that stand in the report.
pub(super) async fn facts(
    edge: &Edge,
    appointment: &Appointment,
    report: &Report,
) -> Result<ReportFacts, Failure> {
    let id = appointment.id;
    let now = edge.clock.now();
    let span =
        |presence: Presence| Span { from: local(edge, presence.from), until: local(edge, presence.until) };
    let moves = edge.store.moves_of(id).await?;
    let until = match appointment.status {
        AppointmentStatus::Fulfilled { at, .. } => at,
        _ => now,
    };
    let contacts = edge.store.contacts_of(id).await?;
    let mut everybody = Vec::new();
    let mut people = Vec::with_capacity(appointment.participants.len());
    for person in &appointment.participants {
        let there = presences(&moves, person.id, until);
        everybody.extend(there.iter().copied());
        people.push(PersonFact {
            id: person.id.uuid(),
            role: person.role().into(),
            name: person.name.clone(),
            birth_date: contacts.get(&person.id).and_then(|contact| contact.birth_date.clone()),
            practitioner: person.practitioner().map(|practitioner| practitioner.uuid()),
            has_dropped_in: person.has_dropped_in(),
            presences: there.into_iter().map(span).collect(),
        });
    }
    let (studies, studies_of_others) = studies(edge, appointment).await?;
    let telephones = edge.store.telephones_of(id).await?.into_iter().map(|stored| TelephoneFact {
        since: local(edge, stored.telephone.since),
        until: stored.until.map(|until| local(edge, until)),
        reason: stored.telephone.reason.into(),
    });
    let image = |image: StoredKeyImage| ImageFact {
        id: image.id.uuid(),
        caption: image.caption.expose().into(),
        modality: image.modality,
        title: image.title,
    };
    let hospital = edge.hospital_now().await?;
    Ok(ReportFacts {
        appointment: id.uuid(),
        hospital: hospital.name,
        telephone: hospital.telephone,
        service: appointment.service.clone(),
        planned: Span { from: local(edge, appointment.starts_at), until: local(edge, appointment.ends_at) },
        held: held(&everybody).map(span),
        outcome: match appointment.status {
            AppointmentStatus::Fulfilled { outcome, .. } => Some(outcome.into()),
            _ => None,
        },
        people,
        identity: identity(edge, appointment).await?,
        consent: consent(edge, appointment).await?,
        studies,
        studies_of_others,
        images: images(edge, appointment, report).await?.into_iter().map(image).collect(),
        incidents: technical(edge, appointment, &moves).await?,
        telephones: telephones.collect(),
    })
}

/// The key images of a report, in its order: what is kept no longer, or is of another patient's study, stands in none.
pub(super) async fn images(
    edge: &Edge,
    appointment: &Appointment,
    report: &Report,
) -> Result<Vec<StoredKeyImage>, Failure> {
    let mut kept = own_images(edge, appointment).await?;
    let place = |image: &StoredKeyImage| report.body.images.iter().position(|id| *id == image.id);
    kept.retain(|image| place(image).is_some());
    kept.sort_by_key(place);
    Ok(kept)
}

/// The key images of the booked patient.
pub(in crate::web) async fn own_images(
    edge: &Edge,
    appointment: &Appointment,
) -> Result<Vec<StoredKeyImage>, Failure> {
    let others: BTreeSet<SeriesId> = edge
        .store
        .studies_of(appointment.id)
        .await?
        .iter()
        .filter(|study| is_of_other(appointment, study))
        .flat_map(|study| study.series.iter().map(|series| series.id))
        .collect();
    let mut kept = edge.store.key_images_of(appointment.id).await?;
    kept.retain(|image| !others.contains(&image.series));
    Ok(kept)
}

fn is_of_other(appointment: &Appointment, study: &StoredStudy) -> bool {
    is_other_patient(appointment.patient_name(), study.patient.name.expose())
}

/// What of each study was shown or kept, and to whom; and how many studies of other people were shown.
async fn studies(edge: &Edge, appointment: &Appointment) -> Result<(Vec<StudyFact>, u32), Failure> {
    let mut steps = BTreeMap::<SeriesId, u32>::new();
    let mut objects = BTreeMap::<SeriesId, BTreeSet<InstanceId>>::new();
    let mut seen = BTreeMap::<SeriesId, BTreeSet<ParticipantId>>::new();
    for (step, sights) in edge.store.viewing_steps_of(appointment.id).await? {
        for viewport in &step.viewports {
            *steps.entry(viewport.series).or_default() += 1;
            objects.entry(viewport.series).or_default().insert(viewport.instance);
            seen.entry(viewport.series).or_default().extend(sights.iter().map(|sight| sight.participant));
        }
    }
    for image in edge.store.key_images_of(appointment.id).await? {
        objects.entry(image.series).or_default().insert(image.instance);
    }
    let mut facts = Vec::new();
    let mut of_others = 0_u32;
    for study in edge.store.studies_of(appointment.id).await? {
        let shown: Vec<_> =
            study.series.iter().filter(|series| objects.contains_key(&series.id)).cloned().collect();
        if shown.is_empty() {
            continue;
        }
        if is_of_other(appointment, &study) {
            of_others += 1;
            continue;
        }
        let mut series = Vec::with_capacity(shown.len());
        let mut viewers = BTreeSet::<Uuid>::new();
        for one in shown {
            viewers.extend(seen.get(&one.id).into_iter().flatten().map(|viewer| viewer.uuid()));
            let wanted = objects.get(&one.id).cloned().unwrap_or_default();
            let known = edge.store.instances_of(one.id).await?;
            let instances: BTreeSet<InstanceFact> = known
                .into_iter()
                .filter(|(id, _)| wanted.contains(id))
                .map(|(_, instance)| InstanceFact { uid: instance.uid, class: instance.class_uid })
                .collect();
            series.push(SeriesFact {
                uid: one.facts.uid,
                modality: one.facts.modality,
                title: one.facts.description,
                steps: steps.get(&one.id).copied().unwrap_or_default(),
                instances: instances.into_iter().collect(),
            });
        }
        let in_order = appointment.participants.iter().map(|person| person.id.uuid());
        facts.push(StudyFact {
            uid: study.facts.uid,
            description: study.facts.description,
            date: study.facts.date,
            series,
            seen_by: in_order.filter(|person| viewers.contains(person)).collect(),
        });
    }
    Ok((facts, of_others))
}

/// What went wrong for whom.
async fn technical(
    edge: &Edge,
    appointment: &Appointment,
    moves: &[crate::clinical::Move],
) -> Result<Vec<IncidentFact>, Failure> {
    let rows = edge.store.quality_of(appointment.id).await?;
    // The last check counts.
    let checks: BTreeMap<ParticipantId, _> =
        moves.iter().filter_map(|line| Some((line.participant, line.check?))).collect();
    let mut facts = Vec::new();
    for person in &appointment.participants {
        let of_person: Vec<_> = rows
            .iter()
            .filter(|((participant, ..), _)| *participant == person.id)
            .map(|((_, direction, path), tally)| (*direction, *path, *tally))
            .collect();
        let all = incidents(&of_person, checks.get(&person.id).copied());
        facts
            .extend(all.into_iter().map(|what| IncidentFact { person: person.id.uuid(), what: what.into() }));
    }
    Ok(facts)
}

/// How staff made sure who the patient is: the last check counts.
async fn identity(edge: &Edge, appointment: &Appointment) -> Result<Option<IdentityFact>, Failure> {
    let Some(patient) = appointment.patient() else { return Ok(None) };
    let checks = edge.store.identity_checks_of(appointment.id).await?;
    let Some(check) = checks.into_iter().rfind(|check| check.participant == patient.id) else {
        return Ok(None);
    };
    let by = match appointment.participant_of(check.by) {
        Some(participant) => participant.name.clone(),
        None => edge.store.practitioner(check.by).await?.map(|person| person.name).unwrap_or_default(),
    };
    let findings = check.findings;
    Ok(Some(IdentityFact {
        at: local(edge, check.at),
        by,
        means: match findings.means {
            IdentityMeans::Document(DocumentKind::IdentityCard) => MeansFact::IdentityCard,
            IdentityMeans::Document(DocumentKind::Passport) => MeansFact::Passport,
            IdentityMeans::Document(DocumentKind::ResidencePermit) => MeansFact::ResidencePermit,
            IdentityMeans::Document(DocumentKind::DrivingLicence) => MeansFact::DrivingLicence,
            IdentityMeans::Document(DocumentKind::HealthCard) => MeansFact::HealthCard,
            IdentityMeans::Document(DocumentKind::Other) => MeansFact::OtherDocument,
            IdentityMeans::KnownToMe => MeansFact::KnownBefore,
            IdentityMeans::Recognised => MeansFact::Recognised,
            IdentityMeans::Said => MeansFact::Said,
        },
        is_name_right: findings.is_name_right,
        is_birth_date_right: findings.is_birth_date_right,
    }))
}

/// What the patient said to the information about the visit: the last answer counts.
async fn consent(edge: &Edge, appointment: &Appointment) -> Result<Option<ConsentFact>, Failure> {
    let Some(patient) = appointment.patient() else { return Ok(None) };
    let answers = edge.store.consents_of(appointment.id).await?;
    let last = answers.into_iter().rfind(|answer| answer.participant == patient.id);
    Ok(last.map(|answer| ConsentFact {
        at: local(edge, answer.at),
        is_given: answer.answer == ConsentAnswer::Given,
        version: match answer.version {
            0 => "standard".to_owned(),
            version => format!("{}, {version}", appointment.service),
        },
    }))
}
