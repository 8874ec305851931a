//! The second doors of guests: tries, codes, PINs and passes, all as digests; and what services ask for at theirs.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::db::{in_transaction, micros, on, text, words};
use super::{Error, Store};
use crate::clinical::{
    AppointmentId, CodeChannel, CodeDigest, DocumentNeed, Door, DoorRules, Opening, ParticipantId, Pass,
    PassDigest, Pin, SentCode, ServiceId,
};

words!(need_to_word, need_from_word, DocumentNeed {
    DocumentNeed::Either => "either",
    DocumentNeed::Provider => "provider",
    DocumentNeed::Both => "both",
});

words!(channel_to_word, channel_from_word, CodeChannel {
    CodeChannel::Sms => "sms",
    CodeChannel::Email => "email",
});

fn opening_to_word(opening: Opening) -> &'static str {
    match opening {
        Opening::LinkOnly => "link",
        Opening::Code(channel) => channel_to_word(channel),
        Opening::Pin => "pin",
        Opening::BirthDate => "birth_date",
    }
}

fn opening_from_word(word: &str) -> Option<Opening> {
    Some(match word {
        "link" => Opening::LinkOnly,
        "pin" => Opening::Pin,
        "birth_date" => Opening::BirthDate,
        other => Opening::Code(channel_from_word(other)?),
    })
}

#[derive(FromRow)]
struct DoorRow {
    participant_id: Uuid,
    revision: i64,
    wrong_tries: i64,
    locked_at: Option<DateTime<Utc>>,
    sends: i64,
    sends_since: Option<DateTime<Utc>>,
    last_sent_at: Option<DateTime<Utc>>,
    code_digest: Option<Vec<u8>>,
    code_channel: Option<String>,
    code_sent_at: Option<DateTime<Utc>>,
}

#[derive(FromRow)]
struct PinRow {
    participant_id: Uuid,
    first_id: Uuid,
    digest: Vec<u8>,
}

#[derive(FromRow)]
struct PassRow {
    digest: Vec<u8>,
    participant_id: Uuid,
    opening: String,
    given_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

macro_rules! columns {
    () => {
        "participant_id, revision, wrong_tries, locked_at, sends, sends_since, last_sent_at, code_digest, \
         code_channel, code_sent_at"
    };
}

const MAKE: &str = "INSERT INTO door (participant_id, appointment_id, revision, wrong_tries, sends)
    SELECT id, appointment_id, 0, 0, 0 FROM participant WHERE id = $1 ON CONFLICT (participant_id) DO NOTHING";
const CHANGE: &str = "UPDATE door SET revision = revision + 1, wrong_tries = $3, locked_at = $4, sends = $5,
    sends_since = $6, last_sent_at = $7, code_digest = $8, code_channel = $9, code_sent_at = $10
    WHERE participant_id = $1 AND revision = $2";

/// Writes a door in the transaction `$tx`, unless it was written since it was read; tells whether it was not.
macro_rules! put {
    ($tx:ident, $door:expr) => {{
        sqlx::query(MAKE).bind($door.participant.uuid()).execute(&mut *$tx).await?;
        let code = $door.code.as_ref();
        sqlx::query(CHANGE)
            .bind($door.participant.uuid())
            .bind(i64::from($door.revision))
            .bind(i64::from($door.wrong_tries))
            .bind($door.locked_at.map(micros))
            .bind(i64::from($door.sends))
            .bind($door.sends_since.map(micros))
            .bind($door.last_sent_at.map(micros))
            .bind(code.map(|code| code.digest.0.to_vec()))
            .bind(code.map(|code| channel_to_word(code.channel)))
            .bind(code.map(|code| micros(code.sent_at)))
            .execute(&mut *$tx)
            .await?
            .rows_affected()
            == 1
    }};
}

impl Store {
    /// Passes that one person has at most; the oldest go.
    pub const MAX_PASSES: i64 = 8;

    /// The door of a guest; one that nobody has tried is new.
    pub async fn door(&self, participant: ParticipantId) -> Result<Door, Error> {
        const SQL: &str = concat!("SELECT ", columns!(), " FROM door WHERE participant_id = $1");
        let row: Option<DoorRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(participant.uuid()).fetch_optional(pool).await?);
        row.map_or_else(|| Ok(Door::new(participant)), Door::try_from)
    }

