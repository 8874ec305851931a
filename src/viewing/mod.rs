//! The state machine of one shared viewing: what everybody looks at, who presents, who points. Pure.
//!
//! What is shared is state with a revision, never pixels: each client gets the frame rendered for its own screen. The state is
//! split by what changes together: what is shown (series, place in the stack), presentation (grey values) and view (navigation).

use std::collections::BTreeMap;

use thiserror::Error;

use crate::clinical::{ParticipantId, SeriesId};
use crate::imaging::{ContentHash, Presentation, View, VoiChoice, Window};

mod flow;
#[cfg(test)]
mod tests;

pub use flow::{Next, Order, PictureFlow};

/// One shared viewing. Begins empty at revision 0.
#[derive(Clone, Debug, Default)]
pub struct Viewing {
    revision: u32,
    presenter: Option<ParticipantId>,
    shown: Option<Shown>,
    pointers: BTreeMap<ParticipantId, Pointer>,
}

/// A stack on show, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shown {
    pub series: SeriesId,
    /// Length of the stack, at least 1.
    pub count: u32,
    /// Place in the stack, from 0; below `count`.
    pub index: u32,
    pub presentation: Presentation,
    pub view: View,
}

/// Where somebody points, in units of the frame: 0..1 along columns and rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pointer {
    pub x: f64,
    pub y: f64,
}

/// What somebody in the call does to the viewing. That they may at all is checked before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input {
    /// Shows a stack of `count` frames from its first, or from its middle when `from_middle`; whoever shares presents.
    Share {
        by: ParticipantId,
        series: SeriesId,
        count: u32,
        from_middle: bool,
    },
    Stop {
        by: ParticipantId,
    },
    /// Takes the presenter's place.
    Present {
        by: ParticipantId,
    },
    Scroll {
        by: ParticipantId,
        index: u32,
    },
    SetVoi {
        by: ParticipantId,
        voi: VoiChoice,
    },
    SetLayers {
        by: ParticipantId,
        has_overlays: bool,
        has_shutters: bool,
    },
    /// Applies a presentation state, or none.
    SetState {
        by: ParticipantId,
        state: Option<ContentHash>,
    },
    SetInverted {
        by: ParticipantId,
        is_inverted: bool,
    },
    SetView {
        by: ParticipantId,
        view: View,
    },
    /// Presentation and view as they were when the stack was shared.
    Reset {
        by: ParticipantId,
    },
    Point {
        by: ParticipantId,
        pointer: Pointer,
    },
    Unpoint {
        by: ParticipantId,
    },
    /// Somebody left the call.
    Gone {
        participant: ParticipantId,
    },
}

/// What is to be told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
    /// The state has a new revision: send it, and render it for everybody.
    Changed,
    Pointed {
        participant: ParticipantId,
        pointer: Pointer,
    },
    PointerGone {
        participant: ParticipantId,
    },
}

/// The effects of one input.
#[must_use]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effects(Vec<Effect>);

impl IntoIterator for Effects {
    type Item = Effect;
    type IntoIter = std::vec::IntoIter<Effect>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Why an input was not followed. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error("somebody else presents")]
    NotPresenter,
    #[error("nothing is shared")]
    NothingShared,
    #[error("the value is not a number in range")]
    BadValue,
}

/// The smallest and the largest zoom; 1 fits the frame into the screen.
pub const ZOOM: (f64, f64) = (0.25, 64.0);

/// The narrowest and the widest window.
pub const WINDOW_WIDTH: (f64, f64) = (1e-6, 1e9);

impl Viewing {
    /// Counts the changes; a client drops whatever is older than what it has.
    pub fn revision(&self) -> u32 {
        self.revision
    }

    pub fn presenter(&self) -> Option<ParticipantId> {
        self.presenter
    }

    pub fn shown(&self) -> Option<&Shown> {
        self.shown.as_ref()
    }

    /// Everybody who points now.
    pub fn pointers(&self) -> impl Iterator<Item = (ParticipantId, Pointer)> {
        self.pointers.iter().map(|(participant, pointer)| (*participant, *pointer))
    }

