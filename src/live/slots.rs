//! The viewports that are looked at: those of everybody, and those of whoever looks by themselves.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::clinical::ParticipantId;
use crate::imaging::{ContentHash, FrameFacts};
use crate::viewing::{Arrangement, SurfaceClasses, Viewing, ViewportNumber};

/// One viewport of the arrangement that everybody sees, or of somebody's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    pub(super) own: Option<ParticipantId>,
    pub(super) viewport: ViewportNumber,
}

/// What is remembered of one of them beside what it shows.
#[derive(Debug, Default)]
pub(super) struct SlotMemory {
    /// Which surfaces share pictures.
    pub(super) classes: SurfaceClasses,
    pub(super) travel: Travel,
    pub(super) followed: Followed,
    /// The revision of its picture, and since when.
    picture: Option<(u32, Instant)>,
}

/// Where somebody was last in a stack, and whether they go back through it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Travel {
    last: u32,
    goes_back: bool,
}

/// The presentation state whose turn and part of the frame have been followed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Followed(Option<ContentHash>);

impl Slot {
    /// The arrangement that it is of.
    pub(super) fn arrangement(self, viewing: &Viewing) -> Option<&Arrangement> {
        match self.own {
            Some(participant) => viewing.own_view(participant),
            None => Some(viewing.shared()),
        }
    }

    /// Every slot that shows something, those of everybody first, the active ones before the others.
    pub(super) fn visible(viewing: &Viewing) -> Vec<Self> {
        let own = viewing.own_views().map(|(participant, arrangement)| (Some(participant), arrangement));
        let arrangements = [(None, viewing.shared())].into_iter().chain(own);
        arrangements.flat_map(|(own, arrangement)| Self::of(own, arrangement)).collect()
    }

    /// The slots of one arrangement that show something, the active one first.
    pub(super) fn of(own: Option<ParticipantId>, arrangement: &Arrangement) -> Vec<Self> {
        let mut viewports: Vec<_> = arrangement.visible().map(|(viewport, _)| viewport).collect();
        viewports.sort_by_key(|viewport| *viewport != arrangement.active());
        viewports.into_iter().map(|viewport| Self { own, viewport }).collect()
    }
}

impl SlotMemory {
    /// Since when the picture of this revision is the one to be seen.
    pub(super) fn changed_at(&mut self, now: Instant, picture: u32) -> Instant {
        match self.picture {
            Some((known, at)) if known == picture => at,
            _ => {
                self.picture = Some((picture, now));
                now
            }
        }
    }
}

/// Forgets what is remembered of slots that there are no more.
pub(super) fn forget(memories: &mut BTreeMap<Slot, SlotMemory>, viewing: &Viewing) {
    memories.retain(|slot, _| {
        slot.arrangement(viewing).is_some_and(|arrangement| arrangement.shown(slot.viewport).is_some())
    });
}

impl Travel {
    /// The places around the one where somebody is now, nearest first and those in the direction of travel before the others.
    pub(super) fn neighbours(&mut self, index: u32, ahead: u32, behind: u32) -> Vec<u32> {
        if index != self.last {
            self.goes_back = index < self.last;
            self.last = index;
        }
        let onward =
            |step: u32| if self.goes_back { index.checked_sub(step) } else { index.checked_add(step) };
        let back = |step: u32| if self.goes_back { index.checked_add(step) } else { index.checked_sub(step) };
        (1..=ahead).filter_map(onward).chain((1..=behind).filter_map(back)).collect()
    }
}

impl Followed {
    /// Whether the view is to go where a presentation state wants it: once for each choice, at the first frame that the state refers
    /// to. From then on the view is the presenter's. `made_with`: the state that a picture was made with; `current`: the one that is
    /// chosen now, which pictures that were ordered earlier may not have.
    pub(super) fn is_to_follow(
        &mut self,
        made_with: Option<ContentHash>,
        facts: &FrameFacts,
        current: Option<ContentHash>,
    ) -> bool {
        if current.is_none() {
            self.0 = None;
        }
        let is_new = facts.is_state_applied && made_with == current && self.0 != current;
        if is_new {
            self.0 = current;
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_followed_once_and_pictures_from_before_do_not_count() {
        let mut followed = Followed::default();
        let hash = Some(ContentHash([9; 32]));
        let mut is_to_follow = |made_with, is_state_applied, current| {
            let facts = FrameFacts { is_state_applied, ..FrameFacts::default() };
            followed.is_to_follow(made_with, &facts, current)
        };
        assert!(!is_to_follow(None, false, hash), "ordered before the choice");
        assert!(!is_to_follow(hash, false, hash), "a frame that the state does not refer to");
        assert!(is_to_follow(hash, true, hash));
        assert!(!is_to_follow(None, false, hash), "a late picture of another device");
        assert!(!is_to_follow(hash, true, hash), "the view is the presenter's now");
        assert!(!is_to_follow(None, false, None));
        assert!(is_to_follow(hash, true, hash), "chosen again");
    }

    #[test]
    fn frames_are_wanted_the_way_somebody_goes() {
        let mut travel = Travel::default();
        assert_eq!(travel.neighbours(5, 3, 1), [6, 7, 8, 4]);
        assert_eq!(travel.neighbours(2, 3, 1), [1, 0, 3], "back, and not beyond the first");
        assert_eq!(travel.neighbours(2, 1, 1), [1, 3], "who stays has not turned");
    }
}
