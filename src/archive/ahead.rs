//! Frames that are to be decoded ahead, for several viewings: each has its own wish, and they are served in turn.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;

use uuid::Uuid;

use crate::imaging::{ContentHash, FrameNumber};

/// Viewings whose wishes are kept; of more, the first that comes is forgotten.
const MOST_VIEWINGS: usize = 256;

type Wish = (ContentHash, FrameNumber);

/// The wishes of all viewings.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    wishes: BTreeMap<Uuid, Wished>,
    /// Whose turn was the last.
    last: Option<Uuid>,
}

#[derive(Debug)]
struct Wished {
    /// As they were asked for; the same again is no news.
    asked: Vec<Wish>,
    left: VecDeque<Wish>,
}

impl Ahead {
    /// Replaces the wish of one viewing, and says whether that is news.
    pub(super) fn wish(&mut self, viewing: Uuid, frames: Vec<Wish>) -> bool {
        if frames.is_empty() {
            self.wishes.remove(&viewing);
            return false;
        }
        if self.wishes.get(&viewing).is_some_and(|known| known.asked == frames) {
            return false;
        }
        if self.wishes.len() >= MOST_VIEWINGS && !self.wishes.contains_key(&viewing) {
            self.wishes.pop_first();
        }
        let left = frames.iter().copied().collect();
        self.wishes.insert(viewing, Wished { asked: frames, left });
        true
    }

    /// The next frame, of the viewing behind the one that had its turn last.
    pub(super) fn next(&mut self) -> Option<Wish> {
        let after = self.last.map_or(Bound::Unbounded, Bound::Excluded);
        let open = |wished: &Wished| !wished.left.is_empty();
        let behind = self.wishes.range((after, Bound::Unbounded)).find(|(_, wished)| open(wished));
        let viewing =
            behind.or_else(|| self.wishes.iter().find(|(_, wished)| open(wished))).map(|(id, _)| *id)?;
        self.last = Some(viewing);
        self.wishes.get_mut(&viewing)?.left.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(of: u8, numbers: std::ops::RangeInclusive<u32>) -> Vec<Wish> {
        numbers.filter_map(FrameNumber::new).map(|frame| (ContentHash([of; 32]), frame)).collect()
    }

    fn all(ahead: &mut Ahead) -> Vec<(u8, u32)> {
        std::iter::from_fn(|| ahead.next()).map(|(content, frame)| (content.0[0], frame.number())).collect()
    }

    /// There was one wish for everybody: whoever scrolled last had the frames of all others forgotten.
    #[test]
    fn the_wishes_of_two_viewings_are_served_in_turn() {
        let mut ahead = Ahead::default();
        let [one, two] = [1, 2].map(Uuid::from_u128);
        assert!(ahead.wish(one, frames(1, 1..=3)) && ahead.wish(two, frames(2, 7..=8)));
        assert_eq!(all(&mut ahead), [(1, 1), (2, 7), (1, 2), (2, 8), (1, 3)]);
        assert!(!ahead.wish(one, frames(1, 1..=3)), "the same again, while a window is dragged");
        assert_eq!(ahead.next(), None);
    }

    #[test]
    fn a_newer_wish_replaces_the_older_of_the_same_viewing() {
        let mut ahead = Ahead::default();
        let [one, two] = [1, 2].map(Uuid::from_u128);
        ahead.wish(one, frames(1, 1..=6));
        ahead.wish(two, frames(2, 1..=2));
        ahead.next();
        assert!(ahead.wish(one, frames(1, 5..=6)));
        assert_eq!(all(&mut ahead), [(2, 1), (1, 5), (2, 2), (1, 6)]);
        ahead.wish(one, frames(1, 1..=6));
        ahead.wish(one, Vec::new());
        assert_eq!(ahead.next(), None, "nothing is shown any more");
    }

    #[test]
    fn the_number_of_wishes_is_limited() {
        let mut ahead = Ahead::default();
        for viewing in 0..1000 {
            ahead.wish(Uuid::from_u128(viewing), frames(1, 1..=2));
        }
        assert_eq!(ahead.wishes.len(), MOST_VIEWINGS);
    }
}
