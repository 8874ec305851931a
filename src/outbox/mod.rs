//! Sends e-mail and SMS: a queue of rows, one worker in each program, and the two ways out.
//!
//! What is due follows from the appointments (`clinical::plan`) and is queued as soon as one changes; a look over all of them makes up for
//! what a fall of the program kept from being queued. A message is taken with a lease (`store::messages`), so that of several programs one
//! sends it. It is written down as sent right after the server has taken it; if the program dies in between, it is sent once more, with the
//! same `Message-ID`.
//!
//! A link's secret is made when its message is sent and is kept nowhere; a code stays in the memory of the program that was asked to send it.

mod alert;
mod calendar;
mod compose;
mod fault;
mod mail;
mod queue;
mod senders;
mod sms;
mod trial;

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{Notify, watch};
use url::Url;
use uuid::Uuid;

pub use calendar::{FeedEntry, feed};
pub use compose::Preview;
pub use fault::Error;
pub use queue::Tally;
pub use senders::{BadSender, SenderTold};

use crate::clinical::{
    Appointment, Chain, Channel, DoorPolicy, Language, Message, MessageId, MessageKind, MessageState,
    Occasion, ParticipantId, PractitionerId, Template, channels,
};
use crate::clock::Clock;
use crate::config::{Hospital, Mail, Sms};
use crate::egress::Rules;
use crate::secret::Secret;
use crate::store::Store;
use crate::tasks::Tasks;

/// A program that is asked for nothing looks this often whether something is due.
const LOOK: Duration = Duration::from_secs(5);
/// More codes than these do not wait to be sent.
const MOST_CODES: usize = 1000;
/// More messages than these are not kept for the demonstration to show.
const MOST_KEPT: usize = 200;
/// After so much delay nobody waits.
const LONGEST_DELAY_MINUTES: u32 = 240;

/// What is needed to send.
#[derive(Clone, Debug)]
pub struct OutboxSettings {
    /// Of the file; `None`: administrators set it on their page, or no mail is sent.
    pub mail: Option<Mail>,
    /// Likewise.
    pub sms: Option<Sms>,
    pub hospital: Hospital,
    pub public_url: Url,
    pub door: DoorPolicy,
    /// What cannot be sent is kept in memory, to be shown: for the demonstration.
    pub keeps_unsent: bool,
    /// Where the SMS gateway may be.
    pub egress: Rules,
}

/// The outbox. Cheap to clone.
#[derive(Clone)]
pub struct Outbox(Arc<Inner>);

struct Inner {
    settings: OutboxSettings,
    store: Store,
    clock: Clock,
    in_use: senders::InUse,
    /// This program, among those that share the rows.
    node: Uuid,
    /// What codes say that wait to be sent.
    codes: Mutex<HashMap<MessageId, Secret<String>>>,
    kept: Mutex<VecDeque<KeptText>>,
    wake: Notify,
    is_ending: AtomicBool,
    /// When all appointments were looked over last.
    looked_over: Mutex<Option<DateTime<Utc>>>,
    changes: watch::Sender<u64>,
    ends: Ends,
}

/// How many tries came to what, since the start.
#[derive(Debug, Default)]
struct Ends {
    sent: AtomicU64,
    put_off: AtomicU64,
    failed: AtomicU64,
    dropped: AtomicU64,
}

/// What a message would have said: of the demonstration, which sends nothing.
#[derive(Clone, Debug)]
pub struct KeptText {
    pub message: MessageId,
    pub to: crate::secret::Pii<String>,
    pub subject: String,
    pub text: Secret<String>,
}

impl Outbox {
    /// Makes an outbox. Nothing is sent before [`Outbox::start`].
    ///
    /// # Errors
    /// If the settings of the mail server or of the SMS gateway cannot be used.
    pub fn new(settings: OutboxSettings, store: Store, clock: Clock) -> Result<Self, Error> {
        let in_use = senders::InUse::new(&settings)?;
        let node = clock.new_uuid();
        Ok(Self(Arc::new(Inner {
            settings,
            store,
            clock,
            in_use,
            node,
            codes: Mutex::default(),
            kept: Mutex::default(),
            wake: Notify::new(),
            is_ending: AtomicBool::new(false),
            looked_over: Mutex::new(None),
            changes: watch::Sender::new(0),
            ends: Ends::default(),
        })))
    }

