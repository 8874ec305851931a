//! The worker: queues what is due, takes it, has it sent, and writes how that ended.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, stream};

use super::fault::NotSent;
use super::{Ends, KeptText, MOST_KEPT, Outbox, compose, lock};
use crate::clinical::{
    Appointment, AppointmentId, AppointmentStatus, Channel, DropReason, FailReason, LinkId, Message,
    MessageId, MessageKind, MessageState, NewLink, Next, Occasion, Planned, ReminderPolicy, plan,
    still_stands,
};
use crate::secret::Secret;
use crate::store::{Error, MessageEnd, MessageLease, TakenMessage};

/// Nobody else takes a message for so long: longer than any try lasts.
const LEASE: TimeDelta = TimeDelta::minutes(3);
/// A try is given up after so long.
const LONGEST_TRY: Duration = Duration::from_secs(60);
/// So many are sent at once.
const AT_ONCE: usize = 4;
/// So many are asked for at once.
const BATCH: u32 = 32;
/// All appointments are looked over this often.
const LOOK_OVER: TimeDelta = TimeDelta::minutes(10);
/// An appointment is looked at again for so long after it was booked or called off, and so long before it starts.
const LOOK_BACK: TimeDelta = TimeDelta::hours(26);
/// The end of a try is written again so often when the database is away.
const TIMES_TO_WRITE: u32 = 60;

/// What was done in one go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub queued: u64,
    pub sent: u64,
    pub put_off: u64,
    pub failed: u64,
    pub dropped: u64,
    /// Lines that the administrators were told.
    pub alerts: u64,
}

/// What a try comes to, and whether the link that was made for it may be out.
struct Tried {
    end: MessageEnd,
    is_link_out: bool,
}

impl Tried {
    fn over(state: MessageState) -> Self {
        Self { end: MessageEnd::Over(state), is_link_out: false }
    }
}

