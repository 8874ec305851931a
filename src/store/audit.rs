//! The trail: records in one chain, heads over it. Rows are added, never changed.
//!
//! Whoever changes something of a patient adds its record in the same transaction, by `append!`, as the last thing in it: then the row
//! that says whose turn it is in the chain is held for a moment, and nobody waits for anybody who waits for it.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::db::{in_transaction, on, text};
use super::{Error, Store};
use crate::audit::{Deed, GENESIS, Head, Outcome, Record, Seal, Sealed, Subject, Who};
use crate::clinical::{AppointmentId, ParticipantId, PractitionerId};
use crate::secret::Pii;

macro_rules! columns {
    () => {
        "seq, id, at_us, actor, actor_id, deed, subject, subject_id, appointment, patient, outcome, origin, detail, reason,
        previous, digest"
    };
}

/// Whose turn it is: one at a time, for as long as the transaction lasts.
pub(super) const TURN: &str = "UPDATE audit_turn SET last_seq = last_seq WHERE name = 'trail'";
pub(super) const TIP: &str = "SELECT seq, digest FROM audit_record ORDER BY seq DESC LIMIT 1";
pub(super) const KNOWN: &str = "SELECT seq FROM audit_record WHERE id = $1";
pub(super) const INSERT: &str = concat!(
    "INSERT INTO audit_record (",
    columns!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
);
pub(super) const DONE: &str = "UPDATE audit_turn SET last_seq = $1 WHERE name = 'trail'";
/// The member of staff behind a participant, and the patient of the appointment.
pub(super) const PEOPLE: &str = "SELECT p.practitioner_id,
    (SELECT q.id FROM participant q WHERE q.appointment_id = $1 AND q.role = 'patient' ORDER BY q.place LIMIT 1)
    FROM participant p WHERE p.appointment_id = $1 AND p.id = $2";

/// Adds records to the chain in this transaction, in their order; one that is there already is left as it is. Answers how many were added.
macro_rules! append {
    ($store:expr, $tx:expr, $records:expr) => {{
        let records: &[$crate::audit::Record] = $records;
        let mut added = 0_u64;
        if !records.is_empty() {
            sqlx::query($crate::store::audit::TURN).execute(&mut *$tx).await?;
            let tip: Option<(i64, Vec<u8>)> =
                sqlx::query_as($crate::store::audit::TIP).fetch_optional(&mut *$tx).await?;
            let (mut seq, mut previous) = $crate::store::audit::tip_of(tip);
            for record in records {
                let known: Option<(i64,)> = sqlx::query_as($crate::store::audit::KNOWN)
                    .bind(record.id)
                    .fetch_optional(&mut *$tx)
                    .await?;
                if known.is_some() {
                    continue;
                }
                let record = $crate::store::audit::storable(record);
                let sealed = $crate::audit::Sealed::new(seq + 1, record, previous);
                let columns = $crate::store::audit::Columns::from(&sealed);
                sqlx::query($crate::store::audit::INSERT)
                    .bind(columns.seq)
                    .bind(columns.id)
                    .bind(columns.at_us)
                    .bind(columns.actor)
                    .bind(columns.actor_id)
                    .bind(columns.deed)
                    .bind(columns.subject)
                    .bind(columns.subject_id)
                    .bind(columns.appointment)
                    .bind(columns.patient)
                    .bind(columns.outcome)
                    .bind(columns.origin)
                    .bind(columns.detail)
                    .bind(
                        columns.reason.as_deref().map(|reason| {
                            $store.seal($crate::store::sealed::TRAIL_REASON, columns.id, reason)
                        }),
                    )
                    .bind(columns.previous)
                    .bind(columns.digest)
                    .execute(&mut *$tx)
                    .await?;
                (seq, previous) = (sealed.seq, sealed.digest);
                added += 1;
            }
            if added > 0 {
                let last = i64::try_from(seq).unwrap_or(i64::MAX);
                sqlx::query($crate::store::audit::DONE).bind(last).execute(&mut *$tx).await?;
            }
        }
        added
    }};
}

