//! How appointments came to be and what became of them; moving one and calling one off, each all or nothing; finding them by name.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use sqlx::FromRow;
use uuid::Uuid;

use super::appointments::{self, AgendaScope};
use super::db::{in_transaction, micros, on, text, words};
use super::sealed::PARTICIPANT_NAME;
use super::{Error, Store};
use crate::clinical::{
    Appointment, AppointmentId, CalledOff, Contact, Course, Link, ParticipantId, PatientPlace,
    PractitionerId, is_sought,
};

#[derive(FromRow)]
struct CourseRow {
    room: Option<String>,
    site: String,
    replaces_id: Option<Uuid>,
    follows_id: Option<Uuid>,
    called_off: Option<String>,
}

words!(called_off_to_word, called_off_from_word, CalledOff {
    CalledOff::Moved => "moved",
    CalledOff::ByPatient => "by_patient",
    CalledOff::ByStaff => "by_staff",
});

pub(super) const INSERT: &str = "INSERT INTO appointment_course
    (appointment_id, room, site, replaces_id, follows_id, called_off) VALUES ($1, $2, $3, $4, $5, $6)";

const CALL_OFF: &str = "UPDATE appointment SET status = 'cancelled', status_at = $2, status_by = $3
    WHERE id = $1 AND status = 'booked'";
const FREE: &str = "DELETE FROM practitioner_slot WHERE appointment_id = $1";
const SAY_WHY: &str = "INSERT INTO appointment_course (appointment_id, site, called_off) VALUES ($1, '', $2)
    ON CONFLICT (appointment_id) DO UPDATE SET called_off = excluded.called_off";
const REVOKE: &str = "UPDATE link SET revoked_at = $2 WHERE appointment_id = $1 AND revoked_at IS NULL";

/// Writes a course in the transaction `$tx`.
macro_rules! insert {
    ($tx:ident, $appointment:expr, $course:expr) => {{
        let course: &$crate::clinical::Course = $course;
        sqlx::query($crate::store::courses::INSERT)
            .bind($appointment.uuid())
            .bind($crate::store::courses::room_of(course))
            .bind($crate::store::db::text(&course.site))
            .bind(course.replaces.map($crate::clinical::AppointmentId::uuid))
            .bind(course.follows.map($crate::clinical::AppointmentId::uuid))
            .bind(course.called_off.map($crate::store::courses::called_off_to_word))
            .execute(&mut *$tx)
            .await?;
    }};
}

pub(super) use insert;

pub(super) fn room_of(course: &Course) -> Option<String> {
    match &course.place {
        PatientPlace::AtHome => None,
        PatientPlace::Room(name) => Some(text(name).into_owned()),
    }
}

impl Store {
    /// Books as [`Store::add_appointment_with`] does, and keeps how the appointment came to be.
    pub async fn book(
        &self,
        appointment: &Appointment,
        links: &[Link],
        contacts: &HashMap<ParticipantId, Contact>,
        course: &Course,
    ) -> Result<(), Error> {
        in_transaction!(self, tx => {
            appointments::hold!(tx, [appointment]);
            appointments::write_appointment!(self, tx, appointment, links, contacts);
            insert!(tx, appointment.id, course);
        });
        Ok(())
    }

    /// Moves an appointment that is still booked: calls `old` off, takes its links back, and books `new` in its place; all of it or nothing.
    /// `false` if the old one is not booked any more. The new one may take the time of the old one.
    pub async fn move_appointment(
        &self,
        old: &Appointment,
        new: &Appointment,
        links: &[Link],
        contacts: &HashMap<ParticipantId, Contact>,
        course: &Course,
    ) -> Result<bool, Error> {
        let course = Course { replaces: Some(old.id), ..course.clone() };
        let (at, by) = (micros(new.booked_at), new.booked_by.uuid());
        let is_moved = in_transaction!(self, tx => {
            appointments::hold!(tx, [old, new]);
            let off = sqlx::query(CALL_OFF).bind(old.id.uuid()).bind(at).bind(by).execute(&mut *tx).await?;
            if off.rows_affected() == 0 {
                return Ok(false);
            }
            sqlx::query(FREE).bind(old.id.uuid()).execute(&mut *tx).await?;
            sqlx::query(SAY_WHY).bind(old.id.uuid()).bind(called_off_to_word(CalledOff::Moved)).execute(&mut *tx).await?;
            sqlx::query(REVOKE).bind(old.id.uuid()).bind(at).execute(&mut *tx).await?;
            appointments::write_appointment!(self, tx, new, links, contacts);
            insert!(tx, new.id, &course);
            true
        });
        Ok(is_moved)
    }

