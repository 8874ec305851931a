//! Who acts for whom.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::audit::append;
use super::db::{in_transaction, micros, on};
use super::{Error, Store};
use crate::audit::Record;
use crate::clinical::{Delegation, DelegationId, ParticipantId, PractitionerId};

#[derive(FromRow)]
struct DelegationRow {
    id: Uuid,
    for_id: Uuid,
    to_id: Uuid,
    made_at: DateTime<Utc>,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    revoked_at: Option<DateTime<Utc>>,
}

macro_rules! columns {
    () => {
        "id, for_id, to_id, made_at, starts_at, ends_at, revoked_at"
    };
}

impl Store {
    /// Keeps a delegation, with its record.
    pub async fn add_delegation(&self, delegation: &Delegation, record: &Record) -> Result<(), Error> {
        const SQL: &str =
            concat!("INSERT INTO delegation (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7)");
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(delegation.id.uuid())
                .bind(delegation.for_whom.uuid())
                .bind(delegation.to.uuid())
                .bind(micros(delegation.made_at))
                .bind(micros(delegation.starts_at))
                .bind(micros(delegation.ends_at))
                .bind(delegation.revoked_at.map(micros))
                .execute(&mut *tx)
                .await?;
            append!(self, tx, std::slice::from_ref(record));
        });
        Ok(())
    }

    /// Those of a person, given and received, that are not over at `now`; the one that begins first, first.
    pub async fn delegations_of(
        &self,
        person: PractitionerId,
        now: DateTime<Utc>,
    ) -> Result<Vec<Delegation>, Error> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM delegation WHERE (for_id = $1 OR to_id = $1) AND ends_at > $2 AND revoked_at IS NULL
            ORDER BY starts_at, id"
        );
        let rows: Vec<DelegationRow> = on!(self, pool => {
            sqlx::query_as(SQL).bind(person.uuid()).bind(micros(now)).fetch_all(pool).await?
        });
        Ok(rows.into_iter().map(Delegation::from).collect())
    }

    /// Takes a delegation back that this person gave, with its record; `None` if there is none, or it was taken back before.
    pub async fn revoke_delegation(
        &self,
        id: DelegationId,
        by: PractitionerId,
        at: DateTime<Utc>,
        record: &Record,
    ) -> Result<Option<Delegation>, Error> {
        const SQL: &str = concat!(
            "UPDATE delegation SET revoked_at = $3 WHERE id = $1 AND for_id = $2 AND revoked_at IS NULL RETURNING ",
            columns!()
        );
        let row: Option<DelegationRow> = in_transaction!(self, tx => {
            let query = sqlx::query_as(SQL).bind(id.uuid()).bind(by.uuid()).bind(micros(at));
            let row: Option<DelegationRow> = query.fetch_optional(&mut *tx).await?;
            if row.is_some() {
                append!(self, tx, std::slice::from_ref(record));
            }
            row
        });
        Ok(row.map(Delegation::from))
    }

    /// Who a person is in appointments that they took over by a delegation which is in force no more at `now`, and was not given again.
    pub async fn acting_no_more(
        &self,
        person: PractitionerId,
        now: DateTime<Utc>,
    ) -> Result<Vec<ParticipantId>, Error> {
        const SQL: &str =
            "SELECT t.participant_id FROM take_over t JOIN delegation d ON d.id = t.delegation_id
            WHERE d.to_id = $1 AND (d.revoked_at IS NOT NULL OR d.ends_at <= $2)
            AND NOT EXISTS (SELECT 1 FROM delegation n WHERE n.to_id = d.to_id AND n.for_id = d.for_id
            AND n.revoked_at IS NULL AND n.starts_at <= $2 AND n.ends_at > $2) ORDER BY t.participant_id";
        let rows: Vec<(Uuid,)> = on!(self, pool => {
            sqlx::query_as(SQL).bind(person.uuid()).bind(micros(now)).fetch_all(pool).await?
        });
        Ok(rows.into_iter().map(|(id,)| ParticipantId::new(id)).collect())
    }

    /// Delegations that ended by themselves after `from` and until `to`.
    pub async fn delegations_ended(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<Delegation>, Error> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM delegation WHERE ends_at > $1 AND ends_at <= $2 AND revoked_at IS NULL ORDER BY ends_at, id"
        );
        let rows: Vec<DelegationRow> = on!(self, pool => {
            sqlx::query_as(SQL).bind(micros(from)).bind(micros(to)).fetch_all(pool).await?
        });
        Ok(rows.into_iter().map(Delegation::from).collect())
    }
}

impl From<DelegationRow> for Delegation {
    fn from(row: DelegationRow) -> Self {
        Self {
            id: DelegationId::new(row.id),
            for_whom: PractitionerId::new(row.for_id),
            to: PractitionerId::new(row.to_id),
            made_at: row.made_at,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            revoked_at: row.revoked_at,
        }
    }
}
