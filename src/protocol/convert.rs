//! Core types to wire types and back. The only place where the two meet.

use chrono::{DateTime, SecondsFormat, Utc};

use super::*;
use crate::clinical::{self, AppointmentStatus, BookError, DoorClosed, PlaceKind};
use crate::imaging::{
    Calibration, CalibrationSource, Document, Edges, Graphic, GraphicShape, Lossy, ObjectKind, PatientFacts,
    Section, ValueUnit, VoiAlternative, Window,
};
use crate::secret::Pii;
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

mod agenda;
mod door;
mod marks;
mod protection;
mod waiting;

pub use agenda::{read_day, read_time_of_day, time_of_day};
pub use marks::drawn;

both_ways!(OpenedBy, clinical::DocumentDoor, Sms, Email, Pin, BirthDate, Provider);
both_ways!(DocumentAskWord, clinical::DocumentAsk, Code, Either, Provider, Both);
both_ways!(DocumentNeedWord, clinical::DocumentNeed, Either, Provider, Both);
both_ways!(ReportStatusWord, clinical::ReportStatus, Draft, Final, Amended);

both_ways!(ValueUnitWord, ValueUnit, Hu, Stored);
both_ways!(LayoutWord, viewing::Layout, One, SideBySide, Stacked, Four);
both_ways!(
    StepCauseWord,
    viewing::StepCause,
    Show,
    Clear,
    Layout,
    HandOver,
    Describe,
    Mark,
    Scroll,
    Window,
    View,
    Stop,
    Unwatched
);
both_ways!(RoleWord, clinical::Role, Patient, Relative, Interpreter, Practitioner);
both_ways!(StaffRoleWord, clinical::StaffRole, Secretary, Nurse, Doctor, Radiologist, Administrator, Auditor);
both_ways!(ScopeWord, clinical::Scope, ReadServices, ReadAppointments, ReadStatistics);
both_ways!(ByHandWord, clinical::ByHand, Nothing, Given, Taken);
both_ways!(OutcomeWord, clinical::Outcome, Completed, FollowUp, ByTelephone, InPerson, NotHeld);
both_ways!(DeviceStateWord, clinical::DeviceState, Works, Refused, Missing, InUse, Off);
both_ways!(PlaceWord, PlaceKind, Invited, Testing, Waiting, Admitted, InCall, Lost, Left, Removed);
both_ways!(SourceWord, room::Source, Microphone, Auscultation, Camera, SecondCamera, Screen, ScreenSound);
both_ways!(DirectionWord, clinical::MediaDirection, Publish, Subscribe);
both_ways!(PathWord, clinical::MediaPath, Udp, Tcp, RelayUdp, RelayTcp, RelayTls);
both_ways!(QualityWord, clinical::Quality, Good, Fair, Poor, Lost);
both_ways!(TelephoneReason, clinical::TelephoneReason, NoVideo, NoSound, Network, Device, Other);
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

both_ways!(
    CalibrationWord,
    CalibrationSource,
    Patient,
    Fiducial,
    Detector,
    Magnification,
    Scanned,
    Ultrasound
);

impl From<LanguageWord> for clinical::Language {
    fn from(word: LanguageWord) -> Self {
        match word {
            LanguageWord::Fr => Self::French,
            LanguageWord::En => Self::English,
        }
    }
}

