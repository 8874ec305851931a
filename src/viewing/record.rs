//! Who saw what: which states of the viewing are kept, and on whose screens they were. Pure: told the time.
//!
//! What is put up, taken away, laid out, handed over, drawn or described is kept at once; what moves (frames, grey values, views) when it
//! rests, and now and then on its way. Somebody has seen a step once they have drawn all its pictures.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::{Arrangement, Description, Effect, Effects, Layout, Shown, Viewing, ViewportNumber};
use crate::clinical::ParticipantId;

/// What has not moved for so long rests.
pub const REST: Duration = Duration::from_millis(300);
/// What moves is kept so often.
pub const MOVING_EVERY: Duration = Duration::from_secs(2);
/// After so many steps of one consultation there is one every [`EVERY_AFTERWARDS`] at most.
pub const MAX_STEPS: u32 = 5_000;
pub const EVERY_AFTERWARDS: Duration = Duration::from_secs(10);

/// The latest steps, for pictures that are drawn late.
const MOST_OPEN: usize = 16;

/// Why a step was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StepCause {
    /// Something was put up.
    Show,
    /// Something was taken away.
    Clear,
    Layout,
    /// Somebody else presents, or nobody.
    HandOver,
    Describe,
    /// Something was drawn, or taken back.
    Mark,
    /// Another frame.
    Scroll,
    /// Other grey values, layers, presentation state.
    Window,
    /// Another part of the frame, or another turn.
    View,
    /// Nothing is shown any more.
    Stop,
    /// It is shown, and there is nobody who looks at it.
    Unwatched,
}

/// A state of the viewing, as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptStep {
    /// Counts the steps of a consultation, from 1.
    pub number: u32,
    /// Since when it was so.
    pub at: DateTime<Utc>,
    pub cause: StepCause,
    /// It was kept on the way: the view went on.
    pub is_moving: bool,
    pub revision: u32,
    pub presenter: Option<ParticipantId>,
    /// What everybody looks at who follows.
    pub arrangement: Arrangement,
}

/// Somebody has all pictures of a step on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// The number of the step.
    pub step: u32,
    pub participant: ParticipantId,
    pub at: DateTime<Utc>,
    /// They are exact. Said again when they are that later.
    pub is_lossless: bool,
}

/// What is to be written down.
#[derive(Clone, Debug, PartialEq)]
pub enum Kept {
    Step(Box<KeptStep>),
    Sight(Sight),
}

/// Decides what of a viewing is kept.
#[derive(Debug, Default)]
pub struct Recorder {
    /// Steps of the consultation so far.
    count: u32,
    state: State,
    pending: Option<Pending>,
    kept_at: Option<Instant>,
    mark_kept_at: Option<Instant>,
    /// Who looks at what everybody looks at.
    people: BTreeSet<ParticipantId>,
    screens: BTreeMap<ParticipantId, BTreeMap<ViewportNumber, Drawn>>,
    open: VecDeque<Open>,
    is_over: bool,
}

/// What is kept of a viewing.
#[derive(Clone, Debug, Default)]
struct State {
    revision: u32,
    presenter: Option<ParticipantId>,
    description: Option<Description>,
    arrangement: Arrangement,
    /// The viewports that show pictures, and the revisions of those.
    pictures: Vec<(ViewportNumber, u32)>,
}

/// A change that is not kept yet.
#[derive(Clone, Copy, Debug)]
struct Pending {
    cause: StepCause,
    /// The first change since the last step, and the last one.
    since: Instant,
    changed: Instant,
    at: DateTime<Utc>,
}

/// The last picture that somebody has drawn in a viewport.
#[derive(Clone, Copy, Debug)]
struct Drawn {
    picture: u32,
    at: DateTime<Utc>,
    is_lossless: bool,
}

/// A step that may still be seen.
#[derive(Debug)]
struct Open {
    number: u32,
    at: DateTime<Utc>,
    pictures: Vec<(ViewportNumber, u32)>,
    seen: BTreeMap<ParticipantId, Sight>,
}

impl StepCause {
    /// Every cause.
    pub const ALL: [Self; 11] = [
        Self::Show,
        Self::Clear,
        Self::Layout,
        Self::HandOver,
        Self::Describe,
        Self::Mark,
        Self::Scroll,
        Self::Window,
        Self::View,
        Self::Stop,
        Self::Unwatched,
    ];

    /// Whether it is a move that is kept when it rests.
    fn is_motion(self) -> bool {
        matches!(self, Self::Scroll | Self::Window | Self::View)
    }
}

