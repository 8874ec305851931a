//! Tokens of programs that act without a person.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::db::{in_transaction, micros, on, text, words};
use super::people::write_change;
use super::{Error, LoginDigest, SettingChange, Store};
use crate::clinical::{ApiTokenId, Grants, PractitionerId, Scope, ServiceId};

/// What is kept of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    pub id: ApiTokenId,
    pub name: String,
    /// SHA-256 of it.
    pub digest: LoginDigest,
    pub grants: Grants,
    pub made_at: DateTime<Utc>,
    pub made_by: PractitionerId,
    pub expires_at: DateTime<Utc>,
    /// The last time it was shown, to about a minute.
    pub used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

words!(scope_to_word, scope_from_word, Scope {
    Scope::ReadServices => "read_services",
    Scope::ReadAppointments => "read_appointments",
    Scope::ReadStatistics => "read_statistics",
});

#[derive(FromRow)]
struct TokenRow {
    id: Uuid,
    name: String,
    digest: Vec<u8>,
    scopes: String,
    services: String,
    made_at: DateTime<Utc>,
    made_by: Uuid,
    expires_at: DateTime<Utc>,
    used_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
}

impl Store {
    /// A token is written as used at most this often.
    const TOKEN_USED_EVERY: TimeDelta = TimeDelta::minutes(1);

    /// Keeps a token.
    pub async fn add_api_token(&self, token: &ApiToken, change: &SettingChange) -> Result<(), Error> {
        const SQL: &str =
            "INSERT INTO api_token (id, name, digest, scopes, services, made_at, made_by, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let scopes: Vec<_> = token.grants.scopes.iter().map(|scope| scope_to_word(*scope)).collect();
        let services: Vec<_> = token.grants.services.iter().map(ToString::to_string).collect();
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(token.id.uuid())
                .bind(text(&token.name))
                .bind(token.digest.0.to_vec())
                .bind(scopes.join(","))
                .bind(services.join(","))
                .bind(micros(token.made_at))
                .bind(token.made_by.uuid())
                .bind(micros(token.expires_at))
                .execute(&mut *tx)
                .await?;
            write_change!(self, tx, change);
        });
        Ok(())
    }

    /// The token of that digest if it is good at `now`, and whoever made it is still an administrator: they may have kept it. It is marked
    /// as used.
    pub async fn api_token(
        &self,
        digest: LoginDigest,
        now: DateTime<Utc>,
    ) -> Result<Option<ApiToken>, Error> {
        const SQL: &str =
            "SELECT id, name, digest, scopes, services, made_at, made_by, expires_at, used_at, revoked_at
            FROM api_token WHERE digest = $1 AND expires_at > $2 AND revoked_at IS NULL
            AND EXISTS (SELECT 1 FROM practitioner_role r
            WHERE r.practitioner_id = made_by AND r.role = 'administrator')";
        const USED: &str = "UPDATE api_token SET used_at = $2 WHERE id = $1";
        let row: Option<TokenRow> = on!(self, pool => {
            sqlx::query_as(SQL).bind(digest.0.to_vec()).bind(micros(now)).fetch_optional(pool).await?
        });
        let Some(token) = row.map(ApiToken::try_from).transpose()? else { return Ok(None) };
        if token.used_at.is_none_or(|used| now - used >= Self::TOKEN_USED_EVERY) {
            in_transaction!(self, tx => {
                sqlx::query(USED).bind(token.id.uuid()).bind(micros(now)).execute(&mut *tx).await?;
            });
        }
        Ok(Some(token))
    }

    /// Every token, also those that are over; the newest first.
    pub async fn api_tokens(&self) -> Result<Vec<ApiToken>, Error> {
        const SQL: &str =
            "SELECT id, name, digest, scopes, services, made_at, made_by, expires_at, used_at, revoked_at
            FROM api_token ORDER BY made_at DESC, id DESC";
        let rows: Vec<TokenRow> = on!(self, pool => sqlx::query_as(SQL).fetch_all(pool).await?);
        rows.into_iter().map(ApiToken::try_from).collect()
    }

    /// Withdraws a token for good. `false`: there is none, or it was withdrawn before.
    pub async fn revoke_api_token(
        &self,
        id: ApiTokenId,
        now: DateTime<Utc>,
        change: &SettingChange,
    ) -> Result<bool, Error> {
        const SQL: &str = "UPDATE api_token SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
        in_transaction!(self, tx => {
            let query = sqlx::query(SQL).bind(id.uuid()).bind(micros(now));
            if query.execute(&mut *tx).await?.rows_affected() == 0 {
                return Ok(false);
            }
            write_change!(self, tx, change);
        });
        Ok(true)
    }
}

impl TryFrom<TokenRow> for ApiToken {
    type Error = Error;

    fn try_from(row: TokenRow) -> Result<Self, Error> {
        let wrong = |what| Error::Inconsistent { table: "api_token", id: row.id, what };
        let digest = <[u8; 32]>::try_from(row.digest.as_slice())
            .map_err(|_| wrong("its digest is not of 32 bytes"))?;
        let listed = |text: &str| -> Vec<String> {
            text.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        // A scope or service that this version does not know is none.
        let scopes = listed(&row.scopes).iter().filter_map(|word| scope_from_word(word)).collect();
        let services = listed(&row.services).iter().filter_map(|id| id.parse::<ServiceId>().ok()).collect();
        Ok(Self {
            id: ApiTokenId::new(row.id),
            name: row.name,
            digest: LoginDigest(digest),
            grants: Grants { scopes, services },
            made_at: row.made_at,
            made_by: PractitionerId::new(row.made_by),
            expires_at: row.expires_at,
            used_at: row.used_at,
            revoked_at: row.revoked_at,
        })
    }
}
