//! When somebody who is signed in has to prove once more who they are: the gateway's login lasts a day's work, and a screen that was
//! left alone must not be enough to change what holds for the whole hospital.

use chrono::{DateTime, TimeDelta, Utc};

use super::Verb;

/// When somebody last proved who they are, and by which means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// When they did so at their provider (`auth_time`, OpenID Connect Core 1.0 section 2); when they signed in here, where it
    /// does not say.
    pub at: DateTime<Utc>,
    /// The authentication context class (`acr`, the same section), if the provider names one.
    pub class: Option<String>,
}

/// What a proof must be for what is privileged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreshRule {
    /// It is no older than this.
    pub within: TimeDelta,
    /// It was made by one of these means; any will do while there are none.
    pub classes: Vec<String>,
}

impl FreshRule {
    /// For `within`, unless told.
    pub const DEFAULT_WITHIN: TimeDelta = TimeDelta::minutes(15);
}

impl Verb {
    /// Changes what holds for everybody and is an administrator's alone; what a day at the desk is made of is not.
    pub const fn is_privileged(self) -> bool {
        matches!(
            self,
            Self::KeepDoors
                | Self::WriteTemplates
                | Self::ChangeRetention
                | Self::KeepLocalAccounts
                | Self::Administer
        )
    }
}

/// Whether whoever gave this proof has to give another before they do this.
pub fn needs_fresh(verb: Verb, proof: &Proof, rule: &FreshRule, now: DateTime<Utc>) -> bool {
    let is_old = now - proof.at > rule.within;
    let is_weak =
        !rule.classes.is_empty() && !proof.class.as_ref().is_some_and(|class| rule.classes.contains(class));
    verb.is_privileged() && (is_old || is_weak)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(minutes_ago: i64, class: Option<&str>) -> (Proof, DateTime<Utc>) {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        (Proof { at: now - TimeDelta::minutes(minutes_ago), class: class.map(str::to_owned) }, now)
    }

    #[test]
    fn only_what_is_privileged_asks_for_a_fresh_proof() {
        let rule = FreshRule { within: FreshRule::DEFAULT_WITHIN, classes: vec!["eidas1".to_owned()] };
        let (old, now) = proof(600, None);
        for verb in Verb::ALL {
            assert_eq!(needs_fresh(verb, &old, &rule, now), verb.is_privileged(), "{verb:?}");
        }
        assert!(Verb::ALL.into_iter().any(Verb::is_privileged));
        assert!(!Verb::Attend.is_privileged(), "a call never asks");
    }

    #[test]
    fn a_proof_gets_old_and_may_be_too_weak() {
        let any = FreshRule { within: TimeDelta::minutes(15), classes: vec![] };
        let strong = FreshRule { classes: vec!["eidas1".to_owned(), "eidas2".to_owned()], ..any.clone() };
        for (minutes, class, for_any, for_strong) in [
            (0, None, false, true),
            (15, Some("eidas2"), false, false),
            (15, Some("pwd"), false, true),
            (16, Some("eidas1"), true, true),
            // A provider whose clock is ahead.
            (-1, Some("eidas1"), false, false),
        ] {
            let (proof, now) = proof(minutes, class);
            let asks = |rule| needs_fresh(Verb::ChangeRetention, &proof, rule, now);
            assert_eq!((asks(&any), asks(&strong)), (for_any, for_strong), "{minutes} {class:?}");
        }
    }
}
