//! One line of the trail: who did what to what, when, from where, and how it went. Identifiers and no names.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::words::{Deed, Outcome, Subject};
use crate::clinical::{ApiTokenId, AppointmentId, ParticipantId, PractitionerId};
use crate::secret::Pii;

/// SHA-256 over what is sealed.
pub type Seal = [u8; 32];

/// Before the first record.
pub const GENESIS: Seal = [0; 32];

/// Comes before what is hashed, so that no other thing has the same digest.
const DOMAIN: &[u8] = b"parvis audit record 1\n";

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    Staff(PractitionerId),
    Guest(ParticipantId),
    /// Somebody with the link of an upload folder of this appointment.
    Sender(AppointmentId),
    /// A program with this token.
    Machine(ApiTokenId),
    /// The gateway by itself.
    Gateway,
    /// Somebody who is not known.
    Nobody,
}

impl Who {
    /// The kind in a word, and the identifier.
    pub fn parts(self) -> (&'static str, Option<Uuid>) {
        match self {
            Self::Staff(id) => ("staff", Some(id.uuid())),
            Self::Guest(id) => ("guest", Some(id.uuid())),
            Self::Sender(id) => ("sender", Some(id.uuid())),
            Self::Machine(id) => ("machine", Some(id.uuid())),
            Self::Gateway => ("gateway", None),
            Self::Nobody => ("nobody", None),
        }
    }

    /// From a word and an identifier.
    pub fn of_parts(word: &str, id: Option<Uuid>) -> Option<Self> {
        match (word, id) {
            ("staff", Some(id)) => Some(Self::Staff(PractitionerId::new(id))),
            ("guest", Some(id)) => Some(Self::Guest(ParticipantId::new(id))),
            ("sender", Some(id)) => Some(Self::Sender(AppointmentId::new(id))),
            ("machine", Some(id)) => Some(Self::Machine(ApiTokenId::new(id))),
            ("gateway", None) => Some(Self::Gateway),
            ("nobody", None) => Some(Self::Nobody),
            _ => None,
        }
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The same one written twice is one.
    pub id: Uuid,
    /// To the microsecond.
    pub at: DateTime<Utc>,
    pub who: Who,
    pub deed: Deed,
    pub subject: Subject,
    /// Which one, as the address or the row names it.
    pub subject_id: Option<String>,
    pub appointment: Option<AppointmentId>,
    /// Whose data.
    pub patient: Option<ParticipantId>,
    pub outcome: Outcome,
    /// The address that it came from.
    pub origin: Option<String>,
    /// How: the template of an address, or a word. No names.
    pub detail: Option<String>,
    /// Why, in the words of whoever did it. It stays in the trail: nothing that leaves by itself has it.
    pub reason: Option<Pii<String>>,
}

impl Record {
    /// One that is done, with no more said than this.
    pub fn new(id: Uuid, at: DateTime<Utc>, who: Who, deed: Deed, subject: Subject) -> Self {
        Self {
            id,
            at,
            who,
            deed,
            subject,
            subject_id: None,
            appointment: None,
            patient: None,
            outcome: Outcome::Done,
            origin: None,
            detail: None,
            reason: None,
        }
    }

    /// The identifier of the record about one row: written again it is the same.
    pub fn id_of(deed: Deed, subject: Subject, parts: &[Uuid]) -> Uuid {
        let mut hash = Sha256::new();
        hash.update(deed.word());
        hash.update([0]);
        hash.update(subject.word());
        for part in parts {
            hash.update([0]);
            hash.update(part.as_bytes());
        }
        let digest = hash.finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(digest.get(..16).unwrap_or(&[0; 16]));
        // Version 8, of our own making (RFC 9562 section 5.8).
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }
}

/// A record in its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// From 1, without a gap.
    pub seq: u64,
    pub record: Record,
    /// The digest of the record before.
    pub previous: Seal,
    pub digest: Seal,
}

