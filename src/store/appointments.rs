//! Appointments with their people, and the time that they take from a practitioner.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::audit::{append, done_by};
use super::db::{in_transaction, micros, on, words};
use super::sealed::{APPOINTMENT_NOTE, PARTICIPANT_NAME};
use super::{Error, Store};
use crate::audit::{Deed, Record, Subject, Who};
use crate::clinical::{
    Appointment, AppointmentId, AppointmentStatus, Contact, GuestRole, Language, Link, Outcome, Part,
    Participant, ParticipantId, PractitionerId, Role, ServiceId,
};

/// Whose appointments an agenda shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgendaScope {
    Everybody,
    /// Those in which this member of staff takes part.
    Practitioner(PractitionerId),
}

/// `note` as it is kept, until it is opened.
#[derive(FromRow)]
struct AppointmentRow {
    id: Uuid,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    service: String,
    service_id: Option<Uuid>,
    status: String,
    status_at: Option<DateTime<Utc>>,
    outcome: Option<String>,
    status_by: Option<Uuid>,
    booked_by: Uuid,
    booked_at: DateTime<Utc>,
    note: String,
}

/// `name` likewise.
#[derive(FromRow)]
struct ParticipantRow {
    id: Uuid,
    appointment_id: Uuid,
    name: String,
    role: String,
    practitioner_id: Option<Uuid>,
    language: String,
    joined_at: Option<DateTime<Utc>>,
}

words!(outcome_to_word, outcome_from_word, Outcome {
    Outcome::Completed => "completed",
    Outcome::FollowUp => "follow_up",
    Outcome::ByTelephone => "by_telephone",
    Outcome::InPerson => "in_person",
    Outcome::NotHeld => "not_held",
});

words!(language_to_word, language_from_word, Language {
    Language::French => "fr",
    Language::English => "en",
});

words!(role_to_word, role_from_word, Role {
    Role::Patient => "patient",
    Role::Relative => "relative",
    Role::Interpreter => "interpreter",
    Role::Practitioner => "practitioner",
});

/// A status and its facts, as the columns hold them.
pub(super) struct StatusColumns {
    pub(super) status: &'static str,
    pub(super) at: Option<DateTime<Utc>>,
    pub(super) outcome: Option<&'static str>,
    pub(super) by: Option<Uuid>,
}

impl From<AppointmentStatus> for StatusColumns {
    fn from(status: AppointmentStatus) -> Self {
        let (status, at, outcome, by) = match status {
            AppointmentStatus::Booked => ("booked", None, None, None),
            AppointmentStatus::Arrived { at } => ("arrived", Some(at), None, None),
            AppointmentStatus::Fulfilled { at, outcome } => {
                ("fulfilled", Some(at), Some(outcome_to_word(outcome)), None)
            }
            AppointmentStatus::Cancelled { at, by } => ("cancelled", Some(at), None, Some(by.uuid())),
            AppointmentStatus::NoShow { at, by } => ("noshow", Some(at), None, Some(by.uuid())),
        };
        Self { status, at: at.map(micros), outcome, by }
    }
}

macro_rules! columns {
    () => {
        "a.id, a.starts_at, a.ends_at, a.service, a.status, a.status_at, a.outcome, a.status_by, a.booked_by, \
         a.booked_at, a.note, a.service_id"
    };
}

