//! What goes out to people: queued, taken by one program at a time, and how it ended.
//!
//! A message is taken with a conditional UPDATE and a lease. Whoever has it writes its end under that lease; when the lease runs out first,
//! because the program died, the next one takes it.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::audit::append;
use super::db::{in_transaction, micros, on, words};
use super::{AgendaScope, Error, Store};
use crate::audit::{Deed, Outcome, Record, Subject, Who};
use crate::clinical::{
    AppointmentId, Channel, DropReason, FailReason, Link, LinkId, Message, MessageId, MessageKind,
    MessageState, Occasion, ParticipantId, PractitionerId,
};

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

words!(fail_to_word, fail_from_word, FailReason {
    FailReason::NoServer => "no_server",
    FailReason::NoSuchAddress => "no_such_address",
    FailReason::Refused => "refused",
    FailReason::NotNow => "not_now",
    FailReason::Unreachable => "unreachable",
    FailReason::NotTrusted => "not_trusted",
    FailReason::NoContact => "no_contact",
    FailReason::Lost => "lost",
});

words!(drop_to_word, drop_from_word, DropReason {
    DropReason::Cancelled => "cancelled",
    DropReason::Moved => "moved",
    DropReason::Begun => "begun",
    DropReason::Over => "over",
    DropReason::TooLate => "too_late",
    DropReason::LinkWithdrawn => "link_withdrawn",
});

/// Which program has a message, and until when nobody else takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageLease {
    pub by: Uuid,
    pub until: DateTime<Utc>,
}

/// A message that was taken to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenMessage {
    pub message: Message,
    pub lease: MessageLease,
    /// The link that was made for an earlier try, and which did not go out: its place is taken by the next.
    pub link: Option<LinkId>,
}

/// How a try ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageEnd {
    Over(MessageState),
    Again { at: DateTime<Utc>, after: FailReason },
}

/// Messages of one appointment that somebody should look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageAlarm {
    pub appointment: AppointmentId,
    pub starts_at: DateTime<Utc>,
    pub messages: u32,
}

#[derive(FromRow)]
struct MessageRow {
    id: Uuid,
    appointment_id: Uuid,
    participant_id: Uuid,
    kind: String,
    channel: String,
    occasion: String,
    queued_at: DateTime<Utc>,
    queued_by: Option<Uuid>,
    due_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    minutes: Option<i64>,
    state: String,
    state_at: Option<DateTime<Utc>>,
    reason: Option<String>,
    attempts: i64,
    next_at: DateTime<Utc>,
    link_id: Option<Uuid>,
}

const PLANNED: &str = "planned";

struct StateColumns {
    state: &'static str,
    at: Option<DateTime<Utc>>,
    reason: Option<&'static str>,
}

impl From<MessageState> for StateColumns {
    fn from(state: MessageState) -> Self {
        let (state, at, reason) = match state {
            MessageState::Queued { after } => ("queued", None, after.map(fail_to_word)),
            MessageState::Sent { at } => ("sent", Some(at), None),
            MessageState::Failed { at, reason } => ("failed", Some(at), Some(fail_to_word(reason))),
            MessageState::Dropped { at, reason } => ("dropped", Some(at), Some(drop_to_word(reason))),
            MessageState::Bounced { at } => ("bounced", Some(at), None),
        };
        Self { state, at: at.map(micros), reason }
    }
}

macro_rules! columns {
    () => {
        "m.id, m.appointment_id, m.participant_id, m.kind, m.channel, m.occasion, m.queued_at, m.queued_by, m.due_at, \
         m.expires_at, m.minutes, m.state, m.state_at, m.reason, m.attempts, m.next_at, m.link_id"
    };
}