/// What a participant does in an appointment, as a record with the member of staff and the patient.
macro_rules! done_by {
    ($tx:expr, $appointment:expr, $participant:expr, $record:expr) => {{
        let people: Option<(Option<uuid::Uuid>, Option<uuid::Uuid>)> =
            sqlx::query_as($crate::store::audit::PEOPLE)
                .bind($appointment.uuid())
                .bind($participant.uuid())
                .fetch_optional(&mut *$tx)
                .await?;
        $crate::store::audit::with_people($record, $appointment, $participant, people)
    }};
}

pub(super) use {append, done_by};

/// The end of the chain: its number and its digest.
pub(super) fn tip_of(row: Option<(i64, Vec<u8>)>) -> (u64, Seal) {
    let Some((seq, digest)) = row else { return (0, GENESIS) };
    // What has another length was tampered with; verification says so, and the chain goes on from what it is.
    let mut seal = GENESIS;
    for (to, from) in seal.iter_mut().zip(digest) {
        *to = from;
    }
    (u64::try_from(seq).unwrap_or_default(), seal)
}

/// The record as it will be read: no U+0000, which PostgreSQL does not take.
pub(super) fn storable(record: &Record) -> Record {
    let clean = |value: &Option<String>| value.as_deref().map(|value| text(value).into_owned());
    Record {
        subject_id: clean(&record.subject_id),
        origin: clean(&record.origin),
        detail: clean(&record.detail),
        reason: record.reason.as_ref().map(|reason| Pii::new(text(reason.expose()).into_owned())),
        ..record.clone()
    }
}

/// See `done_by!`.
pub(super) fn with_people(
    record: Record,
    appointment: AppointmentId,
    participant: ParticipantId,
    people: Option<(Option<Uuid>, Option<Uuid>)>,
) -> Record {
    let (practitioner, patient) = people.unwrap_or_default();
    let who = practitioner.map_or(Who::Guest(participant), |id| Who::Staff(PractitionerId::new(id)));
    Record { who, appointment: Some(appointment), patient: patient.map(ParticipantId::new), ..record }
}

/// A record as its row.
#[derive(FromRow)]
pub(super) struct Columns {
    pub(super) seq: i64,
    pub(super) id: Uuid,
    pub(super) at_us: i64,
    pub(super) actor: String,
    pub(super) actor_id: Option<Uuid>,
    pub(super) deed: String,
    pub(super) subject: String,
    pub(super) subject_id: Option<String>,
    pub(super) appointment: Option<Uuid>,
    pub(super) patient: Option<Uuid>,
    pub(super) outcome: String,
    pub(super) origin: Option<String>,
    pub(super) detail: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) previous: Vec<u8>,
    pub(super) digest: Vec<u8>,
}

impl From<&Sealed> for Columns {
    fn from(sealed: &Sealed) -> Self {
        let record = sealed.record.clone();
        let (actor, actor_id) = record.who.parts();
        Self {
            seq: i64::try_from(sealed.seq).unwrap_or(i64::MAX),
            id: record.id,
            at_us: record.at.timestamp_micros(),
            actor: actor.to_owned(),
            actor_id,
            deed: record.deed.word().to_owned(),
            subject: record.subject.word().to_owned(),
            subject_id: record.subject_id,
            appointment: record.appointment.map(AppointmentId::uuid),
            patient: record.patient.map(ParticipantId::uuid),
            outcome: record.outcome.word().to_owned(),
            origin: record.origin,
            detail: record.detail,
            reason: record.reason.map(Pii::into_inner),
            previous: sealed.previous.to_vec(),
            digest: sealed.digest.to_vec(),
        }
    }
}

