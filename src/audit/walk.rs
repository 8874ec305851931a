//! Walks the chain and names the first record that does not fit.

use thiserror::Error;

use super::head::Head;
use super::record::{GENESIS, Seal, Sealed, hex};

/// What does not fit, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("record {seq}: {what}")]
pub struct Fault {
    /// The record; for a head the last one that it is over.
    pub seq: u64,
    pub what: Misfit,
}

/// In what way.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Misfit {
    #[error("it is missing; number {found} stands in its place")]
    Missing { found: u64 },
    #[error("it cannot be read: something of it was changed")]
    Unreadable,
    #[error("it is not what was sealed: something of it was changed")]
    Changed,
    #[error("it does not follow on the one before it")]
    Unlinked,
    #[error("the signed head after it cannot be read")]
    HeadUnreadable,
    #[error("the signature of the head after it is wrong")]
    BadSignature,
    #[error("the signed head after it is over another record: this one, or some before it, was written anew")]
    OtherHead,
    #[error("the head after it was signed by another key, {key}")]
    OtherKey { key: String },
    #[error("a head was signed over it, and it is gone: the end of the trail was cut off")]
    CutOff,
}

/// What a walk over the whole chain found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walked {
    pub records: u64,
    /// The number of the last one.
    pub last: u64,
    pub heads: u64,
    /// The last record that a head is over; those after it are chained, and not signed yet.
    pub signed_to: u64,
    /// The keys that signed, each once.
    pub keys: Vec<[u8; 32]>,
}

/// A walk that is under way.
#[derive(Clone, Debug)]
pub struct Walk {
    next: Option<u64>,
    previous: Seal,
    /// The only key that may have signed.
    key: Option<[u8; 32]>,
    walked: Walked,
}

impl Walk {
    /// Begins. With a `key`, heads that another one signed do not fit.
    pub fn new(key: Option<[u8; 32]>) -> Self {
        Self { next: None, previous: GENESIS, key, walked: Walked::default() }
    }

    /// The number that comes next.
    pub fn next(&self) -> u64 {
        self.next.unwrap_or(1)
    }

    /// The next record. An export may begin in the middle: `is_part`; then the first one is believed where it stands.
    ///
    /// # Errors
    /// If it does not fit.
    pub fn record(&mut self, sealed: &Sealed, is_part: bool) -> Result<(), Fault> {
        let is_first = self.next.is_none() && is_part && sealed.seq > 1;
        let next = if is_first { sealed.seq } else { self.next() };
        // Of what was changed the number is not believed either.
        if sealed.reckoned() != sealed.digest {
            return Err(Fault { seq: self.next(), what: Misfit::Changed });
        }
        let fault = |what| Err(Fault { seq: next, what });
        if sealed.seq != next {
            return fault(Misfit::Missing { found: sealed.seq });
        }
        if !is_first && sealed.previous != self.previous {
            return fault(Misfit::Unlinked);
        }
        self.previous = sealed.digest;
        self.next = Some(next.saturating_add(1));
        self.walked.records += 1;
        self.walked.last = next;
        Ok(())
    }

    /// What stands where the next record should cannot be read.
    pub fn unreadable(&self) -> Fault {
        Fault { seq: self.next(), what: Misfit::Unreadable }
    }

    /// A head, which is over the record that came last.
    ///
    /// # Errors
    /// If it does not fit.
    pub fn head(&mut self, head: &Head) -> Result<(), Fault> {
        let last = self.next().saturating_sub(1);
        let fault = |what| Err(Fault { seq: last, what });
        if !head.is_signed() {
            return fault(Misfit::BadSignature);
        }
        if let Some(key) = self.key
            && key != head.key
        {
            return fault(Misfit::OtherKey { key: hex(&head.key) });
        }
        if head.seq > last {
            return Err(Fault { seq: self.next(), what: Misfit::CutOff });
        }
        if head.seq != last || head.digest != self.previous {
            return fault(Misfit::OtherHead);
        }
        self.walked.heads += 1;
        self.walked.signed_to = last;
        if !self.walked.keys.contains(&head.key) {
            self.walked.keys.push(head.key);
        }
        Ok(())
    }

    /// The end: what was found.
    pub fn end(self) -> Walked {
        self.walked
    }
}

/// A line of an export that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}, {fault}")]
pub struct LineFault {
    /// From 1.
    pub line: u64,
    pub fault: Fault,
}

/// Walks over the lines of an export, one after the other.
#[derive(Clone, Debug)]
pub struct ExportWalk {
    walk: Walk,
    line: u64,
}

impl ExportWalk {
    /// Begins; see [`Walk::new`].
    pub fn new(key: Option<[u8; 32]>) -> Self {
        Self { walk: Walk::new(key), line: 0 }
    }

    /// The next line, without its line feed.
    ///
    /// # Errors
    /// If it does not fit.
    pub fn line(&mut self, bytes: &[u8]) -> Result<(), LineFault> {
        self.line += 1;
        let line = self.line;
        let named = |fault| LineFault { line, fault };
        let text = str::from_utf8(bytes).map_err(|_| named(self.walk.unreadable()))?;
        if let Some(sealed) = Sealed::of_line(text) {
            return self.walk.record(&sealed, true).map_err(named);
        }
        if let Some(head) = Head::of_line(text) {
            return self.walk.head(&head).map_err(named);
        }
        if text.starts_with("{\"head\"") {
            let seq = self.walk.next().saturating_sub(1);
            return Err(named(Fault { seq, what: Misfit::HeadUnreadable }));
        }
        Err(named(self.walk.unreadable()))
    }

    /// The end: what was found.
    pub fn end(self) -> Walked {
        self.walk.end()
    }
}

/// Walks over a whole export.
///
/// # Errors
/// The first line that does not fit.
pub fn verify_export(bytes: &[u8], key: Option<[u8; 32]>) -> Result<Walked, LineFault> {
    let mut walk = ExportWalk::new(key);
    let mut lines: Vec<_> = bytes.split(|byte| *byte == b'\n').collect();
    // A line feed ends each line: behind the last one is nothing, and nothing else may be.
    if lines.last().is_some_and(|last| last.is_empty()) {
        lines.pop();
    }
    for line in lines {
        walk.line(line)?;
    }
    Ok(walk.end())
}
