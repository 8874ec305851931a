//! The texts of messages that an administrator wrote, and when people of a service are reminded.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::db::{in_transaction, micros, on, text, words};
use super::{Error, Store};
use crate::clinical::{Channel, Language, MessageKind, PractitionerId, ReminderPolicy, ServiceId, Template};

words!(kind_to_word, kind_from_word, MessageKind {
    MessageKind::Invitation => "invitation",
    MessageKind::Change => "change",
    MessageKind::Cancellation => "cancellation",
    MessageKind::ReminderDay => "reminder_day",
    MessageKind::ReminderHour => "reminder_hour",
    MessageKind::Late => "late",
    MessageKind::Code => "code",
});

words!(channel_to_word, channel_from_word, Channel {
    Channel::Email => "email",
    Channel::Sms => "sms",
});

words!(language_to_word, language_from_word, Language {
    Language::French => "fr",
    Language::English => "en",
});

/// A text that stands in the place of the program's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredTemplate {
    pub kind: MessageKind,
    pub channel: Channel,
    pub language: Language,
    pub template: Template,
    pub changed_by: PractitionerId,
    pub changed_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct TemplateRow {
    kind: String,
    channel: String,
    language: String,
    subject: String,
    body: String,
    changed_by: Uuid,
    changed_at: DateTime<Utc>,
}

impl TryFrom<TemplateRow> for StoredTemplate {
    type Error = Error;

    fn try_from(row: TemplateRow) -> Result<Self, Error> {
        let wrong = || Error::Inconsistent {
            table: "message_template",
            id: row.changed_by,
            what: "an unknown kind, channel or language",
        };
        Ok(Self {
            kind: kind_from_word(&row.kind).ok_or_else(wrong)?,
            channel: channel_from_word(&row.channel).ok_or_else(wrong)?,
            language: language_from_word(&row.language).ok_or_else(wrong)?,
            template: Template { subject: row.subject, body: row.body },
            changed_by: PractitionerId::new(row.changed_by),
            changed_at: row.changed_at,
        })
    }
}

impl Store {
    /// Every text that was written here.
    pub async fn message_templates(&self) -> Result<Vec<StoredTemplate>, Error> {
        const SQL: &str = "SELECT kind, channel, language, subject, body, changed_by, changed_at
            FROM message_template ORDER BY kind, channel, language";
        let rows: Vec<TemplateRow> = on!(self, pool => sqlx::query_as(SQL).fetch_all(pool).await?);
        rows.into_iter().map(StoredTemplate::try_from).collect()
    }

    /// The text that was written for one kind of message, if there is one.
    pub async fn message_template(
        &self,
        kind: MessageKind,
        channel: Channel,
        language: Language,
    ) -> Result<Option<StoredTemplate>, Error> {
        const SQL: &str = "SELECT kind, channel, language, subject, body, changed_by, changed_at
            FROM message_template WHERE kind = $1 AND channel = $2 AND language = $3";
        let row: Option<TemplateRow> = on!(self, pool => {
            sqlx::query_as(SQL)
                .bind(kind_to_word(kind))
                .bind(channel_to_word(channel))
                .bind(language_to_word(language))
                .fetch_optional(pool)
                .await?
        });
        row.map(StoredTemplate::try_from).transpose()
    }

    /// Keeps a text in place of the one before.
    pub async fn put_message_template(&self, written: &StoredTemplate) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO message_template
            (kind, channel, language, subject, body, changed_by, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (kind, channel, language) DO UPDATE SET subject = excluded.subject, body = excluded.body,
                changed_by = excluded.changed_by, changed_at = excluded.changed_at";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(kind_to_word(written.kind))
                .bind(channel_to_word(written.channel))
                .bind(language_to_word(written.language))
                .bind(text(&written.template.subject))
                .bind(text(&written.template.body))
                .bind(written.changed_by.uuid())
                .bind(micros(written.changed_at))
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// Goes back to the program's own text; tells whether there was another.
    pub async fn remove_message_template(
        &self,
        kind: MessageKind,
        channel: Channel,
        language: Language,
    ) -> Result<bool, Error> {
        const SQL: &str = "DELETE FROM message_template WHERE kind = $1 AND channel = $2 AND language = $3";
        let removed = in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(kind_to_word(kind))
                .bind(channel_to_word(channel))
                .bind(language_to_word(language))
                .execute(&mut *tx)
                .await?
                .rows_affected()
        });
        Ok(removed > 0)
    }

    /// When people of a service are reminded; `None`: there is no such service.
    pub async fn reminder_policy(&self, service: ServiceId) -> Result<Option<ReminderPolicy>, Error> {
        const SQL: &str = "SELECT reminder_days, reminder_minutes FROM service WHERE id = $1";
        let row: Option<(i64, i64)> =
            on!(self, pool => sqlx::query_as(SQL).bind(service.uuid()).fetch_optional(pool).await?);
        let policy = |(days, minutes): (i64, i64)| {
            let policy = ReminderPolicy {
                days_before: u8::try_from(days).unwrap_or(u8::MAX),
                minutes_before: u16::try_from(minutes).unwrap_or(u16::MAX),
            };
            let what = "it reminds too early or after the start";
            let wrong = Error::Inconsistent { table: "service", id: service.uuid(), what };
            if policy.is_valid() { Ok(policy) } else { Err(wrong) }
        };
        row.map(policy).transpose()
    }

    /// Says when people of a service are reminded; `false`: there is no such service.
    pub async fn set_reminder_policy(
        &self,
        service: ServiceId,
        policy: ReminderPolicy,
    ) -> Result<bool, Error> {
        const SQL: &str = "UPDATE service SET reminder_days = $2, reminder_minutes = $3 WHERE id = $1";
        let changed = in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(service.uuid())
                .bind(i64::from(policy.days_before))
                .bind(i64::from(policy.minutes_before))
                .execute(&mut *tx)
                .await?
                .rows_affected()
        });
        Ok(changed > 0)
    }
}