    /// The doors of an appointment that somebody has tried.
    pub async fn doors_of(&self, appointment: AppointmentId) -> Result<HashMap<ParticipantId, Door>, Error> {
        const SQL: &str = concat!("SELECT ", columns!(), " FROM door WHERE appointment_id = $1");
        let rows: Vec<DoorRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        rows.into_iter().map(|row| Ok((ParticipantId::new(row.participant_id), row.try_into()?))).collect()
    }

    /// Writes a door as it is now. `false`: somebody else has written it since it was read; read it again.
    pub async fn put_door(&self, door: &Door) -> Result<bool, Error> {
        Ok(in_transaction!(self, tx => put!(tx, door)))
    }

    /// Writes a door that was opened, and the pass that was given for it; `false` as [`Store::put_door`].
    pub async fn open_door(&self, door: &Door, pass: &Pass) -> Result<bool, Error> {
        const CLEAR: &str = "DELETE FROM door_pass WHERE participant_id = $1 AND (expires_at <= $2 OR digest NOT IN
            (SELECT digest FROM door_pass WHERE participant_id = $1 ORDER BY given_at DESC, digest LIMIT $3))";
        const ADD: &str = "INSERT INTO door_pass (digest, participant_id, opening, given_at, expires_at)
            VALUES ($1, $2, $3, $4, $5)";
        let is_written = in_transaction!(self, tx => {
            if !put!(tx, door) {
                return Ok(false);
            }
            sqlx::query(CLEAR)
                .bind(pass.participant.uuid())
                .bind(micros(pass.given_at))
                .bind(Self::MAX_PASSES - 1)
                .execute(&mut *tx)
                .await?;
            sqlx::query(ADD)
                .bind(pass.digest.0.to_vec())
                .bind(pass.participant.uuid())
                .bind(opening_to_word(pass.opening))
                .bind(micros(pass.given_at))
                .bind(micros(pass.expires_at))
                .execute(&mut *tx)
                .await?;
            true
        });
        Ok(is_written)
    }

    /// The pass with that digest, still good or not.
    pub async fn pass(&self, digest: PassDigest) -> Result<Option<Pass>, Error> {
        const SQL: &str =
            "SELECT digest, participant_id, opening, given_at, expires_at FROM door_pass WHERE digest = $1";
        let row: Option<PassRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(digest.0.to_vec()).fetch_optional(pool).await?);
        row.map(Pass::try_from).transpose()
    }

    /// Takes all passes of a guest back.
    pub async fn take_passes_back(&self, participant: ParticipantId) -> Result<u64, Error> {
        const SQL: &str = "DELETE FROM door_pass WHERE participant_id = $1";
        let gone = in_transaction!(self, tx => {
            sqlx::query(SQL).bind(participant.uuid()).execute(&mut *tx).await?.rows_affected()
        });
        Ok(gone)
    }

    /// Deletes the passes that open nothing any more; answers how many.
    pub async fn clear_passes(&self, now: DateTime<Utc>) -> Result<u64, Error> {
        const SQL: &str = "DELETE FROM door_pass WHERE expires_at <= $1";
        let gone = in_transaction!(self, tx => sqlx::query(SQL).bind(micros(now)).execute(&mut *tx).await?.rows_affected());
        Ok(gone)
    }

    /// Gives a participant a PIN; the one from before opens nothing any more.
    pub async fn put_pin(
        &self,
        appointment: AppointmentId,
        participant: ParticipantId,
        pin: Pin,
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO door_pin (participant_id, appointment_id, first_id, digest, made_at)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (participant_id) DO UPDATE SET first_id = $3, digest = $4, made_at = $5";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(participant.uuid())
                .bind(appointment.uuid())
                .bind(pin.first.uuid())
                .bind(pin.digest.0.to_vec())
                .bind(micros(at))
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// Hands the PINs of guests on, from who they were to who they are once their appointment is moved.
    pub async fn carry_pins(
        &self,
        appointment: AppointmentId,
        from_to: &[(ParticipantId, ParticipantId)],
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO door_pin (participant_id, appointment_id, first_id, digest, made_at)
            SELECT $2, $3, first_id, digest, $4 FROM door_pin WHERE participant_id = $1
            ON CONFLICT (participant_id) DO NOTHING";
        in_transaction!(self, tx => {
            for (from, to) in from_to {
                sqlx::query(SQL)
                    .bind(from.uuid())
                    .bind(to.uuid())
                    .bind(appointment.uuid())
                    .bind(micros(at))
                    .execute(&mut *tx)
                    .await?;
            }
        });
        Ok(())
    }

    /// The PINs of an appointment.
    pub async fn pins_of(&self, appointment: AppointmentId) -> Result<HashMap<ParticipantId, Pin>, Error> {
        const SQL: &str = "SELECT participant_id, first_id, digest FROM door_pin WHERE appointment_id = $1";
        let rows: Vec<PinRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        rows.into_iter()
            .map(|row| {
                let digest = digest(row.digest, "door_pin", row.participant_id)?;
                let pin = Pin { first: ParticipantId::new(row.first_id), digest: CodeDigest(digest) };
                Ok((ParticipantId::new(row.participant_id), pin))
            })
            .collect()
    }

    /// What a service asks for at its door; without a row, what [`DoorRules::default`] says.
    pub async fn door_rules(&self, service: ServiceId) -> Result<DoorRules, Error> {
        const SQL: &str = "SELECT accepts_birth_date, label, asks_who_of_all, waives_consent, documents_need
            FROM service_door WHERE service_id = $1";
        let row: Option<(bool, Option<String>, bool, bool, String)> =
            on!(self, pool => sqlx::query_as(SQL).bind(service.uuid()).fetch_optional(pool).await?);
        let Some((accepts_birth_date, label, asks_who_of_all, waives_consent, need)) = row else {
            return Ok(DoorRules::default());
        };
        let documents_need = need_from_word(&need).ok_or(Error::Inconsistent {
            table: "service_door",
            id: service.uuid(),
            what: "an unknown need of documents",
        })?;
        Ok(DoorRules { accepts_birth_date, label, asks_who_of_all, waives_consent, documents_need })
    }

    /// Writes what a service asks for at its door.
    pub async fn put_door_rules(&self, service: ServiceId, rules: &DoorRules) -> Result<(), Error> {
        const SQL: &str =
            "INSERT INTO service_door (service_id, accepts_birth_date, label, asks_who_of_all, waives_consent,
            documents_need) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (service_id) DO UPDATE
            SET accepts_birth_date = $2, label = $3, asks_who_of_all = $4, waives_consent = $5, documents_need = $6";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(service.uuid())
                .bind(rules.accepts_birth_date)
                .bind(rules.label.as_deref().map(text))
                .bind(rules.asks_who_of_all)
                .bind(rules.waives_consent)
                .bind(need_to_word(rules.documents_need))
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }
}

