//! Whether an administrator can still get in when a way of signing in is changed: nobody locks the whole hospital out by a click.

use super::{ByHand, StaffRole};

/// A provider at which staff sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayIn {
    pub issuer: String,
    /// A claim of it gives the role of an administrator.
    pub gives_administrator: bool,
}

/// Somebody of staff, as far as it counts here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownStaff {
    /// The provider that knows them.
    pub issuer: String,
    pub claimed: Vec<StaffRole>,
    pub by_hand: Vec<(StaffRole, ByHand)>,
    pub is_disabled: bool,
    /// They have an account of the gateway itself that is open.
    pub has_local_account: bool,
}

/// Whether somebody who is an administrator can sign in by one of these ways: with an account of the gateway itself, or at a provider that
/// knows them and leaves them the role.
pub fn lets_an_administrator_in(ways: &[WayIn], people: &[KnownStaff]) -> bool {
    people.iter().any(|person| {
        let said = person.by_hand.iter().find(|(role, _)| *role == StaffRole::Administrator);
        let said = said.map_or(ByHand::Nothing, |(_, said)| *said);
        let is_claimed = person.claimed.contains(&StaffRole::Administrator);
        let is_one = match said {
            ByHand::Given => true,
            ByHand::Taken => false,
            ByHand::Nothing => is_claimed,
        };
        let at_provider = ways
            .iter()
            .any(|way| way.issuer == person.issuer && (said == ByHand::Given || way.gives_administrator));
        is_one && !person.is_disabled && (person.has_local_account || at_provider)
    })
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;

    fn known(issuer: &str) -> KnownStaff {
        KnownStaff {
            issuer: issuer.to_owned(),
            claimed: vec![StaffRole::Administrator],
            by_hand: vec![],
            is_disabled: false,
            has_local_account: false,
        }
    }

    fn way(issuer: &str, gives_administrator: bool) -> WayIn {
        WayIn { issuer: issuer.to_owned(), gives_administrator }
    }

    #[test]
    fn an_administrator_gets_in_where_they_are_known_and_keep_the_role() {
        let alex = known("https://a.example");
        assert!(lets_an_administrator_in(&[way("https://a.example", true)], from_ref(&alex)));
        assert!(
            !lets_an_administrator_in(&[way("https://b.example", true)], from_ref(&alex)),
            "unknown there"
        );
        assert!(!lets_an_administrator_in(&[way("https://a.example", false)], from_ref(&alex)), "no rule");
        let given = KnownStaff { by_hand: vec![(StaffRole::Administrator, ByHand::Given)], ..alex.clone() };
        assert!(lets_an_administrator_in(&[way("https://a.example", false)], &[given]));
        let taken = KnownStaff { by_hand: vec![(StaffRole::Administrator, ByHand::Taken)], ..alex.clone() };
        assert!(!lets_an_administrator_in(&[way("https://a.example", true)], &[taken]));
        let disabled = KnownStaff { is_disabled: true, has_local_account: true, ..alex };
        assert!(!lets_an_administrator_in(&[way("https://a.example", true)], &[disabled]));
    }

    #[test]
    fn an_account_of_the_gateway_itself_counts_without_any_provider() {
        let local = KnownStaff { has_local_account: true, ..known("parvis:local") };
        assert!(lets_an_administrator_in(&[], from_ref(&local)));
        let doctor = KnownStaff { claimed: vec![StaffRole::Doctor], ..local };
        assert!(!lets_an_administrator_in(&[], &[doctor]));
        assert!(!lets_an_administrator_in(&[way("https://a.example", true)], &[]));
    }
}
