//! What a viewport has of its device's line while several change at once, as linked ones do: the one that hands are on goes first. Pure: told
//! the time, in steady time.

use std::time::{Duration, Instant};

/// A viewport that changed this long ago still counts as one that moves: no view needs longer to be at rest.
pub const MOVING: Duration = Duration::from_secs(1);
/// What the first of several has of the line.
const FIRST: f64 = 0.5;

/// The part of one viewport in its device's line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    is_first: bool,
    /// Viewports of the device that move now.
    moving: usize,
    /// Until then at the latest the first one is still to get what belongs on it.
    first_settles_at: Option<Instant>,
}

impl Default for Share {
    /// All of it.
    fn default() -> Self {
        Self { is_first: true, moving: 1, first_settles_at: None }
    }
}

impl Share {
    /// `is_first`: hands are on it. `moving`: how many viewports of the device move now.
    pub fn new(is_first: bool, moving: usize) -> Self {
        Self { is_first, moving, first_settles_at: None }
    }

    /// Waits with large pictures until the first one has settled, at most until then; see [`super::PictureFlow::settles_at`].
    pub fn after(self, first_settles_at: Option<Instant>) -> Self {
        Self { first_settles_at: first_settles_at.filter(|_| !self.is_first), ..self }
    }

    /// It has the line for itself, or goes before those that move beside it.
    pub fn is_before_others(self) -> bool {
        self.is_first || self.moving < 2
    }

    /// The part of the line's time that its pictures may take while the view moves, 0 to 1.
    pub(super) fn part(self) -> f64 {
        match (self.moving, self.is_first) {
            (0 | 1, _) => 1.0,
            (_, true) => FIRST,
            (moving, false) => (1.0 - FIRST) / (moving - 1) as f64,
        }
    }

    pub(super) fn first_settles_at(self) -> Option<Instant> {
        self.first_settles_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parts_together_are_the_line() {
        for moving in 2..=4 {
            let others = Share::new(false, moving).part() * (moving - 1) as f64;
            assert!((Share::new(true, moving).part() + others - 1.0).abs() < 1e-9, "{moving}");
        }
        let alone = [Share::default(), Share::new(true, 1), Share::new(false, 1), Share::new(false, 0)];
        assert_eq!(alone.map(Share::part), [1.0; 4]);
    }
}