    /// Sends from now on, until the program is asked to end; what is under way then is finished.
    pub fn start(&self, tasks: &Tasks) {
        let (outbox, stopped) = (self.clone(), tasks.clone());
        tasks.spawn("outbox", async move {
            loop {
                let work = outbox.work();
                tokio::pin!(work);
                let done = tokio::select! {
                    done = &mut work => done,
                    () = stopped.stopped() => {
                        outbox.0.is_ending.store(true, Ordering::Relaxed);
                        work.await
                    }
                };
                if let Err(error) = done {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "messages could not be worked on"
                    );
                }
                tokio::select! {
                    () = stopped.stopped() => return,
                    () = outbox.0.wake.notified() => {}
                    () = tokio::time::sleep(LOOK) => {}
                }
            }
        });
    }

    /// Whether something is set that sends this way, or the demonstration shows what would be sent.
    pub fn reaches(&self, channel: Channel) -> bool {
        self.is_set(channel) || self.0.settings.keeps_unsent
    }

    /// Tells of every change of a message's state: the number grows.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// What tries to send came to since the start, a word for each end.
    pub fn ends(&self) -> [(&'static str, u64); 4] {
        let Ends { sent, put_off, failed, dropped } = &self.0.ends;
        [("sent", sent), ("put_off", put_off), ("failed", failed), ("dropped", dropped)]
            .map(|(word, count)| (word, count.load(Ordering::Relaxed)))
    }

    /// Sends a code for the door to somebody of an appointment. It is kept in memory only.
    ///
    /// # Errors
    /// If nothing sends that way, too many codes wait, or the store fails.
    pub async fn send_code(
        &self,
        appointment: &Appointment,
        participant: ParticipantId,
        channel: Channel,
        code: &Secret<String>,
    ) -> Result<MessageId, Error> {
        if !self.reaches(channel) {
            return Err(Error::NoServer(channel));
        }
        let now = self.0.clock.now();
        // As long as a code is good; see `standard`.
        let expires_at = now + TimeDelta::minutes(10);
        let message =
            self.asked(appointment, participant, MessageKind::Code, channel, None, expires_at, None);
        {
            let mut codes = lock(&self.0.codes);
            if codes.len() >= MOST_CODES {
                return Err(Error::TooManyCodes);
            }
            codes.insert(message.id, code.clone());
        }
        let id = message.id;
        if let Err(error) = self.0.store.add_messages(&[message], Some(self.0.node)).await {
            lock(&self.0.codes).remove(&id);
            return Err(error.into());
        }
        self.told();
        Ok(id)
    }

    /// Tells everybody who can be reached that the doctor is late; the answer is to how many messages.
    ///
    /// # Errors
    /// If the delay is none or too long, or the store fails.
    pub async fn tell_late(
        &self,
        appointment: &Appointment,
        minutes: u32,
        by: Option<PractitionerId>,
    ) -> Result<u64, Error> {
        if !(1..=LONGEST_DELAY_MINUTES).contains(&minutes) {
            return Err(Error::Delay);
        }
        let contacts = self.0.store.contacts_of(appointment.id).await?;
        let guests = appointment.participants.iter().filter(|person| person.role().is_guest());
        let mut messages = Vec::new();
        for person in guests {
            let Some(contact) = contacts.get(&person.id) else { continue };
            for channel in channels(MessageKind::Late, contact) {
                let (kind, until) = (MessageKind::Late, appointment.ends_at);
                messages.push(self.asked(appointment, person.id, kind, channel, by, until, Some(minutes)));
            }
        }
        let added = self.0.store.add_messages(&messages, None).await?;
        self.told();
        Ok(added)
    }

    /// Sends the same once more, to the address that the person has now.
    ///
    /// # Errors
    /// If it is a code, or of no use any more, or the store fails.
    pub async fn repeat(
        &self,
        message: &Message,
        appointment: &Appointment,
        by: PractitionerId,
    ) -> Result<Message, Error> {
        let expires_at = match message.kind {
            MessageKind::Cancellation => appointment.starts_at,
            _ => appointment.ends_at,
        };
        let now = self.0.clock.now();
        let chain = self.chain(appointment).await?;
        let stands = crate::clinical::still_stands(message.kind, expires_at, appointment, &chain, now);
        if !message.kind.may_be_repeated() || stands.is_err() {
            return Err(Error::NotRepeated);
        }
        let (kind, channel, minutes) = (message.kind, message.channel, message.minutes);
        let again =
            self.asked(appointment, message.participant, kind, channel, Some(by), expires_at, minutes);
        self.0.store.add_messages(std::slice::from_ref(&again), None).await?;
        self.told();
        Ok(again)
    }

    /// A mail server says that the message with this `Message-ID` came back; `false`: none of that name was sent.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn bounced(&self, mail_id: &str) -> Result<bool, Error> {
        let Some(id) = Message::of_mail_id(mail_id) else { return Ok(false) };
        let is_known = self.0.store.bounce_message(id, self.0.clock.now()).await?;
        if is_known {
            tracing::warn!(message.id = %id, "a message came back");
            self.told();
        }
        Ok(is_known)
    }

    /// Whether this is the secret of whoever may tell that mail came back.
    pub fn may_tell_bounces(&self, shown: &str) -> bool {
        let known = self.0.settings.mail.as_ref().and_then(|mail| mail.bounce_secret.as_ref());
        known.is_some_and(|known| {
            use sha2::{Digest, Sha256};
            // Equal digests take equal time to find unequal.
            Sha256::digest(shown.as_bytes()) == Sha256::digest(known.expose().as_bytes())
        })
    }

    /// What the messages say that the demonstration did not send.
    pub fn kept(&self) -> Vec<KeptText> {
        lock(&self.0.kept).iter().cloned().collect()
    }

    /// What a text would make of a message, with made-up times and a link that leads nowhere.
    pub fn preview(&self, channel: Channel, language: Language, template: &Template) -> Preview {
        compose::preview(&self.0.settings, channel, language, template)
    }

    /// The settings, with what administrators have set on their pages: name and telephone number of the hospital, and by what is sent.
    async fn settings_now(&self) -> Result<OutboxSettings, crate::store::Error> {
        let set = self.0.store.branding().await?;
        let mut settings = self.0.settings.clone();
        if let Some(name) = set.name {
            settings.hospital.name = name;
        }
        if let Some(telephone) = set.telephone {
            settings.hospital.telephone = telephone;
        }
        let senders = self.senders();
        settings.mail = senders.mail.map(|way| way.settings.clone());
        settings.sms = senders.sms.map(|way| way.settings.clone());
        Ok(settings)
    }

    /// Where an appointment stands among those that were moved into each other.
    async fn chain(&self, appointment: &Appointment) -> Result<Chain, crate::store::Error> {
        self.0.store.chain_of(appointment.id).await
    }

    #[expect(clippy::too_many_arguments, reason = "the facts of a message, each of another type")]
    fn asked(
        &self,
        appointment: &Appointment,
        participant: ParticipantId,
        kind: MessageKind,
        channel: Channel,
        queued_by: Option<PractitionerId>,
        expires_at: DateTime<Utc>,
        minutes: Option<u32>,
    ) -> Message {
        let now = self.0.clock.now();
        Message {
            id: MessageId::new(self.0.clock.new_uuid()),
            appointment: appointment.id,
            participant,
            kind,
            channel,
            occasion: Occasion::Asked,
            queued_at: now,
            queued_by,
            due_at: now,
            expires_at,
            minutes,
            attempts: 0,
            next_at: now,
            state: MessageState::Queued { after: None },
        }
    }

    /// Something changed: the worker looks, and so does whoever shows messages.
    fn told(&self) {
        self.0.wake.notify_one();
        self.0.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
