//! Archives of images (PACS) that administrators set on their page.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use super::db::{in_transaction, micros, on, text};
use super::people::write_change;
use super::{Error, SettingChange, Store};
use crate::clinical::ServiceId;
use crate::secret::Secret;

/// An archive as it was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPacs {
    pub id: Uuid,
    /// What addresses and the trail call it.
    pub key: String,
    /// What people call it.
    pub label: String,
    /// The root below which `/studies` is.
    pub address: String,
    pub sign_in: PacsSignIn,
    /// Whose numbers of patients it knows; empty: the hospital's own.
    pub domain: String,
    /// For which services it is asked; empty: for all.
    pub services: Vec<ServiceId>,
    pub is_on: bool,
    pub made_at: DateTime<Utc>,
    pub changed_at: DateTime<Utc>,
}

/// How the gateway shows an archive who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PacsSignIn {
    Nothing,
    /// RFC 7617
    Password {
        user: String,
        password: Secret<String>,
    },
    /// RFC 6750 section 2.1
    Token(Secret<String>),
}

#[derive(Debug, Serialize, Deserialize)]
struct ServesColumn {
    services: Vec<Uuid>,
}

#[derive(FromRow)]
struct PacsRow {
    id: Uuid,
    key: String,
    label: String,
    address: String,
    sign_in: String,
    user_name: String,
    secret: String,
    domain: String,
    serves: Json<ServesColumn>,
    is_on: bool,
    made_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
}

const TABLE: &str = "pacs_node";
const COLUMN: &str = "secret";

impl Store {
    /// Every archive that was set, in the order in which they were made.
    pub async fn pacs_nodes(&self) -> Result<Vec<StoredPacs>, Error> {
        const SQL: &str = "SELECT id, key, label, address, sign_in, user_name, secret, domain, serves, is_on,
            made_at, changed_at FROM pacs_node ORDER BY made_at, id";
        let rows: Vec<PacsRow> = on!(self, pool => sqlx::query_as(SQL).fetch_all(pool).await?);
        rows.into_iter().map(|row| self.opened_pacs(row)).collect()
    }

    /// Keeps a new archive. Refused with [`Constraint::PacsKey`](super::Constraint) when another has its name.
    pub async fn add_pacs_node(&self, node: &StoredPacs, change: &SettingChange) -> Result<(), Error> {
        const SQL: &str =
            "INSERT INTO pacs_node (id, key, label, address, sign_in, user_name, secret, domain,
            serves, is_on, made_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
        let (sign_in, user, secret) = self.sign_in_columns(node);
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(node.id)
                .bind(text(&node.key))
                .bind(text(&node.label))
                .bind(text(&node.address))
                .bind(sign_in)
                .bind(text(user))
                .bind(secret)
                .bind(text(&node.domain))
                .bind(serves_column(node))
                .bind(node.is_on)
                .bind(micros(node.made_at))
                .bind(micros(node.changed_at))
                .execute(&mut *tx)
                .await?;
            write_change!(self, tx, change);
        });
        Ok(())
    }

    /// Changes an archive, found by its identifier; its name in addresses stays. `false`: there is none.
    pub async fn put_pacs_node(&self, node: &StoredPacs, change: &SettingChange) -> Result<bool, Error> {
        const SQL: &str =
            "UPDATE pacs_node SET label = $2, address = $3, sign_in = $4, user_name = $5, secret = $6,
            domain = $7, serves = $8, is_on = $9, changed_at = $10 WHERE id = $1";
        let (sign_in, user, secret) = self.sign_in_columns(node);
        in_transaction!(self, tx => {
            let query = sqlx::query(SQL)
                .bind(node.id)
                .bind(text(&node.label))
                .bind(text(&node.address))
                .bind(sign_in)
                .bind(text(user))
                .bind(secret)
                .bind(text(&node.domain))
                .bind(serves_column(node))
                .bind(node.is_on)
                .bind(micros(node.changed_at));
            if query.execute(&mut *tx).await?.rows_affected() == 0 {
                return Ok(false);
            }
            write_change!(self, tx, change);
        });
        Ok(true)
    }

    /// Removes an archive. `false`: there is none.
    pub async fn remove_pacs_node(&self, id: Uuid, change: &SettingChange) -> Result<bool, Error> {
        const SQL: &str = "DELETE FROM pacs_node WHERE id = $1";
        in_transaction!(self, tx => {
            if sqlx::query(SQL).bind(id).execute(&mut *tx).await?.rows_affected() == 0 {
                return Ok(false);
            }
            write_change!(self, tx, change);
        });
        Ok(true)
    }

    /// The word for how it is shown who asks, the user, and what is sealed.
    fn sign_in_columns<'a>(&self, node: &'a StoredPacs) -> (&'static str, &'a str, String) {
        let (word, user, secret) = match &node.sign_in {
            PacsSignIn::Nothing => return ("none", "", String::new()),
            PacsSignIn::Password { user, password } => ("password", user.as_str(), password),
            PacsSignIn::Token(token) => ("token", "", token),
        };
        (word, user, self.seal_secret(TABLE, COLUMN, node.id, secret.expose().as_bytes()))
    }

    fn opened_pacs(&self, row: PacsRow) -> Result<StoredPacs, Error> {
        let wrong = |what| Error::Inconsistent { table: TABLE, id: row.id, what };
        let secret = || {
            let opened = self.open_secret(TABLE, COLUMN, row.id, &row.secret)?;
            let secret = String::from_utf8(opened).map_err(|_| wrong("its secret is no text"))?;
            Ok::<_, Error>(Secret::new(secret))
        };
        let sign_in = match row.sign_in.as_str() {
            "none" => PacsSignIn::Nothing,
            "password" => PacsSignIn::Password { user: row.user_name, password: secret()? },
            "token" => PacsSignIn::Token(secret()?),
            _ => return Err(wrong("an unknown way of signing in")),
        };
        let Json(serves) = row.serves;
        Ok(StoredPacs {
            id: row.id,
            key: row.key,
            label: row.label,
            address: row.address,
            sign_in,
            domain: row.domain,
            services: serves.services.into_iter().map(ServiceId::new).collect(),
            is_on: row.is_on,
            made_at: row.made_at,
            changed_at: row.changed_at,
        })
    }
}

fn serves_column(node: &StoredPacs) -> Json<ServesColumn> {
    Json(ServesColumn { services: node.services.iter().map(|service| service.uuid()).collect() })
}
