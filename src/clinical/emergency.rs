//! Access in an emergency to one appointment that is not one's own: asked for with a written reason, for a limited time, to read and
//! nothing else.

use chrono::{DateTime, TimeDelta, Utc};
use thiserror::Error;

use super::{AppointmentId, EmergencyAccessId, PractitionerId};
use crate::secret::Pii;

/// One access, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmergencyAccess {
    pub id: EmergencyAccessId,
    pub appointment: AppointmentId,
    pub practitioner: PractitionerId,
    pub reason: Pii<String>,
    pub began_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
}

/// Why there is no access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EmergencyRefusal {
    #[error(
        "the reason has at least {} characters and {} words",
        EmergencyAccess::MIN_REASON,
        EmergencyAccess::MIN_WORDS
    )]
    ReasonTooShort,
    #[error("the reason has at most {} characters", EmergencyAccess::MAX_REASON)]
    ReasonTooLong,
}

impl EmergencyAccess {
    pub const MIN_REASON: usize = 20;
    pub const MIN_WORDS: usize = 3;
    pub const MAX_REASON: usize = 1000;
    /// For how long, unless told.
    pub const LASTS: TimeDelta = TimeDelta::hours(1);

    /// Begins one now.
    ///
    /// # Errors
    /// If the reason says too little, or too much.
    pub fn begin(
        id: EmergencyAccessId,
        appointment: AppointmentId,
        practitioner: PractitionerId,
        reason: &str,
        now: DateTime<Utc>,
        lasts: TimeDelta,
    ) -> Result<Self, EmergencyRefusal> {
        let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        let letters = reason.chars().count();
        if letters > Self::MAX_REASON {
            return Err(EmergencyRefusal::ReasonTooLong);
        }
        let words = reason.split(' ').filter(|word| word.chars().any(char::is_alphanumeric)).count();
        if letters < Self::MIN_REASON || words < Self::MIN_WORDS {
            return Err(EmergencyRefusal::ReasonTooShort);
        }
        Ok(Self {
            id,
            appointment,
            practitioner,
            reason: Pii::new(reason),
            began_at: now,
            ends_at: now + lasts,
        })
    }

    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.began_at <= now && now < self.ends_at
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn begin(reason: &str) -> Result<EmergencyAccess, EmergencyRefusal> {
        EmergencyAccess::begin(
            EmergencyAccessId::new(Uuid::from_u128(1)),
            AppointmentId::new(Uuid::from_u128(2)),
            PractitionerId::new(Uuid::from_u128(3)),
            reason,
            DateTime::UNIX_EPOCH,
            EmergencyAccess::LASTS,
        )
    }

    #[test]
    fn a_reason_is_written_and_not_only_typed_through() {
        for reason in [
            "",
            "urgence",
            "                                  ",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "patient inconscient",
            "a \u{a0} b \n c                                   ",
            ". . . . . . . . . . . . . . . . . . .",
        ] {
            assert_eq!(begin(reason), Err(EmergencyRefusal::ReasonTooShort), "{reason:?}");
        }
        assert_eq!(begin(&"mot ".repeat(300)), Err(EmergencyRefusal::ReasonTooLong));
        let access = begin("  Patiente inconsciente aux\n urgences, anticoagulants ? ").unwrap();
        assert_eq!(access.reason.expose(), "Patiente inconsciente aux urgences, anticoagulants ?");
        assert!(!format!("{access:?}").contains("inconsciente"));
    }

    #[test]
    fn it_ends_by_itself() {
        let access = begin("Patiente inconsciente aux urgences").unwrap();
        let at = |minutes| DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes);
        assert!(!access.is_open(at(-1)) && access.is_open(at(0)) && access.is_open(at(59)));
        assert!(!access.is_open(at(60)));
    }
}
