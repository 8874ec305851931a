//! The second door: what somebody with a link shows besides it, how often they may be wrong, and the pass that they get for it.
//!
//! A door belongs to one guest, whichever of their links they come by. What opens it is a code that was sent, a PIN that was told at
//! booking, or the date of birth where the service accepts it. After [`WRONG_TRIES`] wrong ones it is locked, and only staff open it
//! again.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::{Appointment, AppointmentStatus, DocumentNeed, DoorClosed, DoorPolicy, Link, ParticipantId};
use crate::secret::{Pii, Secret};

/// So many wrong tries lock a door.
pub const WRONG_TRIES: u32 = 5;
/// A code that was sent opens the door for so long.
pub const CODE_FOR: TimeDelta = TimeDelta::minutes(10);
/// Another code is sent after so long at the earliest.
pub const RESEND_AFTER: TimeDelta = TimeDelta::seconds(60);
/// So many codes are sent within [`SENDS_WITHIN`], unless the door is opened in between.
pub const SENDS: u32 = 5;
/// See [`SENDS`].
pub const SENDS_WITHIN: TimeDelta = TimeDelta::hours(24);
/// A pass is good for so long: the longest visit, and the time before and after it.
pub const PASS_FOR: TimeDelta = TimeDelta::hours(12);
/// What belongs to a visit can be reached by its link for so long after its planned end.
pub const AFTER_FOR: TimeDelta = TimeDelta::days(30);

/// The way that a code goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodeChannel {
    Sms,
    Email,
}

/// What opened the door for a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Opening {
    /// The link alone: there is nothing else that the person could show.
    LinkOnly,
    /// The link, and a code that was sent to them.
    Code(CodeChannel),
    /// The link, and the PIN that was told at booking.
    Pin,
    /// The link, and their date of birth.
    BirthDate,
}

/// What a guest can show besides the link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DoorKeys {
    /// There is a telephone number, and something that sends to it.
    pub has_sms: bool,
    /// There is an address, and something that sends to it.
    pub has_email: bool,
    pub has_pin: bool,
    /// The date of birth is known, and the service accepts it.
    pub has_birth_date: bool,
}

impl DoorKeys {
    /// Whether there is anything: then it is asked for.
    pub fn is_any(self) -> bool {
        self.has_sms || self.has_email || self.has_pin || self.has_birth_date
    }

    /// Whether a code can go this way.
    pub fn has(self, channel: CodeChannel) -> bool {
        match channel {
            CodeChannel::Sms => self.has_sms,
            CodeChannel::Email => self.has_email,
        }
    }
}

/// What a service asks for at its door.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DoorRules {
    /// A date of birth opens it: the weakest of the keys, because others know it too.
    pub accepts_birth_date: bool,
    /// What whoever has only the link reads instead of the service's name, where that alone would tell why somebody comes.
    pub label: Option<String>,
    /// Whoever admits somebody says that they see who it is, also of those who showed more than the link.
    pub asks_who_of_all: bool,
    /// The agreement is taken in another way: nobody is kept out for not having answered the information.
    pub waives_consent: bool,
    /// By what patients come to their documents after the visit.
    pub documents_need: DocumentNeed,
}

/// SHA-256 of six digits and of what they are for. Whoever reads the rows finds the digits by trying all of them; they open nothing
/// without the link, whose secret cannot be found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CodeDigest(pub [u8; 32]);

/// What digits are for, so that a code and a PIN of one person do not look alike.
const CODE: &str = "parvis door code";
const PIN: &str = "parvis door pin";

impl CodeDigest {
    fn of(what: &str, whose: ParticipantId, digits: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(what);
        hash.update(whose.uuid().as_bytes());
        hash.update(digits.as_bytes());
        Self(hash.finalize().into())
    }
}

impl std::fmt::Debug for CodeDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CodeDigest(..)")
    }
}

/// Six digits, each as likely as any other. `random` are 64 bits that nobody can guess.
fn six_digits(random: [u8; 8]) -> Secret<String> {
    Secret::new(format!("{:06}", u64::from_le_bytes(random) % 1_000_000))
}

