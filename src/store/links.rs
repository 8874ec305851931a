//! Personal links, found by the SHA-256 of their secret.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::db::{in_transaction, micros, on};
use super::{Error, Store};
use crate::clinical::{AppointmentId, Link, LinkDigest, LinkId, ParticipantId};

#[derive(FromRow)]
struct LinkRow {
    id: Uuid,
    appointment_id: Uuid,
    participant_id: Uuid,
    digest: Vec<u8>,
    issued_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    revoked_at: Option<DateTime<Utc>>,
}

pub(super) const INSERT: &str = "INSERT INTO link
    (id, appointment_id, participant_id, digest, issued_at, expires_at, revoked_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// Writes one link in the transaction `$tx`.
macro_rules! insert {
    ($tx:ident, $link:expr) => {
        sqlx::query($crate::store::links::INSERT)
            .bind($link.id.uuid())
            .bind($link.appointment.uuid())
            .bind($link.participant.uuid())
            .bind($link.digest.0.to_vec())
            .bind($crate::store::db::micros($link.issued_at))
            .bind($crate::store::db::micros($link.expires_at))
            .bind($link.revoked_at.map($crate::store::db::micros))
            .execute(&mut *$tx)
            .await?
    };
}

pub(super) use insert;

impl Store {
    /// The link with that digest, in force or not. Reading it changes nothing.
    pub async fn link_by_digest(&self, digest: LinkDigest) -> Result<Option<Link>, Error> {
        const SQL: &str =
            "SELECT id, appointment_id, participant_id, digest, issued_at, expires_at, revoked_at
            FROM link WHERE digest = $1";
        let row: Option<LinkRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(digest.0.to_vec()).fetch_optional(pool).await?);
        row.map(Link::try_from).transpose()
    }

    /// The link of that identifier, in force or not.
    pub async fn link(&self, id: LinkId) -> Result<Option<Link>, Error> {
        const SQL: &str =
            "SELECT id, appointment_id, participant_id, digest, issued_at, expires_at, revoked_at
            FROM link WHERE id = $1";
        let row: Option<LinkRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(id.uuid()).fetch_optional(pool).await?);
        row.map(Link::try_from).transpose()
    }

    /// Gives a participant a new link and revokes those from before, at the time of issue of the new one.
    pub async fn replace_link(&self, new: &Link) -> Result<(), Error> {
        const REVOKE: &str = "UPDATE link SET revoked_at = $3
            WHERE appointment_id = $1 AND participant_id = $2 AND revoked_at IS NULL";
        in_transaction!(self, tx => {
            sqlx::query(REVOKE)
                .bind(new.appointment.uuid())
                .bind(new.participant.uuid())
                .bind(micros(new.issued_at))
                .execute(&mut *tx)
                .await?;
            insert!(tx, new);
        });
        Ok(())
    }

    /// Revokes whatever link a participant has; tells whether there was one in force.
    pub async fn revoke_link(&self, participant: ParticipantId, at: DateTime<Utc>) -> Result<bool, Error> {
        const SQL: &str = "UPDATE link SET revoked_at = $2 WHERE participant_id = $1 AND revoked_at IS NULL";
        let revoked = in_transaction!(self, tx => {
            let query = sqlx::query(SQL).bind(participant.uuid()).bind(micros(at));
            query.execute(&mut *tx).await?.rows_affected()
        });
        Ok(revoked > 0)
    }

    /// Revokes all links of an appointment; tells how many were in force.
    pub async fn revoke_links_of(&self, appointment: AppointmentId, at: DateTime<Utc>) -> Result<u64, Error> {
        const SQL: &str = "UPDATE link SET revoked_at = $2 WHERE appointment_id = $1 AND revoked_at IS NULL";
        let revoked = in_transaction!(self, tx => {
            let query = sqlx::query(SQL).bind(appointment.uuid()).bind(micros(at));
            query.execute(&mut *tx).await?.rows_affected()
        });
        Ok(revoked)
    }

    /// All links of an appointment, in force or not, by time of issue.
    pub async fn links_of(&self, appointment: AppointmentId) -> Result<Vec<Link>, Error> {
        const SQL: &str =
            "SELECT id, appointment_id, participant_id, digest, issued_at, expires_at, revoked_at
            FROM link WHERE appointment_id = $1 ORDER BY issued_at, id";
        let rows: Vec<LinkRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        rows.into_iter().map(Link::try_from).collect()
    }
}

impl TryFrom<LinkRow> for Link {
    type Error = Error;

    fn try_from(row: LinkRow) -> Result<Self, Error> {
        let digest = <[u8; 32]>::try_from(row.digest).map_err(|_| Error::Inconsistent {
            table: "link",
            id: row.id,
            what: "its digest is not of 32 bytes",
        })?;
        Ok(Self {
            id: LinkId::new(row.id),
            appointment: AppointmentId::new(row.appointment_id),
            participant: ParticipantId::new(row.participant_id),
            digest: LinkDigest(digest),
            issued_at: row.issued_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
        })
    }
}
