//! The keys that seal values of rows: one row each, wrapped.

use sqlx::FromRow;
use uuid::Uuid;

use super::db::{Db, in_transaction, on};
use super::{Error, Store};
use crate::clock::Clock;
use crate::sealing::{DataKey, KeyError, KeyId, MasterId, MasterKeys, ValueKeys, Wrapped};

const ALL: &str = "SELECT id, wrapped FROM data_key ORDER BY number DESC";
const FIRST: &str = "INSERT INTO data_key (id, number, wrapped, made_at) VALUES ($1, 1, $2, $3) ON CONFLICT (number) DO NOTHING";
const REWRAP: &str = "UPDATE data_key SET wrapped = $2 WHERE id = $1 AND wrapped = $3";

#[derive(FromRow)]
struct Row {
    id: Uuid,
    wrapped: String,
}

impl Row {
    fn wrapped(&self) -> Result<Wrapped, Error> {
        Wrapped::of_text(&self.wrapped).ok_or(Error::Keys(KeyError::Damaged))
    }
}

/// What a wrapped key says that it is for.
pub(super) fn about(id: Uuid) -> String {
    format!("rows {id}")
}

/// Opens the keys of a database; the first one is made when there is none.
pub(super) async fn open(db: &Db, masters: &MasterKeys) -> Result<ValueKeys, Error> {
    let clock = Clock::system();
    let store = Unsealed { db };
    let mut rows: Vec<Row> = on!(store, pool => sqlx::query_as(ALL).fetch_all(pool).await?);
    if rows.is_empty() {
        let id = clock.new_uuid();
        let wrapped = masters.wrap(&DataKey::new(&clock), &about(id)).map_err(Error::Keys)?.to_text();
        in_transaction!(store, tx => {
            sqlx::query(FIRST).bind(id).bind(&wrapped).bind(clock.now()).execute(&mut *tx).await?;
        });
        // Of two that begin at one time the first has made it.
        rows = on!(store, pool => sqlx::query_as(ALL).fetch_all(pool).await?);
    }
    let keys: Result<Vec<_>, Error> = rows
        .iter()
        .map(|row| {
            let key = masters.unwrap(&row.wrapped()?, &about(row.id)).map_err(Error::Keys)?;
            Ok((KeyId(row.id.into_bytes()), key))
        })
        .collect();
    ValueKeys::new(keys?, clock).ok_or(Error::Keys(KeyError::None))
}

/// A database before its keys are there.
struct Unsealed<'a> {
    db: &'a Db,
}

impl Store {
    /// The master key of each data key.
    pub async fn wrapped_with(&self) -> Result<Vec<MasterId>, Error> {
        let rows: Vec<Row> = on!(self, pool => sqlx::query_as(ALL).fetch_all(pool).await?);
        rows.iter().map(|row| Ok(row.wrapped()?.master)).collect()
    }

    /// Puts all data keys under the current master key; tells how many were not.
    pub async fn rewrap_keys(&self, masters: &MasterKeys) -> Result<u64, Error> {
        let current = masters.current().map_err(Error::Keys)?;
        let rows: Vec<Row> = on!(self, pool => sqlx::query_as(ALL).fetch_all(pool).await?);
        let mut done = 0;
        for row in rows {
            let wrapped = row.wrapped()?;
            if wrapped.master == current {
                continue;
            }
            let key = masters.unwrap(&wrapped, &about(row.id)).map_err(Error::Keys)?;
            let anew = masters.wrap(&key, &about(row.id)).map_err(Error::Keys)?.to_text();
            in_transaction!(self, tx => {
                sqlx::query(REWRAP).bind(row.id).bind(&anew).bind(&row.wrapped).execute(&mut *tx).await?;
            });
            done += 1;
        }
        Ok(done)
    }
}