impl Outbox {
    /// Queues the messages of an appointment that was booked, moved or called off. A failure is logged: the look over all of them makes up
    /// for it.
    pub async fn plan(&self, appointment: AppointmentId) {
        if let Err(error) = self.plan_now(appointment).await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                appointment.id = %appointment,
                "the messages of an appointment were not queued yet"
            );
        }
    }

    async fn plan_now(&self, id: AppointmentId) -> Result<u64, Error> {
        let inner = &self.0;
        let Some(appointment) = inner.store.appointment(id).await? else { return Ok(0) };
        let chain = self.chain(&appointment).await?;
        let now = inner.clock.now();
        let dropped = match appointment.status {
            AppointmentStatus::Cancelled { .. } => {
                let reason = if chain.is_replaced { DropReason::Moved } else { DropReason::Cancelled };
                inner.store.drop_messages_of(id, reason, now).await?
            }
            AppointmentStatus::Booked | AppointmentStatus::Arrived { .. } => 0,
            AppointmentStatus::Fulfilled { .. } | AppointmentStatus::NoShow { .. } => {
                inner.store.drop_messages_of(id, DropReason::Over, now).await?
            }
        };
        let contacts = inner.store.contacts_of(id).await?;
        let policy = match appointment.service_id {
            Some(service) => inner.store.reminder_policy(service).await?.unwrap_or_default(),
            None => ReminderPolicy::default(),
        };
        let zone = &inner.settings.hospital.time_zone;
        let planned = plan(&appointment, &contacts, &chain, policy, zone, now);
        let mut added = 0;
        if !planned.is_empty() {
            let there: HashSet<_> = inner
                .store
                .messages_of(id)
                .await?
                .iter()
                .filter(|message| message.occasion == Occasion::Planned)
                .map(|message| (message.participant, message.kind, message.channel))
                .collect();
            let new = planned.iter().filter(|m| !there.contains(&(m.participant, m.kind, m.channel)));
            let messages: Vec<_> = new.map(|planned| self.message(&appointment, planned, now)).collect();
            if !messages.is_empty() {
                added = inner.store.add_messages(&messages, None).await?;
            }
        }
        if added + dropped > 0 {
            self.told();
        }
        Ok(added)
    }

    fn message(&self, appointment: &Appointment, planned: &Planned, now: DateTime<Utc>) -> Message {
        Message {
            id: MessageId::new(self.0.clock.new_uuid()),
            appointment: appointment.id,
            participant: planned.participant,
            kind: planned.kind,
            channel: planned.channel,
            occasion: Occasion::Planned,
            queued_at: now,
            queued_by: None,
            due_at: planned.due_at,
            expires_at: planned.expires_at,
            minutes: None,
            attempts: 0,
            next_at: planned.due_at,
            state: MessageState::Queued { after: None },
        }
    }

    /// Does all that is due now; the program's worker does it again and again.
    ///
    /// # Errors
    /// If the store fails. Messages that were taken are then taken again when their lease has run out.
    pub async fn work(&self) -> Result<Tally, Error> {
        self.look_at_senders().await?;
        let mut tally = Tally { queued: self.look_over().await?, ..Tally::default() };
        let mut known = HashSet::new();
        while !self.is_ending() {
            let due = self.0.store.messages_due(self.0.node, self.0.clock.now(), BATCH).await?;
            // What somebody else took in between, or what cannot be written, comes up again; not in this go.
            let due: Vec<_> = due.into_iter().filter(|id| known.insert(*id)).collect();
            if due.is_empty() {
                break;
            }
            let mut ends = stream::iter(due).map(|id| self.deal_with(id)).buffer_unordered(AT_ONCE);
            while let Some(end) = ends.next().await {
                match end? {
                    None => {}
                    Some(MessageEnd::Again { .. }) => tally.put_off += 1,
                    Some(MessageEnd::Over(MessageState::Sent { .. })) => tally.sent += 1,
                    Some(MessageEnd::Over(MessageState::Dropped { .. })) => tally.dropped += 1,
                    Some(MessageEnd::Over(_)) => tally.failed += 1,
                }
            }
        }
        tally.alerts = self.tell_alerts().await?;
        Ok(tally)
    }

    pub(super) fn is_ending(&self) -> bool {
        self.0.is_ending.load(Ordering::Relaxed)
    }

    /// Queues what is missing of all appointments that are near or new, now and then.
    async fn look_over(&self) -> Result<u64, Error> {
        let now = self.0.clock.now();
        if lock(&self.0.looked_over).is_some_and(|last| now < last + LOOK_OVER) {
            return Ok(0);
        }
        let near = self.0.store.appointments_to_tell(now, now + LOOK_BACK, now - LOOK_BACK).await?;
        let mut queued = 0;
        for appointment in near {
            queued += self.plan_now(appointment).await?;
        }
        *lock(&self.0.looked_over) = Some(now);
        Ok(queued)
    }

    /// Takes one message and sees to it; `None` when it is somebody else's.
    async fn deal_with(&self, id: MessageId) -> Result<Option<MessageEnd>, Error> {
        if self.is_ending() {
            return Ok(None);
        }
        let now = self.0.clock.now();
        let lease = MessageLease { by: self.0.node, until: now + LEASE };
        let Some(taken) = self.0.store.take_message(id, lease, now).await? else { return Ok(None) };
        let tried = self.attempt(&taken).await?;
        let is_written = self.write_end(&taken, &tried).await?;
        if !matches!(tried.end, MessageEnd::Again { .. }) {
            lock(&self.0.codes).remove(&id);
        }
        if !is_written {
            // Cannot be while a try is shorter than a lease.
            tracing::error!(message.id = %id, "the end of a message was not written: its lease had run out");
        }
        let Ends { sent, put_off, failed, dropped } = &self.0.ends;
        let end = match tried.end {
            MessageEnd::Again { .. } => put_off,
            MessageEnd::Over(MessageState::Sent { .. }) => sent,
            MessageEnd::Over(MessageState::Dropped { .. }) => dropped,
            MessageEnd::Over(_) => failed,
        };
        end.fetch_add(1, Ordering::Relaxed);
        self.0.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
        Ok(Some(tried.end))
    }

    /// Whatever happened is written down, even if the database is away for a minute: else the same goes out twice.
    async fn write_end(&self, taken: &TakenMessage, tried: &Tried) -> Result<bool, Error> {
        let mut times = 0;
        loop {
            let written =
                self.0.store.end_message(taken.message.id, taken.lease, tried.end, tried.is_link_out);
            match written.await {
                Err(error) if error.is_passing() && times < TIMES_TO_WRITE => {
                    times += 1;
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn attempt(&self, taken: &TakenMessage) -> Result<Tried, Error> {
        let (inner, message) = (&self.0, &taken.message);
        let now = inner.clock.now();
        let dropped = |reason| Tried::over(MessageState::Dropped { at: now, reason });
        let failed = |reason| Tried::over(MessageState::Failed { at: now, reason });
        let Some(appointment) = inner.store.appointment(message.appointment).await? else {
            return Ok(dropped(DropReason::Over));
        };
        let chain = self.chain(&appointment).await?;
        if let Err(reason) = still_stands(message.kind, message.expires_at, &appointment, &chain, now) {
            return Ok(dropped(reason));
        }
        let Some(person) = appointment.participant(message.participant) else {
            return Ok(failed(FailReason::NoContact));
        };
        let mut contacts = inner.store.contacts_of(appointment.id).await?;
        let contact = contacts.remove(&person.id).unwrap_or_default();
        let to = match message.channel {
            Channel::Email => contact.email.map(|email| email.expose().to_owned()),
            Channel::Sms => contact.telephone.map(|number| number.expose().to_owned()),
        };
        let Some(to) = to else { return Ok(failed(FailReason::NoContact)) };
        if !self.reaches(message.channel) {
            return Ok(failed(FailReason::NoServer));
        }
        let code = match message.kind {
            MessageKind::Code => match lock(&inner.codes).get(&message.id).cloned() {
                Some(code) => Some(code),
                None => return Ok(failed(FailReason::Lost)),
            },
            _ => None,
        };
        let link = match self.link(taken, &appointment).await? {
            Some(link) => link,
            None => return Ok(dropped(DropReason::LinkWithdrawn)),
        };
        let template = inner.store.message_template(message.kind, message.channel, person.language).await?;
        let service = match appointment.service_id {
            Some(service) => inner.store.service(service).await?,
            None => None,
        };
        let settings = self.settings_now().await?;
        let written = compose::write(
            &settings,
            &compose::Facts {
                message,
                appointment: &appointment,
                chain: &chain,
                language: person.language,
                service_telephone: service.map(|service| service.telephone).unwrap_or_default(),
                to: &to,
                link: link.as_ref(),
                code: code.as_ref(),
            },
            template.map(|written| written.template),
        );
        let senders = self.senders();
        let sent = match (message.channel, &senders.mail, &senders.sms) {
            (Channel::Email, Some(mail), _) => limited(mail.send(&written, &inner.clock)).await,
            (Channel::Sms, _, Some(sms)) => limited(sms.gateway.send(&written)).await,
            _ => {
                self.keep(message.id, written);
                Err(NotSent::sure(FailReason::NoServer, None))
            }
        };
        let now = inner.clock.now();
        Ok(match sent {
            Ok(()) => Tried { end: MessageEnd::Over(MessageState::Sent { at: now }), is_link_out: true },
            Err(fault) => {
                if fault.reason != FailReason::NoServer {
                    tracing::warn!(
                        message.id = %message.id,
                        message.attempts = message.attempts,
                        reply.code = fault.code,
                        reason = ?fault.reason,
                        "a message did not go out"
                    );
                }
                let end = match message.after_failure(fault.reason, now) {
                    Next::Over(state) => MessageEnd::Over(state),
                    Next::Again { at, after } => MessageEnd::Again { at, after },
                };
                let is_shown = fault.reason == FailReason::NoServer;
                Tried { end, is_link_out: fault.is_unsure || is_shown }
            }
        })
    }

    /// A link of this message's own, where it has one; its secret exists from here until the message is sent. `None`: those of the person
    /// were withdrawn.
    async fn link(
        &self,
        taken: &TakenMessage,
        appointment: &Appointment,
    ) -> Result<Option<Option<NewLink>>, Error> {
        let (inner, message) = (&self.0, &taken.message);
        if !message.kind.has_link() {
            return Ok(Some(None));
        }
        let now = inner.clock.now();
        let id = LinkId::new(inner.clock.new_uuid());
        let random = inner.clock.random_bytes();
        let new = NewLink::make(id, random, appointment, message.participant, inner.settings.door, now);
        let is_asked = message.occasion == Occasion::Asked && message.kind != MessageKind::Late;
        let is_made = inner.store.add_message_link(taken, &new.link, taken.link, is_asked).await?;
        Ok(is_made.then_some(Some(new)))
    }

    fn keep(&self, message: MessageId, written: compose::Written) {
        let mut kept = lock(&self.0.kept);
        if kept.len() >= MOST_KEPT {
            kept.pop_front();
        }
        kept.push_back(KeptText {
            message,
            to: written.to.into(),
            subject: written.subject,
            text: Secret::new(written.text),
        });
    }
}

async fn limited(sent: impl Future<Output = Result<(), NotSent>>) -> Result<(), NotSent> {
    let limit = tokio::time::timeout(LONGEST_TRY, sent).await;
    limit.unwrap_or(Err(NotSent::unsure(FailReason::Unreachable)))
}
