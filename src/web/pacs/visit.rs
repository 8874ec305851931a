//! What archives hold of the patient of an appointment: looked for and fetched by who holds it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::appointments::allowed;
use super::super::extract::{Body, One, SignedIn, Two};
use super::super::problem::Failure;
use super::super::receipt::count;
use super::super::{Edge, acts};
use super::fetches::{Begin, FetchId};
use super::told;

use crate::audit::Outcome;
use crate::clinical::{
    Appointment, AppointmentId, InsRegister, NumberRefusal, ParticipantId, PatientNumber, PatientNumberId,
    PatientNumberRecord, Role, Verb, is_other_patient, number_for, serves,
};
use crate::imaging::is_dicom_uid;
use crate::pacs::Node;
use crate::protocol::{
    FetchEntry, FetchRequest, PacsAnswer, PacsChoice, PacsSearch, PacsState, PacsStudy, PatientNumberEntry,
    PatientNumberRequest, ProblemCode,
};

/// The archives that are asked for an appointment.
pub(in crate::web) async fn nodes_for(
    edge: &Edge,
    appointment: &Appointment,
) -> Result<Vec<Arc<Node>>, Failure> {
    let all = edge.pacs.nodes().await?.into_iter();
    Ok(all.filter(|node| node.set.is_on && serves(&node.set.services, appointment.service_id)).collect())
}

/// The numbers by which archives of these domains know the patient.
async fn numbers_for(
    edge: &Edge,
    appointment: &Appointment,
    domains: &[&str],
) -> Result<Vec<Option<PatientNumber>>, Failure> {
    let Some(patient) = appointment.patient().map(|patient| patient.id) else {
        return Ok(vec![None; domains.len()]);
    };
    let mut numbers = edge.store.patient_numbers_of(appointment.id).await?;
    numbers.retain(|record| record.participant == patient);
    let mut ins = edge.store.ins_records_of(appointment.id).await?;
    ins.retain(|record| record.participant == patient);
    Ok(domains.iter().map(|domain| number_for(domain, &numbers, &ins)).collect())
}

/// The archive of that name, if it is asked for this appointment, and the number by which it knows the patient.
async fn asked(
    edge: &Edge,
    appointment: &Appointment,
    key: &str,
) -> Result<(Arc<Node>, PatientNumber), Failure> {
    let nodes = nodes_for(edge, appointment).await?;
    let node = nodes.into_iter().find(|node| node.set.key == key).ok_or_else(Failure::not_found)?;
    let numbers = numbers_for(edge, appointment, &[&node.set.domain]).await?;
    let number = numbers.into_iter().flatten().next().ok_or_else(|| {
        let detail = "nobody has written down by which number this archive knows the patient";
        Failure::new(StatusCode::CONFLICT, ProblemCode::PatientNumberMissing, detail)
    })?;
    Ok((node, number))
}

/// `GET /api/appointments/{appointment}/pacs`
pub(in crate::web) async fn show(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<AppointmentId>,
) -> Result<Json<PacsState>, Failure> {
    let appointment = allowed(&edge, &signed_in, id, Verb::FetchFromPacs).await?;
    let nodes = nodes_for(&edge, &appointment).await?;
    let domains: Vec<_> = nodes.iter().map(|node| node.set.domain.as_str()).collect();
    let numbers = numbers_for(&edge, &appointment, &domains).await?;
    let choice = |(node, number): (&Arc<Node>, Option<PatientNumber>)| PacsChoice {
        pacs: node.set.key.clone(),
        label: node.set.label.clone(),
        domain: node.set.domain.clone(),
        has_number: number.is_some(),
        is_national: InsRegister::of_oid(&node.set.domain).is_some(),
    };
    Ok(Json(PacsState {
        patient: appointment.patient().map(|patient| patient.id.to_string()).unwrap_or_default(),
        nodes: nodes.iter().zip(numbers).map(choice).collect(),
        fetches: edge.fetches.told(appointment.id, &edge.clock),
    }))
}

