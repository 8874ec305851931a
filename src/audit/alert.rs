//! When one person sees the data of very many.

use chrono::{DateTime, TimeDelta, Utc};

/// So many patients within so long, by one person, is out of the ordinary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MassAccess {
    /// Different patients; 0: nobody is ever alerted.
    pub patients: u32,
    pub within: TimeDelta,
}

impl MassAccess {
    /// From when on patients count.
    pub fn since(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now.checked_sub_signed(self.within).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Whether so many are too many, unless it was said already in this time.
    pub fn is_reached(&self, patients: u64, was_alerted: bool) -> bool {
        self.patients > 0 && patients >= u64::from(self.patients) && !was_alerted
    }
}
