//! Where guests can be reached.

use std::collections::HashMap;

use chrono::NaiveDate;
use sqlx::FromRow;
use uuid::Uuid;

use super::db::{in_transaction, on};
use super::{Error, Store};
use crate::clinical::{AppointmentId, Contact, EmailAddress, ParticipantId, TelephoneNumber};
use crate::secret::Pii;

#[derive(FromRow)]
struct ContactRow {
    participant_id: Uuid,
    email: Option<String>,
    telephone: Option<String>,
    birth_date: Option<NaiveDate>,
}

impl TryFrom<ContactRow> for Contact {
    type Error = Error;

    fn try_from(row: ContactRow) -> Result<Self, Error> {
        let wrong = |_| Error::Inconsistent {
            table: "contact",
            id: row.participant_id,
            what: "its address or number is none",
        };
        Ok(Self {
            email: row.email.as_deref().map(EmailAddress::parse).transpose().map_err(wrong)?,
            telephone: row.telephone.as_deref().map(TelephoneNumber::parse).transpose().map_err(wrong)?,
            birth_date: row.birth_date.map(Pii::new),
        })
    }
}

pub(super) const SQL_PUT: &str = "INSERT INTO contact (participant_id, appointment_id, email, telephone, birth_date)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (appointment_id, participant_id) DO UPDATE SET email = excluded.email, telephone = excluded.telephone,
        birth_date = excluded.birth_date";

/// Writes one contact within a transaction.
macro_rules! put {
    ($tx:ident, $appointment:expr, $participant:expr, $contact:expr) => {{
        let contact: &$crate::clinical::Contact = $contact;
        sqlx::query($crate::store::contacts::SQL_PUT)
            .bind($participant.uuid())
            .bind($appointment.uuid())
            .bind(contact.email.as_ref().map(|email| email.expose().to_owned()))
            .bind(contact.telephone.as_ref().map(|number| number.expose().to_owned()))
            .bind(contact.birth_date.as_ref().map(|date| *date.expose()))
            .execute(&mut *$tx)
            .await?;
    }};
}

pub(super) use put;

impl Store {
    /// Keeps how somebody of an appointment is reached, in place of what was known.
    pub async fn put_contact(
        &self,
        appointment: AppointmentId,
        participant: ParticipantId,
        contact: &Contact,
    ) -> Result<(), Error> {
        in_transaction!(self, tx => put!(tx, appointment, participant, contact));
        Ok(())
    }

    /// How the people of an appointment are reached; nobody is in it of whom nothing is known.
    pub async fn contacts_of(
        &self,
        appointment: AppointmentId,
    ) -> Result<HashMap<ParticipantId, Contact>, Error> {
        const SQL: &str =
            "SELECT participant_id, email, telephone, birth_date FROM contact WHERE appointment_id = $1";
        let rows: Vec<ContactRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        rows.into_iter().map(|row| Ok((ParticipantId::new(row.participant_id), row.try_into()?))).collect()
    }
}
