//! The addresses at which practitioners' own calendars read their appointments, found by the SHA-256 of their secret.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::db::{in_transaction, micros, on};
use super::{Error, Store};
use crate::clinical::{LinkDigest, PractitionerId};

impl Store {
    /// Gives a practitioner an address; the one before stops to work.
    pub async fn put_calendar_feed(
        &self,
        practitioner: PractitionerId,
        digest: LinkDigest,
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO calendar_feed (practitioner_id, digest, made_at) VALUES ($1, $2, $3)
            ON CONFLICT (practitioner_id) DO UPDATE SET digest = excluded.digest, made_at = excluded.made_at";
        in_transaction!(self, tx => {
            let query = sqlx::query(SQL).bind(practitioner.uuid()).bind(digest.0.to_vec()).bind(micros(at));
            query.execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Whose address that is. Reading it changes nothing.
    pub async fn calendar_feed_by_digest(&self, digest: LinkDigest) -> Result<Option<PractitionerId>, Error> {
        const SQL: &str = "SELECT practitioner_id FROM calendar_feed WHERE digest = $1";
        let row: Option<(Uuid,)> =
            on!(self, pool => sqlx::query_as(SQL).bind(digest.0.to_vec()).fetch_optional(pool).await?);
        Ok(row.map(|(id,)| PractitionerId::new(id)))
    }

    /// Since when a practitioner has an address.
    pub async fn calendar_feed_of(
        &self,
        practitioner: PractitionerId,
    ) -> Result<Option<DateTime<Utc>>, Error> {
        const SQL: &str = "SELECT made_at FROM calendar_feed WHERE practitioner_id = $1";
        let row: Option<(DateTime<Utc>,)> =
            on!(self, pool => sqlx::query_as(SQL).bind(practitioner.uuid()).fetch_optional(pool).await?);
        Ok(row.map(|(at,)| at))
    }

    /// Takes the address of a practitioner away; tells whether there was one.
    pub async fn remove_calendar_feed(&self, practitioner: PractitionerId) -> Result<bool, Error> {
        const SQL: &str = "DELETE FROM calendar_feed WHERE practitioner_id = $1";
        let removed = in_transaction!(self, tx => {
            sqlx::query(SQL).bind(practitioner.uuid()).execute(&mut *tx).await?.rows_affected()
        });
        Ok(removed > 0)
    }
}