impl Columns {
    /// `None`: the row was not written by this program.
    fn sealed(self, store: &Store) -> Option<Sealed> {
        let reason = match self.reason {
            Some(reason) => Some(store.open_reason(self.id, reason)?),
            None => None,
        };
        let record = Record {
            id: self.id,
            at: DateTime::from_timestamp_micros(self.at_us)?,
            who: Who::of_parts(&self.actor, self.actor_id)?,
            deed: Deed::of_word(&self.deed)?,
            subject: Subject::of_word(&self.subject)?,
            subject_id: self.subject_id,
            appointment: self.appointment.map(AppointmentId::new),
            patient: self.patient.map(ParticipantId::new),
            outcome: Outcome::of_word(&self.outcome)?,
            origin: self.origin,
            detail: self.detail,
            reason: reason.map(Pii::new),
        };
        Some(Sealed {
            seq: u64::try_from(self.seq).ok()?,
            record,
            previous: self.previous.try_into().ok()?,
            digest: self.digest.try_into().ok()?,
        })
    }
}

/// Which records of the trail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrailFilter {
    pub from: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    /// A member of staff, or a participant.
    pub actor: Option<Uuid>,
    pub appointment: Option<AppointmentId>,
    pub deed: Option<Deed>,
    pub subject: Option<Subject>,
    pub outcome: Option<Outcome>,
    /// Only those before this number.
    pub before: Option<u64>,
}

/// A head as its row.
#[derive(FromRow)]
struct HeadColumns {
    seq: i64,
    at_us: i64,
    digest: Vec<u8>,
    public_key: Vec<u8>,
    signature: Vec<u8>,
}

impl HeadColumns {
    /// What has no right length is as wrong as a wrong signature, and is told as one.
    fn head(self) -> Head {
        Head {
            seq: u64::try_from(self.seq).unwrap_or_default(),
            at: DateTime::from_timestamp_micros(self.at_us).unwrap_or_default(),
            digest: self.digest.try_into().unwrap_or(GENESIS),
            key: self.public_key.try_into().unwrap_or([0; 32]),
            signature: self.signature.try_into().unwrap_or([0; 64]),
        }
    }
}

impl Store {
    /// Adds records to the trail, in their order; one that is there already, by its identifier, is left. Answers how many were added.
    pub async fn append_audit(&self, records: &[Record]) -> Result<u64, Error> {
        Ok(in_transaction!(self, tx => append!(self, tx, records)))
    }

    /// Records after a number, in the order of the chain; `None` where a row cannot be what this program wrote.
    pub async fn audit_records(&self, after: u64, at_most: u32) -> Result<Vec<Option<Sealed>>, Error> {
        const SQL: &str =
            concat!("SELECT ", columns!(), " FROM audit_record WHERE seq > $1 ORDER BY seq LIMIT $2");
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        // Row by row: one that does not even have the right types keeps no other from being read.
        Ok(on!(self, pool => {
            let rows = sqlx::query(SQL).bind(after).bind(i64::from(at_most)).fetch_all(pool).await?;
            rows.iter().map(|row| Columns::from_row(row).ok().and_then(|columns| columns.sealed(self))).collect()
        }))
    }

