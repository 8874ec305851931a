//! A token bucket: when bytes have left that a line lets through. Told the time.

use std::time::{Duration, Instant};

/// Lets bytes through at a steady rate, and a burst at once after a pause.
#[derive(Clone, Debug)]
pub struct TokenBucket {
    bytes_per_second: f64,
    burst: f64,
    /// Bytes that may leave at once, as of `at`; below zero: what was let through is still leaving.
    level: f64,
    at: Instant,
}

impl TokenBucket {
    /// Begins full. Both above zero.
    pub fn new(bits_per_second: f64, burst_bytes: f64, now: Instant) -> Self {
        Self { bytes_per_second: bits_per_second / 8.0, burst: burst_bytes, level: burst_bytes, at: now }
    }

    /// Lets so many bytes through, after those before them; the answer is when the last of them has left.
    pub fn take(&mut self, now: Instant, bytes: usize) -> Instant {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.level = (self.level + passed * self.bytes_per_second).min(self.burst) - bytes as f64;
        self.at = self.at.max(now);
        self.at + Duration::from_secs_f64((-self.level / self.bytes_per_second).max(0.0))
    }
}
