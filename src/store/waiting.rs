//! The waiting rooms of services: what they decided, who stands where in the order, what those who wait were told, and who took over.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::audit::{append, done_by};
use super::db::{in_transaction, micros, on, words};
use super::sealed::{PARTICIPANT_NAME, WAITING_WORDS};
use super::{Error, Store};
use crate::audit::{Deed, Record, Subject, Who};
use crate::clinical::{
    AppointmentId, Assurance, Delay, Delegation, Participant, ParticipantId, PractitionerId, Rank,
    ReadySentence, ServiceId, WaitingMessage, WaitingMessageId, WaitingPolicy, WaitingText, WaitingWords,
};

#[derive(FromRow)]
struct PolicyRow {
    shows_position: bool,
    may_take_over: bool,
}

#[derive(FromRow)]
struct RankRow {
    appointment_id: Uuid,
    participant_id: Uuid,
    since: DateTime<Utc>,
    counts_since: DateTime<Utc>,
}

#[derive(FromRow)]
struct MessageRow {
    id: Uuid,
    participant_id: Uuid,
    practitioner_id: Uuid,
    at: DateTime<Utc>,
    sentence: Option<String>,
    words: Option<String>,
}

#[derive(FromRow)]
struct DelayRow {
    practitioner_id: Uuid,
    minutes: i64,
    told_at: DateTime<Utc>,
    told_by: Uuid,
}

#[derive(FromRow)]
struct ArrivalRow {
    participant_id: Uuid,
    assurance: String,
    at: DateTime<Utc>,
}

/// What somebody showed on the way in, the last time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredArrival {
    pub participant: ParticipantId,
    pub assurance: Assurance,
    pub at: DateTime<Utc>,
}

words!(sentence_to_word, sentence_from_word, ReadySentence {
    ReadySentence::SoonYourTurn => "soon_your_turn",
    ReadySentence::ThankYouForWaiting => "thank_you_for_waiting",
    ReadySentence::HavePapersReady => "have_papers_ready",
    ReadySentence::CheckMicrophone => "check_microphone",
    ReadySentence::CheckCamera => "check_camera",
    ReadySentence::GoToQuietPlace => "go_to_quiet_place",
    ReadySentence::WeWillCallYou => "we_will_call_you",
});

words!(assurance_to_word, assurance_from_word, Assurance {
    Assurance::LinkOnly => "link_only",
    Assurance::Telephone => "telephone",
    Assurance::LinkAndCode => "link_and_code",
    Assurance::SignedIn => "signed_in",
});