impl Store {
    /// Queues messages; `held_by` is the one program that can send them, if only one can. A planned one that is there already stays as it
    /// is. Tells how many are new.
    pub async fn add_messages(&self, messages: &[Message], held_by: Option<Uuid>) -> Result<u64, Error> {
        const SQL: &str = "INSERT INTO message
            (id, appointment_id, participant_id, kind, channel, occasion, queued_at, queued_by, due_at, expires_at, minutes,
                state, state_at, reason, attempts, next_at, held_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
            ON CONFLICT (participant_id, kind, channel, occasion) DO NOTHING";
        let mut added = 0;
        in_transaction!(self, tx => {
            for message in messages {
                let state = StateColumns::from(message.state);
                let occasion = match message.occasion {
                    Occasion::Planned => PLANNED.to_owned(),
                    Occasion::Asked => message.id.to_string(),
                };
                added += sqlx::query(SQL)
                    .bind(message.id.uuid())
                    .bind(message.appointment.uuid())
                    .bind(message.participant.uuid())
                    .bind(kind_to_word(message.kind))
                    .bind(channel_to_word(message.channel))
                    .bind(occasion)
                    .bind(micros(message.queued_at))
                    .bind(message.queued_by.map(PractitionerId::uuid))
                    .bind(micros(message.due_at))
                    .bind(micros(message.expires_at))
                    .bind(message.minutes.map(i64::from))
                    .bind(state.state)
                    .bind(state.at)
                    .bind(state.reason)
                    .bind(i64::from(message.attempts))
                    .bind(micros(message.next_at))
                    .bind(held_by)
                    .execute(&mut *tx)
                    .await?
                    .rows_affected();
            }
        });
        Ok(added)
    }

    /// The messages of an appointment, by when they are due.
    pub async fn messages_of(&self, appointment: AppointmentId) -> Result<Vec<Message>, Error> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM message m WHERE m.appointment_id = $1 ORDER BY m.due_at, m.queued_at, m.id"
        );
        let rows: Vec<MessageRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        rows.into_iter().map(Message::try_from).collect()
    }

    /// The message of that identifier.
    pub async fn message(&self, id: MessageId) -> Result<Option<Message>, Error> {
        const SQL: &str = concat!("SELECT ", columns!(), " FROM message m WHERE m.id = $1");
        let row: Option<MessageRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(id.uuid()).fetch_optional(pool).await?);
        row.map(Message::try_from).transpose()
    }

    /// The messages that were queued last, newest first.
    pub async fn newest_messages(&self, at_most: u32) -> Result<Vec<Message>, Error> {
        const SQL: &str =
            concat!("SELECT ", columns!(), " FROM message m ORDER BY m.queued_at DESC, m.id DESC LIMIT $1");
        let rows: Vec<MessageRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(i64::from(at_most)).fetch_all(pool).await?);
        rows.into_iter().map(Message::try_from).collect()
    }

    /// Which messages this program could take now, those that wait longest first.
    pub async fn messages_due(
        &self,
        node: Uuid,
        now: DateTime<Utc>,
        at_most: u32,
    ) -> Result<Vec<MessageId>, Error> {
        // What only another program could send is nobody's until it is of no use any more.
        const SQL: &str = "SELECT id FROM message
            WHERE state = 'queued' AND next_at <= $1 AND (lease_until IS NULL OR lease_until <= $1)
            AND (held_by IS NULL OR held_by = $2 OR expires_at <= $1)
            ORDER BY next_at, id LIMIT $3";
        let rows: Vec<(Uuid,)> = on!(self, pool => {
            let query = sqlx::query_as(SQL).bind(micros(now)).bind(node).bind(i64::from(at_most));
            query.fetch_all(pool).await?
        });
        Ok(rows.into_iter().map(|(id,)| MessageId::new(id)).collect())
    }

    /// How many messages should have gone out already, and since when the oldest.
    pub async fn messages_overdue(&self, now: DateTime<Utc>) -> Result<(u64, Option<DateTime<Utc>>), Error> {
        const SQL: &str = "SELECT COUNT(*), MIN(due_at) FROM message
            WHERE state = 'queued' AND due_at <= $1 AND expires_at > $1";
        let (count, oldest): (i64, Option<DateTime<Utc>>) =
            on!(self, pool => sqlx::query_as(SQL).bind(micros(now)).fetch_one(pool).await?);
        Ok((u64::try_from(count).unwrap_or_default(), oldest))
    }

    /// Takes a message to send it, and counts the try. A link that was made for a try whose end was never written may be out, and is left
    /// as it is. `None` when it is another program's now, or not due any more.
    pub async fn take_message(
        &self,
        id: MessageId,
        lease: MessageLease,
        now: DateTime<Utc>,
    ) -> Result<Option<TakenMessage>, Error> {
        const TAKE: &str = "UPDATE message SET lease_by = $2, lease_until = $3, attempts = attempts + 1,
                link_id = CASE WHEN lease_until IS NULL THEN link_id ELSE NULL END
            WHERE id = $1 AND state = 'queued' AND next_at <= $4 AND (lease_until IS NULL OR lease_until <= $4)
            AND (held_by IS NULL OR held_by = $2 OR expires_at <= $4)";
        const READ: &str = concat!("SELECT ", columns!(), " FROM message m WHERE m.id = $1");
        let lease = MessageLease { until: micros(lease.until), ..lease };
        let row: MessageRow = in_transaction!(self, tx => {
            let take = sqlx::query(TAKE).bind(id.uuid()).bind(lease.by).bind(lease.until).bind(micros(now));
            if take.execute(&mut *tx).await?.rows_affected() == 0 {
                return Ok(None);
            }
            sqlx::query_as(READ).bind(id.uuid()).fetch_one(&mut *tx).await?
        });
        let link = row.link_id.map(LinkId::new);
        Ok(Some(TakenMessage { message: row.try_into()?, lease, link }))
    }

    /// Gives the person of a message a link of its own, beside those that they have; `in_place_of` is one that did not go out, and stops to
    /// work. `false`: all their links have been withdrawn, and nothing was written, unless `is_asked`.
    pub async fn add_message_link(
        &self,
        taken: &TakenMessage,
        link: &Link,
        in_place_of: Option<LinkId>,
        is_asked: bool,
    ) -> Result<bool, Error> {
        // Makes whoever withdraws the links at the same time wait.
        const HOLD: &str = "UPDATE link SET expires_at = expires_at
            WHERE appointment_id = $1 AND participant_id = $2 AND revoked_at IS NULL";
        const REPLACE: &str = "UPDATE link SET digest = $2, issued_at = $3, expires_at = $4
            WHERE id = $1 AND revoked_at IS NULL";
        const NOTE: &str =
            "UPDATE message SET link_id = $2 WHERE id = $1 AND lease_by = $3 AND lease_until = $4";
        in_transaction!(self, tx => {
            let hold = sqlx::query(HOLD).bind(link.appointment.uuid()).bind(link.participant.uuid());
            if hold.execute(&mut *tx).await?.rows_affected() == 0 && !is_asked {
                return Ok(false);
            }
            let mut id = link.id;
            let mut is_written = false;
            if let Some(before) = in_place_of {
                let replace = sqlx::query(REPLACE)
                    .bind(before.uuid())
                    .bind(link.digest.0.to_vec())
                    .bind(micros(link.issued_at))
                    .bind(micros(link.expires_at));
                is_written = replace.execute(&mut *tx).await?.rows_affected() > 0;
                if is_written {
                    id = before;
                }
            }
            if !is_written {
                super::links::insert!(tx, link);
            }
            let note = sqlx::query(NOTE)
                .bind(taken.message.id.uuid())
                .bind(id.uuid())
                .bind(taken.lease.by)
                .bind(taken.lease.until);
            if note.execute(&mut *tx).await?.rows_affected() == 0 {
                // Somebody else has it by now: nothing is written.
                return Ok(false);
            }
        });
        Ok(true)
    }

    /// Writes how a try ended, if the lease still holds; `is_link_out`: the link that was made for it may have gone out, and is not taken
    /// back by the next try.
    pub async fn end_message(
        &self,
        id: MessageId,
        lease: MessageLease,
        end: MessageEnd,
        is_link_out: bool,
    ) -> Result<bool, Error> {
        const SQL: &str =
            "UPDATE message SET state = $4, state_at = $5, reason = $6, next_at = COALESCE($7, next_at),
                lease_by = NULL, lease_until = NULL, link_id = CASE WHEN $8 THEN NULL ELSE link_id END
            WHERE id = $1 AND lease_by = $2 AND lease_until = $3";
        const OF: &str = "SELECT appointment_id, participant_id FROM message WHERE id = $1";
        let (state, next_at) = match end {
            MessageEnd::Over(state) => (StateColumns::from(state), None),
            MessageEnd::Again { at, after } => {
                (StateColumns::from(MessageState::Queued { after: Some(after) }), Some(micros(at)))
            }
        };
        let ended = match end {
            MessageEnd::Over(MessageState::Sent { at }) => Some((at, Outcome::Done)),
            MessageEnd::Over(MessageState::Failed { at, .. }) => Some((at, Outcome::Failed)),
            MessageEnd::Over(_) | MessageEnd::Again { .. } => None,
        };
        let written = in_transaction!(self, tx => {
            let written = sqlx::query(SQL)
                .bind(id.uuid())
                .bind(lease.by)
                .bind(micros(lease.until))
                .bind(state.state)
                .bind(state.at)
                .bind(state.reason)
                .bind(next_at)
                .bind(is_link_out)
                .execute(&mut *tx)
                .await?
                .rows_affected();
            if let (true, Some((at, outcome))) = (written > 0, ended) {
                let of: Option<(Uuid, Uuid)> =
                    sqlx::query_as(OF).bind(id.uuid()).fetch_optional(&mut *tx).await?;
                let record = Record {
                    subject_id: Some(id.to_string()),
                    appointment: of.map(|(appointment, _)| AppointmentId::new(appointment)),
                    patient: of.map(|(_, patient)| ParticipantId::new(patient)),
                    outcome,
                    ..Record::new(
                        Record::id_of(Deed::Send, Subject::Message, &[id.uuid()]),
                        at,
                        Who::Gateway,
                        Deed::Send,
                        Subject::Message,
                    )
                };
                append!(self, tx, &[record]);
            }
            written
        });
        Ok(written > 0)
    }

    /// Drops what still waits of an appointment, but for messages that it was called off. Those that are just being sent are not touched.
    pub async fn drop_messages_of(
        &self,
        appointment: AppointmentId,
        reason: DropReason,
        now: DateTime<Utc>,
    ) -> Result<u64, Error> {
        const SQL: &str = "UPDATE message SET state = 'dropped', state_at = $2, reason = $3
            WHERE appointment_id = $1 AND state = 'queued' AND kind <> 'cancellation'
            AND (lease_until IS NULL OR lease_until <= $2)";
        let dropped = in_transaction!(self, tx => {
            let query = sqlx::query(SQL).bind(appointment.uuid()).bind(micros(now)).bind(drop_to_word(reason));
            query.execute(&mut *tx).await?.rows_affected()
        });
        Ok(dropped)
    }

    /// A message that was sent has come back. `false`: there is none that was sent.
    pub async fn bounce_message(&self, id: MessageId, at: DateTime<Utc>) -> Result<bool, Error> {
        const SQL: &str = "UPDATE message SET state = 'bounced', state_at = $2, reason = NULL WHERE id = $1 AND state = 'sent'";
        let bounced = in_transaction!(self, tx => {
            sqlx::query(SQL).bind(id.uuid()).bind(micros(at)).execute(&mut *tx).await?.rows_affected()
        });
        Ok(bounced > 0)
    }

    /// The appointments whose messages may be missing: those that start between `from` and `to`, and those that were booked or changed
    /// since `since` and are not over by `from`.
    pub async fn appointments_to_tell(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        since: DateTime<Utc>,
    ) -> Result<Vec<AppointmentId>, Error> {
        const SQL: &str = "SELECT id FROM appointment
            WHERE ends_at >= $1 AND status IN ('booked', 'cancelled')
            AND (starts_at <= $2 OR booked_at >= $3 OR status_at >= $3) ORDER BY starts_at, id";
        let rows: Vec<(Uuid,)> = on!(self, pool => {
            let query = sqlx::query_as(SQL).bind(micros(from)).bind(micros(to)).bind(micros(since));
            query.fetch_all(pool).await?
        });
        Ok(rows.into_iter().map(|(id,)| AppointmentId::new(id)).collect())
    }

    /// The appointments that end at `from` or later of which a message failed or came back, unless the same was sent to the same person
    /// afterwards.
    pub async fn message_alarms(
        &self,
        from: DateTime<Utc>,
        scope: AgendaScope,
    ) -> Result<Vec<MessageAlarm>, Error> {
        const SQL: &str = "SELECT a.id, a.starts_at, COUNT(*) FROM message m JOIN appointment a ON a.id = m.appointment_id
            WHERE m.state IN ('failed', 'bounced') AND (m.reason IS NULL OR m.reason <> 'no_server') AND m.kind <> 'code'
            AND a.ends_at >= $1 AND a.status IN ('booked', 'arrived', 'cancelled')
            AND ($2 IS NULL OR EXISTS
                (SELECT 1 FROM participant p WHERE p.appointment_id = a.id AND p.practitioner_id = $2))
            AND NOT EXISTS (SELECT 1 FROM message o WHERE o.participant_id = m.participant_id AND o.kind = m.kind
                AND o.channel = m.channel AND o.state IN ('sent', 'queued') AND o.queued_at > m.queued_at)
            GROUP BY a.id, a.starts_at ORDER BY a.starts_at, a.id";
        let whose = match scope {
            AgendaScope::Everybody => None,
            AgendaScope::Practitioner(id) => Some(id.uuid()),
        };
        let rows: Vec<(Uuid, DateTime<Utc>, i64)> =
            on!(self, pool => sqlx::query_as(SQL).bind(micros(from)).bind(whose).fetch_all(pool).await?);
        let alarm = |(id, starts_at, count): (Uuid, DateTime<Utc>, i64)| MessageAlarm {
            appointment: AppointmentId::new(id),
            starts_at,
            messages: u32::try_from(count).unwrap_or(u32::MAX),
        };
        Ok(rows.into_iter().map(alarm).collect())
    }
}