/// The fields of a line, in their order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    seq: u64,
    id: Uuid,
    at: String,
    actor: std::borrow::Cow<'a, str>,
    actor_id: Option<Uuid>,
    deed: std::borrow::Cow<'a, str>,
    subject: std::borrow::Cow<'a, str>,
    subject_id: Option<String>,
    appointment: Option<Uuid>,
    patient: Option<Uuid>,
    outcome: std::borrow::Cow<'a, str>,
    origin: Option<String>,
    detail: Option<String>,
    reason: Option<String>,
    previous: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
}

impl Sealed {
    /// Puts a record behind the one with this digest.
    pub fn new(seq: u64, mut record: Record, previous: Seal) -> Self {
        record.at = chrono::SubsecRound::trunc_subsecs(record.at, 6);
        let mut sealed = Self { seq, record, previous, digest: GENESIS };
        sealed.digest = sealed.reckoned();
        sealed
    }

    /// What the digest has to be.
    pub fn reckoned(&self) -> Seal {
        let mut hash = Sha256::new();
        hash.update(DOMAIN);
        hash.update(self.text(false));
        hash.finalize().into()
    }

    /// The line of an export, without its end.
    pub fn line(&self) -> String {
        self.text(true)
    }

    fn text(&self, has_digest: bool) -> String {
        let record = &self.record;
        let (actor, actor_id) = record.who.parts();
        let line = Line {
            seq: self.seq,
            id: record.id,
            at: record.at.to_rfc3339_opts(SecondsFormat::Micros, true),
            actor: actor.into(),
            actor_id,
            deed: record.deed.word().into(),
            subject: record.subject.word().into(),
            subject_id: record.subject_id.clone(),
            appointment: record.appointment.map(AppointmentId::uuid),
            patient: record.patient.map(ParticipantId::uuid),
            outcome: record.outcome.word().into(),
            origin: record.origin.clone(),
            detail: record.detail.clone(),
            reason: record.reason.as_ref().map(|reason| reason.expose().clone()),
            previous: hex(&self.previous),
            digest: has_digest.then(|| hex(&self.digest)),
        };
        // Texts, numbers and nothing: there is nothing that cannot be written.
        serde_json::to_string(&line).unwrap_or_default()
    }

    /// Reads a line back. `None`: it is not exactly what [`Sealed::line`] writes. That its digest is right is another question.
    pub fn of_line(text: &str) -> Option<Self> {
        let line: Line<'_> = serde_json::from_str(text).ok()?;
        let at = DateTime::parse_from_rfc3339(&line.at).ok()?.with_timezone(&Utc);
        let record = Record {
            id: line.id,
            at,
            who: Who::of_parts(&line.actor, line.actor_id)?,
            deed: Deed::of_word(&line.deed)?,
            subject: Subject::of_word(&line.subject)?,
            subject_id: line.subject_id,
            appointment: line.appointment.map(AppointmentId::new),
            patient: line.patient.map(ParticipantId::new),
            outcome: Outcome::of_word(&line.outcome)?,
            origin: line.origin,
            detail: line.detail,
            reason: line.reason.map(Pii::new),
        };
        let sealed =
            Self { seq: line.seq, record, previous: of_hex(&line.previous)?, digest: of_hex(&line.digest?)? };
        // One meaning, one text: else a byte could change and nobody would see it.
        (sealed.line() == text).then_some(sealed)
    }
}

/// A record that has no place yet, as one line: for the file that keeps records while the database is away.
pub fn unsealed_line(record: &Record) -> String {
    Sealed { seq: 0, record: record.clone(), previous: GENESIS, digest: GENESIS }.line()
}

/// Reads such a line.
pub fn of_unsealed_line(text: &str) -> Option<Record> {
    Sealed::of_line(text).map(|sealed| sealed.record)
}

/// Bytes in small hexadecimal letters.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// `N` bytes from hexadecimal letters.
pub fn of_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N * 2 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(bytes)
}
