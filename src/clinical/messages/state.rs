//! What becomes of a message: sent, tried again, given up.

use chrono::{DateTime, TimeDelta, Utc};

use super::Message;

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageState {
    /// It waits for its time, or for the next try after a failure.
    Queued { after: Option<FailReason> },
    /// The hospital's own server has taken it.
    Sent { at: DateTime<Utc> },
    /// It will not be tried again.
    Failed { at: DateTime<Utc>, reason: FailReason },
    /// It came to nothing by what happened in the meantime; nobody misses it.
    Dropped { at: DateTime<Utc>, reason: DropReason },
    /// It had been sent, and came back.
    Bounced { at: DateTime<Utc> },
}

/// Why a message did not go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailReason {
    /// No server is set for that way.
    NoServer,
    /// The server says that there is no such address or number.
    NoSuchAddress,
    /// The server does not take the message.
    Refused,
    /// The server does not take it now.
    NotNow,
    /// The server is not reached, or breaks off.
    Unreachable,
    /// The server does not take us: a wrong name or password, or a certificate that we do not trust.
    NotTrusted,
    /// The person has no such address or number any more.
    NoContact,
    /// What it was to say is lost, because the program was restarted: a code is kept nowhere else.
    Lost,
}

impl FailReason {
    /// Every reason.
    pub const ALL: [Self; 8] = [
        Self::NoServer,
        Self::NoSuchAddress,
        Self::Refused,
        Self::NotNow,
        Self::Unreachable,
        Self::NotTrusted,
        Self::NoContact,
        Self::Lost,
    ];

    /// Whether the same may go well another time.
    pub fn is_passing(self) -> bool {
        matches!(self, Self::NotNow | Self::Unreachable | Self::NotTrusted)
    }
}

/// Why a message came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DropReason {
    /// The appointment was called off before.
    Cancelled,
    /// Another appointment took its place.
    Moved,
    /// The consultation had begun.
    Begun,
    /// The appointment was over, or was not called off after all.
    Over,
    /// Its time had passed before it could go out.
    TooLate,
    /// The person's link had been withdrawn.
    LinkWithdrawn,
}

impl DropReason {
    /// Every reason.
    pub const ALL: [Self; 6] =
        [Self::Cancelled, Self::Moved, Self::Begun, Self::Over, Self::TooLate, Self::LinkWithdrawn];
}

/// What becomes of a message after a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is over with it, so.
    Over(MessageState),
    /// It is tried again.
    Again { at: DateTime<Utc>, after: FailReason },
}

impl Message {
    /// After the first try, half a minute; then three times as long after each, at most half an hour: it outlasts greylisting, which lets
    /// in after five minutes (RFC 6647), and an hour without a server.
    const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(30);
    const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(30);

    /// What follows a failed try; `attempts` counts that one already.
    pub fn after_failure(&self, reason: FailReason, now: DateTime<Utc>) -> Next {
        let failed = Next::Over(MessageState::Failed { at: now, reason });
        if !reason.is_passing() {
            return failed;
        }
        let times = 3_i32.saturating_pow(self.attempts.saturating_sub(1).min(10));
        let pause = Self::FIRST_PAUSE.checked_mul(times).unwrap_or(Self::LONGEST_PAUSE);
        let at = now + pause.min(Self::LONGEST_PAUSE);
        if at < self.expires_at { Next::Again { at, after: reason } } else { failed }
    }

    /// Whether somebody should look at it.
    pub fn is_alarming(&self) -> bool {
        match self.state {
            // Whoever runs the gateway without a server for messages knows it.
            MessageState::Failed { reason, .. } => reason != FailReason::NoServer,
            MessageState::Bounced { .. } => true,
            MessageState::Queued { .. } | MessageState::Sent { .. } | MessageState::Dropped { .. } => false,
        }
    }
}