impl TryFrom<MessageRow> for Message {
    type Error = Error;

    fn try_from(row: MessageRow) -> Result<Self, Error> {
        let wrong = |what| Error::Inconsistent { table: "message", id: row.id, what };
        let number = |value: i64| u32::try_from(value).map_err(|_| wrong("a number that is none"));
        let (fail, dropped) =
            (row.reason.as_deref().and_then(fail_from_word), row.reason.as_deref().and_then(drop_from_word));
        let state = match (row.state.as_str(), row.state_at, row.reason.is_some(), fail, dropped) {
            ("queued", None, false, ..) => MessageState::Queued { after: None },
            ("queued", None, true, after @ Some(_), _) => MessageState::Queued { after },
            ("sent", Some(at), false, ..) => MessageState::Sent { at },
            ("failed", Some(at), true, Some(reason), _) => MessageState::Failed { at, reason },
            ("dropped", Some(at), true, _, Some(reason)) => MessageState::Dropped { at, reason },
            ("bounced", Some(at), false, ..) => MessageState::Bounced { at },
            _ => return Err(wrong("its state and the facts of the state do not fit")),
        };
        Ok(Self {
            id: MessageId::new(row.id),
            appointment: AppointmentId::new(row.appointment_id),
            participant: ParticipantId::new(row.participant_id),
            kind: kind_from_word(&row.kind).ok_or_else(|| wrong("an unknown kind"))?,
            channel: channel_from_word(&row.channel).ok_or_else(|| wrong("an unknown channel"))?,
            occasion: if row.occasion == PLANNED { Occasion::Planned } else { Occasion::Asked },
            queued_at: row.queued_at,
            queued_by: row.queued_by.map(PractitionerId::new),
            due_at: row.due_at,
            expires_at: row.expires_at,
            minutes: row.minutes.map(number).transpose()?,
            attempts: number(row.attempts)?,
            next_at: row.next_at,
            state,
        })
    }
}
