//! The queues of services, for people without an appointment.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::appointments;
use super::db::{in_transaction, micros, on, words};
use super::schedules::Change;
use super::sealed::{QUEUE_NAME, QUEUE_TELEPHONE};
use super::{Error, Store, courses};
use crate::clinical::{
    Appointment, AppointmentId, Contact, Course, Language, Link, LinkDigest, ParticipantId, PractitionerId,
    QueueCode, QueueEntry, QueueEntryId, QueueSettings, QueueSlug, QueueStatus, ServiceId, TelephoneNumber,
};

#[derive(FromRow)]
struct SettingsRow {
    id: Uuid,
    queue_slug: Option<String>,
    queue_code: Option<String>,
    queue_minutes: i64,
}

#[derive(FromRow)]
struct EntryRow {
    id: Uuid,
    service_id: Uuid,
    name: String,
    telephone: String,
    language: String,
    digest: Vec<u8>,
    joined_at: DateTime<Utc>,
    seen_at: DateTime<Utc>,
    status: String,
    status_at: Option<DateTime<Utc>>,
    status_by: Option<Uuid>,
    appointment_id: Option<Uuid>,
}

words!(language_to_word, language_from_word, Language {
    Language::French => "fr",
    Language::English => "en",
});

macro_rules! entry_columns {
    () => {
        "id, service_id, name, telephone, language, digest, joined_at, seen_at, status, status_at, status_by, appointment_id"
    };
}

/// Changes nothing, but makes whoever comes into the same queue next wait for this transaction.
const HOLD: &str = "UPDATE service SET name = name WHERE id = $1";

