//! Core types to wire types and back. The only place where the two meet.

use chrono::{DateTime, SecondsFormat, Utc};

use super::*;
use crate::clinical::{self, AppointmentStatus, BookError, DoorClosed, PlaceKind};
use crate::imaging::{ObjectKind, Window, WindowPreset};
use crate::{room, viewing};

/// A time as the wire has it: RFC 3339, UTC, milliseconds.
pub fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

macro_rules! both_ways {
    ($word:ty, $core:ty, $($variant:ident),+ $(,)?) => {
        impl From<$core> for $word {
            fn from(core: $core) -> Self {
                match core { $(<$core>::$variant => <$word>::$variant),+ }
            }
        }

        impl From<$word> for $core {
            fn from(word: $word) -> Self {
                match word { $(<$word>::$variant => <$core>::$variant),+ }
            }
        }
    };
}

both_ways!(RoleWord, clinical::Role, Patient, Relative, Interpreter, Practitioner);
both_ways!(StaffRoleWord, clinical::StaffRole, Secretary, Doctor, Radiologist, Administrator);
both_ways!(OutcomeWord, clinical::Outcome, Completed, FollowUp, ByTelephone, InPerson, NotHeld);
both_ways!(DeviceStateWord, clinical::DeviceState, Works, Refused, Missing, InUse, Off);
both_ways!(PlaceWord, PlaceKind, Invited, Testing, Waiting, Admitted, InCall, Lost, Left, Removed);
both_ways!(SourceWord, room::Source, Microphone, Camera, Screen);
both_ways!(
    ObjectKindWord,
    ObjectKind,
    Image,
    Video,
    Report,
    Document,
    Presentation,
    KeyObjects,
    Waveform,
    Other
);

impl From<LanguageWord> for clinical::Language {
    fn from(word: LanguageWord) -> Self {
        match word {
            LanguageWord::Fr => Self::French,
            LanguageWord::En => Self::English,
        }
    }
}

impl From<AppointmentStatus> for AppointmentStatusWord {
    fn from(status: AppointmentStatus) -> Self {
        match status {
            AppointmentStatus::Booked => Self::Booked,
            AppointmentStatus::Arrived { .. } => Self::Arrived,
            AppointmentStatus::Fulfilled { .. } => Self::Fulfilled,
            AppointmentStatus::Cancelled { .. } => Self::Cancelled,
            AppointmentStatus::NoShow { .. } => Self::Noshow,
        }
    }
}

impl From<&clinical::Place> for Place {
    fn from(place: &clinical::Place) -> Self {
        Self {
            state: place.kind().into(),
            since: place.since().map(time),
            until: place.kept_until().map(time),
        }
    }
}

impl From<Result<(), DoorClosed>> for DoorWord {
    fn from(door: Result<(), DoorClosed>) -> Self {
        match door {
            Ok(()) => Self::Open,
            Err(DoorClosed::Unknown) => Self::Unknown,
            Err(DoorClosed::Revoked) => Self::Revoked,
            Err(DoorClosed::Expired) => Self::Expired,
            Err(DoorClosed::TooEarly { .. }) => Self::TooEarly,
            Err(DoorClosed::Cancelled) => Self::Cancelled,
            Err(DoorClosed::Over) => Self::Over,
        }
    }
}

impl From<DoorClosed> for ProblemCode {
    fn from(door: DoorClosed) -> Self {
        match door {
            DoorClosed::Unknown => Self::LinkUnknown,
            DoorClosed::Revoked => Self::LinkRevoked,
            DoorClosed::Expired => Self::LinkExpired,
            DoorClosed::TooEarly { .. } => Self::TooEarly,
            DoorClosed::Cancelled => Self::AppointmentCancelled,
            DoorClosed::Over => Self::ConsultationOver,
        }
    }
}

impl From<BookError> for ProblemCode {
    fn from(error: BookError) -> Self {
        match error {
            BookError::InThePast => Self::InThePast,
            BookError::TooFarAhead => Self::TooFarAhead,
            BookError::EndsBeforeItStarts => Self::EndsBeforeItStarts,
            BookError::TooLong => Self::TooLong,
            BookError::NotOnePatient => Self::NotOnePatient,
            BookError::NoPractitioner => Self::NoPractitioner,
            BookError::PractitionerTwice => Self::PractitionerTwice,
            BookError::TooManyPeople => Self::TooManyPeople,
            BookError::NameMissing => Self::NameMissing,
            BookError::ServiceMissing => Self::ServiceMissing,
            BookError::NoteTooLong => Self::NoteTooLong,
        }
    }
}

impl From<clinical::Refusal> for ProblemCode {
    fn from(refusal: clinical::Refusal) -> Self {
        match refusal {
            clinical::Refusal::Over => Self::ConsultationOver,
            clinical::Refusal::UnknownParticipant => Self::UnknownParticipant,
            clinical::Refusal::NotStaff => Self::NotAllowed,
            clinical::Refusal::NotWaiting => Self::NotWaiting,
            clinical::Refusal::NotAdmitted => Self::NotAdmitted,
            clinical::Refusal::NotInCall => Self::NotInCall,
            clinical::Refusal::Removed => Self::LinkRevoked,
            clinical::Refusal::StaleDevice | clinical::Refusal::OutOfOrder => Self::OutOfOrder,
        }
    }
}

impl From<viewing::Refusal> for ProblemCode {
    fn from(refusal: viewing::Refusal) -> Self {
        match refusal {
            viewing::Refusal::NotPresenter => Self::NotPresenter,
            viewing::Refusal::NothingShared => Self::NothingShared,
            viewing::Refusal::BadValue => Self::BadRequest,
        }
    }
}

impl From<Window> for WindowState {
    fn from(window: Window) -> Self {
        Self { center: window.center, width: window.width }
    }
}

impl From<&WindowPreset> for PresetState {
    fn from(preset: &WindowPreset) -> Self {
        Self {
            explanation: preset.explanation.clone(),
            center: preset.window.center,
            width: preset.window.width,
        }
    }
}