pub(super) const INSERT: &str = "INSERT INTO appointment
    (id, starts_at, ends_at, service, status, status_at, outcome, status_by, booked_by, booked_at, note, service_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
pub(super) const INSERT_PARTICIPANT: &str = "INSERT INTO participant
    (id, appointment_id, place, name, role, practitioner_id, language) VALUES ($1, $2, $3, $4, $5, $6, $7)";
pub(super) const INSERT_SLOT: &str = "INSERT INTO practitioner_slot
    (participant_id, appointment_id, practitioner_id, starts_at, ends_at) VALUES ($1, $2, $3, $4, $5)";
/// Changes nothing, but makes the next who books the same person wait for this transaction: on PostgreSQL two that insert
/// overlapping slots at one time would otherwise wait for each other.
pub(super) const HOLD_PRACTITIONER: &str = "UPDATE practitioner SET name = name WHERE id = $1";

/// The practitioners who are booked in these appointments, in the one order in which everybody holds them, so that nobody waits in a circle.
pub(super) fn to_hold(appointments: &[&Appointment]) -> Vec<Uuid> {
    let people = appointments.iter().flat_map(|appointment| &appointment.participants);
    let mut ids: Vec<_> =
        people.filter_map(Participant::booked_practitioner).map(PractitionerId::uuid).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Makes whoever books the same practitioners next wait for the transaction `$tx`.
macro_rules! hold {
    ($tx:ident, $appointments:expr) => {
        for practitioner in $crate::store::appointments::to_hold(&$appointments) {
            sqlx::query($crate::store::appointments::HOLD_PRACTITIONER)
                .bind(practitioner)
                .execute(&mut *$tx)
                .await?;
        }
    };
}

/// Writes an appointment, its people, their time, their links and how they are reached in the transaction `$tx`.
macro_rules! write_appointment {
    ($store:expr, $tx:ident, $appointment:expr, $links:expr, $contacts:expr) => {{
        use $crate::store::appointments as own;
        use $crate::store::db::{micros, text};
        use $crate::store::sealed::{APPOINTMENT_NOTE, PARTICIPANT_NAME};
        let appointment: &$crate::clinical::Appointment = $appointment;
        let status = own::StatusColumns::from(appointment.status);
        let (starts_at, ends_at) = (micros(appointment.starts_at), micros(appointment.ends_at));
        sqlx::query(own::INSERT)
            .bind(appointment.id.uuid())
            .bind(starts_at)
            .bind(ends_at)
            .bind(text(&appointment.service))
            .bind(status.status)
            .bind(status.at)
            .bind(status.outcome)
            .bind(status.by)
            .bind(appointment.booked_by.uuid())
            .bind(micros(appointment.booked_at))
            .bind($store.seal(APPOINTMENT_NOTE, appointment.id.uuid(), appointment.note.expose()))
            .bind(appointment.service_id.map($crate::clinical::ServiceId::uuid))
            .execute(&mut *$tx)
            .await?;
        for (place, participant) in (0_i64..).zip(&appointment.participants) {
            sqlx::query(own::INSERT_PARTICIPANT)
                .bind(participant.id.uuid())
                .bind(appointment.id.uuid())
                .bind(place)
                .bind($store.seal(PARTICIPANT_NAME, participant.id.uuid(), participant.name.expose()))
                .bind(own::role_to_word(participant.role()))
                .bind(participant.practitioner().map($crate::clinical::PractitionerId::uuid))
                .bind(own::language_to_word(participant.language))
                .execute(&mut *$tx)
                .await?;
        }
        for (practitioner, participant) in own::time_taken(appointment) {
            sqlx::query(own::INSERT_SLOT)
                .bind(participant.uuid())
                .bind(appointment.id.uuid())
                .bind(practitioner.uuid())
                .bind(starts_at)
                .bind(ends_at)
                .execute(&mut *$tx)
                .await?;
        }
        for link in $links {
            $crate::store::links::insert!($tx, link);
        }
        for (participant, contact) in $contacts {
            $crate::store::contacts::put!($store, $tx, appointment.id, participant, contact);
        }
    }};
}

pub(super) use {hold, write_appointment};

/// Whose time an appointment takes; nobody's, once it is called off or missed.
pub(super) fn time_taken(appointment: &Appointment) -> Vec<(PractitionerId, ParticipantId)> {
    if matches!(appointment.status, AppointmentStatus::Cancelled { .. } | AppointmentStatus::NoShow { .. }) {
        return Vec::new();
    }
    let mut taken: Vec<_> =
        appointment.participants.iter().filter_map(|p| Some((p.booked_practitioner()?, p.id))).collect();
    taken.sort_unstable();
    taken
}

impl Store {
    /// Books: writes the appointment, its people, their time and their links, all or nothing. Refused with
    /// [`Constraint::AppointmentOverlap`](super::Constraint) when a practitioner is taken at that time.
    pub async fn add_appointment(&self, appointment: &Appointment, links: &[Link]) -> Result<(), Error> {
        self.add_appointment_with(appointment, links, &HashMap::new()).await
    }

    /// [`Store::add_appointment`], with how its guests are reached.
    pub async fn add_appointment_with(
        &self,
        appointment: &Appointment,
        links: &[Link],
        contacts: &HashMap<ParticipantId, Contact>,
    ) -> Result<(), Error> {
        in_transaction!(self, tx => {
            hold!(tx, [appointment]);
            write_appointment!(self, tx, appointment, links, contacts);
        });
        Ok(())
    }

    /// The appointment of that identifier.
    pub async fn appointment(&self, id: AppointmentId) -> Result<Option<Appointment>, Error> {
        const SQL: &str = concat!("SELECT ", columns!(), " FROM appointment a WHERE a.id = $1");
        const PARTICIPANTS: &str =
            "SELECT id, appointment_id, name, role, practitioner_id, language, joined_at FROM participant
            WHERE appointment_id = $1 ORDER BY place";
        let (rows, people) = on!(self, pool => (
            sqlx::query_as(SQL).bind(id.uuid()).fetch_all(pool).await?,
            sqlx::query_as(PARTICIPANTS).bind(id.uuid()).fetch_all(pool).await?,
        ));
        Ok(self.join(rows, people)?.pop())
    }

    /// The appointments that start at `from` or later and before `to`, by start.
    pub async fn appointments_between(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        scope: AgendaScope,
    ) -> Result<Vec<Appointment>, Error> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM appointment a WHERE a.starts_at >= $1 AND a.starts_at < $2
            AND ($3 IS NULL OR EXISTS
                (SELECT 1 FROM participant m WHERE m.appointment_id = a.id AND m.practitioner_id = $3))
            ORDER BY a.starts_at, a.id"
        );
        const PARTICIPANTS: &str =
            "SELECT p.id, p.appointment_id, p.name, p.role, p.practitioner_id, p.language, p.joined_at
            FROM participant p JOIN appointment a ON a.id = p.appointment_id
            WHERE a.starts_at >= $1 AND a.starts_at < $2
            AND ($3 IS NULL OR EXISTS
                (SELECT 1 FROM participant m WHERE m.appointment_id = a.id AND m.practitioner_id = $3))
            ORDER BY p.appointment_id, p.place";
        let (from, to) = (micros(from), micros(to));
        let whose = match scope {
            AgendaScope::Everybody => None,
            AgendaScope::Practitioner(id) => Some(id.uuid()),
        };
        let (rows, people) = on!(self, pool => (
            sqlx::query_as(SQL).bind(from).bind(to).bind(whose).fetch_all(pool).await?,
            sqlx::query_as(PARTICIPANTS).bind(from).bind(to).bind(whose).fetch_all(pool).await?,
        ));
        self.join(rows, people)
    }

    /// The appointments that start at `from` or later, have begun and are not over, by start.
    pub async fn appointments_running(&self, from: DateTime<Utc>) -> Result<Vec<Appointment>, Error> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM appointment a WHERE a.starts_at >= $1 AND a.status = 'arrived' ORDER BY a.starts_at, a.id"
        );
        const PARTICIPANTS: &str =
            "SELECT p.id, p.appointment_id, p.name, p.role, p.practitioner_id, p.language, p.joined_at
            FROM participant p JOIN appointment a ON a.id = p.appointment_id
            WHERE a.starts_at >= $1 AND a.status = 'arrived' ORDER BY p.appointment_id, p.place";
        let from = micros(from);
        let (rows, people) = on!(self, pool => (
            sqlx::query_as(SQL).bind(from).fetch_all(pool).await?,
            sqlx::query_as(PARTICIPANTS).bind(from).fetch_all(pool).await?,
        ));
        self.join(rows, people)
    }

    /// Writes that a member of staff who was not booked comes into an appointment that has begun and is not over. Answers with who they
    /// are there: whoever is in it already stays who they are, also when two ask at once. `None`: it does not run.
    pub async fn add_dropped_in(
        &self,
        appointment: AppointmentId,
        participant: &Participant,
        at: DateTime<Utc>,
    ) -> Result<Option<ParticipantId>, Error> {
        /// Changes nothing, but makes whoever comes in next, and whoever ends it, wait for this transaction.
        const HOLD: &str = "UPDATE appointment SET service = service WHERE id = $1 AND status = 'arrived'";
        const FIND: &str =
            "SELECT id FROM participant WHERE appointment_id = $1 AND practitioner_id = $2 ORDER BY place";
        const ADD: &str = "INSERT INTO participant
            (id, appointment_id, place, name, role, practitioner_id, language, joined_at)
            VALUES ($1, $2, (SELECT COALESCE(MAX(place), -1) + 1 FROM participant WHERE appointment_id = $2),
            $3, $4, $5, $6, $7)";
        let practitioner = participant.practitioner().map(PractitionerId::uuid);
        let id = in_transaction!(self, tx => {
            if sqlx::query(HOLD).bind(appointment.uuid()).execute(&mut *tx).await?.rows_affected() == 0 {
                return Ok(None);
            }
            let found = sqlx::query_as(FIND).bind(appointment.uuid()).bind(practitioner);
            let found: Option<(Uuid,)> = found.fetch_optional(&mut *tx).await?;
            match found {
                Some((id,)) => ParticipantId::new(id),
                None => {
                    sqlx::query(ADD)
                        .bind(participant.id.uuid())
                        .bind(appointment.uuid())
                        .bind(self.seal(PARTICIPANT_NAME, participant.id.uuid(), participant.name.expose()))
                        .bind(role_to_word(participant.role()))
                        .bind(practitioner)
                        .bind(language_to_word(participant.language))
                        .bind(micros(at))
                        .execute(&mut *tx)
                        .await?;
                    let id = Record::id_of(Deed::DropIn, Subject::Consultation, &[participant.id.uuid()]);
                    let record = Record::new(id, at, Who::Nobody, Deed::DropIn, Subject::Consultation);
                    let record = done_by!(tx, appointment, participant.id, record);
                    append!(self, tx, &[record]);
                    participant.id
                }
            }
        });
        Ok(Some(id))
    }

    /// Moves an appointment on, if it still has the kind of status that `from` is; `false` if it has not, or is not there.
    /// Cancelled and missed ones give their time back.
    pub async fn set_appointment_status(
        &self,
        id: AppointmentId,
        from: AppointmentStatus,
        to: AppointmentStatus,
    ) -> Result<bool, Error> {
        const SQL: &str = "UPDATE appointment SET status = $3, status_at = $4, outcome = $5, status_by = $6
            WHERE id = $1 AND status = $2";
        const FREE: &str = "DELETE FROM practitioner_slot WHERE appointment_id = $1";
        let was = StatusColumns::from(from);
        let status = StatusColumns::from(to);
        let gives_time_back =
            matches!(to, AppointmentStatus::Cancelled { .. } | AppointmentStatus::NoShow { .. });
        let is_changed = in_transaction!(self, tx => {
            let changed = sqlx::query(SQL)
                .bind(id.uuid())
                .bind(was.status)
                .bind(status.status)
                .bind(status.at)
                .bind(status.outcome)
                .bind(status.by)
                .execute(&mut *tx)
                .await?
                .rows_affected();
            if changed == 1 && gives_time_back {
                sqlx::query(FREE).bind(id.uuid()).execute(&mut *tx).await?;
            }
            changed == 1
        });
        Ok(is_changed)
    }
}