    /// A page of the trail, newest first.
    pub async fn audit_page(&self, filter: &TrailFilter, at_most: u32) -> Result<Vec<Sealed>, Error> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM audit_record
            WHERE seq < $1 AND at_us >= $2 AND at_us < $3
            AND (CAST($4 AS UUID) IS NULL OR actor_id = $4) AND (CAST($5 AS UUID) IS NULL OR appointment = $5)
            AND ($6 = '' OR deed = $6) AND ($7 = '' OR subject = $7) AND ($8 = '' OR outcome = $8)
            ORDER BY seq DESC LIMIT $9"
        );
        let micros = |time: Option<DateTime<Utc>>| time.map(|time| time.timestamp_micros());
        let before = filter.before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
        let rows: Vec<Columns> = on!(self, pool => {
            sqlx::query_as(SQL)
                .bind(before)
                .bind(micros(filter.from).unwrap_or(i64::MIN))
                .bind(micros(filter.until).unwrap_or(i64::MAX))
                .bind(filter.actor)
                .bind(filter.appointment.map(AppointmentId::uuid))
                .bind(filter.deed.map_or("", Deed::word))
                .bind(filter.subject.map_or("", Subject::word))
                .bind(filter.outcome.map_or("", Outcome::word))
                .bind(i64::from(at_most))
                .fetch_all(pool)
                .await?
        });
        Ok(rows.into_iter().filter_map(|columns| columns.sealed(self)).collect())
    }

    /// The number and digest of the last record; what the chain begins from when there is none.
    pub async fn audit_tip(&self) -> Result<(u64, Seal), Error> {
        let tip: Option<(i64, Vec<u8>)> = on!(self, pool => sqlx::query_as(TIP).fetch_optional(pool).await?);
        Ok(tip_of(tip))
    }

    /// The number of the last record that was ever added: more than there are says that the end was cut off.
    pub async fn audit_last(&self) -> Result<u64, Error> {
        const SQL: &str = "SELECT last_seq FROM audit_turn WHERE name = 'trail'";
        let last: Option<(i64,)> = on!(self, pool => sqlx::query_as(SQL).fetch_optional(pool).await?);
        Ok(last.and_then(|(last,)| u64::try_from(last).ok()).unwrap_or_default())
    }

    /// How many different patients' data somebody was shown since.
    pub async fn patients_seen(&self, by: PractitionerId, since: DateTime<Utc>) -> Result<u64, Error> {
        const SQL: &str = "SELECT COUNT(DISTINCT patient) FROM audit_record
            WHERE actor_id = $1 AND at_us >= $2 AND actor = 'staff' AND outcome = 'done'
            AND deed IN ('read', 'download', 'view', 'change', 'sign', 'enter')";
        let (count,): (i64,) = on!(self, pool => {
            sqlx::query_as(SQL).bind(by.uuid()).bind(since.timestamp_micros()).fetch_one(pool).await?
        });
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Keeps a signed head; over one record the first one stays.
    pub async fn add_audit_head(&self, head: &Head) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO audit_head (seq, at_us, digest, public_key, signature)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (seq) DO NOTHING";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(i64::try_from(head.seq).unwrap_or(i64::MAX))
                .bind(head.at.timestamp_micros())
                .bind(head.digest.to_vec())
                .bind(head.key.to_vec())
                .bind(head.signature.to_vec())
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// Heads over records after a number, in their order.
    pub async fn audit_heads(&self, after: u64, at_most: u32) -> Result<Vec<Head>, Error> {
        const SQL: &str = "SELECT seq, at_us, digest, public_key, signature FROM audit_head
            WHERE seq > $1 ORDER BY seq LIMIT $2";
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let rows: Vec<HeadColumns> = on!(self, pool => {
            sqlx::query_as(SQL).bind(after).bind(i64::from(at_most)).fetch_all(pool).await?
        });
        Ok(rows.into_iter().map(HeadColumns::head).collect())
    }

    /// The number of the last record that a head is over; 0: none.
    pub async fn audit_signed(&self) -> Result<u64, Error> {
        const SQL: &str = "SELECT COALESCE(MAX(seq), 0) FROM audit_head";
        let (seq,): (i64,) = on!(self, pool => sqlx::query_as(SQL).fetch_one(pool).await?);
        Ok(u64::try_from(seq).unwrap_or_default())
    }

    /// How far the trail was told to somebody of this name.
    pub async fn audit_told(&self, name: &str) -> Result<u64, Error> {
        const SQL: &str = "SELECT seq FROM audit_told WHERE name = $1";
        let told: Option<(i64,)> =
            on!(self, pool => sqlx::query_as(SQL).bind(name).fetch_optional(pool).await?);
        Ok(told.and_then(|(seq,)| u64::try_from(seq).ok()).unwrap_or_default())
    }

    /// Remembers how far; never back.
    pub async fn put_audit_told(&self, name: &str, seq: u64) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO audit_told (name, seq) VALUES ($1, $2)
            ON CONFLICT (name) DO UPDATE SET seq = excluded.seq WHERE audit_told.seq < excluded.seq";
        in_transaction!(self, tx => {
            let seq = i64::try_from(seq).unwrap_or(i64::MAX);
            sqlx::query(SQL).bind(name).bind(seq).execute(&mut *tx).await?;
        });
        Ok(())
    }
}
