//! Which packets of a layer are missing, and when to ask its publisher for them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A packet may be late by this much before it is asked for.
const PATIENCE: Duration = Duration::from_millis(15);
/// It is asked for again after one and a half round trips, within these bounds, so many times in all.
const MIN_REPEAT: Duration = Duration::from_millis(30);
const MAX_REPEAT: Duration = Duration::from_millis(250);
/// As long as the round trip is not known.
const USUAL_REPEAT: Duration = Duration::from_millis(80);
const MAX_REQUESTS: u8 = 6;
/// The round trip is the shortest of so many measurements.
const MEASUREMENTS: usize = 8;
/// A hole larger than this is not repaired: a key frame is cheaper.
const MAX_HOLE: i64 = 128;
/// Most packets that are waited for at a time.
const MAX_MISSING: usize = 256;

#[derive(Clone, Copy, Debug)]
struct Missing {
    requests: u8,
    asked_at: Option<Instant>,
    due_at: Instant,
}

/// How long it takes from a request to the packet. Measured from the first request for it, because the answer to that one
/// comes first; if that was lost, the measurement is too long by the time until the next, so the shortest of several
/// counts.
#[derive(Clone, Copy, Debug, Default)]
struct RoundTrip {
    last: [Option<Duration>; MEASUREMENTS],
    next: usize,
}

impl RoundTrip {
    fn measured(&mut self, took: Duration) {
        self.last[self.next] = Some(took);
        self.next = (self.next + 1) % MEASUREMENTS;
    }

    /// After what time to ask again.
    fn repeat(&self) -> Duration {
        let shortest = self.last.iter().flatten().min();
        shortest.map_or(USUAL_REPEAT, |took| (*took * 3 / 2).clamp(MIN_REPEAT, MAX_REPEAT))
    }
}

/// Turns holes in the sequence numbers of a layer into negative acknowledgements (RFC 4585 section 6.2.1).
#[derive(Clone, Debug, Default)]
pub struct MissingPackets {
    newest: Option<i64>,
    missing: BTreeMap<i64, Missing>,
    round_trip: RoundTrip,
}

impl MissingPackets {
    /// A packet arrived, as itself or as the answer to a request. Says `false` if the hole before it is too large to be
    /// repaired.
    pub fn arrived(&mut self, now: Instant, sequence_number: u16, is_repair: bool) -> bool {
        let Some(newest) = self.newest else {
            self.newest = Some(i64::from(sequence_number));
            return true;
        };
        let index = newest + i64::from(sequence_number.wrapping_sub(newest as u16) as i16);
        if index <= newest {
            let asked_at = self.missing.remove(&index).and_then(|missing| missing.asked_at);
            // One that comes as itself was only late.
            if let Some(asked_at) = asked_at.filter(|_| is_repair) {
                self.round_trip.measured(now.saturating_duration_since(asked_at));
            }
            return true;
        }
        self.newest = Some(index);
        let hole = newest + 1..index;
        if index - newest > MAX_HOLE || self.missing.len() + (index - newest) as usize > MAX_MISSING {
            self.missing.clear();
            return false;
        }
        let missing = Missing { requests: 0, asked_at: None, due_at: now + PATIENCE };
        self.missing.extend(hole.map(|index| (index, missing)));
        true
    }

    /// The sequence numbers to ask for now, in order.
    pub fn poll(&mut self, now: Instant) -> Vec<u16> {
        let mut due = Vec::new();
        let repeat = self.round_trip.repeat();
        self.missing.retain(|index, missing| {
            if now < missing.due_at {
                return true;
            }
            if missing.requests == MAX_REQUESTS {
                return false;
            }
            missing.requests += 1;
            missing.asked_at.get_or_insert(now);
            missing.due_at = now + repeat;
            due.push(*index as u16);
            true
        });
        due
    }

    /// When to call [`MissingPackets::poll`] next, if ever.
    pub fn deadline(&self) -> Option<Instant> {
        self.missing.values().map(|missing| missing.due_at).min()
    }
}
