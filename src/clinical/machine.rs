//! Programs that act without a person, by a token that an administrator gave them.

use super::{ServiceId, StaffRole};

/// What a token is good for; nothing else is open to a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The names of its services.
    ReadServices,
    /// The appointments of its services, with who comes.
    ReadAppointments,
    /// What is counted of visits in its services.
    ReadStatistics,
}

impl Scope {
    /// Every scope, in the order in which screens list them.
    pub const ALL: [Self; 3] = [Self::ReadServices, Self::ReadAppointments, Self::ReadStatistics];
}

/// What a token may be asked for, and of which services; of those only, whatever else there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grants {
    pub scopes: Vec<Scope>,
    pub services: Vec<ServiceId>,
}

impl Grants {
    /// Days that a token is good for at most.
    pub const MAX_DAYS: u32 = 366;

    pub(super) fn has(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    pub(super) fn covers(&self, service: Option<ServiceId>) -> bool {
        service.is_some_and(|service| self.services.contains(&service))
    }
}

/// What an administrator says of one role of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByHand {
    /// As the claims say.
    Nothing,
    Given,
    Taken,
}

/// The roles that somebody has: what claims give and what was given by hand, without what was taken by hand; none while they are disabled.
pub fn effective_roles(
    claimed: &[StaffRole],
    by_hand: &[(StaffRole, ByHand)],
    is_disabled: bool,
) -> Vec<StaffRole> {
    let said = |role| by_hand.iter().find(|(of, _)| *of == role).map_or(ByHand::Nothing, |(_, said)| *said);
    let has = |role: &StaffRole| match said(*role) {
        _ if is_disabled => false,
        ByHand::Given => true,
        ByHand::Taken => false,
        ByHand::Nothing => claimed.contains(role),
    };
    StaffRole::ALL.into_iter().filter(has).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_by_hand_goes_before_claims_and_nobody_who_is_disabled_has_a_role() {
        use StaffRole::{Administrator, Doctor, Secretary};
        let claimed = [Doctor, Secretary];
        let by_hand = [(Secretary, ByHand::Taken), (Administrator, ByHand::Given), (Doctor, ByHand::Nothing)];
        assert_eq!(effective_roles(&claimed, &[], false), [Secretary, Doctor]);
        assert_eq!(effective_roles(&claimed, &by_hand, false), [Doctor, Administrator]);
        assert_eq!(effective_roles(&[], &by_hand, false), [Administrator]);
        assert!(effective_roles(&claimed, &by_hand, true).is_empty());
    }
}
