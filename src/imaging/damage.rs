//! What is missing from a frame that can still be shown.

use std::fmt;

/// The share of a frame that must be there for it to be shown: one part in so many.
const LEAST_SHARE: u64 = 16;

/// What of a frame could not be decoded. The rest is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The pixel data ends early: from row `first` on, counted from 0, nothing was there.
    MissingRows { first: u32, rows: u32 },
    /// The codec met a fault after it had decoded a part; says which.
    CodecStopped(String),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingRows { first, rows } => {
                write!(f, "the pixel data ends early: {} of {rows} rows are missing", rows - first)
            }
            Self::CodecStopped(why) => {
                write!(f, "the pixel data is damaged, a part of the frame is wrong: {why}")
            }
        }
    }
}

/// Whether `have` of `need` is enough for a frame to be shown with a mark.
pub(super) fn is_enough(have: u64, need: u64) -> bool {
    have > 0 && u128::from(have) * u128::from(LEAST_SHARE) >= u128::from(need)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sixteenth_is_enough() {
        assert!(is_enough(1, 16) && !is_enough(1, 17) && !is_enough(0, 0));
        assert!(!is_enough(1 << 40, u64::MAX), "no overflow");
    }

    #[test]
    fn the_sentence_counts_the_rows() {
        let damage = Damage::MissingRows { first: 100, rows: 512 };
        assert_eq!(damage.to_string(), "the pixel data ends early: 412 of 512 rows are missing");
    }
}
