//! The texts of messages, with places for what each message says: read, checked, and filled in.

use thiserror::Error;

use super::{Channel, MessageKind};

/// What a text leaves a place for, as `{link}`. There is none for a name, and none for anything of health.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Placeholder {
    /// The day and the time of the appointment.
    When,
    /// The time alone.
    Time,
    /// The day and time before it was moved.
    Was,
    /// The personal link.
    Link,
    /// The name of the hospital.
    Hospital,
    /// Where a person in trouble gets help.
    Telephone,
    /// By how many minutes the doctor is late.
    Minutes,
    /// The code for the door.
    Code,
}

impl Placeholder {
    /// Every placeholder.
    pub const ALL: [Self; 8] = [
        Self::When,
        Self::Time,
        Self::Was,
        Self::Link,
        Self::Hospital,
        Self::Telephone,
        Self::Minutes,
        Self::Code,
    ];

    /// The word between the braces.
    pub fn word(self) -> &'static str {
        match self {
            Self::When => "when",
            Self::Time => "time",
            Self::Was => "was",
            Self::Link => "link",
            Self::Hospital => "hospital",
            Self::Telephone => "telephone",
            Self::Minutes => "minutes",
            Self::Code => "code",
        }
    }

    /// Those that a kind of message can fill.
    pub fn of(kind: MessageKind) -> &'static [Self] {
        use Placeholder as P;
        match kind {
            MessageKind::Invitation | MessageKind::ReminderDay | MessageKind::ReminderHour => {
                &[P::When, P::Time, P::Link, P::Hospital, P::Telephone]
            }
            MessageKind::Change => &[P::When, P::Time, P::Was, P::Link, P::Hospital, P::Telephone],
            MessageKind::Cancellation => &[P::When, P::Time, P::Hospital, P::Telephone],
            MessageKind::Late => &[P::Minutes, P::When, P::Time, P::Link, P::Hospital, P::Telephone],
            MessageKind::Code => &[P::Code, P::Hospital, P::Telephone],
        }
    }

    /// Those without which a message is of no use.
    pub fn needed_by(kind: MessageKind) -> &'static [Self] {
        use Placeholder as P;
        match kind {
            MessageKind::Invitation | MessageKind::Change | MessageKind::ReminderDay => &[P::Link, P::When],
            MessageKind::ReminderHour => &[P::Link, P::Time],
            MessageKind::Cancellation => &[P::When],
            MessageKind::Late => &[P::Minutes],
            MessageKind::Code => &[P::Code],
        }
    }
}

/// The text of one kind of message. An SMS has no subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pub subject: String,
    /// Plain text. Blank lines part paragraphs.
    pub body: String,
}

/// What stands in the places.
#[derive(Clone, Debug, Default)]
pub struct Values {
    pub when: String,
    pub time: String,
    pub was: String,
    pub link: String,
    pub hospital: String,
    pub telephone: String,
    pub minutes: String,
    pub code: String,
}

impl Values {
    /// What stands in one place.
    pub fn of(&self, placeholder: Placeholder) -> &str {
        match placeholder {
            Placeholder::When => &self.when,
            Placeholder::Time => &self.time,
            Placeholder::Was => &self.was,
            Placeholder::Link => &self.link,
            Placeholder::Hospital => &self.hospital,
            Placeholder::Telephone => &self.telephone,
            Placeholder::Minutes => &self.minutes,
            Placeholder::Code => &self.code,
        }
    }
}

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Error)]
pub enum TemplateFault {
    #[error("the subject has 1 to {} characters in one line", Template::MAX_SUBJECT)]
    Subject,
    #[error("an SMS has no subject")]
    SubjectOfSms,
    #[error(
        "the subject may say {{hospital}} and nothing else of the appointment: it is read on locked screens"
    )]
    TellingSubject,
    #[error("the text has 1 to {} characters", Template::MAX_BODY)]
    Body,
    #[error("{{{0}}} is missing")]
    Missing(&'static str),
    #[error("{{{0}}} is unknown or cannot be told in this message")]
    Unknown(String),
    #[error("a brace stands alone")]
    Brace,
    #[error("the text holds control characters or marks that turn the direction of writing")]
    ControlCharacter,
    #[error("the SMS would be sent in {0} parts; {max} are enough", max = Template::MAX_PARTS)]
    TooManyParts(usize),
}

/// A stretch of a text, or a place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Words(&'a str),
    Place(Placeholder),
}

impl Template {
    /// The longest subject, in characters.
    pub const MAX_SUBJECT: usize = 120;
    /// The longest text, in characters.
    pub const MAX_BODY: usize = 4000;
    /// In so many parts an SMS may be sent.
    pub const MAX_PARTS: usize = 4;