fn digest(bytes: Vec<u8>, table: &'static str, id: Uuid) -> Result<[u8; 32], Error> {
    <[u8; 32]>::try_from(bytes).map_err(|_| Error::Inconsistent {
        table,
        id,
        what: "its digest is not of 32 bytes",
    })
}

impl TryFrom<DoorRow> for Door {
    type Error = Error;

    fn try_from(row: DoorRow) -> Result<Self, Error> {
        let wrong = |what| Error::Inconsistent { table: "door", id: row.participant_id, what };
        let count = |value: i64| u32::try_from(value).map_err(|_| wrong("a count is out of range"));
        let code = match (row.code_digest, row.code_channel, row.code_sent_at) {
            (Some(bytes), Some(channel), Some(sent_at)) => Some(SentCode {
                digest: CodeDigest(digest(bytes, "door", row.participant_id)?),
                channel: channel_from_word(&channel).ok_or_else(|| wrong("an unknown channel"))?,
                sent_at,
            }),
            (None, None, None) => None,
            _ => return Err(wrong("a part of its code is missing")),
        };
        Ok(Self {
            participant: ParticipantId::new(row.participant_id),
            revision: count(row.revision)?,
            wrong_tries: count(row.wrong_tries)?,
            locked_at: row.locked_at,
            sends: count(row.sends)?,
            sends_since: row.sends_since,
            last_sent_at: row.last_sent_at,
            code,
        })
    }
}

impl TryFrom<PassRow> for Pass {
    type Error = Error;

    fn try_from(row: PassRow) -> Result<Self, Error> {
        let unknown =
            Error::Inconsistent { table: "door_pass", id: row.participant_id, what: "an unknown opening" };
        Ok(Self {
            digest: PassDigest(digest(row.digest, "door_pass", row.participant_id)?),
            participant: ParticipantId::new(row.participant_id),
            opening: opening_from_word(&row.opening).ok_or(unknown)?,
            given_at: row.given_at,
            expires_at: row.expires_at,
        })
    }
}