impl Store {
    /// Gives each appointment its people. Both lists are in order; people of appointments booked in between are passed over.
    fn join(
        &self,
        rows: Vec<AppointmentRow>,
        people: Vec<ParticipantRow>,
    ) -> Result<Vec<Appointment>, Error> {
        let mut by_appointment = HashMap::<Uuid, Vec<Participant>>::new();
        for mut row in people {
            row.name = self.open_cell(PARTICIPANT_NAME, row.id, &row.name)?;
            by_appointment.entry(row.appointment_id).or_default().push(row.try_into()?);
        }
        rows.into_iter()
            .map(|mut row| {
                let participants = by_appointment.remove(&row.id).unwrap_or_default();
                if participants.is_empty() {
                    return Err(Error::Inconsistent {
                        table: "appointment",
                        id: row.id,
                        what: "it has no people",
                    });
                }
                row.note = self.open_cell(APPOINTMENT_NOTE, row.id, &row.note)?;
                appointment(row, participants)
            })
            .collect()
    }
}

fn appointment(row: AppointmentRow, participants: Vec<Participant>) -> Result<Appointment, Error> {
    let status = status(&row).ok_or(Error::Inconsistent {
        table: "appointment",
        id: row.id,
        what: "its status and the facts of the status do not fit",
    })?;
    Ok(Appointment {
        id: AppointmentId::new(row.id),
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        service: row.service,
        service_id: row.service_id.map(ServiceId::new),
        participants,
        status,
        booked_by: PractitionerId::new(row.booked_by),
        booked_at: row.booked_at,
        note: row.note.into(),
    })
}