impl Store {
    /// What a service decided about its waiting room; the default for one that is not there.
    pub async fn waiting_policy(&self, service: ServiceId) -> Result<WaitingPolicy, Error> {
        const SQL: &str = "SELECT shows_position, may_take_over FROM service WHERE id = $1";
        let row: Option<PolicyRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(service.uuid()).fetch_optional(pool).await?);
        Ok(row.map_or_else(WaitingPolicy::default, |row| WaitingPolicy {
            shows_position: row.shows_position,
            may_take_over: row.may_take_over,
        }))
    }

    /// Writes what a service decided. Answers whether it is there.
    pub async fn set_waiting_policy(&self, service: ServiceId, policy: WaitingPolicy) -> Result<bool, Error> {
        const SQL: &str = "UPDATE service SET shows_position = $2, may_take_over = $3 WHERE id = $1";
        let changed = in_transaction!(self, tx => {
            let query = sqlx::query(SQL).bind(service.uuid()).bind(policy.shows_position);
            query.bind(policy.may_take_over).execute(&mut *tx).await?.rows_affected()
        });
        Ok(changed == 1)
    }

    /// Writes where people stand in the order, all or nothing.
    pub async fn put_waiting_ranks(&self, ranks: &[Rank]) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO waiting_rank (appointment_id, participant_id, since, counts_since)
            VALUES ($1, $2, $3, $4) ON CONFLICT (appointment_id, participant_id)
            DO UPDATE SET since = excluded.since, counts_since = excluded.counts_since";
        let mut ranks = ranks.to_vec();
        // Everybody takes the rows in one order, so that nobody waits in a circle.
        ranks.sort_by_key(|rank| (rank.appointment, rank.participant));
        in_transaction!(self, tx => {
            for rank in &ranks {
                sqlx::query(SQL)
                    .bind(rank.appointment.uuid())
                    .bind(rank.participant.uuid())
                    .bind(micros(rank.since))
                    .bind(micros(rank.counts_since))
                    .execute(&mut *tx)
                    .await?;
            }
        });
        Ok(())
    }

    /// Where the people of one appointment were put in the order.
    pub async fn waiting_ranks_of(&self, appointment: AppointmentId) -> Result<Vec<Rank>, Error> {
        const SQL: &str = "SELECT appointment_id, participant_id, since, counts_since FROM waiting_rank
            WHERE appointment_id = $1 ORDER BY participant_id";
        let rows: Vec<RankRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        Ok(rows.into_iter().map(Rank::from).collect())
    }

    /// Keeps what somebody who waits is told. Written again with the same identifier it is the same message.
    pub async fn add_waiting_message(
        &self,
        appointment: AppointmentId,
        message: &WaitingMessage,
    ) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO waiting_message
            (id, appointment_id, participant_id, practitioner_id, at, sentence, words)
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING";
        let (sentence, own) = match &message.words {
            WaitingWords::Ready(sentence) => (Some(sentence_to_word(*sentence)), None),
            WaitingWords::Own(words) => {
                (None, Some(self.seal(WAITING_WORDS, message.id.uuid(), words.expose())))
            }
        };
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(message.id.uuid())
                .bind(appointment.uuid())
                .bind(message.to.uuid())
                .bind(message.by.uuid())
                .bind(micros(message.at))
                .bind(sentence)
                .bind(own.as_deref())
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// What the people of one appointment were told, in the order of writing.
    pub async fn waiting_messages_of(
        &self,
        appointment: AppointmentId,
    ) -> Result<Vec<WaitingMessage>, Error> {
        const SQL: &str =
            "SELECT id, participant_id, practitioner_id, at, sentence, words FROM waiting_message
            WHERE appointment_id = $1 ORDER BY id";
        let rows: Vec<MessageRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        let message = |mut row: MessageRow| {
            let words = row.words.as_deref();
            row.words = words.map(|words| self.open_cell(WAITING_WORDS, row.id, words)).transpose()?;
            WaitingMessage::try_from(row)
        };
        rows.into_iter().map(message).collect()
    }

    /// Writes how late somebody is, in the place of what was said before. An older word changes nothing.
    pub async fn put_delay(&self, delay: &Delay) -> Result<(), Error> {
        const SQL: &str =
            "INSERT INTO practitioner_delay (practitioner_id, minutes, told_at, told_by) VALUES ($1, $2, $3, $4)
            ON CONFLICT (practitioner_id) DO UPDATE
            SET minutes = excluded.minutes, told_at = excluded.told_at, told_by = excluded.told_by
            WHERE practitioner_delay.told_at <= excluded.told_at";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(delay.practitioner.uuid())
                .bind(i64::from(delay.minutes))
                .bind(micros(delay.told_at))
                .bind(delay.by.uuid())
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// How late somebody was last said to be; it may hold no longer.
    pub async fn delay_of(&self, practitioner: PractitionerId) -> Result<Option<Delay>, Error> {
        const SQL: &str = "SELECT practitioner_id, minutes, told_at, told_by FROM practitioner_delay
            WHERE practitioner_id = $1";
        let row: Option<DelayRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(practitioner.uuid()).fetch_optional(pool).await?);
        row.map(Delay::try_from).transpose()
    }

    /// Writes what somebody showed on the way in, in the place of the time before.
    pub async fn put_arrival(
        &self,
        appointment: AppointmentId,
        arrival: &StoredArrival,
    ) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO arrival (appointment_id, participant_id, assurance, at)
            VALUES ($1, $2, $3, $4) ON CONFLICT (appointment_id, participant_id)
            DO UPDATE SET assurance = excluded.assurance, at = excluded.at";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(appointment.uuid())
                .bind(arrival.participant.uuid())
                .bind(assurance_to_word(arrival.assurance))
                .bind(micros(arrival.at))
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// What the people of one appointment showed on the way in.
    pub async fn arrivals_of(&self, appointment: AppointmentId) -> Result<Vec<StoredArrival>, Error> {
        const SQL: &str = "SELECT participant_id, assurance, at FROM arrival
            WHERE appointment_id = $1 ORDER BY participant_id";
        let rows: Vec<ArrivalRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        rows.into_iter().map(StoredArrival::try_from).collect()
    }

    /// A member of staff takes over a consultation that is not over. Answers with who they are there: whoever is in it already stays who they
    /// are, also when two ask at once. `delegation`: by which they do it. `None`: it is over, or not there.
    pub async fn add_take_over(
        &self,
        appointment: AppointmentId,
        participant: &Participant,
        at: DateTime<Utc>,
        delegation: Option<&Delegation>,
    ) -> Result<Option<ParticipantId>, Error> {
        /// Changes nothing, but makes whoever comes in next, and whoever ends it, wait for this transaction.
        const HOLD: &str = "UPDATE appointment SET service = service
            WHERE id = $1 AND status IN ('booked', 'arrived')";
        const FIND: &str =
            "SELECT id FROM participant WHERE appointment_id = $1 AND practitioner_id = $2 ORDER BY place";
        const ADD: &str = "INSERT INTO participant
            (id, appointment_id, place, name, role, practitioner_id, language)
            VALUES ($1, $2, (SELECT COALESCE(MAX(place), -1) + 1 FROM participant WHERE appointment_id = $2),
            $3, 'practitioner', $4, $5)";
        const KEEP: &str = "INSERT INTO take_over (appointment_id, participant_id, at, delegation_id)
            VALUES ($1, $2, $3, $4)";
        let practitioner = participant.practitioner().map(PractitionerId::uuid);
        let language = match participant.language {
            crate::clinical::Language::French => "fr",
            crate::clinical::Language::English => "en",
        };
        let id = in_transaction!(self, tx => {
            if sqlx::query(HOLD).bind(appointment.uuid()).execute(&mut *tx).await?.rows_affected() == 0 {
                return Ok(None);
            }
            let found = sqlx::query_as(FIND).bind(appointment.uuid()).bind(practitioner);
            let found: Option<(Uuid,)> = found.fetch_optional(&mut *tx).await?;
            match found {
                Some((id,)) => ParticipantId::new(id),
                None => {
                    sqlx::query(ADD)
                        .bind(participant.id.uuid())
                        .bind(appointment.uuid())
                        .bind(self.seal(PARTICIPANT_NAME, participant.id.uuid(), participant.name.expose()))
                        .bind(practitioner)
                        .bind(language)
                        .execute(&mut *tx)
                        .await?;
                    sqlx::query(KEEP)
                        .bind(appointment.uuid())
                        .bind(participant.id.uuid())
                        .bind(micros(at))
                        .bind(delegation.map(|delegation| delegation.id.uuid()))
                        .execute(&mut *tx)
                        .await?;
                    let id = Record::id_of(Deed::TakeOver, Subject::Consultation, &[participant.id.uuid()]);
                    let record = Record::new(id, at, Who::Nobody, Deed::TakeOver, Subject::Consultation);
                    let detail = delegation.map(|delegation| format!("take-over for:{}", delegation.for_whom));
                    let record = Record { detail, ..record };
                    let record = done_by!(tx, appointment, participant.id, record);
                    append!(self, tx, &[record]);
                    participant.id
                }
            }
        });
        Ok(Some(id))
    }

    /// Who took over a consultation, and when, in the order of time.
    pub async fn take_overs_of(
        &self,
        appointment: AppointmentId,
    ) -> Result<Vec<(ParticipantId, DateTime<Utc>)>, Error> {
        const SQL: &str =
            "SELECT participant_id, at FROM take_over WHERE appointment_id = $1 ORDER BY at, participant_id";
        let rows: Vec<(Uuid, DateTime<Utc>)> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        Ok(rows.into_iter().map(|(id, at)| (ParticipantId::new(id), at)).collect())
    }
}