/// The digits of what somebody typed: blanks and dashes between them do not count. `None` unless they are six.
fn digits_of(typed: &str) -> Option<String> {
    let kept: String =
        typed.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '.' | '\u{2011}')).collect();
    (kept.len() == 6 && kept.bytes().all(|byte| byte.is_ascii_digit())).then_some(kept)
}

/// A PIN as it is kept: its digits are not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Whom it was told; the same person when their appointment is moved is somebody else there, and keeps it.
    pub first: ParticipantId,
    pub digest: CodeDigest,
}

impl Pin {
    /// Makes a PIN for one participant: the digits, to be told once, and what is kept of them. `random` are 64 bits that nobody can guess.
    pub fn make(random: [u8; 8], participant: ParticipantId) -> (Secret<String>, Self) {
        let digits = six_digits(random);
        let digest = CodeDigest::of(PIN, participant, digits.expose());
        (digits, Self { first: participant, digest })
    }

    fn is(&self, digits: &str) -> bool {
        self.digest == CodeDigest::of(PIN, self.first, digits)
    }
}

/// A code that is under way or has arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentCode {
    pub digest: CodeDigest,
    pub channel: CodeChannel,
    pub sent_at: DateTime<Utc>,
}

impl SentCode {
    /// When it opens nothing any more.
    pub fn good_until(&self) -> DateTime<Utc> {
        self.sent_at + CODE_FOR
    }
}

/// The door of one guest, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    pub participant: ParticipantId,
    /// How often it was written; one that was written in between is read again.
    pub revision: u32,
    pub wrong_tries: u32,
    pub locked_at: Option<DateTime<Utc>>,
    /// Codes sent since `sends_since`.
    pub sends: u32,
    pub sends_since: Option<DateTime<Utc>>,
    pub last_sent_at: Option<DateTime<Utc>>,
    /// The last code; the ones before it open nothing any more.
    pub code: Option<SentCode>,
}

/// Why no code is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SendRefusal {
    #[error("the door is locked")]
    Locked,
    #[error("a code was sent a moment ago")]
    TooSoon { again_at: DateTime<Utc> },
    #[error("enough codes were sent")]
    TooMany { again_at: DateTime<Utc> },
}

/// Why what was shown does not open the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TryRefusal {
    #[error("the door is locked")]
    Locked,
    #[error("this opens nothing")]
    Wrong { tries_left: u32 },
    #[error("the code was right once")]
    CodeExpired,
}

/// What somebody shows at the door.
#[derive(Clone, Debug)]
pub enum Shown {
    /// A code that was sent or a PIN, as it was typed.
    Digits(Pii<String>),
    BirthDate(Pii<NaiveDate>),
}

/// What is known of the person, to compare it with.
#[derive(Clone, Debug, Default)]
pub struct KnownKeys {
    pub pin: Option<Pin>,
    /// Only where the service accepts it.
    pub birth_date: Option<Pii<NaiveDate>>,
}

impl Door {
    /// A door that nobody has tried yet.
    pub fn new(participant: ParticipantId) -> Self {
        Self {
            participant,
            revision: 0,
            wrong_tries: 0,
            locked_at: None,
            sends: 0,
            sends_since: None,
            last_sent_at: None,
            code: None,
        }
    }

    pub fn is_locked(&self) -> bool {
        self.locked_at.is_some()
    }

    /// How often somebody may still be wrong.
    pub fn tries_left(&self) -> u32 {
        if self.is_locked() { 0 } else { WRONG_TRIES.saturating_sub(self.wrong_tries) }
    }

    /// When the next code can be sent, if that is later than now.
    ///
    /// # Errors
    /// If none is sent now.
    pub fn may_send(&self, now: DateTime<Utc>) -> Result<(), SendRefusal> {
        if self.is_locked() {
            return Err(SendRefusal::Locked);
        }
        if let Some(again_at) = self.last_sent_at.map(|at| at + RESEND_AFTER).filter(|at| *at > now) {
            return Err(SendRefusal::TooSoon { again_at });
        }
        if let Some(again_at) = self.sends_since.map(|since| since + SENDS_WITHIN)
            && again_at > now
            && self.sends >= SENDS
        {
            return Err(SendRefusal::TooMany { again_at });
        }
        Ok(())
    }