impl Effects {
    /// Whether something was drawn, or taken back.
    pub fn has_marks(&self) -> bool {
        self.0.iter().any(|effect| matches!(effect, Effect::Marked(_) | Effect::Unmarked(_)))
    }
}

impl Recorder {
    /// For a consultation of which so many steps are kept already.
    pub fn after(count: u32) -> Self {
        Self { count, ..Self::default() }
    }

    /// When [`Recorder::wake`] has something to keep.
    pub fn wake_at(&self) -> Option<Instant> {
        let Pending { changed, .. } = self.pending?;
        Some(self.not_too_soon(changed + REST))
    }

    /// Keeps what has rested.
    pub fn wake(&mut self, now: Instant) -> Vec<Kept> {
        if self.wake_at().is_some_and(|due| due <= now) { self.keep_pending(now) } else { Vec::new() }
    }

    /// Looks at the viewing after each input. `people`: those in the call who look at what everybody looks at. `has_marks`: something was
    /// drawn since, or taken back. `is_picture`: whether what is shown is a picture, which devices say that they have drawn.
    pub fn look(
        &mut self,
        (now, at): (Instant, DateTime<Utc>),
        viewing: &Viewing,
        people: BTreeSet<ParticipantId>,
        has_marks: bool,
        is_picture: impl Fn(&Shown) -> bool,
    ) -> Vec<Kept> {
        if self.is_over {
            return Vec::new();
        }
        let next = State::of(viewing, !people.is_empty(), is_picture);
        let cause = cause(&self.state, &next, has_marks);
        // What has rested is kept as it was, and what has moved for long enough and moves on.
        let is_due = |pending: &Pending| {
            let moves_on = cause.is_some() && self.not_too_soon(pending.since + MOVING_EVERY) <= now;
            moves_on || self.not_too_soon(pending.changed + REST) <= now
        };
        let mut kept =
            if self.pending.as_ref().is_some_and(is_due) { self.keep_pending(now) } else { Vec::new() };
        self.screens.retain(|participant, _| people.contains(participant));
        (self.people, self.state) = (people, next);
        let Some(mut cause) = cause else { return kept };
        if cause == StepCause::Stop && self.people.is_empty() {
            cause = StepCause::Unwatched;
        }
        let is_mark_again = cause == StepCause::Mark
            && self.mark_kept_at.is_some_and(|kept_at| now.saturating_duration_since(kept_at) < MOVING_EVERY);
        if cause.is_motion() || is_mark_again || self.is_full() {
            let earlier = self.pending;
            let since = earlier.map_or(now, |pending| pending.since);
            // What was put up is more than that it moved then.
            let cause = match earlier {
                Some(pending) if cause.is_motion() && !pending.cause.is_motion() => pending.cause,
                _ => cause,
            };
            self.pending = Some(Pending { cause, since, changed: now, at });
        } else {
            self.keep(now, at, cause, false, &mut kept);
        }
        kept
    }

    /// Somebody has drawn a picture of what everybody looks at: the one of this revision.
    pub fn drawn(
        &mut self,
        at: DateTime<Utc>,
        participant: ParticipantId,
        viewport: ViewportNumber,
        picture: u32,
        is_lossless: bool,
    ) -> Vec<Kept> {
        let mut kept = Vec::new();
        if !self.people.contains(&participant) {
            return kept;
        }
        let drawn = Drawn { picture, at, is_lossless };
        let screen = self.screens.entry(participant).or_default();
        let known = screen.entry(viewport).or_insert(drawn);
        if known.picture == picture {
            known.is_lossless |= is_lossless;
        } else {
            *known = drawn;
        }
        for open in &mut self.open {
            kept.extend(open.see(participant, screen).map(Kept::Sight));
        }
        kept
    }

    /// The consultation is over, or the program ends: nothing is looked at any more.
    pub fn end(&mut self, now: Instant, at: DateTime<Utc>) -> Vec<Kept> {
        let mut kept = self.keep_pending(now);
        self.people.clear();
        self.screens.clear();
        if self.state.is_anything_shown() {
            (self.state.arrangement, self.state.pictures) = Default::default();
            self.keep(now, at, StepCause::Unwatched, false, &mut kept);
        }
        self.is_over = true;
        kept
    }

    fn is_full(&self) -> bool {
        self.count >= MAX_STEPS
    }

    /// A time at which there may be another step.
    fn not_too_soon(&self, at: Instant) -> Instant {
        match self.kept_at {
            Some(kept_at) if self.is_full() => at.max(kept_at + EVERY_AFTERWARDS),
            _ => at,
        }
    }