fn status(row: &AppointmentRow) -> Option<AppointmentStatus> {
    let by = row.status_by.map(PractitionerId::new);
    Some(match (row.status.as_str(), row.status_at, row.outcome.as_deref(), by) {
        ("booked", None, None, None) => AppointmentStatus::Booked,
        ("arrived", Some(at), None, None) => AppointmentStatus::Arrived { at },
        ("fulfilled", Some(at), Some(outcome), None) => {
            AppointmentStatus::Fulfilled { at, outcome: outcome_from_word(outcome)? }
        }
        ("cancelled", Some(at), None, Some(by)) => AppointmentStatus::Cancelled { at, by },
        ("noshow", Some(at), None, Some(by)) => AppointmentStatus::NoShow { at, by },
        _ => return None,
    })
}

impl TryFrom<ParticipantRow> for Participant {
    type Error = Error;

    fn try_from(row: ParticipantRow) -> Result<Self, Error> {
        let wrong = |what| Error::Inconsistent { table: "participant", id: row.id, what };
        let role = role_from_word(&row.role).ok_or_else(|| wrong("an unknown role"))?;
        let part = match (role, row.practitioner_id, row.joined_at) {
            (Role::Patient, None, None) => Part::Guest(GuestRole::Patient),
            (Role::Relative, None, None) => Part::Guest(GuestRole::Relative),
            (Role::Interpreter, None, None) => Part::Guest(GuestRole::Interpreter),
            (Role::Practitioner, Some(id), None) => Part::Practitioner(PractitionerId::new(id)),
            (Role::Practitioner, Some(id), Some(_)) => Part::DroppedIn(PractitionerId::new(id)),
            _ => return Err(wrong("its role, its practitioner and how it came do not fit")),
        };
        Ok(Self {
            id: ParticipantId::new(row.id),
            part,
            language: language_from_word(&row.language).ok_or_else(|| wrong("an unknown language"))?,
            name: row.name.into(),
        })
    }
}