impl From<clinical::Language> for LanguageWord {
    fn from(language: clinical::Language) -> Self {
        match language {
            clinical::Language::French => Self::Fr,
            clinical::Language::English => Self::En,
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

impl From<clinical::ContactFault> for ProblemCode {
    fn from(fault: clinical::ContactFault) -> Self {
        match fault {
            clinical::ContactFault::Email => Self::BadEmail,
            clinical::ContactFault::Telephone => Self::BadTelephone,
            clinical::ContactFault::BirthDate => Self::BadBirthDate,
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
            clinical::Refusal::Locked => Self::Locked,
            clinical::Refusal::NotRecognised => Self::NotRecognised,
            clinical::Refusal::ConsentNeeded => Self::ConsentNeeded,
            clinical::Refusal::Removed => Self::LinkRevoked,
            clinical::Refusal::StaleDevice | clinical::Refusal::OutOfOrder => Self::OutOfOrder,
        }
    }
}

impl From<clinical::ChatRefusal> for ProblemCode {
    fn from(refusal: clinical::ChatRefusal) -> Self {
        match refusal {
            clinical::ChatRefusal::Empty | clinical::ChatRefusal::ControlCharacter => Self::BadRequest,
            clinical::ChatRefusal::TooLong => Self::TooLarge,
            clinical::ChatRefusal::TooFast => Self::TooMany,
        }
    }
}

impl From<clinical::WordsRefusal> for ProblemCode {
    fn from(refusal: clinical::WordsRefusal) -> Self {
        match refusal {
            clinical::WordsRefusal::TooLong => Self::TooLarge,
            clinical::WordsRefusal::ControlCharacter => Self::BadRequest,
        }
    }
}

impl From<clinical::ShareRefusal> for ProblemCode {
    fn from(refusal: clinical::ShareRefusal) -> Self {
        match refusal {
            clinical::ShareRefusal::Over => Self::ConsultationOver,
            clinical::ShareRefusal::TooMany => Self::TooMany,
            clinical::ShareRefusal::TooLarge => Self::TooLarge,
            clinical::ShareRefusal::WrongKind => Self::WrongFileKind,
        }
    }
}

impl From<clinical::Incident> for IncidentWord {
    fn from(incident: clinical::Incident) -> Self {
        match incident {
            clinical::Incident::NoMicrophone => Self::NoMicrophone,
            clinical::Incident::NoCamera => Self::NoCamera,
            clinical::Incident::HeavyLoss => Self::HeavyLoss,
            clinical::Incident::BrokenSound => Self::BrokenSound,
            clinical::Incident::LongFreeze => Self::LongFreeze,
            clinical::Incident::HighDelay => Self::HighDelay,
            clinical::Incident::ManyReconnections => Self::ManyReconnections,
            clinical::Incident::RelayOnly => Self::RelayOnly,
            clinical::Incident::NoUdp => Self::NoUdp,
        }
    }
}

impl From<clinical::Telephone> for TelephoneState {
    fn from(telephone: clinical::Telephone) -> Self {
        Self { since: time(telephone.since), reason: telephone.reason.into() }
    }
}

impl ChatLine {
    /// A line with the name of who wrote it.
    pub fn new(line: &clinical::ChatLine, by: Option<&clinical::Participant>, is_kept: bool) -> Self {
        Self {
            id: line.id.to_string(),
            participant: line.participant.to_string(),
            name: by.map(|person| person.name.clone()).unwrap_or_default(),
            at: time(line.at),
            text: line.text.expose().into(),
            is_kept: (!is_kept).then_some(false),
        }
    }
}

impl SharedFile {
    /// A file with the name of who shared it.
    pub fn new(file: &clinical::SharedFile, by: Option<&clinical::Participant>) -> Self {
        Self {
            id: file.id.to_string(),
            participant: file.participant.to_string(),
            name: by.map(|person| person.name.clone()).unwrap_or_default(),
            file_name: file.name.expose().into(),
            bytes: file.bytes,
            media_type: file.kind.media_type().to_owned(),
            at: time(file.at),
        }
    }
}

impl PathQuality {
    /// What was measured of one direction over one path.
    pub fn new(
        direction: clinical::MediaDirection,
        path: clinical::MediaPath,
        tally: &clinical::QualityTally,
    ) -> Self {
        Self {
            direction: direction.into(),
            path: path.into(),
            reports: tally.reports,
            seconds: tally.seconds,
            mean_loss_pct: tally.loss_pct.mean,
            max_loss_pct: tally.loss_pct.max,
            mean_rtt_ms: tally.rtt_ms.mean,
            max_rtt_ms: tally.rtt_ms.max,
            mean_jitter_ms: tally.jitter_ms.mean,
            max_jitter_ms: tally.jitter_ms.max,
            mean_concealed_pct: tally.concealed_pct.mean,
            max_concealed_pct: tally.concealed_pct.max,
            mean_bitrate_kbps: tally.bitrate_kbps.mean,
            freezes_ms: tally.freezes_ms as f64,
            longest_freezes_ms: tally.longest_freezes_ms,
            reconnections: tally.reconnections,
        }
    }
}

impl From<viewing::Refusal> for ProblemCode {
    fn from(refusal: viewing::Refusal) -> Self {
        match refusal {
            viewing::Refusal::NotPresenter => Self::NotPresenter,
            viewing::Refusal::NotStaff
            | viewing::Refusal::Presents
            | viewing::Refusal::NotTheirs
            | viewing::Refusal::NotForGuests => Self::NotAllowed,
            viewing::Refusal::NoSuchMark => Self::NotFound,
            viewing::Refusal::NothingToUndo => Self::OutOfOrder,
            viewing::Refusal::NotThere => Self::UnknownParticipant,
            viewing::Refusal::TooMany => Self::TooMany,
            viewing::Refusal::NothingShared => Self::NothingShared,
            viewing::Refusal::NoSuchViewport | viewing::Refusal::BadValue => Self::BadRequest,
        }
    }
}

impl From<viewing::GuestTools> for GuestTools {
    fn from(viewing::GuestTools { may_mark, may_measure }: viewing::GuestTools) -> Self {
        Self { may_mark, may_measure }
    }
}

impl From<&viewing::Description> for DescriptionState {
    fn from(description: &viewing::Description) -> Self {
        Self { text: description.text.expose().into(), participant: description.by.to_string() }
    }
}

/// Name and birth date of a patient as an object has them; `None` where it has no name.
pub fn patient_in_words(patient: &PatientFacts) -> Option<Pii<String>> {
    let name = patient.name.expose();
    let words = match &patient.birth_date {
        Some(birth_date) => format!("{name}, {}", birth_date.expose()),
        None => name.clone(),
    };
    (!name.is_empty()).then(|| words.into())
}

impl From<Window> for WindowState {
    fn from(window: Window) -> Self {
        Self { center: window.center, width: window.width }
    }
}

impl From<&VoiAlternative> for AlternativeState {
    fn from(alternative: &VoiAlternative) -> Self {
        Self {
            explanation: alternative.explanation.clone(),
            window: alternative.window.map(WindowState::from),
        }
    }
}

impl From<Edges> for EdgesState {
    fn from(Edges { left, right, top, bottom }: Edges) -> Self {
        Self { left, right, top, bottom }
    }
}

impl From<&Calibration> for CalibrationState {
    fn from(calibration: &Calibration) -> Self {
        // Sizes of 0 say that pixels are no lengths there.
        let (width_mm, height_mm) = calibration.pixel_mm.unwrap_or_default();
        Self { width_mm, height_mm, source: calibration.source.into(), region: calibration.region }
    }
}

impl From<&Lossy> for LossyState {
    fn from(lossy: &Lossy) -> Self {
        Self { ratio: lossy.ratio, method: lossy.method.clone() }
    }
}

impl From<&Graphic> for GraphicState {
    fn from(graphic: &Graphic) -> Self {
        let (shape, text) = match &graphic.shape {
            GraphicShape::Points => (ShapeWord::Points, None),
            GraphicShape::Polyline => (ShapeWord::Polyline, None),
            GraphicShape::Curve => (ShapeWord::Curve, None),
            GraphicShape::Circle => (ShapeWord::Circle, None),
            GraphicShape::Ellipse => (ShapeWord::Ellipse, None),
            GraphicShape::Text(text) => (ShapeWord::Text, Some(text.clone())),
        };
        Self {
            shape,
            points: graphic.points.clone(),
            is_on_screen: graphic.is_on_screen,
            is_filled: graphic.is_filled,
            color: graphic.color.map(|[red, green, blue]| format!("#{red:02x}{green:02x}{blue:02x}")),
            text,
        }
    }
}

impl From<&Document> for DocumentState {
    fn from(document: &Document) -> Self {
        Self {
            title: document.title.clone(),
            facts: document.facts.clone(),
            sections: document.sections.iter().map(SectionState::from).collect(),
        }
    }
}

impl From<&Section> for SectionState {
    fn from(section: &Section) -> Self {
        Self {
            heading: section.heading.clone(),
            text: section.text.clone(),
            images: u32::try_from(section.references.len()).unwrap_or(u32::MAX),
            sections: section.sections.iter().map(Self::from).collect(),
        }
    }
}