    /// Makes a code to be sent; the ones before it open nothing any more. `random` are 64 bits that nobody can guess.
    ///
    /// # Errors
    /// If none is sent now; then nothing has changed.
    pub fn send(
        &mut self,
        random: [u8; 8],
        channel: CodeChannel,
        now: DateTime<Utc>,
    ) -> Result<Secret<String>, SendRefusal> {
        self.may_send(now)?;
        if self.sends_since.is_none_or(|since| since + SENDS_WITHIN <= now) {
            self.sends_since = Some(now);
            self.sends = 0;
        }
        self.sends += 1;
        self.last_sent_at = Some(now);
        let code = six_digits(random);
        let digest = CodeDigest::of(CODE, self.participant, code.expose());
        self.code = Some(SentCode { digest, channel, sent_at: now });
        Ok(code)
    }

    /// Tries what somebody shows. A code opens once.
    ///
    /// # Errors
    /// If it does not open the door; then the try counts, unless the code was right and is too old.
    pub fn open(
        &mut self,
        shown: &Shown,
        known: &KnownKeys,
        now: DateTime<Utc>,
    ) -> Result<Opening, TryRefusal> {
        if self.is_locked() {
            return Err(TryRefusal::Locked);
        }
        let opening = match shown {
            Shown::Digits(typed) => match digits_of(typed.expose()) {
                Some(digits) => self.opening_by(&digits, known, now)?,
                None => None,
            },
            Shown::BirthDate(date) => {
                let is_right = known.birth_date.as_ref().is_some_and(|known| known == date);
                is_right.then_some(Opening::BirthDate)
            }
        };
        let Some(opening) = opening else {
            self.wrong_tries += 1;
            if self.wrong_tries >= WRONG_TRIES {
                self.locked_at = Some(now);
                self.code = None;
                return Err(TryRefusal::Locked);
            }
            return Err(TryRefusal::Wrong { tries_left: self.tries_left() });
        };
        self.wrong_tries = 0;
        self.sends = 0;
        self.sends_since = None;
        self.code = None;
        Ok(opening)
    }

    fn opening_by(
        &self,
        digits: &str,
        known: &KnownKeys,
        now: DateTime<Utc>,
    ) -> Result<Option<Opening>, TryRefusal> {
        if known.pin.is_some_and(|pin| pin.is(digits)) {
            return Ok(Some(Opening::Pin));
        }
        let sent =
            self.code.as_ref().filter(|sent| sent.digest == CodeDigest::of(CODE, self.participant, digits));
        match sent {
            Some(sent) if now < sent.good_until() => Ok(Some(Opening::Code(sent.channel))),
            Some(_) => Err(TryRefusal::CodeExpired),
            None => Ok(None),
        }
    }

    /// Staff let the person try again.
    pub fn unlock(&mut self) {
        *self = Self { revision: self.revision, ..Self::new(self.participant) };
    }
}

/// SHA-256 of the secret of a pass.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PassDigest(pub [u8; 32]);

impl PassDigest {
    /// What the secret of a pass is kept as.
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }
}

impl std::fmt::Debug for PassDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PassDigest(..)")
    }
}

/// What a browser holds after its person opened the door: that it was opened, and how. Good for that person's links only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    pub digest: PassDigest,
    pub participant: ParticipantId,
    pub opening: Opening,
    pub given_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

impl Pass {
    /// Makes a pass: the secret for the browser, and what is kept of it. `random` are 256 bits that nobody can guess.
    pub fn make(
        random: [u8; 32],
        participant: ParticipantId,
        opening: Opening,
        now: DateTime<Utc>,
    ) -> (Secret<String>, Self) {
        let secret = BASE64_URL_SAFE_NO_PAD.encode(random);
        let digest = PassDigest::of(&secret);
        (
            Secret::new(secret),
            Self { digest, participant, opening, given_at: now, expires_at: now + PASS_FOR },
        )
    }

