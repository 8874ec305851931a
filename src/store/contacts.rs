//! Where guests can be reached.

use std::collections::HashMap;

use sqlx::FromRow;
use uuid::Uuid;

use super::db::{in_transaction, on};
use super::sealed::{CONTACT_BIRTH_DATE, CONTACT_EMAIL, CONTACT_TELEPHONE};
use super::{Error, Store};
use crate::clinical::{AppointmentId, Contact, EmailAddress, ParticipantId, TelephoneNumber};
use crate::secret::Pii;

#[derive(FromRow)]
struct ContactRow {
    participant_id: Uuid,
    email: Option<String>,
    telephone: Option<String>,
    birth_date_sealed: Option<String>,
}

pub(super) const SQL_PUT: &str = "INSERT INTO contact (participant_id, appointment_id, email, telephone, birth_date_sealed)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (appointment_id, participant_id) DO UPDATE SET email = excluded.email, telephone = excluded.telephone,
        birth_date_sealed = excluded.birth_date_sealed";

/// Writes one contact within a transaction.
macro_rules! put {
    ($store:expr, $tx:ident, $appointment:expr, $participant:expr, $contact:expr) => {{
        use $crate::store::sealed::{CONTACT_BIRTH_DATE, CONTACT_EMAIL, CONTACT_TELEPHONE};
        let contact: &$crate::clinical::Contact = $contact;
        let row = $participant.uuid();
        let email = contact.email.as_ref().map(|email| $store.seal(CONTACT_EMAIL, row, email.expose()));
        let telephone =
            contact.telephone.as_ref().map(|number| $store.seal(CONTACT_TELEPHONE, row, number.expose()));
        let birth_date =
            contact.birth_date.as_ref().map(|date| $store.seal_date(CONTACT_BIRTH_DATE, row, *date.expose()));
        sqlx::query($crate::store::contacts::SQL_PUT)
            .bind(row)
            .bind($appointment.uuid())
            .bind(email)
            .bind(telephone)
            .bind(birth_date)
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
        in_transaction!(self, tx => put!(self, tx, appointment, participant, contact));
        Ok(())
    }

    /// How the people of an appointment are reached; nobody is in it of whom nothing is known.
    pub async fn contacts_of(
        &self,
        appointment: AppointmentId,
    ) -> Result<HashMap<ParticipantId, Contact>, Error> {
        const SQL: &str = "SELECT participant_id, email, telephone, birth_date_sealed FROM contact WHERE appointment_id = $1";
        let rows: Vec<ContactRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        rows.into_iter()
            .map(|row| Ok((ParticipantId::new(row.participant_id), self.opened_contact(&row)?)))
            .collect()
    }

    fn opened_contact(&self, row: &ContactRow) -> Result<Contact, Error> {
        let id = row.participant_id;
        let wrong = |_| Error::Inconsistent { table: "contact", id, what: "its address or number is none" };
        let open = |cell, sealed: &Option<String>| {
            sealed.as_deref().map(|sealed| self.open_cell(cell, id, sealed)).transpose()
        };
        let (email, telephone) = (open(CONTACT_EMAIL, &row.email)?, open(CONTACT_TELEPHONE, &row.telephone)?);
        let date = row.birth_date_sealed.as_deref();
        let date = date.map(|sealed| self.open_date(CONTACT_BIRTH_DATE, id, sealed)).transpose()?;
        Ok(Contact {
            email: email.as_deref().map(EmailAddress::parse).transpose().map_err(wrong)?,
            telephone: telephone.as_deref().map(TelephoneNumber::parse).transpose().map_err(wrong)?,
            birth_date: date.map(Pii::new),
        })
    }
}