    /// Calls an appointment off that is still booked, and takes its links back; `false` if it is not booked any more.
    pub async fn call_off(
        &self,
        appointment: AppointmentId,
        why: CalledOff,
        by: PractitionerId,
        at: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let (id, at) = (appointment.uuid(), micros(at));
        let is_off = in_transaction!(self, tx => {
            let off = sqlx::query(CALL_OFF).bind(id).bind(at).bind(by.uuid()).execute(&mut *tx).await?;
            if off.rows_affected() == 0 {
                return Ok(false);
            }
            sqlx::query(FREE).bind(id).execute(&mut *tx).await?;
            sqlx::query(SAY_WHY).bind(id).bind(called_off_to_word(why)).execute(&mut *tx).await?;
            sqlx::query(REVOKE).bind(id).bind(at).execute(&mut *tx).await?;
            true
        });
        Ok(is_off)
    }

    /// How an appointment came to be, and what became of it. One without a row is at home, and stands alone.
    pub async fn course(&self, appointment: AppointmentId) -> Result<Course, Error> {
        const SQL: &str = "SELECT room, site, replaces_id, follows_id, called_off FROM appointment_course
            WHERE appointment_id = $1";
        const NEXT: &str = "SELECT appointment_id FROM appointment_course WHERE replaces_id = $1";
        let id = appointment.uuid();
        let (row, next): (Option<CourseRow>, Option<(Uuid,)>) = on!(self, pool => (
            sqlx::query_as(SQL).bind(id).fetch_optional(pool).await?,
            sqlx::query_as(NEXT).bind(id).fetch_optional(pool).await?,
        ));
        let moved_to = next.map(|(id,)| AppointmentId::new(id));
        let Some(row) = row else { return Ok(Course { moved_to, ..Course::default() }) };
        let called_off = row.called_off.as_deref().map(|word| {
            let wrong = Error::Inconsistent { table: "appointment_course", id, what: "an unknown reason" };
            called_off_from_word(word).ok_or(wrong)
        });
        Ok(Course {
            place: row.room.map_or(PatientPlace::AtHome, PatientPlace::Room),
            site: row.site,
            replaces: row.replaces_id.map(AppointmentId::new),
            follows: row.follows_id.map(AppointmentId::new),
            called_off: called_off.transpose()?,
            moved_to,
        })
    }

    /// The appointments that were booked to follow this one, oldest first.
    pub async fn follow_ups_of(&self, appointment: AppointmentId) -> Result<Vec<AppointmentId>, Error> {
        const SQL: &str = "SELECT c.appointment_id FROM appointment_course c
            JOIN appointment a ON a.id = c.appointment_id WHERE c.follows_id = $1 ORDER BY a.starts_at, a.id";
        let rows: Vec<(Uuid,)> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        Ok(rows.into_iter().map(|(id,)| AppointmentId::new(id)).collect())
    }

    /// The appointments within these times whose patient's name has these words, the latest first, at most `limit`.
    pub async fn appointments_sought(
        &self,
        wanted: &str,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        scope: AgendaScope,
        limit: usize,
    ) -> Result<Vec<Appointment>, Error> {
        // Names are sealed, so they are opened and compared here; only names are read, as a stream.
        const SQL: &str = "SELECT a.id, p.id, p.name FROM appointment a
            JOIN participant p ON p.appointment_id = a.id AND p.role = 'patient'
            WHERE a.starts_at >= $1 AND a.starts_at < $2
            AND ($3 IS NULL OR EXISTS
                (SELECT 1 FROM participant m WHERE m.appointment_id = a.id AND m.practitioner_id = $3))
            ORDER BY a.starts_at DESC, a.id";
        let whose = match scope {
            AgendaScope::Everybody => None,
            AgendaScope::Practitioner(id) => Some(id.uuid()),
        };
        let mut found: Vec<AppointmentId> = Vec::new();
        on!(self, pool => {
            let query = sqlx::query_as(SQL).bind(micros(from)).bind(micros(to)).bind(whose);
            let mut rows = query.fetch(pool);
            while let Some((id, person, name)) = rows.try_next().await? {
                let (id, person, name): (Uuid, Uuid, String) = (id, person, name);
                if is_sought(&self.open_cell(PARTICIPANT_NAME, person, &name)?, wanted) {
                    found.push(AppointmentId::new(id));
                    if found.len() >= limit {
                        break;
                    }
                }
            }
        });
        let mut appointments = Vec::new();
        for id in found {
            appointments.extend(self.appointment(id).await?);
        }
        Ok(appointments)
    }
}
