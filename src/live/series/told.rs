//! What pictures told of their frames.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::imaging::{ContentHash, FrameFacts, Presentation, VoiChoice};

/// Frames of which it is remembered what their pictures told, each for every way in which it was shown.
const MOST: usize = 64;

/// What only a decoded frame tells.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::live) struct Told {
    pub(in crate::live) index: u32,
    pub(in crate::live) made_with: MadeWith,
    pub(in crate::live) facts: Arc<FrameFacts>,
}

/// What of a presentation decides what a picture tells.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::live) struct MadeWith {
    /// The presentation state that was applied.
    pub(in crate::live) state: Option<ContentHash>,
    voi: VoiChoice,
}

/// The last of them at the end.
#[derive(Debug, Default)]
pub(super) struct Memory(VecDeque<Told>);

impl From<&Presentation> for MadeWith {
    fn from(presentation: &Presentation) -> Self {
        Self { state: presentation.state, voi: presentation.voi }
    }
}

impl MadeWith {
    /// Whether pictures made with either tell the same but for a window that somebody set, and that is known without them.
    fn is_like(self, other: Self) -> bool {
        let is_same_voi = match (self.voi, other.voi) {
            (VoiChoice::Window(_), VoiChoice::Window(_)) => true,
            (one, other) => one == other,
        };
        self.state == other.state && is_same_voi
    }
}

impl Told {
    /// Whether it was told by a picture that was made so: then its window is the one that is seen.
    pub(super) fn is_of(&self, made_with: MadeWith) -> bool {
        self.made_with.is_like(made_with)
    }
}

impl Memory {
    /// Takes what a picture told. Answers whether that is news.
    pub(super) fn take(&mut self, told: Told) -> bool {
        let is_of = |known: &Told| known.index == told.index && known.is_of(told.made_with);
        let known = self.0.iter().position(is_of).and_then(|place| self.0.remove(place));
        let is_news =
            known.is_none_or(|known| !Arc::ptr_eq(&known.facts, &told.facts) && known.facts != told.facts);
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back(told);
        is_news
    }

    /// What a picture of this frame told, made so; or otherwise, where that is all there is.
    pub(super) fn of(&self, index: u32, made_with: MadeWith) -> Option<&Told> {
        let of_it = || self.0.iter().rev().filter(|told| told.index == index);
        let exactly = of_it().find(|told| told.is_of(made_with));
        let of_state = || of_it().find(|told| told.made_with.state == made_with.state);
        exactly.or_else(of_state).or_else(|| of_it().next())
    }

    /// The last that were told, the newest first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = &Told> {
        self.0.iter().rev()
    }
}
