//! By what messages go out, as administrators have set it on their page.

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::types::Json;
use url::Url;
use uuid::Uuid;

use super::db::{in_transaction, micros, on, text, words};
use super::message_templates::channel_to_word;
use super::people::write_change;
use super::{Error, SettingChange, Store};
use crate::clinical::Channel;
use crate::config::{Mail, MailSecurity, Sms, SmsContent, SmsMethod};
use crate::secret::Secret;

words!(security_to_word, security_from_word, MailSecurity {
    MailSecurity::Starttls => "starttls",
    MailSecurity::Tls => "tls",
    MailSecurity::None => "none",
});

words!(method_to_word, method_from_word, SmsMethod {
    SmsMethod::Post => "POST",
    SmsMethod::Put => "PUT",
});

words!(content_to_word, content_from_word, SmsContent {
    SmsContent::Json => "json",
    SmsContent::Form => "form",
});

#[derive(Debug, Serialize, Deserialize)]
struct MailColumn {
    host: String,
    port: u16,
    security: String,
    user: Option<String>,
    from: String,
    administrators: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SmsColumn {
    url: String,
    method: String,
    content: String,
    body: String,
    /// Names of headers; their values are among the secrets, in the same order.
    headers: Vec<String>,
}

/// What is sealed of either: a password, or values of headers.
#[derive(Serialize, Deserialize)]
struct SecretsColumn {
    values: Vec<String>,
}

#[derive(FromRow)]
struct SenderRow<T: DeserializeOwned + Send + Unpin + 'static> {
    id: Uuid,
    settings: Json<T>,
    secrets: String,
}

const TABLE: &str = "message_sender";
const COLUMN: &str = "secrets";
const SQL: &str = "SELECT id, settings, secrets FROM message_sender WHERE channel = $1";

impl Store {
    /// The mail server that was set.
    pub async fn mail_sender(&self) -> Result<Option<Mail>, Error> {
        let word = channel_to_word(Channel::Email);
        let row: Option<SenderRow<MailColumn>> =
            on!(self, pool => sqlx::query_as(SQL).bind(word).fetch_optional(pool).await?);
        let Some(row) = row else { return Ok(None) };
        let password = self.opened_values(row.id, &row.secrets)?.pop().map(Secret::new);
        let Json(set) = row.settings;
        Ok(Some(Mail {
            host: set.host,
            port: set.port,
            security: security_from_word(&set.security).ok_or_else(|| unknown(row.id))?,
            user: set.user,
            password,
            from: set.from,
            authority: None,
            bounce_secret: None,
            administrators: set.administrators,
        }))
    }

    /// Whoever sends SMS, as it was set.
    pub async fn sms_sender(&self) -> Result<Option<Sms>, Error> {
        let word = channel_to_word(Channel::Sms);
        let row: Option<SenderRow<SmsColumn>> =
            on!(self, pool => sqlx::query_as(SQL).bind(word).fetch_optional(pool).await?);
        let Some(row) = row else { return Ok(None) };
        let values = self.opened_values(row.id, &row.secrets)?.into_iter().map(Secret::new);
        let Json(set) = row.settings;
        Ok(Some(Sms {
            url: Url::parse(&set.url).map_err(|_| unknown(row.id))?,
            method: method_from_word(&set.method).ok_or_else(|| unknown(row.id))?,
            content: content_from_word(&set.content).ok_or_else(|| unknown(row.id))?,
            body: set.body,
            headers: set.headers.into_iter().zip(values).collect(),
            token: None,
        }))
    }

    /// Sets the mail server; `row` is new each time. What needs a file of the machine is not kept.
    pub async fn put_mail_sender(
        &self,
        row: Uuid,
        mail: &Mail,
        change: &SettingChange,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let column = MailColumn {
            host: text(&mail.host).into_owned(),
            port: mail.port,
            security: security_to_word(mail.security).to_owned(),
            user: mail.user.as_deref().map(|user| text(user).into_owned()),
            from: text(&mail.from).into_owned(),
            administrators: mail.administrators.iter().map(|each| text(each).into_owned()).collect(),
        };
        let values = mail.password.iter().map(|password| password.expose().clone()).collect();
        self.put_sender(Channel::Email, row, column, values, change, now).await
    }

    /// Sets whoever sends SMS; `row` is new each time.
    pub async fn put_sms_sender(
        &self,
        row: Uuid,
        sms: &Sms,
        change: &SettingChange,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let column = SmsColumn {
            url: sms.url.to_string(),
            method: method_to_word(sms.method).to_owned(),
            content: content_to_word(sms.content).to_owned(),
            body: text(&sms.body).into_owned(),
            headers: sms.headers.iter().map(|(name, _)| text(name).into_owned()).collect(),
        };
        let values = sms.headers.iter().map(|(_, value)| value.expose().clone()).collect();
        self.put_sender(Channel::Sms, row, column, values, change, now).await
    }

    /// Nothing that was set sends that way any more. `false`: nothing was.
    pub async fn remove_sender(&self, channel: Channel, change: &SettingChange) -> Result<bool, Error> {
        const REMOVE: &str = "DELETE FROM message_sender WHERE channel = $1";
        in_transaction!(self, tx => {
            let query = sqlx::query(REMOVE).bind(channel_to_word(channel));
            if query.execute(&mut *tx).await?.rows_affected() == 0 {
                return Ok(false);
            }
            write_change!(self, tx, change);
        });
        Ok(true)
    }

    async fn put_sender<T: Serialize + Send + Sync + 'static>(
        &self,
        channel: Channel,
        row: Uuid,
        column: T,
        values: Vec<String>,
        change: &SettingChange,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        const PUT: &str = "INSERT INTO message_sender (channel, id, settings, secrets, changed_at)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (channel) DO UPDATE SET id = excluded.id,
                settings = excluded.settings, secrets = excluded.secrets, changed_at = excluded.changed_at";
        let what = "its secrets cannot be written";
        let secrets = serde_json::to_vec(&SecretsColumn { values });
        let secrets = secrets.map_err(|_| Error::Inconsistent { table: TABLE, id: row, what })?;
        let column = Json(column);
        in_transaction!(self, tx => {
            sqlx::query(PUT)
                .bind(channel_to_word(channel))
                .bind(row)
                .bind(&column)
                .bind(self.seal_secret(TABLE, COLUMN, row, &secrets))
                .bind(micros(now))
                .execute(&mut *tx)
                .await?;
            write_change!(self, tx, change);
        });
        Ok(())
    }

    fn opened_values(&self, row: Uuid, sealed: &str) -> Result<Vec<String>, Error> {
        let opened = self.open_secret(TABLE, COLUMN, row, sealed)?;
        let column: SecretsColumn = serde_json::from_slice(&opened).map_err(|_| unknown(row))?;
        Ok(column.values)
    }
}

fn unknown(id: Uuid) -> Error {
    Error::Inconsistent { table: TABLE, id, what: "it holds what this version does not know" }
}