    /// Whether it is good for this person now.
    pub fn is_good(&self, participant: ParticipantId, now: DateTime<Utc>) -> bool {
        self.participant == participant && self.given_at <= now && now < self.expires_at
    }
}

/// What a link with its second door leads to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The visit is to come: files may be brought, the devices tested.
    Early { opens_at: DateTime<Utc> },
    /// The waiting room, and whatever is behind it.
    Open,
    /// The visit has taken place: what belongs to it may be fetched.
    After,
}

impl DoorPolicy {
    /// What this link leads to. Who is there is another question, and what of it needs a pass.
    ///
    /// # Errors
    /// If it leads nowhere.
    pub fn standing(
        self,
        link: &Link,
        appointment: &Appointment,
        now: DateTime<Utc>,
    ) -> Result<Standing, DoorClosed> {
        match self.check(link, appointment, now) {
            Ok(()) => Ok(Standing::Open),
            Err(DoorClosed::TooEarly { opens_at }) => Ok(Standing::Early { opens_at }),
            Err(DoorClosed::Over) if is_good_after(link, appointment, now) => Ok(Standing::After),
            Err(closed) => Err(closed),
        }
    }
}

/// The end of a visit withdraws all its links. One that was withdrawn before stays so.
fn is_good_after(link: &Link, appointment: &Appointment, now: DateTime<Utc>) -> bool {
    let AppointmentStatus::Fulfilled { at, .. } = appointment.status else { return false };
    link.revoked_at.is_none_or(|revoked| revoked >= at) && now < appointment.ends_at + AFTER_FOR
}

/// The second door is asked for whoever has something to show there.
///
/// # Errors
/// If a pass is needed and this is none.
pub fn opening_of(
    keys: DoorKeys,
    pass: Option<&Pass>,
    participant: ParticipantId,
    now: DateTime<Utc>,
) -> Result<Opening, PassNeeded> {
    match pass.filter(|pass| pass.is_good(participant, now)) {
        Some(pass) => Ok(pass.opening),
        None if keys.is_any() => Err(PassNeeded),
        None => Ok(Opening::LinkOnly),
    }
}

