//! Messages by e-mail and SMS as staff see them: what became of each, and the texts. docs/protocol.md lists the addresses.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{LanguageWord, RoleWord, time};
use crate::clinical::{self, Message, MessageState, TemplateFault};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident = $core:ty { $($word:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($word),+ }

        impl From<$core> for $name {
            fn from(core: $core) -> Self {
                match core { $(<$core>::$word => Self::$word),+ }
            }
        }

        impl From<$name> for $core {
            fn from(word: $name) -> Self {
                match word { $($name::$word => Self::$word),+ }
            }
        }
    };
}

words!(
    /// What a message is about.
    MessageKindWord = clinical::MessageKind {
        Invitation, Change, Cancellation, ReminderDay, ReminderHour, Late, Code,
    }
);
words!(
    /// By which way it goes.
    ChannelWord = clinical::Channel { Email, Sms }
);
words!(
    /// Why it did not go out.
    FailReasonWord = clinical::FailReason {
        NoServer, NoSuchAddress, Refused, NotNow, Unreachable, NotTrusted, NoContact, Lost,
    }
);
words!(
    /// Why it came to nothing.
    DropReasonWord = clinical::DropReason { Cancelled, Moved, Begun, Over, TooLate, LinkWithdrawn }
);
words!(
    /// A place in a text.
    PlaceholderWord = clinical::Placeholder { When, Time, Was, Link, Hospital, Telephone, Minutes, Code }
);

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum MessageStateWord {
    /// Not due yet.
    Waiting,
    /// Due, or to be tried again.
    Queued,
    /// Taken by the hospital's server.
    Sent,
    Failed,
    Dropped,
    /// It had been sent, and came back.
    Bounced,
}

/// One message (`GET /api/appointments/{id}/messages`). Where it went and what it said are not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct MessageEntry {
    pub message: String,
    pub participant: String,
    pub role: RoleWord,
    pub name: String,
    pub kind: MessageKindWord,
    pub channel: ChannelWord,
    pub state: MessageStateWord,
    /// Since when it stands there; for one that waits, when it is due or tried next.
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    /// Of one that failed or is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<FailReasonWord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropped: Option<DropReasonWord>,
    pub attempts: u32,
    /// Of a delay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u32>,
    /// Somebody should look at it.
    pub is_alarming: bool,
    /// The reader may send it once more.
    pub may_repeat: bool,
}

impl MessageEntry {
    /// As somebody sees it who may send it again or not.
    pub fn new(
        message: &Message,
        person: Option<&clinical::Participant>,
        now: chrono::DateTime<chrono::Utc>,
        may_repeat: bool,
    ) -> Self {
        let (state, at, failed, dropped) = match message.state {
            MessageState::Queued { after } => {
                let state = match after.is_none() && now < message.due_at {
                    true => MessageStateWord::Waiting,
                    false => MessageStateWord::Queued,
                };
                (state, message.next_at, after, None)
            }
            MessageState::Sent { at } => (MessageStateWord::Sent, at, None, None),
            MessageState::Failed { at, reason } => (MessageStateWord::Failed, at, Some(reason), None),
            MessageState::Dropped { at, reason } => (MessageStateWord::Dropped, at, None, Some(reason)),
            MessageState::Bounced { at } => (MessageStateWord::Bounced, at, None, None),
        };
        let is_over = !matches!(message.state, MessageState::Queued { .. });
        Self {
            message: message.id.to_string(),
            participant: message.participant.to_string(),
            role: person.map_or(RoleWord::Patient, |person| person.role().into()),
            name: person.map(|person| person.name.expose().clone()).unwrap_or_default(),
            kind: message.kind.into(),
            channel: message.channel.into(),
            state,
            at: time(at),
            failed: failed.map(Into::into),
            dropped: dropped.map(Into::into),
            attempts: message.attempts,
            minutes: message.minutes,
            is_alarming: message.is_alarming(),
            may_repeat: may_repeat && is_over && message.kind.may_be_repeated(),
        }
    }
}

/// An appointment of which a message did not arrive (`GET /api/messages/alarms`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct MessageAlarmEntry {
    pub appointment: String,
    #[schemars(extend("format" = "date-time"))]
    pub starts_at: String,
    pub messages: u32,
}

