//! Time, identifiers and chance. The only file that asks the machine for any of them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound, Utc};
use rand::RngCore;
use uuid::Uuid;

/// Tells the time and makes identifiers and secrets. Cheap to clone.
///
/// Tests hold a [`Clock::fixed`] one and move it with [`Clock::advance`].
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    System,
    Fixed(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Kind::System)
    }

    /// A clock that stands still until it is moved.
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Self(Kind::Fixed(Arc::new(Mutex::new(at.trunc_subsecs(6)))))
    }

    /// Moves a fixed clock forward; the machine's clock cannot be moved and stays as it is.
    pub fn advance(&self, by: Duration) {
        if let Kind::Fixed(at) = &self.0 {
            *at.lock().unwrap_or_else(PoisonError::into_inner) += by;
        }
    }

    /// Now, in UTC, cut to the microseconds that both databases keep.
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
            Kind::System => Utc::now().trunc_subsecs(6),
            Kind::Fixed(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// The steady clock, for intervals: it never jumps and means nothing outside this process.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the steady clock")]
    pub fn instant(&self) -> Instant {
        Instant::now()
    }

    /// A new identifier, UUID version 7 (RFC 9562 section 5.7): sorts by time of making.
    #[expect(clippy::disallowed_methods, reason = "the one place that makes identifiers")]
    pub fn new_uuid(&self) -> Uuid {
        Uuid::now_v7()
    }

    /// `N` unpredictable bytes, from the operating system.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks for chance")]
    pub fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        rand::rng().fill_bytes(&mut bytes);
        bytes
    }
}