/// `POST /api/appointments/{appointment}/pacs/search`
pub(in crate::web) async fn search(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<AppointmentId>,
    Body(request): Body<PacsSearch>,
) -> Result<Json<PacsAnswer>, Failure> {
    let appointment = allowed(&edge, &signed_in, id, Verb::FetchFromPacs).await?;
    let (node, number) = asked(&edge, &appointment, &request.pacs).await?;
    let offered = match node.studies_of(&number, None).await {
        Ok(offered) => offered,
        Err(fault) => {
            acts::note_outcome(Outcome::Failed, &format!("pacs:{}", node.set.key));
            let (fault, about) = told(&fault);
            let (studies, dropped, is_cut) = (Vec::new(), 0, false);
            return Ok(Json(PacsAnswer { fault: Some(fault), about, studies, dropped, is_cut }));
        }
    };
    acts::note_detail(&format!("pacs:{} found:{}", node.set.key, offered.studies.len()));
    if offered.dropped > 0 {
        tracing::warn!(
            pacs = node.set.key,
            studies.dropped = offered.dropped,
            "an archive told of studies that nobody asked for"
        );
    }
    let known = edge.store.studies_of(appointment.id).await?;
    let here = |uid: &str| {
        let studies = known.iter().filter(|study| study.facts.uid == uid);
        studies.flat_map(|study| &study.series).map(|series| series.instances).sum::<u64>()
    };
    let booked = appointment.patient_name();
    let studies = offered.studies.into_iter().map(|study| PacsStudy {
        here: u32::try_from(here(&study.uid)).unwrap_or(u32::MAX),
        study: study.uid,
        date: study.date.map(|date| date.to_string()),
        description: study.description,
        modalities: study.modalities,
        instances: study.instances,
        is_other_patient: is_other_patient(booked, study.patient_name.expose()),
        patient_name: study.patient_name,
    });
    Ok(Json(PacsAnswer {
        fault: None,
        about: String::new(),
        studies: studies.collect(),
        dropped: count(offered.dropped),
        is_cut: offered.is_cut,
    }))
}

/// `POST /api/appointments/{appointment}/pacs/fetches`: it goes on by itself from then on.
pub(in crate::web) async fn fetch(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<AppointmentId>,
    Body(request): Body<FetchRequest>,
) -> Result<(StatusCode, Json<FetchEntry>), Failure> {
    let appointment = allowed(&edge, &signed_in, id, Verb::FetchFromPacs).await?;
    let (node, number) = asked(&edge, &appointment, &request.pacs).await?;
    acts::note_detail(&format!("pacs:{}", node.set.key));
    if !is_dicom_uid(&request.study) {
        return Err(Failure::bad_request("no identifier of a study"));
    }
    let begin = Begin { appointment, node, number, study: request.study, by: signed_in.0.id };
    let entry = edge.fetches.begin(&edge, begin)?;
    Ok((StatusCode::CREATED, Json(entry)))
}

/// `DELETE /api/appointments/{appointment}/pacs/fetches/{fetch}`: stops it; one that has ended is not told of any more.
pub(in crate::web) async fn stop(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Two(id, fetch): Two<AppointmentId, FetchId>,
) -> Result<StatusCode, Failure> {
    let appointment = allowed(&edge, &signed_in, id, Verb::FetchFromPacs).await?;
    if edge.fetches.stop(appointment.id, fetch) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Failure::not_found())
    }
}

/// `POST /api/appointments/{appointment}/participants/{participant}/number`
pub(in crate::web) async fn keep_number(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Two(appointment, participant): Two<AppointmentId, ParticipantId>,
    Body(request): Body<PatientNumberRequest>,
) -> Result<(StatusCode, Json<PatientNumberEntry>), Failure> {
    let appointment = allowed(&edge, &signed_in, appointment, Verb::KeepIns).await?;
    if appointment.participant(participant).is_none_or(|person| person.role() != Role::Patient) {
        return Err(Failure::not_found());
    }
    // A national number comes with an identity that was qualified, and is not typed beside it.
    if InsRegister::of_oid(request.domain.trim()).is_some() {
        return Err(NumberRefusal::Domain.into());
    }
    let record = PatientNumberRecord {
        id: PatientNumberId::new(edge.clock.new_uuid()),
        participant,
        by: signed_in.0.id,
        at: edge.clock.now(),
        number: PatientNumber::new(request.number.expose(), &request.domain)?,
    };
    edge.store.add_patient_number(appointment.id, &record).await?;
    tracing::info!(appointment.id = %appointment.id, participant.id = %participant, "a number of a patient was kept");
    let entry = PatientNumberEntry::new(&record, signed_in.0.name.into_inner());
    Ok((StatusCode::CREATED, Json(entry)))
}

impl From<NumberRefusal> for Failure {
    fn from(refusal: NumberRefusal) -> Self {
        let code = match refusal {
            NumberRefusal::Value => ProblemCode::BadPatientNumber,
            NumberRefusal::Domain => ProblemCode::BadDomain,
        };
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, refusal.to_string())
    }
}
