//! What is said to a viewing, and what it answers.

use std::time::Instant;

use thiserror::Error;

use super::{Change, HandOver, LeaseStep, Mark, MarkAct, Part, Step, ViewportNumber};
use crate::clinical::{DescriptionText, MarkId, ParticipantId, SeriesId};
use crate::imaging::{MeasureShape, Measured};

/// What somebody in the call does to the viewing, or what becomes of them. That they may at all is checked before.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Somebody is in the call, or is another part of it now.
    Came {
        participant: ParticipantId,
        part: Part,
    },
    /// The connection of somebody in the call is lost.
    Lost {
        participant: ParticipantId,
    },
    /// Somebody who was lost is back.
    Back {
        participant: ParticipantId,
    },
    /// Somebody left the call.
    Gone {
        participant: ParticipantId,
    },
    /// The time has come that [`Effect::WakeAt`] named.
    Wake,
    /// Shows again what was on show before a restart, step by step, if nothing has been shown since. Nobody presents.
    ComeBack {
        steps: Vec<Step>,
    },
    /// Steers what everybody looks at, or the own view of whoever looks by themself. Who shows something where nobody presents, or is a
    /// host, presents from then on.
    Step {
        by: ParticipantId,
        step: Step,
    },
    /// Who asks for the lead out of an own view wants to show that to everybody, and does so once the lead is theirs.
    Lease {
        by: ParticipantId,
        step: LeaseStep,
    },
    /// A member of staff looks by themself, beginning with what everybody looks at, or follows again.
    Follow {
        by: ParticipantId,
        is_following: bool,
    },
    Point {
        by: ParticipantId,
        viewport: ViewportNumber,
        pointer: Pointer,
    },
    Unpoint {
        by: ParticipantId,
    },
    /// Says in writing what is to be seen, until something else is put up; with no words: no longer.
    Describe {
        by: ParticipantId,
        text: DescriptionText,
    },
    /// Guests see the patient's name beside the images, or not.
    SetNamed {
        by: ParticipantId,
        is_named: bool,
    },
    SetGuestTools {
        by: ParticipantId,
        tools: GuestTools,
    },
    /// Draws, or takes back. Guests do as far as [`Input::SetGuestTools`] lets them.
    Mark {
        by: ParticipantId,
        act: MarkAct,
    },
    /// What a shape measures on the frame of its mark is known.
    Measured {
        mark: MarkId,
        shape: MeasureShape,
        measured: Measured,
    },
    /// Shows or hides all marks, for everybody.
    ShowMarks {
        by: ParticipantId,
        is_shown: bool,
    },
    /// These marks are written in presentation states as they were then.
    MarksSaved {
        marks: Vec<Mark>,
    },
    /// Marks that were drawn before a restart.
    MarksKept {
        marks: Vec<Mark>,
    },
    /// A series is there no more.
    Withdrawn {
        series: SeriesId,
    },
}

/// What is to be told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
    /// The state that everybody sees has a new revision: send it, and render what of it is to be rendered.
    Changed(Change),
    /// So has what this member of staff sees by themself, or they see what everybody does again.
    OwnChanged {
        participant: ParticipantId,
        change: Change,
    },
    Pointed {
        participant: ParticipantId,
        viewport: ViewportNumber,
        pointer: Pointer,
    },
    PointerGone {
        participant: ParticipantId,
    },
    /// A mark was put in, or is another now: tell it with the revision.
    Marked(MarkId),
    /// A mark is gone: tell that with the revision.
    Unmarked(MarkId),
    /// Write down a mark as it is now, or that it was taken away.
    KeepMark(MarkId),
    /// Measure the shape of this mark on its frame, and answer with [`Input::Measured`].
    Measure(MarkId),
    /// Somebody else presents, or nobody.
    HandedOver {
        to: Option<ParticipantId>,
        why: HandOver,
    },
    /// Say [`Input::Wake`] at this time; what was asked for before counts no longer.
    WakeAt(Instant),
}

/// The effects of one input.
#[must_use]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effects(pub(super) Vec<Effect>);

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
    #[error("this is for whoever presents")]
    NotPresenter,
    #[error("whoever presents looks at what everybody looks at")]
    Presents,
    #[error("this is for members of staff in the call")]
    NotStaff,
    #[error("there is no such member of staff in the call")]
    NotThere,
    #[error("there are too many of these")]
    TooMany,
    #[error("there is no such mark")]
    NoSuchMark,
    #[error("this mark is somebody else's")]
    NotTheirs,
    #[error("there is nothing to take back, or others have changed it since")]
    NothingToUndo,
    #[error("guests may not draw this here and now")]
    NotForGuests,
    #[error("the layout has no such viewport")]
    NoSuchViewport,
    #[error("nothing is shared")]
    NothingShared,
    #[error("the value is not a number in range")]
    BadValue,
}

/// Where somebody points, in units of the frame: 0..1 along columns and rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pointer {
    pub x: f64,
    pub y: f64,
}

impl Pointer {
    pub(super) fn in_range(self) -> Result<Self, Refusal> {
        if !(self.x.is_finite() && self.y.is_finite()) {
            return Err(Refusal::BadValue);
        }
        Ok(Self { x: self.x.clamp(0.0, 1.0), y: self.y.clamp(0.0, 1.0) })
    }
}

/// What is said of the images in writing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    pub by: ParticipantId,
    pub text: DescriptionText,
}

/// What guests may draw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GuestTools {
    pub may_mark: bool,
    pub may_measure: bool,
}