impl Store {
    /// The service whose queue has this address, and how its queue is set.
    pub async fn queue_of(&self, slug: &QueueSlug) -> Result<Option<(ServiceId, QueueSettings)>, Error> {
        const SQL: &str = "SELECT id, queue_slug, queue_code, queue_minutes FROM service
            WHERE queue_slug = $1 AND NOT is_closed";
        let row: Option<SettingsRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(slug.as_str()).fetch_optional(pool).await?);
        row.map(settings).transpose()
    }

    /// How the queue of a service is set; `None` for a service that is not there.
    pub async fn queue_settings(&self, service: ServiceId) -> Result<Option<QueueSettings>, Error> {
        const SQL: &str = "SELECT id, queue_slug, queue_code, queue_minutes FROM service WHERE id = $1";
        let row: Option<SettingsRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(service.uuid()).fetch_optional(pool).await?);
        Ok(row.map(settings).transpose()?.map(|(_, settings)| settings))
    }

    /// Sets the queue of a service. Refused with [`Constraint::QueueAddress`](super::Constraint) when another one has the address.
    pub async fn set_queue(
        &self,
        service: ServiceId,
        queue: &QueueSettings,
        change: Change,
    ) -> Result<(), Error> {
        const SQL: &str = "UPDATE service SET queue_slug = $2, queue_code = $3, queue_minutes = $4,
            changed_at = $5, changed_by = $6 WHERE id = $1";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(service.uuid())
                .bind(queue.slug.as_ref().map(|slug| slug.as_str().to_owned()))
                .bind(queue.code.as_ref().map(|code| code.expose().to_owned()))
                .bind(i64::from(queue.minutes))
                .bind(micros(change.at))
                .bind(change.by.uuid())
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// Keeps that somebody gave a wrong code, and forgets those before `since`.
    pub async fn add_queue_try(
        &self,
        id: Uuid,
        service: ServiceId,
        at: DateTime<Utc>,
        since: DateTime<Utc>,
    ) -> Result<(), Error> {
        const FORGET: &str = "DELETE FROM queue_try WHERE service_id = $1 AND at < $2";
        const ADD: &str = "INSERT INTO queue_try (id, service_id, at) VALUES ($1, $2, $3)";
        in_transaction!(self, tx => {
            sqlx::query(FORGET).bind(service.uuid()).bind(micros(since)).execute(&mut *tx).await?;
            sqlx::query(ADD).bind(id).bind(service.uuid()).bind(micros(at)).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// How many wrong codes there were since then.
    pub async fn queue_tries(&self, service: ServiceId, since: DateTime<Utc>) -> Result<usize, Error> {
        const SQL: &str = "SELECT COUNT(*) FROM queue_try WHERE service_id = $1 AND at >= $2";
        let (count,): (i64,) = on!(self, pool => {
            sqlx::query_as(SQL).bind(service.uuid()).bind(micros(since)).fetch_one(pool).await?
        });
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// Puts somebody into a queue in which fewer than `limit` wait whose pages were heard of since `since`; `false` if it is full.
    pub async fn add_queue_entry(
        &self,
        entry: &QueueEntry,
        limit: usize,
        since: DateTime<Utc>,
    ) -> Result<bool, Error> {
        const COUNT: &str =
            "SELECT COUNT(*) FROM queue_entry WHERE service_id = $1 AND status = 'waiting' AND seen_at > $2";
        const ADD: &str = "INSERT INTO queue_entry
            (id, service_id, name, telephone, language, digest, joined_at, seen_at, status)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting')";
        let is_added = in_transaction!(self, tx => {
            sqlx::query(HOLD).bind(entry.service.uuid()).execute(&mut *tx).await?;
            let count = sqlx::query_as(COUNT).bind(entry.service.uuid()).bind(micros(since));
            let (count,): (i64,) = count.fetch_one(&mut *tx).await?;
            if usize::try_from(count).unwrap_or(usize::MAX) >= limit {
                return Ok(false);
            }
            sqlx::query(ADD)
                .bind(entry.id.uuid())
                .bind(entry.service.uuid())
                .bind(self.seal(QUEUE_NAME, entry.id.uuid(), entry.name.expose()))
                .bind(self.seal(QUEUE_TELEPHONE, entry.id.uuid(), entry.telephone.expose()))
                .bind(language_to_word(entry.language))
                .bind(entry.digest.0.to_vec())
                .bind(micros(entry.joined_at))
                .bind(micros(entry.seen_at))
                .execute(&mut *tx)
                .await?;
            true
        });
        Ok(is_added)
    }

    /// Whoever waits in the queue of a service and was heard of after `since`, the longest waiting first.
    pub async fn queue_entries(
        &self,
        service: ServiceId,
        since: DateTime<Utc>,
    ) -> Result<Vec<QueueEntry>, Error> {
        const SQL: &str = concat!(
            "SELECT ",
            entry_columns!(),
            " FROM queue_entry WHERE service_id = $1 AND status = 'waiting' AND seen_at > $2 ORDER BY joined_at, id"
        );
        let rows: Vec<EntryRow> = on!(self, pool => {
            sqlx::query_as(SQL).bind(service.uuid()).bind(micros(since)).fetch_all(pool).await?
        });
        rows.into_iter().map(|row| self.opened_entry(row)).collect()
    }

    /// One of a queue, whatever became of them.
    pub async fn queue_entry(&self, id: QueueEntryId) -> Result<Option<QueueEntry>, Error> {
        const SQL: &str = concat!("SELECT ", entry_columns!(), " FROM queue_entry WHERE id = $1");
        let row: Option<EntryRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(id.uuid()).fetch_optional(pool).await?);
        row.map(|row| self.opened_entry(row)).transpose()
    }

    /// Whose page has this secret.
    pub async fn queue_entry_by_digest(&self, digest: LinkDigest) -> Result<Option<QueueEntry>, Error> {
        const SQL: &str = concat!("SELECT ", entry_columns!(), " FROM queue_entry WHERE digest = $1");
        let row: Option<EntryRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(digest.0.to_vec()).fetch_optional(pool).await?);
        row.map(|row| self.opened_entry(row)).transpose()
    }

    /// Keeps that somebody's page was heard of.
    pub async fn see_queue_entry(&self, id: QueueEntryId, at: DateTime<Utc>) -> Result<(), Error> {
        const SQL: &str =
            "UPDATE queue_entry SET seen_at = $2 WHERE id = $1 AND status = 'waiting' AND seen_at < $2";
        in_transaction!(self, tx => {
            sqlx::query(SQL).bind(id.uuid()).bind(micros(at)).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Somebody leaves the queue, or is refused; `false` if they do not wait any more. Taking is [`Store::take_queue_entry`].
    pub async fn end_queue_entry(&self, id: QueueEntryId, to: QueueStatus) -> Result<bool, Error> {
        const SQL: &str = "UPDATE queue_entry SET status = $2, status_at = $3, status_by = $4
            WHERE id = $1 AND status = 'waiting'";
        let (word, at, by) = match to {
            QueueStatus::Refused { at, by } => ("refused", at, Some(by.uuid())),
            QueueStatus::Left { at } => ("left", at, None),
            QueueStatus::Waiting | QueueStatus::Taken { .. } => return Ok(false),
        };
        let ended = in_transaction!(self, tx => {
            let query = sqlx::query(SQL).bind(id.uuid()).bind(word).bind(micros(at)).bind(by);
            query.execute(&mut *tx).await?.rows_affected()
        });
        Ok(ended > 0)
    }

    /// Takes somebody out of the queue into an appointment that begins now; all of it or nothing. `false` if they do not wait any more.
    pub async fn take_queue_entry(
        &self,
        entry: QueueEntryId,
        appointment: &Appointment,
        links: &[Link],
        contacts: &HashMap<ParticipantId, Contact>,
    ) -> Result<bool, Error> {
        /// Makes whoever takes the same person wait for this transaction.
        const HOLD_ENTRY: &str =
            "UPDATE queue_entry SET seen_at = seen_at WHERE id = $1 AND status = 'waiting'";
        const TAKE: &str =
            "UPDATE queue_entry SET status = 'taken', status_at = $2, status_by = $3, appointment_id = $4
            WHERE id = $1 AND status = 'waiting'";
        let is_taken = in_transaction!(self, tx => {
            if sqlx::query(HOLD_ENTRY).bind(entry.uuid()).execute(&mut *tx).await?.rows_affected() == 0 {
                return Ok(false);
            }
            appointments::hold!(tx, [appointment]);
            appointments::write_appointment!(self, tx, appointment, links, contacts);
            courses::insert!(tx, appointment.id, &Course::default());
            sqlx::query(TAKE)
                .bind(entry.uuid())
                .bind(micros(appointment.booked_at))
                .bind(appointment.booked_by.uuid())
                .bind(appointment.id.uuid())
                .execute(&mut *tx)
                .await?;
            true
        });
        Ok(is_taken)
    }
}

fn settings(row: SettingsRow) -> Result<(ServiceId, QueueSettings), Error> {
    let wrong = |what| Error::Inconsistent { table: "service", id: row.id, what };
    let slug = row.queue_slug.as_deref().map(QueueSlug::new).transpose();
    let settings = QueueSettings {
        slug: slug.map_err(|_| wrong("the address of its queue is none"))?,
        code: row.queue_code.map(QueueCode::kept),
        minutes: u16::try_from(row.queue_minutes).map_err(|_| wrong("its queue has no length"))?,
    };
    Ok((ServiceId::new(row.id), settings))
}

impl Store {
    fn opened_entry(&self, mut row: EntryRow) -> Result<QueueEntry, Error> {
        row.name = self.open_cell(QUEUE_NAME, row.id, &row.name)?;
        row.telephone = self.open_cell(QUEUE_TELEPHONE, row.id, &row.telephone)?;
        entry(row)
    }
}

/// A row whose values are open.
fn entry(row: EntryRow) -> Result<QueueEntry, Error> {
    let wrong = |what| Error::Inconsistent { table: "queue_entry", id: row.id, what };
    let by = row.status_by.map(PractitionerId::new);
    let status = match (row.status.as_str(), row.status_at, by, row.appointment_id) {
        ("waiting", None, None, None) => QueueStatus::Waiting,
        ("taken", Some(at), Some(by), Some(id)) => {
            QueueStatus::Taken { at, by, appointment: AppointmentId::new(id) }
        }
        ("refused", Some(at), Some(by), None) => QueueStatus::Refused { at, by },
        ("left", Some(at), None, None) => QueueStatus::Left { at },
        _ => return Err(wrong("its status and the facts of the status do not fit")),
    };
    let digest = <[u8; 32]>::try_from(row.digest).map_err(|_| wrong("its digest is not of 32 bytes"))?;
    Ok(QueueEntry {
        id: QueueEntryId::new(row.id),
        service: ServiceId::new(row.service_id),
        telephone: TelephoneNumber::parse(&row.telephone).map_err(|_| wrong("its number is none"))?,
        language: language_from_word(&row.language).ok_or_else(|| wrong("an unknown language"))?,
        name: row.name.into(),
        digest: LinkDigest(digest),
        joined_at: row.joined_at,
        seen_at: row.seen_at,
        status,
    })
}