/// The link alone does not lead there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the link alone does not lead there")]
pub struct PassNeeded;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000 + second, 0).unwrap()
    }

    fn person() -> ParticipantId {
        ParticipantId::new(Uuid::from_u128(8))
    }

    fn typed(digits: &str) -> Shown {
        Shown::Digits(digits.into())
    }

    fn random(number: u64) -> [u8; 8] {
        number.to_le_bytes()
    }

    #[test]
    fn a_code_opens_once_and_for_ten_minutes() {
        let mut door = Door::new(person());
        let code = door.send(random(42), CodeChannel::Sms, at(0)).unwrap();
        assert_eq!(code.expose(), "000042");
        let known = KnownKeys::default();
        let mut late = door.clone();
        assert_eq!(late.open(&typed("000042"), &known, at(600)), Err(TryRefusal::CodeExpired));
        assert_eq!(late.tries_left(), 5, "who was slow is not punished");
        let spaced = typed(" 000 042");
        assert_eq!(door.open(&spaced, &known, at(599)), Ok(Opening::Code(CodeChannel::Sms)));
        assert_eq!(
            door.open(&spaced, &known, at(599)),
            Err(TryRefusal::Wrong { tries_left: 4 }),
            "it has opened the door once"
        );
    }

    #[test]
    fn only_the_newest_code_opens() {
        let mut door = Door::new(person());
        door.send(random(1), CodeChannel::Sms, at(0)).unwrap();
        assert_eq!(
            door.send(random(2), CodeChannel::Email, at(59)),
            Err(SendRefusal::TooSoon { again_at: at(60) })
        );
        door.send(random(2), CodeChannel::Email, at(60)).unwrap();
        let known = KnownKeys::default();
        assert!(door.open(&typed("000001"), &known, at(61)).is_err());
        let opened = door.open(&typed("000002"), &known, at(61));
        assert_eq!(opened, Ok(Opening::Code(CodeChannel::Email)));
    }

    #[test]
    fn a_pin_and_a_date_of_birth_open_as_often_as_it_takes() {
        let (pin, digest) = Pin::make(random(123_456), person());
        assert_eq!(pin.expose(), "123456");
        let born = NaiveDate::from_ymd_opt(1946, 4, 23).unwrap();
        let known = KnownKeys { pin: Some(digest), birth_date: Some(Pii::new(born)) };
        let mut door = Door::new(person());
        for second in 0..3 {
            assert_eq!(door.open(&typed("123456"), &known, at(second)), Ok(Opening::Pin));
            let date = Shown::BirthDate(Pii::new(born));
            assert_eq!(door.open(&date, &known, at(second)), Ok(Opening::BirthDate));
        }
        let other = Shown::BirthDate(Pii::new(born.succ_opt().unwrap()));
        assert!(door.open(&other, &known, at(4)).is_err());
        assert!(door.open(&other, &KnownKeys::default(), at(4)).is_err());
        let (_, of_another) = Pin::make(random(123_456), ParticipantId::new(Uuid::from_u128(9)));
        assert_ne!(of_another.digest, digest.digest, "the same digits of two people do not look alike");
    }

    #[test]
    fn five_wrong_tries_lock_and_staff_unlock() {
        let (_, digest) = Pin::make(random(111_111), person());
        let known = KnownKeys { pin: Some(digest), birth_date: None };
        let mut door = Door::new(person());
        for left in (1..5).rev() {
            let refused = door.open(&typed("222222"), &known, at(0));
            assert_eq!(refused, Err(TryRefusal::Wrong { tries_left: left }));
        }
        assert_eq!(door.open(&typed("no code"), &known, at(9)), Err(TryRefusal::Locked));
        assert_eq!(door.locked_at, Some(at(9)));
        assert_eq!(door.open(&typed("111111"), &known, at(999_999)), Err(TryRefusal::Locked));
        assert_eq!(door.send(random(1), CodeChannel::Sms, at(999_999)), Err(SendRefusal::Locked));
        door.unlock();
        assert_eq!(door.open(&typed("111111"), &known, at(999_999)), Ok(Opening::Pin));
    }

    #[test]
    fn five_codes_a_day_and_then_a_human() {
        let mut door = Door::new(person());
        for number in 0..5_i64 {
            door.send(random(1), CodeChannel::Sms, at(number * 60)).unwrap();
        }
        let day = 24 * 3600;
        assert_eq!(
            door.send(random(1), CodeChannel::Sms, at(600)),
            Err(SendRefusal::TooMany { again_at: at(day) })
        );
        assert!(door.send(random(1), CodeChannel::Sms, at(day)).is_ok());
        assert_eq!(door.sends, 1);
    }

    #[test]
    fn a_pass_is_good_for_its_person_and_its_time() {
        let (secret, pass) = Pass::make([3; 32], person(), Opening::Pin, at(0));
        assert_eq!(PassDigest::of(secret.expose()), pass.digest);
        assert_eq!(secret.expose().len(), 43, "256 bits");
        assert!(pass.is_good(person(), at(0)) && pass.is_good(person(), at(12 * 3600 - 1)));
        assert!(!pass.is_good(person(), at(12 * 3600)) && !pass.is_good(person(), at(-1)));
        assert!(!pass.is_good(ParticipantId::new(Uuid::from_u128(1)), at(0)));
        let keys = DoorKeys { has_pin: true, ..DoorKeys::default() };
        assert_eq!(opening_of(keys, Some(&pass), person(), at(1)), Ok(Opening::Pin));
        assert_eq!(opening_of(keys, None, person(), at(1)), Err(PassNeeded));
        assert_eq!(opening_of(keys, Some(&pass), person(), at(12 * 3600)), Err(PassNeeded));
        assert_eq!(opening_of(DoorKeys::default(), None, person(), at(1)), Ok(Opening::LinkOnly));
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Send(u64),
        TryCode(u64),
        TryLast,
        TryPin,
        TryBirthDate(bool),
        Unlock,
    }

    fn any_step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => (0_u64..3).prop_map(Step::Send),
            5 => (0_u64..6).prop_map(Step::TryCode),
            2 => Just(Step::TryLast),
            1 => Just(Step::TryPin),
            2 => any::<bool>().prop_map(Step::TryBirthDate),
            1 => Just(Step::Unlock),
        ]
    }

    proptest! {
        /// Whatever the order: five wrong ones in a row and nothing opens until staff unlock; only what is right opens; codes
        /// come a minute apart, five a day between openings, and open once and for ten minutes.
        #[test]
        fn no_order_of_things_opens_the_door_to_whoever_guesses(
            steps in prop::collection::vec((any_step(), 0_i64..400), 1..200),
            has_pin in any::<bool>(),
            has_date in any::<bool>(),
        ) {
            let born = NaiveDate::from_ymd_opt(1950, 1, 1).unwrap();
            let (_, pin) = Pin::make(random(999_999), person());
            let known = KnownKeys {
                pin: has_pin.then_some(pin),
                birth_date: has_date.then(|| Pii::new(born)),
            };
            let mut door = Door::new(person());
            let mut now = 0;
            let mut wrong_in_a_row = 0;
            let mut last: Option<(u64, i64)> = None;
            let mut sends: Vec<i64> = Vec::new();
            for (step, pause) in steps {
                now += pause;
                let before = door.clone();
                let shown = match step {
                    Step::Send(number) => {
                        if door.send(random(number), CodeChannel::Sms, at(now)).is_ok() {
                            prop_assert!(sends.last().is_none_or(|sent| now - sent >= 60));
                            sends.push(now);
                            last = Some((number, now));
                            let since = now - 24 * 3600;
                            prop_assert!(sends.iter().filter(|sent| **sent > since).count() <= 2 * SENDS as usize);
                            prop_assert!(door.sends <= SENDS);
                            prop_assert!(wrong_in_a_row < 5);
                        } else {
                            prop_assert_eq!(&before, &door);
                        }
                        continue;
                    }
                    Step::Unlock => {
                        door.unlock();
                        (wrong_in_a_row, last) = (0, None);
                        sends.clear();
                        continue;
                    }
                    Step::TryCode(number) => typed(&format!("{number:06}")),
                    Step::TryLast => typed(&format!("{:06}", last.map_or(5, |(number, _)| number))),
                    Step::TryPin => typed("999999"),
                    Step::TryBirthDate(is_right) => {
                        let date = if is_right { born } else { born.succ_opt().unwrap() };
                        Shown::BirthDate(Pii::new(date))
                    }
                };
                match door.open(&shown, &known, at(now)) {
                    Ok(opening) => {
                        prop_assert!(wrong_in_a_row < 5, "it was locked");
                        match opening {
                            Opening::Code(_) => {
                                let (number, sent) = last.unwrap();
                                prop_assert!(now - sent < 600);
                                let is_it = matches!(step, Step::TryLast)
                                    || matches!(step, Step::TryCode(tried) if tried == number);
                                prop_assert!(is_it);
                            }
                            Opening::Pin => prop_assert!(has_pin && matches!(step, Step::TryPin)),
                            Opening::BirthDate => {
                                prop_assert!(has_date && matches!(step, Step::TryBirthDate(true)));
                            }
                            Opening::LinkOnly => prop_assert!(false),
                        }
                        (wrong_in_a_row, last) = (0, None);
                        sends.clear();
                        sends.extend(door.last_sent_at.map(|sent| (sent - at(0)).num_seconds()));
                    }
                    Err(TryRefusal::Wrong { .. }) => {
                        wrong_in_a_row += 1;
                        prop_assert!(wrong_in_a_row < 5);
                    }
                    Err(TryRefusal::Locked) => {
                        wrong_in_a_row = 5;
                        last = None;
                        prop_assert!(door.is_locked());
                    }
                    Err(TryRefusal::CodeExpired) => prop_assert!(last.is_some_and(|(_, sent)| now - sent >= 600)),
                }
            }
        }
    }
}
