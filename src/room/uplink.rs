//! Whether the pictures of a publisher get through.

/// Losses from here on spoil a picture, in parts of 256 (RFC 3550 section 6.4.1): a fifth.
const MUCH: u8 = 51;
/// Losses below this do not: a twentieth.
const LITTLE: u8 = 13;
/// So many reports in a row must say so.
const BAD_REPORTS: u32 = 3;
const GOOD_REPORTS: u32 = 5;

/// Judges the way from one publisher, once for each interval of reception reports.
#[derive(Clone, Copy, Debug, Default)]
pub struct Uplink {
    is_slow: bool,
    /// Reports in a row that say otherwise.
    doubts: u32,
}

impl Uplink {
    /// What was lost of each video layer that arrives, in parts of 256. `Some` if the judgement is another than before.
    /// It is that of the layer which fares best: as long as one gets through, there is a picture.
    pub fn report(&mut self, lost: impl IntoIterator<Item = u8>) -> Option<bool> {
        let best = lost.into_iter().min()?;
        let (is_doubt, needed) =
            if self.is_slow { (best < LITTLE, GOOD_REPORTS) } else { (best >= MUCH, BAD_REPORTS) };
        self.doubts = if is_doubt { self.doubts + 1 } else { 0 };
        if self.doubts < needed {
            return None;
        }
        (self.is_slow, self.doubts) = (!self.is_slow, 0);
        Some(self.is_slow)
    }
}
