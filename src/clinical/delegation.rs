//! That somebody of the staff acts for a practitioner for a while: sees their agenda, books, opens the room in their place.

use chrono::{DateTime, TimeDelta, Utc};
use thiserror::Error;

use super::{DelegationId, PractitionerId, StaffRole};

/// One delegation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delegation {
    pub id: DelegationId,
    /// Who lets somebody act.
    pub for_whom: PractitionerId,
    /// Who acts.
    pub to: PractitionerId,
    pub made_at: DateTime<Utc>,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Why it is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DelegationRefusal {
    #[error("nobody acts for themselves")]
    Oneself,
    #[error("it ends after it begins, and not in the past")]
    Time,
    #[error("it lasts at most {} days", Delegation::LONGEST.num_days())]
    TooLong,
    #[error("this person can act for nobody")]
    WrongPerson,
}

impl Delegation {
    /// The longest that one lasts.
    pub const LONGEST: TimeDelta = TimeDelta::days(92);

    /// Makes one, to somebody with these roles.
    ///
    /// # Errors
    /// If it can be of no use, or of too much.
    pub fn make(
        id: DelegationId,
        (for_whom, to, roles): (PractitionerId, PractitionerId, &[StaffRole]),
        (starts_at, ends_at): (DateTime<Utc>, DateTime<Utc>),
        now: DateTime<Utc>,
    ) -> Result<Self, DelegationRefusal> {
        if for_whom == to {
            return Err(DelegationRefusal::Oneself);
        }
        if !roles.iter().any(|role| Self::may_take(*role)) {
            return Err(DelegationRefusal::WrongPerson);
        }
        if ends_at <= starts_at || ends_at <= now {
            return Err(DelegationRefusal::Time);
        }
        if ends_at - starts_at > Self::LONGEST || ends_at - now > Self::LONGEST * 4 {
            return Err(DelegationRefusal::TooLong);
        }
        Ok(Self { id, for_whom, to, made_at: now, starts_at, ends_at, revoked_at: None })
    }

    /// Whom one lets act: colleagues, nurses and secretaries.
    pub fn may_take(role: StaffRole) -> bool {
        role.may_consult() || matches!(role, StaffRole::Secretary | StaffRole::Nurse)
    }

    pub fn is_in_force(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.starts_at <= now && now < self.ends_at
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ME: PractitionerId = PractitionerId::new(Uuid::from_u128(1));
    const OTHER: PractitionerId = PractitionerId::new(Uuid::from_u128(2));

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
    }

    fn make(
        to: PractitionerId,
        roles: &[StaffRole],
        from: i64,
        until: i64,
    ) -> Result<Delegation, DelegationRefusal> {
        let id = DelegationId::new(Uuid::from_u128(3));
        Delegation::make(id, (ME, to, roles), (at(from), at(until)), at(0))
    }

    #[test]
    fn it_is_to_somebody_else_for_a_time_that_is_to_come() {
        let doctor = [StaffRole::Doctor];
        assert_eq!(make(ME, &doctor, 0, 8), Err(DelegationRefusal::Oneself));
        for roles in [&[][..], &[StaffRole::Administrator], &[StaffRole::Auditor]] {
            assert_eq!(make(OTHER, roles, 0, 8), Err(DelegationRefusal::WrongPerson));
        }
        for (from, until) in [(8, 8), (8, 7), (-8, 0), (-8, -1)] {
            assert_eq!(make(OTHER, &doctor, from, until), Err(DelegationRefusal::Time), "{from} {until}");
        }
        for (from, until) in [(0, 93 * 24), (400 * 24, 401 * 24)] {
            assert_eq!(make(OTHER, &doctor, from, until), Err(DelegationRefusal::TooLong));
        }
        for role in [StaffRole::Secretary, StaffRole::Nurse, StaffRole::Radiologist] {
            assert!(make(OTHER, &[role], -1, 8).is_ok());
        }
    }

    #[test]
    fn it_is_in_force_from_then_until_then_and_not_once_it_is_taken_back() {
        let delegation = make(OTHER, &[StaffRole::Nurse], 1, 8).unwrap();
        let in_force = [0, 1, 7, 8].map(|hours| delegation.is_in_force(at(hours)));
        assert_eq!(in_force, [false, true, true, false]);
        let revoked = Delegation { revoked_at: Some(at(2)), ..delegation };
        assert!(!revoked.is_in_force(at(3)));
    }
}
