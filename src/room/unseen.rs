//! How many receivers do without a picture, told to whoever sends it.

use std::time::{Duration, Instant};

/// Changes within this time are told together.
const INTERVAL: Duration = Duration::from_secs(1);

/// Merges the pauses of all receivers of one publication into one number.
#[derive(Clone, Copy, Debug)]
pub struct Unseen {
    /// `None`: whatever was told got lost.
    told: Option<usize>,
    told_at: Option<Instant>,
}

impl Default for Unseen {
    fn default() -> Self {
        Self { told: Some(0), told_at: None }
    }
}

impl Unseen {
    /// So many receivers do without the picture now, because their connections do not carry it. `Some` if the publisher is
    /// to be told. To be called from time to time, also when nothing has changed.
    pub fn update(&mut self, now: Instant, receivers: usize) -> Option<usize> {
        let is_early = self.told_at.is_some_and(|at| now.saturating_duration_since(at) < INTERVAL);
        if self.told == Some(receivers) || is_early {
            return None;
        }
        (self.told, self.told_at) = (Some(receivers), Some(now));
        self.told
    }

    /// The publisher may have missed what it was told.
    pub fn tell_again(&mut self) {
        self.told = None;
    }
}
