//! Schedules, courses and queues.

use chrono::{NaiveDate, NaiveTime, Weekday};

use crate::clinical::{self, Course, PatientPlace, QueueStatus};
use crate::protocol::*;

both_ways!(CalledOffWord, clinical::CalledOff, Moved, ByPatient, ByStaff);
both_ways!(WeekdayWord, Weekday, Mon, Tue, Wed, Thu, Fri, Sat, Sun);
both_ways!(
    HolidayWord,
    clinical::Holiday,
    NewYear,
    EasterMonday,
    LabourDay,
    Victory1945,
    Ascension,
    WhitMonday,
    NationalDay,
    Assumption,
    AllSaints,
    Armistice1918,
    Christmas
);

impl From<&Course> for CourseEntry {
    fn from(course: &Course) -> Self {
        let (place, room) = match &course.place {
            PatientPlace::AtHome => (PatientPlaceWord::AtHome, None),
            PatientPlace::Room(name) => (PatientPlaceWord::Room, Some(name.clone())),
        };
        Self {
            place,
            room,
            site: course.site.clone(),
            replaces: course.replaces.map(|id| id.to_string()),
            moved_to: course.moved_to.map(|id| id.to_string()),
            follows: course.follows.map(|id| id.to_string()),
            called_off: course.called_off.map(CalledOffWord::from),
        }
    }
}

impl From<QueueStatus> for QueueStateWord {
    fn from(status: QueueStatus) -> Self {
        match status {
            QueueStatus::Waiting => Self::Waiting,
            QueueStatus::Taken { .. } => Self::Taken,
            QueueStatus::Refused { .. } => Self::Refused,
            QueueStatus::Left { .. } => Self::Left,
        }
    }
}

impl From<clinical::ChangeRefusal> for ProblemCode {
    fn from(refusal: clinical::ChangeRefusal) -> Self {
        match refusal {
            clinical::ChangeRefusal::NotOffered => Self::ChangeNotOffered,
            clinical::ChangeRefusal::TooLate => Self::ChangeTooLate,
            clinical::ChangeRefusal::WrongStatus => Self::WrongStatus,
        }
    }
}

impl From<clinical::QueueRefusal> for ProblemCode {
    fn from(refusal: clinical::QueueRefusal) -> Self {
        match refusal {
            clinical::QueueRefusal::Closed => Self::QueueClosed,
            clinical::QueueRefusal::WrongCode => Self::QueueCodeWrong,
            clinical::QueueRefusal::TooManyTries => Self::TooMany,
            clinical::QueueRefusal::Full => Self::QueueFull,
            clinical::QueueRefusal::Name => Self::NameMissing,
        }
    }
}

/// A time of day as the wire has it: `09:00`.
pub fn time_of_day(time: NaiveTime) -> String {
    time.format("%H:%M").to_string()
}

/// The same, read.
pub fn read_time_of_day(text: &str) -> Option<NaiveTime> {
    NaiveTime::parse_from_str(text, "%H:%M").ok()
}

/// A day as the wire has it: `2026-11-30`.
pub fn read_day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}
