//! Why something cannot be sent, and what a try ended with.

use thiserror::Error;

use crate::clinical::{Channel, FailReason};
use crate::store;

/// Why the outbox does not do what it was asked for.
#[derive(Debug, Error)]
pub enum Error {
    #[error("nothing is set that sends by {0:?}")]
    NoServer(Channel),
    #[error("too many codes wait to be sent")]
    TooManyCodes,
    #[error("a delay is of 1 to 240 minutes")]
    Delay,
    #[error("this message is of no use any more")]
    NotRepeated,
    #[error("the settings of the mail server cannot be used: {0}")]
    Mail(String),
    #[error("the settings of the SMS gateway cannot be used: {0}")]
    Sms(String),
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// A message did not go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotSent {
    pub(super) reason: FailReason,
    /// The peer may have taken it all the same: it broke off before it had answered.
    pub(super) is_unsure: bool,
    /// The number of the peer's answer, for the log: its words may name the person.
    pub(super) code: Option<u16>,
}

impl NotSent {
    pub(super) fn sure(reason: FailReason, code: Option<u16>) -> Self {
        Self { reason, is_unsure: false, code }
    }

    pub(super) fn unsure(reason: FailReason) -> Self {
        Self { reason, is_unsure: true, code: None }
    }
}