impl From<RankRow> for Rank {
    fn from(row: RankRow) -> Self {
        Self {
            appointment: AppointmentId::new(row.appointment_id),
            participant: ParticipantId::new(row.participant_id),
            since: row.since,
            counts_since: row.counts_since,
        }
    }
}

impl TryFrom<MessageRow> for WaitingMessage {
    type Error = Error;

    fn try_from(row: MessageRow) -> Result<Self, Error> {
        let wrong = |what| Error::Inconsistent { table: "waiting_message", id: row.id, what };
        let words = match (row.sentence.as_deref(), row.words) {
            (Some(word), None) => {
                WaitingWords::Ready(sentence_from_word(word).ok_or(wrong("an unknown sentence"))?)
            }
            (None, Some(words)) => WaitingWords::Own(WaitingText::kept(words)),
            _ => return Err(wrong("it is neither a sentence nor words")),
        };
        Ok(Self {
            id: WaitingMessageId::new(row.id),
            to: ParticipantId::new(row.participant_id),
            by: PractitionerId::new(row.practitioner_id),
            at: row.at,
            words,
        })
    }
}

impl TryFrom<DelayRow> for Delay {
    type Error = Error;

    fn try_from(row: DelayRow) -> Result<Self, Error> {
        let minutes = u16::try_from(row.minutes).map_err(|_| Error::Inconsistent {
            table: "practitioner_delay",
            id: row.practitioner_id,
            what: "its minutes are out of range",
        })?;
        Ok(Self {
            practitioner: PractitionerId::new(row.practitioner_id),
            minutes,
            told_at: row.told_at,
            by: PractitionerId::new(row.told_by),
        })
    }
}

impl TryFrom<ArrivalRow> for StoredArrival {
    type Error = Error;

    fn try_from(row: ArrivalRow) -> Result<Self, Error> {
        let assurance = assurance_from_word(&row.assurance).ok_or(Error::Inconsistent {
            table: "arrival",
            id: row.participant_id,
            what: "an unknown assurance",
        })?;
        Ok(Self { participant: ParticipantId::new(row.participant_id), assurance, at: row.at })
    }
}
