//! What can be wrong with an archive, for whoever set it and for whoever asks.

use crate::egress::{Fault, NoAnswer, Refused};
use crate::imaging::{AnswerFault, PartsFault};

/// Why an archive told or sent nothing, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum PacsFault {
    #[error("it was not asked")]
    NotAllowed(#[source] Refused),
    #[error("no answer")]
    NoAnswer(#[source] reqwest::Error),
    /// Nothing, or next to nothing, comes.
    #[error("it is too slow")]
    Slow,
    /// All of its turns are taken.
    #[error("too much is asked of it already")]
    Busy,
    /// 401, 403
    #[error("it does not take who asks: {0}")]
    NotSignedIn(u16),
    /// Where to is not followed.
    #[error("it sends elsewhere")]
    Redirected,
    #[error("it answered {0}")]
    Status(u16),
    #[error("its answer is longer than {0} bytes")]
    TooLong(u64),
    #[error("it answers, but not as DICOMweb does: {0}")]
    NotDicomweb(&'static str),
    #[error("its answer broke off")]
    Cut,
}

/// See [`PacsFault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacsFaultKind {
    NoAddress,
    NoConnection,
    Slow,
    Busy,
    Untrusted,
    AddressForbidden,
    NotSignedIn,
    Redirected,
    Status,
    TooLong,
    NotDicomweb,
    Cut,
}

impl PacsFault {
    /// What it is, and what it is about: an address, a status.
    pub fn told(&self) -> (PacsFaultKind, String) {
        use PacsFaultKind as Kind;
        let refused = |refused: &Refused| match refused {
            Refused::Address { address, .. } => (Kind::AddressForbidden, address.to_string()),
            Refused::Unknown(host) => (Kind::NoAddress, host.clone()),
            Refused::NotNamed(_) | Refused::Scheme => (Kind::AddressForbidden, String::new()),
        };
        let kind = match self {
            Self::NotAllowed(why) => return refused(why),
            Self::NoAnswer(error) => match NoAnswer::of(error) {
                NoAnswer::Refused(why) => return refused(&why),
                NoAnswer::NoAddress => Kind::NoAddress,
                NoAnswer::Untrusted => Kind::Untrusted,
                NoAnswer::Slow => Kind::Slow,
                NoAnswer::NoConnection => Kind::NoConnection,
            },
            Self::Slow => Kind::Slow,
            Self::Busy => Kind::Busy,
            Self::NotSignedIn(status) => return (Kind::NotSignedIn, status.to_string()),
            Self::Redirected => Kind::Redirected,
            Self::Status(status) => return (Kind::Status, status.to_string()),
            Self::TooLong(_) => Kind::TooLong,
            Self::NotDicomweb(_) => Kind::NotDicomweb,
            Self::Cut => Kind::Cut,
        };
        (kind, String::new())
    }
}

impl From<Fault> for PacsFault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused(refused) => Self::NotAllowed(refused),
            Fault::NoAnswer(error) => Self::NoAnswer(error),
            Fault::TooLong(most) => Self::TooLong(most as u64),
        }
    }
}

impl From<Refused> for PacsFault {
    fn from(refused: Refused) -> Self {
        Self::NotAllowed(refused)
    }
}

impl From<AnswerFault> for PacsFault {
    fn from(fault: AnswerFault) -> Self {
        match fault {
            AnswerFault::NotDicomJson => Self::NotDicomweb("no DICOM JSON"),
        }
    }
}

impl From<PartsFault> for PacsFault {
    fn from(fault: PartsFault) -> Self {
        match fault {
            PartsFault::Cut => Self::Cut,
            PartsFault::NotRelated => Self::NotDicomweb("no multipart/related"),
            PartsFault::LongHead | PartsFault::Malformed => Self::NotDicomweb("no parts"),
        }
    }
}
