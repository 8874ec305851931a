//! How a viewing is steered: what a step, a hand-over and a mark bring with them.

use super::lease::HandedOver;
use super::marks::Marked;
use super::{Change, Effect, MarkAct, MarkShape, Refusal, Step, Turn, Viewing};
use crate::clinical::ParticipantId;

impl Turn {
    pub(super) fn share(&mut self, change: Change) {
        self.shared = self.shared.max(change);
    }

    pub(super) fn share_if(&mut self, is_news: bool) {
        self.share(if is_news { Change::State } else { Change::Nothing });
    }

    /// A mark is told, with the revision.
    pub(super) fn mark(&mut self, effect: Effect) {
        self.has_marks = true;
        self.effects.push(effect);
    }

    pub(super) fn marked(&mut self, Marked { id, is_there, is_to_measure }: Marked) {
        self.mark(if is_there { Effect::Marked(id) } else { Effect::Unmarked(id) });
        self.effects.extend(is_to_measure.then_some(Effect::Measure(id)));
    }
}

impl Viewing {
    pub(super) fn led_by(&self, by: ParticipantId) -> Result<(), Refusal> {
        if self.lease.holder() == Some(by) { Ok(()) } else { Err(Refusal::NotPresenter) }
    }

    pub(super) fn step(&mut self, by: ParticipantId, step: Step, turn: &mut Turn) -> Result<(), Refusal> {
        if let Some(own) = self.own.get_mut(&by) {
            turn.own.insert(by, own.apply(step, turn.revision)?);
            return Ok(());
        }
        let takes_lead = match step {
            Step::Show { .. } => self.lease.may_take(by),
            // To lay out what is to be shown next.
            Step::SetLayout(_) => self.lease.holder().is_none() && self.lease.may_take(by),
            _ => false,
        };
        if !takes_lead && self.led_by(by).is_err() {
            let is_empty = self.shared.visible().next().is_none() && !matches!(step, Step::Show { .. });
            return Err(if is_empty { Refusal::NothingShared } else { Refusal::NotPresenter });
        }
        let is_shown = matches!(step, Step::Show { .. });
        let is_other = matches!(step, Step::Show { .. } | Step::Clear { .. } | Step::Stop);
        let viewport = match step {
            Step::Show { viewport, .. } => Some(viewport),
            _ => None,
        };
        turn.share(self.shared.apply(step, turn.revision)?);
        self.was_shared |= is_shown;
        if takes_lead {
            let handed_over = self.lease.take_to_show(turn.now, by)?;
            self.hand_over(handed_over, turn);
        }
        if is_other || self.shared.visible().next().is_none() {
            self.describe_no_more(turn);
        }
        // What is put up in the place of something else is not what was pointed at.
        let at_another = self.pointers.iter().filter(|(_, (at, _))| Some(*at) == viewport);
        for participant in at_another.map(|(participant, _)| *participant).collect::<Vec<_>>() {
            self.drop_pointer(participant, turn);
        }
        self.drop_pointers_to_nothing(turn);
        Ok(())
    }

    pub(super) fn follow(
        &mut self,
        by: ParticipantId,
        is_following: bool,
        turn: &mut Turn,
    ) -> Result<(), Refusal> {
        if !self.lease.is_staff(by) {
            return Err(Refusal::NotStaff);
        }
        if is_following {
            self.lease.shows_no_own_view(by);
            if self.own.remove(&by).is_some() {
                turn.share(Change::State);
                turn.own.insert(by, Change::Pictures);
            }
        } else if self.lease.holder() == Some(by) {
            return Err(Refusal::Presents);
        } else if !self.own.contains_key(&by) {
            self.drop_pointer(by, turn);
            self.own.insert(by, self.shared.clone());
            turn.share(Change::State);
            turn.own.insert(by, Change::Pictures);
        }
        Ok(())
    }

    /// Whoever presents looks at what everybody looks at: an own view ends, or is what everybody looks at from now on.
    pub(super) fn hand_over(&mut self, handed_over: Option<HandedOver>, turn: &mut Turn) {
        let Some(HandedOver { to, why, shows_own }) = handed_over else { return };
        turn.effects.push(Effect::HandedOver { to, why });
        turn.share(Change::State);
        let Some((to, own)) = to.and_then(|to| Some((to, self.own.remove(&to)?))) else { return };
        turn.own.insert(to, Change::Pictures);
        if shows_own {
            turn.share(self.shared.replace(own, turn.revision));
            self.was_shared = true;
            self.describe_no_more(turn);
            for participant in self.pointers.keys().copied().collect::<Vec<_>>() {
                self.drop_pointer(participant, turn);
            }
        }
    }

    /// Draws, or takes back.
    pub(super) fn draw(&mut self, by: ParticipantId, act: MarkAct, turn: &mut Turn) -> Result<(), Refusal> {
        let may = |shape: &MarkShape| {
            if shape.measure().is_some() { self.guests.may_measure } else { self.guests.may_mark }
        };
        let is_allowed = self.lease.is_staff(by)
            || match &act {
                MarkAct::Add(mark) => may(&mark.shape),
                MarkAct::Change { shape, .. } => may(shape),
                MarkAct::Delete { .. } => true,
                MarkAct::Undo | MarkAct::Redo => self.guests.may_mark || self.guests.may_measure,
            };
        if !is_allowed {
            return Err(Refusal::NotForGuests);
        }
        if let Some(marked) = self.marks.apply(by, act, self.lease.is_host(by))? {
            turn.marked(marked);
            turn.effects.push(Effect::KeepMark(marked.id));
        }
        Ok(())
    }

    pub(super) fn describe_no_more(&mut self, turn: &mut Turn) {
        turn.share_if(self.description.take().is_some());
    }

    pub(super) fn drop_pointer(&mut self, participant: ParticipantId, turn: &mut Turn) {
        if self.pointers.remove(&participant).is_some() {
            turn.effects.push(Effect::PointerGone { participant });
        }
    }

    /// Drops the pointers in viewports that show nothing.
    pub(super) fn drop_pointers_to_nothing(&mut self, turn: &mut Turn) {
        let shared = &self.shared;
        let to_nothing = self.pointers.iter().filter(|(_, (at, _))| shared.shown(*at).is_none());
        for participant in to_nothing.map(|(participant, _)| *participant).collect::<Vec<_>>() {
            self.drop_pointer(participant, turn);
        }
    }
}
