//! Which packets of a layer are missing, and when to ask its publisher for them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A packet may be late by this much before it is asked for.
const PATIENCE: Duration = Duration::from_millis(15);
/// It is asked for again after this time, so many times in all.
const REPEAT: Duration = Duration::from_millis(80);
const MAX_REQUESTS: u8 = 6;
/// A hole larger than this is not repaired: a key frame is cheaper.
const MAX_HOLE: i64 = 128;
/// Most packets that are waited for at a time.
const MAX_MISSING: usize = 256;

#[derive(Clone, Copy, Debug)]
struct Missing {
    requests: u8,
    due_at: Instant,
}

/// Turns holes in the sequence numbers of a layer into negative acknowledgements (RFC 4585 section 6.2.1).
#[derive(Clone, Debug, Default)]
pub struct MissingPackets {
    newest: Option<i64>,
    missing: BTreeMap<i64, Missing>,
}

impl MissingPackets {
    /// A packet arrived, as itself or repaired. Says `false` if the hole before it is too large to be repaired.
    pub fn arrived(&mut self, now: Instant, sequence_number: u16) -> bool {
        let Some(newest) = self.newest else {
            self.newest = Some(i64::from(sequence_number));
            return true;
        };
        let index = newest + i64::from(sequence_number.wrapping_sub(newest as u16) as i16);
        if index <= newest {
            self.missing.remove(&index);
            return true;
        }
        self.newest = Some(index);
        let hole = newest + 1..index;
        if index - newest > MAX_HOLE || self.missing.len() + (index - newest) as usize > MAX_MISSING {
            self.missing.clear();
            return false;
        }
        self.missing.extend(hole.map(|index| (index, Missing { requests: 0, due_at: now + PATIENCE })));
        true
    }

    /// The sequence numbers to ask for now, in order.
    pub fn poll(&mut self, now: Instant) -> Vec<u16> {
        let mut due = Vec::new();
        self.missing.retain(|index, missing| {
            if now < missing.due_at {
                return true;
            }
            if missing.requests == MAX_REQUESTS {
                return false;
            }
            missing.requests += 1;
            missing.due_at = now + REPEAT;
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
