//! Bodies of the HTTP interface for guests, `/api/guest/...`, and what staff see and do of their doors. docs/protocol.md lists the addresses.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{DeviceStateWord, DocumentNeedWord, DoorWord, LanguageWord, OutcomeWord};
use crate::secret::Pii;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($word:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($word),+ }
    };
}

words!(
    /// The way that a code goes.
    CodeChannelWord { Sms, Email }
);
words!(
    /// What opened the door for a guest: the link alone, or what they showed besides it.
    OpeningWord { LinkOnly, Sms, Email, Pin, BirthDate }
);
words!(
    /// What came of a try at the door.
    TryWord { Opened, Wrong, CodeExpired, Locked }
);
words!(
    /// What came of asking for a code.
    SendWord { Sent, TooSoon, TooMany, Locked, Failed }
);
words!(
    /// What a guest answers to the information.
    ConsentWord { Given, Refused }
);
words!(
    /// Whether the test sound was heard, as the person said.
    HeardSoundWord { Heard, NotHeard, NotTried }
);
words!(
    /// Whether sound and picture would reach the hospital: straight, on a detour, or not.
    NetworkFoundWord { Good, Detour, Blocked, NotTried }
);

/// `POST /api/guest/look`: the secret of a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LookRequest {
    pub link: String,
}

/// Answer to `POST /api/guest/look`, which changes nothing. No name and no health data: the link alone has opened it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct Look {
    pub door: DoorWord,
    /// UTC now, for the countdown on a device with a wrong clock.
    pub now: String,
    /// Absent for unknown and revoked links. Of a moved visit: its new time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub starts_at: Option<String>,
    /// For early ones: when the door opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub opens_at: Option<String>,
    /// With whom, as the service wants it said to whoever has only the link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Whom to call about it, where the service has a number of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub telephone: Option<String>,
    /// What has to be shown besides the link. Absent when there is nothing, or this browser holds a pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asks: Option<DoorAsks>,
    /// Another device of this person is in the waiting room or in the call.
    pub is_elsewhere: bool,
    /// What the person answered to the information, if they did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<ConsentWord>,
    /// Of the text that is to be read: 0 is the one that comes with the program. Absent when the link leads nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent_version: Option<u32>,
    /// Present when this person may call the appointment off or move it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub may_change: Option<bool>,
    /// Of a visit that has taken place: how it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<OutcomeWord>,
}

/// What opens the second door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct DoorAsks {
    pub sms: bool,
    pub email: bool,
    pub pin: bool,
    pub birth_date: bool,
    /// Too many wrong tries: only staff open it again.
    pub is_locked: bool,
    /// A code that was sent is still good until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_until: Option<String>,
}

/// `POST /api/guest/code`: asks for a code to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CodeRequest {
    pub link: String,
    pub channel: CodeChannelWord,
}

/// Answer to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct CodeAnswer {
    pub outcome: SendWord,
    /// UTC now, by the gateway's clock.
    pub now: String,
    /// When another can be asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub again_at: Option<String>,
}

/// `POST /api/guest/open`: six digits (a code that was sent, or the PIN) or a date of birth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(optional_fields)]
pub struct OpenRequest {
    pub link: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "string")]
    pub digits: Option<Pii<String>>,
    /// `1946-04-23`
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "string")]
    pub birth_date: Option<Pii<String>>,
}

/// Answer to it. When it is opened, a cookie that no script reads holds the pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct OpenAnswer {
    pub outcome: TryWord,
    /// How often it may still be tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tries_left: Option<u32>,
}

/// `POST /api/guest/information`: what is to be read before the visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct Information {
    pub version: u32,
    /// Paragraphs, parted by line breaks.
    pub fr: String,
    pub en: String,
}

/// `POST /api/guest/consent`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsentRequest {
    pub answer: ConsentWord,
    /// Of the text that was on the screen.
    pub version: u32,
    pub language: LanguageWord,
}

/// `POST /api/guest/company`: whether anybody is with the person, and who.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CompanyRequest {
    pub is_accompanied: bool,
    #[ts(type = "string")]
    pub who: Pii<String>,
}

/// `POST /api/guest/rehearsal`: what a device test at home found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RehearsalRequest {
    pub camera: DeviceStateWord,
    pub microphone: DeviceStateWord,
    pub sound: HeardSoundWord,
    pub network: NetworkFoundWord,
}

/// A guest's door as staff see it, in `ParticipantEntry`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct GuestDoor {
    /// Five wrong tries: nobody comes in by this link until staff unlock it.
    pub is_locked: bool,
    pub has_pin: bool,
    /// The link alone leads into the waiting room: there is nothing else that the person could show.
    pub is_link_only: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<ConsentWord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub consent_at: Option<String>,
    /// Who is with them, as they said; empty when somebody is there who was not named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// They said that nobody is.
    pub is_alone: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rehearsal: Option<RehearsalEntry>,
}

/// What the last device test at home found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct RehearsalEntry {
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    pub camera: DeviceStateWord,
    pub microphone: DeviceStateWord,
    pub sound: HeardSoundWord,
    pub network: NetworkFoundWord,
    /// The visit would go well with that device.
    pub is_good: bool,
}

/// Answer to `POST /api/appointments/{id}/participants/{id}/pin`: the only time that it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct IssuedPin {
    pub participant: String,
    /// Six digits.
    #[ts(type = "string")]
    pub pin: Pii<String>,
}

/// `GET` and `PUT /api/services/{id}/door`: what a service asks for and says at its door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(optional_fields)]
pub struct ServiceDoor {
    pub accepts_birth_date: bool,
    /// What whoever has only the link reads instead of the service's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Whoever lets somebody in says that they see who it is, also of those who showed more than the link.
    pub asks_who_of_all: bool,
    /// The agreement is taken in another way: nobody is kept out for not having answered the information.
    pub waives_consent: bool,
    /// By what patients come to their documents after the visit, where they have a provider.
    #[serde(default)]
    pub documents_need: DocumentNeedWord,
}

/// `PUT /api/services/{id}/information`: a new version of the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InformationRequest {
    pub fr: String,
    pub en: String,
}
