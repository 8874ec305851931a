//! When to ask a publisher for a key frame.

use std::time::{Duration, Instant};

/// At most one request in this time. Chromium makes at most one key frame in 300 ms and forgets what is asked
/// for in between, so the next request must not come a little too early.
const INTERVAL: Duration = Duration::from_millis(320);
/// A request that was not answered is repeated after this time, then after twice the time, up to [`RETRY_MAX`].
const RETRY: Duration = Duration::from_millis(400);
const RETRY_MAX: Duration = Duration::from_millis(4_800);

/// Merges and defers the picture loss indications (RFC 4585 section 6.3.1) for one layer: however many
/// subscribers ask, the publisher hears one request in 320 ms, and none is lost.
#[derive(Clone, Debug, Default)]
pub struct KeyframeRequests {
    sent_at: Option<Instant>,
    /// Asked for at this time, after the last request was sent, and not answered by a key frame since.
    pending_since: Option<Instant>,
    /// A request was sent, no key frame came since: repeat after this time.
    repeat_after: Option<Duration>,
}

impl KeyframeRequests {
    /// Somebody needs a key frame. Send a request now if this says so; else [`KeyframeRequests::poll`] will.
    #[must_use]
    pub fn request(&mut self, now: Instant) -> bool {
        self.pending_since.get_or_insert(now);
        self.poll(now)
    }

    /// A key frame begins: it answers everybody who asked before.
    pub fn answered(&mut self) {
        self.pending_since = None;
        self.repeat_after = None;
    }

    /// Whether a request is to be sent now, because one was deferred or stayed without an answer.
    #[must_use]
    pub fn poll(&mut self, now: Instant) -> bool {
        if self.deadline().is_none_or(|at| now < at) {
            return false;
        }
        self.repeat_after = match (self.pending_since, self.repeat_after) {
            (None, Some(last)) => Some((last * 2).min(RETRY_MAX)),
            _ => Some(RETRY),
        };
        self.sent_at = Some(now);
        self.pending_since = None;
        true
    }

    /// When to call [`KeyframeRequests::poll`] next, if ever.
    pub fn deadline(&self) -> Option<Instant> {
        match (self.pending_since, self.sent_at, self.repeat_after) {
            (Some(since), None, _) => Some(since),
            (Some(since), Some(sent), _) => Some(since.max(sent + INTERVAL)),
            (None, Some(sent), Some(wait)) => Some(sent + wait),
            _ => None,
        }
    }
}
