//! Who people were found to be: checks as steps that are kept, and the national health identity of patients.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::NaiveDate;

use super::appointments::allowed;
use super::extract::{Body, One, SignedIn, Two};
use super::problem::Failure;
use super::{Edge, pacs};
use crate::clinical::{
    AppointmentId, IdentityCheck, IdentityCheckId, IdentityRefusal, InsNumber, InsRecord, InsRecordId,
    InsRefusal, InsRegister, InsTraits, InseeCode, ParticipantId, PractitionerId, Role, Verb,
};
use crate::live::WaitingNews;
use crate::protocol::{
    IdentityCheckEntry, IdentityCheckRequest, IdentityState, InsEntry, InsRequest, KnownPerson,
    PatientNumberEntry, ProblemCode,
};
use crate::secret::Pii;

/// `GET /api/appointments/{appointment}/identity`
pub(super) async fn show(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(appointment): One<AppointmentId>,
) -> Result<Json<IdentityState>, Failure> {
    let appointment = allowed(&edge, &signed_in, appointment, Verb::KeepIns).await?;
    let people = edge.store.practitioners().await?;
    let named = |id: PractitionerId| {
        let person = people.iter().find(|person| person.id == id);
        person.map(|person| person.name.expose().clone()).unwrap_or_default()
    };
    let contacts = edge.store.contacts_of(appointment.id).await?;
    let known = appointment.participants.iter().filter(|person| person.role().is_guest());
    let known = known.map(|person| KnownPerson {
        participant: person.id.to_string(),
        name: person.name.clone(),
        birth_date: contacts
            .get(&person.id)
            .and_then(|contact| contact.birth_date.as_ref())
            .map(|date| date.expose().to_string().into()),
    });
    let checks = edge.store.identity_checks_of(appointment.id).await?;
    let records = edge.store.ins_records_of(appointment.id).await?;
    let numbers = edge.store.patient_numbers_of(appointment.id).await?;
    let mut domains: Vec<String> = Vec::new();
    for node in pacs::visit::nodes_for(&edge, &appointment).await? {
        let domain = &node.set.domain;
        // A national number comes with the identity.
        if !domains.contains(domain) && InsRegister::of_oid(domain).is_none() {
            domains.push(domain.clone());
        }
    }
    Ok(Json(IdentityState {
        known: known.collect(),
        checks: checks.iter().map(|check| IdentityCheckEntry::new(check, named(check.by))).collect(),
        ins: records.iter().map(|record| InsEntry::new(record, named(record.by))).collect(),
        numbers: numbers.iter().map(|record| PatientNumberEntry::new(record, named(record.by))).collect(),
        domains,
    }))
}

/// `POST /api/appointments/{appointment}/participants/{participant}/identity`
pub(super) async fn check(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Two(appointment, participant): Two<AppointmentId, ParticipantId>,
    Body(request): Body<IdentityCheckRequest>,
) -> Result<(StatusCode, Json<IdentityCheckEntry>), Failure> {
    let appointment = allowed(&edge, &signed_in, appointment, Verb::CheckIdentity).await?;
    let is_guest = appointment.participant(participant).is_some_and(|person| person.role().is_guest());
    if !is_guest {
        return Err(Failure::not_found());
    }
    let findings = request
        .findings()
        .ok_or_else(|| Failure::bad_request("a document has its kind, and nothing else has one"))?;
    let check = IdentityCheck {
        id: IdentityCheckId::new(edge.clock.new_uuid()),
        participant,
        by: signed_in.0.id,
        at: edge.clock.now(),
        findings: findings.checked()?,
    };
    edge.store.add_identity_check(appointment.id, &check).await?;
    tracing::info!(appointment.id = %appointment.id, participant.id = %participant, "an identity was checked");
    edge.live.waiting_news(appointment.id, WaitingNews::Checked(check)).await;
    edge.live.announce_change();
    let entry = IdentityCheckEntry::new(&check, signed_in.0.name.into_inner());
    Ok((StatusCode::CREATED, Json(entry)))
}

/// `POST /api/appointments/{appointment}/participants/{participant}/ins`
pub(super) async fn keep_ins(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Two(appointment, participant): Two<AppointmentId, ParticipantId>,
    Body(request): Body<InsRequest>,
) -> Result<(StatusCode, Json<InsEntry>), Failure> {
    let appointment = allowed(&edge, &signed_in, appointment, Verb::KeepIns).await?;
    if appointment.participant(participant).is_none_or(|person| person.role() != Role::Patient) {
        return Err(Failure::not_found());
    }
    let now = edge.clock.now();
    let birth_date = NaiveDate::parse_from_str(request.birth_date.expose().trim(), "%Y-%m-%d");
    let number = match (request.number, request.register) {
        (Some(number), Some(register)) => Some(InsNumber::new(number.expose(), register.into())?),
        (None, None) => None,
        _ => return Err(Failure::bad_request("a number has its register, and nothing else has one")),
    };
    let traits = InsTraits {
        birth_name: request.birth_name,
        given_names: request.given_names,
        birth_date: Pii::new(birth_date.map_err(|_| InsRefusal::BirthDate)?),
        sex: request.sex.into(),
        birth_place: InseeCode::new(request.birth_place.expose())?,
        number,
        status: request.status.into(),
    };
    let today = now.with_timezone(&edge.hospital.time_zone).date_naive();
    let record = InsRecord {
        id: InsRecordId::new(edge.clock.new_uuid()),
        participant,
        by: signed_in.0.id,
        at: now,
        traits: traits.checked(today)?,
    };
    edge.store.add_ins_record(appointment.id, &record).await?;
    tracing::info!(appointment.id = %appointment.id, participant.id = %participant, "a national identity was kept");
    let entry = InsEntry::new(&record, signed_in.0.name.into_inner());
    Ok((StatusCode::CREATED, Json(entry)))
}

impl From<IdentityRefusal> for Failure {
    fn from(refusal: IdentityRefusal) -> Self {
        let code = ProblemCode::IdentityNotCompared;
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, refusal.to_string())
    }
}

impl From<InsRefusal> for Failure {
    fn from(refusal: InsRefusal) -> Self {
        let code = match refusal {
            InsRefusal::Name => ProblemCode::InsName,
            InsRefusal::BirthDate => ProblemCode::InsBirthDate,
            InsRefusal::BirthPlace => ProblemCode::InsBirthPlace,
            InsRefusal::NumberForm | InsRefusal::NumberKey => ProblemCode::InsNumber,
            InsRefusal::NumberNotAllowed | InsRefusal::NumberMissing => ProblemCode::InsStatus,
        };
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, refusal.to_string())
    }
}
