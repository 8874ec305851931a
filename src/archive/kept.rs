//! Decoded frames that a child keeps: those that were looked at last, and one that is larger than all that may be kept.

use crate::imaging::{ContentHash, FrameNumber};

/// Names a frame.
type Key = (ContentHash, FrameNumber);

/// What is kept. `T` is cheap to clone.
pub(super) struct Kept<T> {
    frames: moka::sync::Cache<Key, (T, u32)>,
    most_bytes: u64,
    /// The last one that has no room among the others: while a window is dragged over it, it would be decoded anew at every step. There is
    /// room for it in what a child may use beside what it keeps (`limits::WORKING_BYTES`).
    largest: Option<(Key, T)>,
}

impl<T: Clone + Send + Sync + 'static> Kept<T> {
    /// Of no more bytes together, but for one that is larger alone. With 0 nothing is kept.
    pub(super) fn new(most_bytes: u64) -> Self {
        let frames = moka::sync::Cache::builder().max_capacity(most_bytes).weigher(|_, (_, bytes)| *bytes);
        // What was looked at last is looked at next.
        let frames = frames.eviction_policy(moka::policy::EvictionPolicy::lru()).build();
        Self { frames, most_bytes, largest: None }
    }

    pub(super) fn get(&self, key: Key) -> Option<T> {
        match &self.largest {
            Some((known, frame)) if *known == key => Some(frame.clone()),
            _ => self.frames.get(&key).map(|(frame, _)| frame),
        }
    }

    pub(super) fn has(&self, key: Key) -> bool {
        self.largest.as_ref().is_some_and(|(known, _)| *known == key) || self.frames.contains_key(&key)
    }

    /// Keeps a frame that takes so many bytes.
    pub(super) fn insert(&mut self, key: Key, frame: T, bytes: usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        if u64::from(bytes) <= self.most_bytes {
            self.frames.insert(key, (frame, bytes));
        } else if self.most_bytes > 0 {
            self.largest = Some((key, frame));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> Key {
        (ContentHash([number; 32]), FrameNumber::FIRST)
    }

    /// A frame of 100 megapixels in 16 bits, with its copies: half of the default for two children, and a little more.
    #[test]
    fn a_frame_that_is_larger_than_all_that_is_kept_is_there_at_the_next_step() {
        let share = 256 << 20;
        let mut kept = Kept::new(share);
        kept.insert(key(1), "ct", 512 * 1024);
        kept.insert(key(2), "mosaic", 200_000_000 + 76_400_000);
        assert_eq!((kept.get(key(2)), kept.has(key(2))), (Some("mosaic"), true));
        kept.insert(key(3), "another ct", 512 * 1024);
        assert_eq!([1, 2, 3].map(|number| kept.get(key(number)).is_some()), [true; 3]);
        // One of them, and no more.
        kept.insert(key(4), "another mosaic", share as usize + 1);
        assert_eq!([2, 4].map(|number| kept.has(key(number))), [false, true]);
    }

    #[test]
    fn whoever_is_asked_once_keeps_nothing() {
        let mut kept = Kept::new(0);
        kept.insert(key(1), (), 1);
        assert!(!kept.has(key(1)));
    }
}
