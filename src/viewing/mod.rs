//! The state machine of one shared viewing: what everybody looks at, who presents, who points. Pure.
//!
//! What is shared is state with a revision, never pixels: each client gets the frames rendered for its own screen. One revision counts
//! every change; each viewport has the one at which what is rendered in it changed last. The state is split by what changes together:
//! what is laid out ([`Arrangement`]: viewports, each with series and place in the stack, presentation (grey values) and view
//! (navigation)), and who leads ([`Lease`]).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::clinical::{ParticipantId, SeriesId};

mod arrangement;
mod classes;
mod drawn;
mod flow;
mod input;
mod layout;
mod lease;
mod line;
mod linking;
mod marks;
mod pace;
mod record;
mod share;
mod steering;
#[cfg(test)]
mod tests;

pub use arrangement::{Arrangement, Change, Shown, Step};
pub use classes::{MAX_CLASSES, Rendering, SurfaceClasses};
pub use drawn::DrawnMark;
pub use flow::{Next, Order, PictureFlow, Rendered};
pub use input::*;
pub use layout::{Layout, ViewportNumber};
pub use lease::{AT_ONCE, HandOver, LOST_FOR, Lease, LeaseStep, MAX_ASKING, Part};
pub use line::Line;
pub use marks::{FREEHAND_POINTS, MAX_MARKS, MAX_POINTS, Mark, MarkAct, MarkKind, MarkShape, Marks};
pub use pace::{Grade, Pace, Sizes};
pub use record::{
    EVERY_AFTERWARDS, Kept, KeptStep, MAX_STEPS, MOVING_EVERY, REST, Recorder, Sight, StepCause,
};
pub use share::{MOVING, Share};

/// The smallest and the largest zoom; 1 fits the frame into the screen.
pub const ZOOM: (f64, f64) = (0.25, 64.0);

/// The narrowest and the widest window.
pub const WINDOW_WIDTH: (f64, f64) = (1e-6, 1e9);

/// One shared viewing. Begins empty at revision 0.
#[derive(Clone, Debug, Default)]
pub struct Viewing {
    revision: u32,
    shared: Arrangement,
    /// Something was put up for everybody.
    was_shared: bool,
    /// What members of staff see who look by themselves.
    own: BTreeMap<ParticipantId, Arrangement>,
    lease: Lease,
    pointers: BTreeMap<ParticipantId, (ViewportNumber, Pointer)>,
    marks: Marks,
    hides_marks: bool,
    description: Option<Description>,
    is_named: bool,
    guests: GuestTools,
}

/// What one input has changed so far.
#[derive(Debug)]
struct Turn {
    now: Instant,
    /// The revision that the changes lead to.
    revision: u32,
    shared: Change,
    own: BTreeMap<ParticipantId, Change>,
    /// A mark is told.
    has_marks: bool,
    effects: Vec<Effect>,
}

impl Viewing {
    /// Whoever presents and is lost for `lost_for` presents no longer; [`LOST_FOR`] by default.
    pub fn new(lost_for: Duration) -> Self {
        Self { lease: Lease::new(lost_for), ..Self::default() }
    }

    /// Counts the changes; a client drops whatever is older than what it has.
    pub fn revision(&self) -> u32 {
        self.revision
    }

    /// What everybody looks at who follows.
    pub fn shared(&self) -> &Arrangement {
        &self.shared
    }

    /// Whether anything was ever put up for everybody.
    pub fn was_shared(&self) -> bool {
        self.was_shared
    }

    /// What a member of staff sees who looks by themself.
    pub fn own_view(&self, participant: ParticipantId) -> Option<&Arrangement> {
        self.own.get(&participant)
    }

    /// Who looks by themself, and at what.
    pub fn own_views(&self) -> impl Iterator<Item = (ParticipantId, &Arrangement)> {
        self.own.iter().map(|(participant, arrangement)| (*participant, arrangement))
    }

    /// What somebody sees.
    pub fn seen_by(&self, participant: ParticipantId) -> &Arrangement {
        self.own.get(&participant).unwrap_or(&self.shared)
    }

    /// Whether a series is open for anybody.
    pub fn has(&self, series: SeriesId) -> bool {
        self.shared.has(series) || self.own.values().any(|own| own.has(series))
    }

    pub fn presenter(&self) -> Option<ParticipantId> {
        self.lease.holder()
    }

    /// Who presents, who asks to, who may.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Everybody who points now.
    pub fn pointers(&self) -> impl Iterator<Item = (ParticipantId, ViewportNumber, Pointer)> {
        self.pointers.iter().map(|(participant, (viewport, pointer))| (*participant, *viewport, *pointer))
    }

    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    /// Marks are shown.
    pub fn has_marks(&self) -> bool {
        !self.hides_marks
    }

    pub fn description(&self) -> Option<&Description> {
        self.description.as_ref()
    }

    /// Guests see the patient's name beside the images.
    pub fn is_named(&self) -> bool {
        self.is_named
    }

    pub fn guests(&self) -> GuestTools {
        self.guests
    }