/// `POST /api/appointments/{id}/late`: the doctor is late. The answer is the messages of the appointment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LateRequest {
    /// 1 to 240.
    pub minutes: u32,
}

/// `GET /api/outbox`: the last messages of all appointments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct OutboxState {
    /// What is set to send: a channel that is missing sends nothing.
    pub channels: Vec<ChannelWord>,
    /// Newest first, at most 200.
    pub messages: Vec<OutboxEntry>,
}

/// One message of all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct OutboxEntry {
    pub entry: MessageEntry,
    pub appointment: String,
    #[schemars(extend("format" = "date-time"))]
    pub starts_at: String,
    /// What it would have said: of the demonstration, which sends nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<OutboxText>,
}

/// See [`OutboxEntry`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct OutboxText {
    pub to: String,
    /// Empty for an SMS.
    pub subject: String,
    pub text: String,
}

/// One text of messages (`GET /api/templates`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct TemplateEntry {
    pub kind: MessageKindWord,
    pub channel: ChannelWord,
    pub language: LanguageWord,
    /// Empty for an SMS.
    pub subject: String,
    pub body: String,
    /// The places that it may have, and of these the ones that it must have.
    pub places: Vec<PlaceholderWord>,
    pub needed: Vec<PlaceholderWord>,
    /// Who wrote it here, and when; absent for the program's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub changed_at: Option<String>,
}

/// `PUT /api/templates/{kind}/{channel}/{language}`, and `POST` of the same with `/preview`, which changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TemplateRequest {
    /// Empty for an SMS.
    pub subject: String,
    pub body: String,
}

/// Answer to a preview: what the message would say, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct TemplatePreview {
    pub subject: String,
    pub text: String,
    /// In how many parts an SMS goes.
    pub parts: u32,
    /// Without any, it can be kept.
    pub faults: Vec<TemplateFaultEntry>,
}

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum TemplateFaultWord {
    Subject,
    SubjectOfSms,
    TellingSubject,
    Body,
    Missing,
    Unknown,
    Brace,
    ControlCharacter,
    TooManyParts,
}

/// One fault, with the place that it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct TemplateFaultEntry {
    pub fault: TemplateFaultWord,
    /// Without braces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

impl From<TemplateFault> for TemplateFaultEntry {
    fn from(fault: TemplateFault) -> Self {
        use TemplateFaultWord as Word;
        let (fault, place) = match fault {
            TemplateFault::Subject => (Word::Subject, None),
            TemplateFault::SubjectOfSms => (Word::SubjectOfSms, None),
            TemplateFault::TellingSubject => (Word::TellingSubject, None),
            TemplateFault::Body => (Word::Body, None),
            TemplateFault::Missing(place) => (Word::Missing, Some(place.to_owned())),
            TemplateFault::Unknown(place) => (Word::Unknown, Some(place)),
            TemplateFault::Brace => (Word::Brace, None),
            TemplateFault::ControlCharacter => (Word::ControlCharacter, None),
            TemplateFault::TooManyParts(_) => (Word::TooManyParts, None),
        };
        Self { fault, place }
    }
}

/// When people of a service are reminded (`GET /api/reminders`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct ReminderEntry {
    pub service: String,
    pub name: String,
    pub site: String,
    pub days_before: u32,
    pub minutes_before: u32,
}

/// `PUT /api/services/{id}/reminders`: 0 is no reminder. It holds for what is booked from then on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReminderRequest {
    /// 0 to 14, at the same time of day.
    pub days_before: u32,
    /// 0 to 1440.
    pub minutes_before: u32,
}

/// `GET /api/me/calendar`: whether this practitioner's calendar reads their appointments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct CalendarFeedState {
    /// When the address was made; absent: there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub made_at: Option<String>,
    /// The address itself, in the answer to `POST` and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// `GET /api/appointments/{id}/participants/{id}/contact`, and `PUT` of the same: where a guest is reached. Absent: not that way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(optional_fields)]
pub struct ContactState {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// With its country, or a French one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub telephone: Option<String>,
}

/// `POST /api/bounces`, of a mail server: a message came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BounceReport {
    /// The `Message-ID` of the message that came back.
    pub message_id: String,
}
