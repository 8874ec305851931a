//! Identity providers that administrators set on their page. Those of the file of settings are no rows.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use super::db::{in_transaction, micros, on, text, words};
use super::logins::note_ends;
use super::people::write_change;
use super::practitioners::{role_from_word, role_to_word};
use super::ways_in::keep_a_way_in;
use super::{Error, SettingChange, Store, WayOfFile};
use crate::clinical::{LoginId, StaffRole};
use crate::secret::Secret;

/// A provider as it was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredProvider {
    pub id: Uuid,
    /// What addresses and logins call it.
    pub key: String,
    /// What the sign-in page calls it.
    pub label: String,
    pub issuer: String,
    pub client_id: String,
    pub authentication: SecretMethod,
    pub client_secret: Secret<String>,
    pub discovery_url: Option<String>,
    pub scopes: Vec<String>,
    pub acr_values: Vec<String>,
    pub fresh_acr_values: Vec<String>,
    pub roles: Vec<StoredRoleRule>,
    pub name_claim: String,
    pub subject_claim: String,
    /// It opens documents to patients and signs no staff in.
    pub is_for_patients: bool,
    /// It is offered to whoever signs in.
    pub is_on: bool,
    pub made_at: DateTime<Utc>,
    pub changed_at: DateTime<Utc>,
}

/// How the secret is shown to the provider (OpenID Connect Core 1.0 section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretMethod {
    /// `client_secret_basic`
    Basic,
    /// `client_secret_post`
    Post,
}

/// A claim that gives a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRoleRule {
    pub claim: String,
    pub value: String,
    pub role: StaffRole,
}

words!(method_to_word, method_from_word, SecretMethod {
    SecretMethod::Basic => "client_secret_basic",
    SecretMethod::Post => "client_secret_post",
});

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct AskedColumn {
    scopes: Vec<String>,
    acr_values: Vec<String>,
    fresh_acr_values: Vec<String>,
    roles: Vec<RoleColumn>,
}

#[derive(Debug, Serialize, Deserialize)]
struct RoleColumn {
    claim: String,
    value: String,
    role: String,
}

#[derive(FromRow)]
struct ProviderRow {
    id: Uuid,
    key: String,
    label: String,
    issuer: String,
    client_id: String,
    client_authentication: String,
    client_secret: String,
    discovery_url: Option<String>,
    asked: Json<AskedColumn>,
    name_claim: String,
    subject_claim: String,
    is_for_patients: bool,
    is_on: bool,
    made_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
}

const TABLE: &str = "identity_provider";
const COLUMN: &str = "client_secret";

impl Store {
    /// Every provider that was set, in the order in which they were made.
    pub async fn identity_providers(&self) -> Result<Vec<StoredProvider>, Error> {
        const SQL: &str = "SELECT id, key, label, issuer, client_id, client_authentication, client_secret,
            discovery_url, asked, name_claim, subject_claim, is_for_patients, is_on, made_at, changed_at
            FROM identity_provider ORDER BY made_at, id";
        let rows: Vec<ProviderRow> = on!(self, pool => sqlx::query_as(SQL).fetch_all(pool).await?);
        rows.into_iter().map(|row| self.opened_provider(row)).collect()
    }