    /// All that is wrong with it, as the text of such a message.
    pub fn faults(&self, kind: MessageKind, channel: Channel) -> Vec<TemplateFault> {
        let mut faults = Vec::new();
        let length = self.subject.chars().count();
        match channel {
            Channel::Email => {
                if !(1..=Self::MAX_SUBJECT).contains(&length) || self.subject.trim().is_empty() {
                    faults.push(TemplateFault::Subject);
                }
                let found = places(&self.subject, &mut faults);
                if found.iter().any(|place| *place != Placeholder::Hospital) {
                    faults.push(TemplateFault::TellingSubject);
                }
            }
            Channel::Sms if length > 0 => faults.push(TemplateFault::SubjectOfSms),
            Channel::Sms => {}
        }
        if !(1..=Self::MAX_BODY).contains(&self.body.chars().count()) || self.body.trim().is_empty() {
            faults.push(TemplateFault::Body);
        }
        let is_control = |c: char| super::super::chat::is_control(c) && c != '\n';
        if self.body.chars().any(is_control) || self.subject.chars().any(super::super::chat::is_control) {
            faults.push(TemplateFault::ControlCharacter);
        }
        let found = places(&self.body, &mut faults);
        for place in &found {
            if !Placeholder::of(kind).contains(place) {
                faults.push(TemplateFault::Unknown(place.word().to_owned()));
            }
        }
        for needed in Placeholder::needed_by(kind) {
            if !found.contains(needed) {
                faults.push(TemplateFault::Missing(needed.word()));
            }
        }
        if channel == Channel::Sms && faults.is_empty() {
            let parts = sms_parts(&fill(&self.body, &Values::longest()));
            if parts > Self::MAX_PARTS {
                faults.push(TemplateFault::TooManyParts(parts));
            }
        }
        faults.sort();
        faults.dedup();
        faults
    }
}

impl Values {
    /// As long as they come: the measure of an SMS.
    fn longest() -> Self {
        Self {
            when: "mercredi 30 septembre 2026 à 14h30".to_owned(),
            time: "14h30".to_owned(),
            was: "mercredi 30 septembre 2026 à 14h30".to_owned(),
            link: format!("https://visio.hopital.example/join#{}", "x".repeat(43)),
            hospital: "Centre hospitalier régional".to_owned(),
            telephone: "01 23 45 67 89".to_owned(),
            minutes: "120".to_owned(),
            code: "123456".to_owned(),
        }
    }
}

/// The text with its places filled. What is no place stays as it is.
pub fn fill(text: &str, values: &Values) -> String {
    let piece = |piece: Piece<'_>| match piece {
        Piece::Words(words) => words.to_owned(),
        Piece::Place(place) => values.of(place).to_owned(),
    };
    pieces(text).into_iter().map(piece).collect()
}

/// In how many parts an SMS goes: 160 letters of the GSM alphabet in one, 153 in each of several; 70 and 67 when it has others
/// (3GPP TS 23.038 section 6.2.1, TS 23.040 section 9.2.3.24.1).
pub fn sms_parts(text: &str) -> usize {
    const GSM: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
    const TWICE: &str = "^{}\\[~]|€";
    let is_gsm = text.chars().all(|c| GSM.contains(c) || TWICE.contains(c));
    let (length, one, each) = if is_gsm {
        (text.chars().map(|c| if TWICE.contains(c) { 2 } else { 1 }).sum(), 160, 153)
    } else {
        (text.encode_utf16().count(), 70, 67)
    };
    if length <= one { 1 } else { usize::div_ceil(length, each) }
}

/// The places in a text; what is wrong with its braces is told.
fn places(text: &str, faults: &mut Vec<TemplateFault>) -> Vec<Placeholder> {
    let mut found = Vec::new();
    for piece in pieces(text) {
        match piece {
            Piece::Place(place) => found.push(place),
            Piece::Words(words) => {
                let mut rest = words;
                while let Some(at) = rest.find(['{', '}']) {
                    let after = &rest[at + 1..];
                    let word = after.split(['{', '}']).next().unwrap_or_default();
                    let is_place = rest[at..].starts_with('{') && after[word.len()..].starts_with('}');
                    if is_place && !word.is_empty() && word.chars().count() <= 40 {
                        faults.push(TemplateFault::Unknown(word.to_owned()));
                        rest = &after[word.len() + 1..];
                    } else {
                        faults.push(TemplateFault::Brace);
                        rest = after;
                    }
                }
            }
        }
    }
    found
}

/// Cuts a text at its places.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(open) = text[at..].find('{').map(|open| at + open) {
        let found = Placeholder::ALL.into_iter().find(|place| {
            let rest = text[open + 1..].strip_prefix(place.word());
            rest.is_some_and(|rest| rest.starts_with('}'))
        });
        at = open + 1;
        if let Some(place) = found {
            pieces.push(Piece::Words(&text[from..open]));
            pieces.push(Piece::Place(place));
            at = open + place.word().len() + 2;
            from = at;
        }
    }
    pieces.push(Piece::Words(&text[from..]));
    pieces.retain(|piece| *piece != Piece::Words(""));
    pieces
}
