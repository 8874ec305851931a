//! Tries a provider out: asks it for what it says of itself and for its keys, now, and tells what was found. And what is known of when it
//! was reached last.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::provider::{Known, Provider};
use super::providers::settings_of;
use super::{Login, ProviderFault};
use crate::egress::{NoAnswer, Refused};
use crate::store::StoredProvider;

/// Somebody waits for it.
const PATIENCE: Duration = Duration::from_secs(8);

/// What a provider said of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// How many keys it has for its signatures.
    pub keys: usize,
    /// Where the browser is sent.
    pub authorization_host: String,
    pub has_userinfo: bool,
    /// It offers to sign people out.
    pub has_sign_out: bool,
    /// How far its clock is ahead of ours, in seconds, if it tells; negative: behind.
    pub clock_ahead_s: Option<i64>,
    /// So far that what it signs is refused.
    pub is_clock_wrong: bool,
}

/// What was wrong with a provider that was tried, for whoever set it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialFault {
    pub kind: TrialFaultKind,
    /// The host, the address, the status, the name: whatever it is about.
    pub about: String,
}

/// See [`TrialFault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrialFaultKind {
    NoAddress,
    NoConnection,
    Slow,
    Untrusted,
    Status,
    Unreadable,
    OtherIssuer,
    MissingEndpoint,
    UnsafeAddress,
    HostNotNamed,
    AddressForbidden,
}

impl From<&ProviderFault> for TrialFault {
    fn from(fault: &ProviderFault) -> Self {
        use TrialFaultKind as Kind;
        let of = |kind, about: &str| Self { kind, about: about.to_owned() };
        match fault {
            ProviderFault::NoAnswer(error) => no_answer(error),
            ProviderFault::NotAllowed(refused) => not_asked(refused),
            ProviderFault::Status(status) => of(Kind::Status, &status.to_string()),
            ProviderFault::TooLong(_) | ProviderFault::TooManyKeys(_) => of(Kind::Unreadable, ""),
            ProviderFault::Malformed(what) => of(Kind::Unreadable, what),
            ProviderFault::UnsafeAddress => of(Kind::UnsafeAddress, ""),
            ProviderFault::OtherIssuer(said) => of(Kind::OtherIssuer, said),
            ProviderFault::Missing(endpoint) => of(Kind::MissingEndpoint, endpoint),
            ProviderFault::Slow => of(Kind::Slow, ""),
            ProviderFault::JustFailed | ProviderFault::Unsigned => of(Kind::NoConnection, ""),
        }
    }
}

fn not_asked(refused: &Refused) -> TrialFault {
    let (kind, about) = match refused {
        Refused::NotNamed(host) => (TrialFaultKind::HostNotNamed, host.clone()),
        Refused::Address { address, .. } => (TrialFaultKind::AddressForbidden, address.to_string()),
        Refused::Scheme => (TrialFaultKind::UnsafeAddress, String::new()),
        Refused::Unknown(host) => (TrialFaultKind::NoAddress, host.clone()),
    };
    TrialFault { kind, about }
}

/// Why there is no answer, as far as the causes tell.
fn no_answer(error: &reqwest::Error) -> TrialFault {
    let kind = match NoAnswer::of(error) {
        NoAnswer::Refused(refused) => return not_asked(&refused),
        NoAnswer::NoAddress => TrialFaultKind::NoAddress,
        NoAnswer::Untrusted => TrialFaultKind::Untrusted,
        NoAnswer::Slow => TrialFaultKind::Slow,
        NoAnswer::NoConnection => TrialFaultKind::NoConnection,
    };
    TrialFault { kind, about: String::new() }
}

/// When a provider was asked, since this program runs with these settings of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    pub at: Option<DateTime<Utc>>,
    /// It answers no more since then.
    pub failing_since: Option<DateTime<Utc>>,
    /// The code of what was wrong last.
    pub reason: Option<&'static str>,
}

/// The last word on whether it answers.
#[derive(Default)]
pub(super) struct Reachable(Mutex<Reached>);

impl Reachable {
    pub(super) fn note(&self, now: DateTime<Utc>, fault: Option<&ProviderFault>) {
        let mut reached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match fault {
            None => *reached = Reached { at: Some(now), failing_since: None, reason: None },
            Some(fault) => {
                reached.failing_since.get_or_insert(now);
                reached.reason = Some(fault.reason());
            }
        }
    }

    pub(super) fn told(&self) -> Reached {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Provider {
    /// Asks it anew, whatever is known of it; what it says is in use from then on.
    async fn try_out(&self) -> Result<Tried, ProviderFault> {
        let asked = tokio::time::timeout(PATIENCE, self.find_anew()).await;
        let known = match asked {
            Ok(found) => found?,
            Err(_) => {
                self.note(Some(&ProviderFault::Slow));
                return Err(ProviderFault::Slow);
            }
        };
        Ok(self.tried(&known))
    }

    fn tried(&self, known: &Known) -> Tried {
        let ahead = known.says_it_is.map(|there| there - known.found_at);
        let apart = ahead.map(|ahead| ahead.abs());
        Tried {
            keys: known.keys.keys().len(),
            authorization_host: known.addresses.authorization.host_str().unwrap_or_default().to_owned(),
            has_userinfo: known.addresses.userinfo.is_some(),
            has_sign_out: known.addresses.end_session.is_some(),
            clock_ahead_s: ahead.map(|ahead| ahead.num_seconds()),
            // What it says is cut to the second.
            is_clock_wrong: apart.is_some_and(|apart| apart > self.settings.leeway + TimeDelta::seconds(1)),
        }
    }
}

impl Login {
    /// Tries a provider that is set; `None`: there is none of that name.
    pub async fn try_provider(&self, key: &str) -> Option<Result<Tried, ProviderFault>> {
        let entry = self.providers.named(Some(key)).await?;
        Some(entry.provider.try_out().await)
    }

    /// Tries one that is not set yet. Its secret is not needed.
    ///
    /// # Errors
    /// If it cannot be asked at all.
    pub async fn try_draft(
        &self,
        draft: &StoredProvider,
    ) -> Result<Result<Tried, ProviderFault>, super::Error> {
        let settings = settings_of(draft);
        settings.check_addresses().map_err(super::Error::Provider)?;
        Ok(self.providers.make(settings)?.try_out().await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_fails_since_the_first_time_and_until_it_is_reached() {
        let reachable = Reachable::default();
        let at = |minute| DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
        assert_eq!(reachable.told(), Reached::default());
        reachable.note(at(1), None);
        reachable.note(at(2), Some(&ProviderFault::Slow));
        reachable.note(at(3), Some(&ProviderFault::Status(500)));
        let failing =
            Reached { at: Some(at(1)), failing_since: Some(at(2)), reason: Some("provider_status") };
        assert_eq!(reachable.told(), failing);
        reachable.note(at(4), None);
        assert_eq!(reachable.told(), Reached { at: Some(at(4)), ..Reached::default() });
    }
}