    /// Keeps a new provider. Refused with [`Constraint::ProviderKey`](super::Constraint) or
    /// [`Constraint::ProviderIssuer`](super::Constraint) when another has its name or its issuer.
    pub async fn add_identity_provider(
        &self,
        provider: &StoredProvider,
        change: &SettingChange,
    ) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO identity_provider (id, key, label, issuer, client_id,
            client_authentication, client_secret, discovery_url, asked, name_claim, subject_claim, is_on,
            made_at, changed_at, is_for_patients)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(provider.id)
                .bind(text(&provider.key))
                .bind(text(&provider.label))
                .bind(text(&provider.issuer))
                .bind(text(&provider.client_id))
                .bind(method_to_word(provider.authentication))
                .bind(self.sealed_secret(provider))
                .bind(provider.discovery_url.as_deref().map(text))
                .bind(asked_column(provider))
                .bind(text(&provider.name_claim))
                .bind(text(&provider.subject_claim))
                .bind(provider.is_on)
                .bind(micros(provider.made_at))
                .bind(micros(provider.changed_at))
                .bind(provider.is_for_patients)
                .execute(&mut *tx)
                .await?;
            write_change!(self, tx, change);
        });
        Ok(())
    }

    /// Changes a provider, found by its identifier, if it is still as it was changed at `seen`; its name in addresses and whom it is for
    /// stay. A sign-in that is under way at another issuer than the one that it has then is over. `false`: there is none, or somebody
    /// else has changed it. Refused with [`Error::LastWayIn`] when no administrator could sign in any more.
    pub async fn put_identity_provider(
        &self,
        provider: &StoredProvider,
        seen: DateTime<Utc>,
        of_file: &[WayOfFile],
        change: &SettingChange,
    ) -> Result<bool, Error> {
        const FORGET: &str = "DELETE FROM sign_in_attempt WHERE provider IN
            (SELECT p.key FROM identity_provider p WHERE p.id = $1 AND p.issuer <> $2)";
        const SQL: &str = "UPDATE identity_provider SET label = $2, issuer = $3, client_id = $4,
            client_authentication = $5, client_secret = $6, discovery_url = $7, asked = $8, name_claim = $9,
            subject_claim = $10, is_on = $11, changed_at = $12 WHERE id = $1 AND changed_at = $13";
        in_transaction!(self, tx => keep_a_way_in!(tx, of_file, {
            sqlx::query(FORGET).bind(provider.id).bind(text(&provider.issuer)).execute(&mut *tx).await?;
            let query = sqlx::query(SQL)
                .bind(provider.id)
                .bind(text(&provider.label))
                .bind(text(&provider.issuer))
                .bind(text(&provider.client_id))
                .bind(method_to_word(provider.authentication))
                .bind(self.sealed_secret(provider))
                .bind(provider.discovery_url.as_deref().map(text))
                .bind(asked_column(provider))
                .bind(text(&provider.name_claim))
                .bind(text(&provider.subject_claim))
                .bind(provider.is_on)
                .bind(micros(provider.changed_at))
                .bind(micros(seen));
            if query.execute(&mut *tx).await?.rows_affected() == 0 {
                return Ok(false);
            }
            write_change!(self, tx, change);
        }));
        Ok(true)
    }

    /// Removes a provider, and the sign-ins that are under way there. `false`: there is none. Refused with [`Error::LastWayIn`] when no
    /// administrator could sign in any more.
    pub async fn remove_identity_provider(
        &self,
        id: Uuid,
        of_file: &[WayOfFile],
        change: &SettingChange,
    ) -> Result<bool, Error> {
        const FORGET: &str = "DELETE FROM sign_in_attempt WHERE provider IN
            (SELECT p.key FROM identity_provider p WHERE p.id = $1)";
        const SQL: &str = "DELETE FROM identity_provider WHERE id = $1";
        in_transaction!(self, tx => keep_a_way_in!(tx, of_file, {
            sqlx::query(FORGET).bind(id).execute(&mut *tx).await?;
            if sqlx::query(SQL).bind(id).execute(&mut *tx).await?.rows_affected() == 0 {
                return Ok(false);
            }
            write_change!(self, tx, change);
        }));
        Ok(true)
    }

    /// How many logins are in force at `now` at each provider, by the name that logins have of it.
    pub async fn logins_by_provider(
        &self,
        now: DateTime<Utc>,
        idle: TimeDelta,
    ) -> Result<Vec<(String, u32)>, Error> {
        const SQL: &str = "SELECT provider, COUNT(*) FROM login
            WHERE provider IS NOT NULL AND expires_at > $1 AND last_seen_at > $2 GROUP BY provider ORDER BY provider";
        const PATIENTS: &str = "SELECT provider, COUNT(*) FROM patient_login
            WHERE expires_at > $1 AND last_seen_at > $2 GROUP BY provider ORDER BY provider";
        let mut rows: Vec<(String, i64)> = Vec::new();
        for sql in [SQL, PATIENTS] {
            let found: Vec<(String, i64)> = on!(self, pool =>
                sqlx::query_as(sql).bind(micros(now)).bind(micros(now - idle)).fetch_all(pool).await?);
            rows.extend(found);
        }
        let count = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
        Ok(rows.into_iter().map(|(provider, logins)| (provider, count(logins))).collect())
    }

    /// Ends every login of one provider; tells which.
    pub async fn end_logins_by(&self, provider: &str, now: DateTime<Utc>) -> Result<Vec<LoginId>, Error> {
        const SQL: &str = "DELETE FROM login WHERE provider = $1 RETURNING id";
        let ended: Vec<(Uuid,)> = in_transaction!(self, tx => {
            let ended: Vec<(Uuid,)> = sqlx::query_as(SQL).bind(text(provider)).fetch_all(&mut *tx).await?;
            note_ends!(tx, &ended, now);
            ended
        });
        Ok(ended.into_iter().map(|(id,)| LoginId::new(id)).collect())
    }

    fn sealed_secret(&self, provider: &StoredProvider) -> String {
        self.seal_secret(TABLE, COLUMN, provider.id, provider.client_secret.expose().as_bytes())
    }

    fn opened_provider(&self, row: ProviderRow) -> Result<StoredProvider, Error> {
        let wrong = |what| Error::Inconsistent { table: TABLE, id: row.id, what };
        let secret = self.open_secret(TABLE, COLUMN, row.id, &row.client_secret)?;
        let secret = String::from_utf8(secret).map_err(|_| wrong("its secret is no text"))?;
        let authentication = method_from_word(&row.client_authentication)
            .ok_or_else(|| wrong("an unknown way of showing its secret"))?;
        let Json(asked) = row.asked;
        // A role that this version does not know is given to nobody.
        let rule = |rule: RoleColumn| {
            let role = role_from_word(&rule.role)?;
            Some(StoredRoleRule { claim: rule.claim, value: rule.value, role })
        };
        Ok(StoredProvider {
            id: row.id,
            key: row.key,
            label: row.label,
            issuer: row.issuer,
            client_id: row.client_id,
            authentication,
            client_secret: Secret::new(secret),
            discovery_url: row.discovery_url,
            scopes: asked.scopes,
            acr_values: asked.acr_values,
            fresh_acr_values: asked.fresh_acr_values,
            roles: asked.roles.into_iter().filter_map(rule).collect(),
            name_claim: row.name_claim,
            subject_claim: row.subject_claim,
            is_for_patients: row.is_for_patients,
            is_on: row.is_on,
            made_at: row.made_at,
            changed_at: row.changed_at,
        })
    }
}

impl AskedColumn {
    pub(super) fn gives_administrator(&self) -> bool {
        self.roles.iter().any(|rule| role_from_word(&rule.role) == Some(StaffRole::Administrator))
    }
}

fn asked_column(provider: &StoredProvider) -> Json<AskedColumn> {
    let all = |list: &[String]| list.iter().map(|each| text(each).into_owned()).collect();
    let rule = |rule: &StoredRoleRule| RoleColumn {
        claim: text(&rule.claim).into_owned(),
        value: text(&rule.value).into_owned(),
        role: role_to_word(rule.role).to_owned(),
    };
    Json(AskedColumn {
        scopes: all(&provider.scopes),
        acr_values: all(&provider.acr_values),
        fresh_acr_values: all(&provider.fresh_acr_values),
        roles: provider.roles.iter().map(rule).collect(),
    })
}
