//! How the frames of a series play.

use super::{CineKey, OpenSeries};
use crate::imaging::{Cine, FrameNumber, is_picture};
use crate::protocol::{CineState, StackState};

/// From a frame to the next where no object says how fast its stack plays, ms.
const FRAME_MS: f64 = 100.0;

impl OpenSeries {
    /// The first and last place of the stack that a place lies in.
    pub(super) fn stack_around(&self, place: usize) -> (usize, usize) {
        let start = |stack: &StackState| stack.first as usize;
        let after = self.stacks.partition_point(|stack| start(stack) <= place);
        let first = after.checked_sub(1).and_then(|before| self.stacks.get(before)).map_or(0, start);
        let next = self.stacks.get(after).map_or(self.frames.len(), start);
        (first, next.saturating_sub(1).max(first))
    }

    /// What [`OpenSeries::cine`] of a place depends on.
    pub(in crate::live) fn cine_key(&self, index: u32) -> Option<CineKey> {
        let (instance, _) = *self.frames.get(index as usize)?;
        let (first, last) = self.stack_around(index as usize);
        Some((instance, first, last))
    }

    /// How the frames around a place play: those of its object, or the whole stack where each object has one frame.
    pub(in crate::live) fn cine(&self, index: u32) -> Option<CineState> {
        let (instance, _) = *self.frames.get(index as usize)?;
        let facts = self.instances.get(instance).filter(|facts| is_picture(facts.kind))?;
        let (start, end) = self.stack_around(index as usize);
        if facts.frames <= 1 || facts.details.cine.is_none() {
            let whole = CineState {
                frame_ms: FRAME_MS,
                frames_ms: Vec::new(),
                is_sweep: false,
                first: u32::try_from(start).ok()?,
                last: u32::try_from(end).ok()?,
            };
            return (end > start).then_some(whole);
        }
        let cine = facts.details.cine.as_ref()?;
        let is_played = |frame: FrameNumber| {
            cine.trim.is_none_or(|(first, last)| (first..=last).contains(&frame.number()))
        };
        let is_own = |(place, frame): &(usize, FrameNumber)| *place == instance && is_played(*frame);
        let stack = self.frames.get(start..=end)?;
        let first = start + stack.iter().position(is_own)?;
        let last = start + stack.iter().rposition(is_own)?;
        // Times belong to frames in the order in which they are stored.
        let is_as_stored = facts.details.order.stacks.is_empty();
        Some(CineState {
            frame_ms: cine.frame_ms,
            frames_ms: if is_as_stored { played(cine, facts.frames) } else { Vec::new() },
            is_sweep: cine.is_sweep,
            first: u32::try_from(first).ok()?,
            last: u32::try_from(last).ok()?,
        })
    }
}

/// The times between the frames that are played.
pub(super) fn played(cine: &Cine, frames: u32) -> Vec<f64> {
    let (first, last) = cine.trim.unwrap_or((1, frames));
    let (start, end) = (first.saturating_sub(1) as usize, last.saturating_sub(1) as usize);
    cine.frames_ms.get(start..end.min(cine.frames_ms.len())).unwrap_or_default().to_vec()
}