    fn keep_pending(&mut self, now: Instant) -> Vec<Kept> {
        let mut kept = Vec::new();
        if let Some(Pending { cause, changed, at, .. }) = self.pending {
            self.keep(now, at, cause, now < changed + REST, &mut kept);
        }
        kept
    }

    fn keep(
        &mut self,
        now: Instant,
        at: DateTime<Utc>,
        cause: StepCause,
        is_moving: bool,
        kept: &mut Vec<Kept>,
    ) {
        (self.pending, self.kept_at) = (None, Some(now));
        if cause == StepCause::Mark {
            self.mark_kept_at = Some(now);
        }
        self.count = self.count.saturating_add(1);
        let State { revision, presenter, arrangement, pictures, .. } = self.state.clone();
        let number = self.count;
        kept.push(Kept::Step(Box::new(KeptStep {
            number,
            at,
            cause,
            is_moving,
            revision,
            presenter,
            arrangement,
        })));
        let mut open = Open { number, at, pictures, seen: BTreeMap::new() };
        for (participant, screen) in &self.screens {
            kept.extend(open.see(*participant, screen).map(Kept::Sight));
        }
        if self.open.len() >= MOST_OPEN {
            self.open.pop_front();
        }
        self.open.push_back(open);
    }
}

impl State {
    /// What of a viewing is on screens.
    fn of(viewing: &Viewing, is_watched: bool, is_picture: impl Fn(&Shown) -> bool) -> Self {
        let arrangement = if is_watched { viewing.shared().clone() } else { Arrangement::default() };
        let pictures = arrangement.visible().filter(|(_, shown)| is_picture(shown));
        Self {
            revision: viewing.revision(),
            presenter: viewing.presenter(),
            description: viewing.description().cloned(),
            pictures: pictures.map(|(viewport, shown)| (viewport, shown.picture)).collect(),
            arrangement,
        }
    }

    fn is_anything_shown(&self) -> bool {
        self.arrangement.visible().next().is_some()
    }
}

impl Open {
    /// What is news of somebody's screen, if it shows this step.
    fn see(&mut self, participant: ParticipantId, screen: &BTreeMap<ViewportNumber, Drawn>) -> Option<Sight> {
        let drawn = |(viewport, picture): &(ViewportNumber, u32)| {
            screen.get(viewport).filter(|drawn| drawn.picture == *picture)
        };
        let drawn: Vec<_> = self.pictures.iter().map(drawn).collect::<Option<_>>()?;
        let at = drawn.iter().map(|drawn| drawn.at).max()?.max(self.at);
        let is_lossless = drawn.iter().all(|drawn| drawn.is_lossless);
        let known = self.seen.get(&participant);
        if known.is_some_and(|sight| sight.is_lossless || !is_lossless) {
            return None;
        }
        let at = known.map_or(at, |sight| sight.at);
        let sight = Sight { step: self.number, participant, at, is_lossless };
        self.seen.insert(participant, sight);
        Some(sight)
    }
}

/// What has changed from one state to the next; `None`: nothing that is kept.
fn cause(before: &State, after: &State, has_marks: bool) -> Option<StepCause> {
    match (before.is_anything_shown(), after.is_anything_shown()) {
        (false, false) => return None,
        (true, false) => return Some(StepCause::Stop),
        _ => {}
    }
    let (was, is) = (&before.arrangement, &after.arrangement);
    let pairs = || Layout::Four.viewports().map(|viewport| (was.shown(viewport), is.shown(viewport)));
    let is_put_up = |(was, is): (Option<&Shown>, Option<&Shown>)| match (was, is) {
        (None, Some(_)) => true,
        (Some(was), Some(is)) => was.series != is.series || !Arc::ptr_eq(&was.stack, &is.stack),
        _ => false,
    };
    if before.is_anything_shown() && was.layout() != is.layout() {
        return Some(StepCause::Layout);
    }
    if pairs().any(is_put_up) {
        return Some(StepCause::Show);
    }
    if pairs().any(|(was, is)| was.is_some() && is.is_none()) {
        return Some(StepCause::Clear);
    }
    if before.presenter != after.presenter {
        return Some(StepCause::HandOver);
    }
    if before.description != after.description {
        return Some(StepCause::Describe);
    }
    if has_marks {
        return Some(StepCause::Mark);
    }
    pairs().find_map(|(was, is)| {
        let (was, is) = (was?, is?);
        (was.picture != is.picture).then(|| {
            if was.index != is.index {
                StepCause::Scroll
            } else if was.presentation != is.presentation {
                StepCause::Window
            } else if was.view != is.view {
                StepCause::View
            } else {
                // The same, put up anew.
                StepCause::Show
            }
        })
    })
}