    pub fn handle(&mut self, input: Input) -> Result<Effects, Refusal> {
        let mut effects = Effects::default();
        match input {
            Input::Share { by, series, count, from_middle } => {
                if count == 0 {
                    return Err(Refusal::NothingShared);
                }
                let index = if from_middle { count / 2 } else { 0 };
                let (presentation, view) = Default::default();
                self.presenter = Some(by);
                self.shown = Some(Shown { series, count, index, presentation, view });
                self.drop_pointers(&mut effects);
                self.change(&mut effects);
            }
            Input::Stop { by } => {
                self.presented_by(by)?;
                self.shown = None;
                self.drop_pointers(&mut effects);
                self.change(&mut effects);
            }
            Input::Present { by } => {
                if self.presenter != Some(by) {
                    self.presenter = Some(by);
                    self.change(&mut effects);
                }
            }
            Input::Scroll { by, index } => {
                let shown = self.presented_by(by)?;
                let index = index.min(shown.count - 1);
                if shown.index != index {
                    shown.index = index;
                    self.change(&mut effects);
                }
            }
            Input::SetVoi { by, voi } => {
                let shown = self.presented_by(by)?;
                if let VoiChoice::Window(Window { center, width }) = voi
                    && !(center.is_finite()
                        && center.abs() <= WINDOW_WIDTH.1
                        && (WINDOW_WIDTH.0..=WINDOW_WIDTH.1).contains(&width))
                {
                    return Err(Refusal::BadValue);
                }
                if shown.presentation.voi != voi {
                    shown.presentation.voi = voi;
                    self.change(&mut effects);
                }
            }
            Input::SetLayers { by, has_overlays, has_shutters } => {
                let shown = self.presented_by(by)?;
                let presentation = Presentation { has_overlays, has_shutters, ..shown.presentation };
                if shown.presentation != presentation {
                    shown.presentation = presentation;
                    self.change(&mut effects);
                }
            }
            Input::SetState { by, state } => {
                let shown = self.presented_by(by)?;
                if shown.presentation.state != state {
                    // A state says how the grey values are to look: what was set before makes room for it.
                    shown.presentation = Presentation { state, ..Presentation::default() };
                    self.change(&mut effects);
                }
            }
            Input::SetInverted { by, is_inverted } => {
                let shown = self.presented_by(by)?;
                if shown.presentation.is_inverted != is_inverted {
                    shown.presentation.is_inverted = is_inverted;
                    self.change(&mut effects);
                }
            }
            Input::SetView { by, view } => {
                let shown = self.presented_by(by)?;
                let View { zoom, center: (x, y), quarter_turns, is_flipped } = view;
                if !(zoom.is_finite() && x.is_finite() && y.is_finite()) {
                    return Err(Refusal::BadValue);
                }
                let view = View {
                    zoom: zoom.clamp(ZOOM.0, ZOOM.1),
                    center: (x.clamp(0.0, 1.0), y.clamp(0.0, 1.0)),
                    quarter_turns: quarter_turns % 4,
                    is_flipped,
                };
                if shown.view != view {
                    shown.view = view;
                    self.change(&mut effects);
                }
            }
            Input::Reset { by } => {
                let shown = self.presented_by(by)?;
                (shown.presentation, shown.view) = Default::default();
                self.change(&mut effects);
            }
            Input::Point { by, pointer } => {
                self.shown.as_ref().ok_or(Refusal::NothingShared)?;
                if !(pointer.x.is_finite() && pointer.y.is_finite()) {
                    return Err(Refusal::BadValue);
                }
                let pointer = Pointer { x: pointer.x.clamp(0.0, 1.0), y: pointer.y.clamp(0.0, 1.0) };
                self.pointers.insert(by, pointer);
                effects.0.push(Effect::Pointed { participant: by, pointer });
            }
            Input::Unpoint { by } => self.drop_pointer(by, &mut effects),
            Input::Gone { participant } => {
                self.drop_pointer(participant, &mut effects);
                if self.presenter == Some(participant) {
                    self.presenter = None;
                    self.change(&mut effects);
                }
            }
        }
        Ok(effects)
    }

    fn presented_by(&mut self, by: ParticipantId) -> Result<&mut Shown, Refusal> {
        let shown = self.shown.as_mut().ok_or(Refusal::NothingShared)?;
        if self.presenter == Some(by) { Ok(shown) } else { Err(Refusal::NotPresenter) }
    }

    fn change(&mut self, effects: &mut Effects) {
        self.revision = self.revision.wrapping_add(1);
        effects.0.push(Effect::Changed);
    }

    fn drop_pointer(&mut self, participant: ParticipantId, effects: &mut Effects) {
        if self.pointers.remove(&participant).is_some() {
            effects.0.push(Effect::PointerGone { participant });
        }
    }

    fn drop_pointers(&mut self, effects: &mut Effects) {
        let gone = std::mem::take(&mut self.pointers);
        effects.0.extend(gone.into_keys().map(|participant| Effect::PointerGone { participant }));
    }
}