    /// Takes an input.
    ///
    /// # Errors
    /// If it is not theirs to do, or names what is not there. Then nothing is changed.
    pub fn handle(&mut self, now: Instant, input: Input) -> Result<Effects, Refusal> {
        let revision = self.revision.wrapping_add(1);
        let mut turn = Turn {
            now,
            revision,
            shared: Change::Nothing,
            own: BTreeMap::new(),
            has_marks: false,
            effects: Vec::new(),
        };
        // Whoever wakes it too early is told the time again.
        let wake_before = self.lease.wake_at().filter(|_| !matches!(input, Input::Wake));
        self.take(input, &mut turn)?;
        let Turn { shared, own, has_marks, mut effects, .. } = turn;
        if has_marks || shared > Change::Nothing || own.values().any(|change| *change > Change::Nothing) {
            self.revision = revision;
        }
        if shared > Change::Nothing {
            effects.push(Effect::Changed(shared));
        }
        let own = own.into_iter().filter(|(_, change)| *change > Change::Nothing);
        effects.extend(own.map(|(participant, change)| Effect::OwnChanged { participant, change }));
        let wake_at = self.lease.wake_at().filter(|at| wake_before != Some(*at));
        effects.extend(wake_at.map(Effect::WakeAt));
        Ok(Effects(effects))
    }

    fn take(&mut self, input: Input, turn: &mut Turn) -> Result<(), Refusal> {
        match input {
            Input::Came { participant, part } => turn.share_if(self.lease.came(participant, part)),
            Input::Lost { participant } => turn.share_if(self.lease.lost(turn.now, participant)),
            Input::Back { participant } => turn.share_if(self.lease.back(participant)),
            Input::Gone { participant } => {
                self.drop_pointer(participant, turn);
                turn.share_if(self.own.remove(&participant).is_some());
                let (is_news, handed_over) = self.lease.gone(turn.now, participant);
                turn.share_if(is_news);
                self.hand_over(handed_over, turn);
            }
            Input::Wake => {
                let handed_over = self.lease.wake(turn.now);
                self.hand_over(handed_over, turn);
            }
            Input::ComeBack { steps } => {
                if self.was_shared {
                    return Err(Refusal::NothingShared);
                }
                let mut shared = self.shared.clone();
                for step in steps {
                    turn.share(shared.apply(step, turn.revision)?);
                }
                (self.shared, self.was_shared) = (shared, true);
            }
            Input::Step { by, step } => self.step(by, step, turn)?,
            Input::Lease { by, step } => {
                let has_own_view = self.own.contains_key(&by);
                let (is_news, handed_over) = self.lease.apply(turn.now, by, step, has_own_view)?;
                turn.share_if(is_news);
                self.hand_over(handed_over, turn);
            }
            Input::Follow { by, is_following } => self.follow(by, is_following, turn)?,
            // Whoever looks by themself points at something else.
            Input::Point { by, .. } if self.own.contains_key(&by) => {}
            Input::Point { by, viewport, pointer } => {
                if !self.shared.layout().has(viewport) {
                    return Err(Refusal::NoSuchViewport);
                }
                self.shared.shown(viewport).ok_or(Refusal::NothingShared)?;
                let pointer = pointer.in_range()?;
                self.pointers.insert(by, (viewport, pointer));
                turn.effects.push(Effect::Pointed { participant: by, viewport, pointer });
            }
            Input::Unpoint { by } => self.drop_pointer(by, turn),
            Input::Describe { by, text } => {
                self.led_by(by)?;
                let description = (!text.is_empty()).then_some(Description { by, text });
                if description.is_some() && self.shared.visible().next().is_none() {
                    return Err(Refusal::NothingShared);
                }
                turn.share_if(self.description != description);
                self.description = description;
            }
            Input::SetNamed { by, is_named } => {
                self.led_by(by)?;
                turn.share_if(self.is_named != is_named);
                self.is_named = is_named;
            }
            Input::SetGuestTools { by, tools } => {
                self.led_by(by)?;
                turn.share_if(self.guests != tools);
                self.guests = tools;
            }
            Input::Mark { by, act } => self.draw(by, act, turn)?,
            Input::Measured { mark, shape, measured } => {
                if self.marks.measured(mark, &shape, measured) {
                    turn.mark(Effect::Marked(mark));
                    turn.effects.push(Effect::KeepMark(mark));
                }
            }
            Input::ShowMarks { by, is_shown } => {
                self.led_by(by)?;
                turn.share_if(self.hides_marks == is_shown);
                self.hides_marks = !is_shown;
            }
            Input::MarksSaved { marks } => marks.iter().for_each(|mark| self.marks.saved(mark)),
            Input::MarksKept { marks } => {
                for marked in self.marks.come_back(marks) {
                    turn.marked(marked);
                }
            }
            Input::Withdrawn { series } => {
                for id in self.marks.withdraw(series) {
                    turn.mark(Effect::Unmarked(id));
                }
                for (participant, own) in &mut self.own {
                    turn.own.insert(*participant, own.withdraw(series, turn.revision));
                }
                if self.shared.visible().any(|(_, shown)| shown.series == series) {
                    self.describe_no_more(turn);
                }
                turn.share(self.shared.withdraw(series, turn.revision));
                self.drop_pointers_to_nothing(turn);
            }
        }
        Ok(())
    }
}
