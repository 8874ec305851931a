//! What is known of one provider: its addresses and keys. Found when first needed, renewed by the hour.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::IssuerUrl;
use openidconnect::core::CoreJsonWebKeySet;
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use super::credentials::Credentials;
use super::http::Http;
use super::settings::is_safe;
use super::trial::{Reachable, Reached};
use super::{Error, LoginSettings, ProviderFault, ProviderSettings};
use crate::clock::Clock;
use crate::egress::Rules;

/// A provider, found or not.
pub(super) struct Provider {
    pub(super) settings: ProviderSettings,
    pub(super) issuer: IssuerUrl,
    pub(super) credentials: Credentials,
    pub(super) http: Http,
    clock: Clock,
    found: Mutex<Found>,
    reachable: Reachable,
}

#[derive(Default)]
struct Found {
    known: Option<Arc<Known>>,
    failed_at: Option<DateTime<Utc>>,
    keys_asked_at: Option<DateTime<Utc>>,
}

/// A provider as it last described itself.
pub(super) struct Known {
    pub(super) addresses: Addresses,
    pub(super) keys: CoreJsonWebKeySet,
    /// It names itself in its answers (RFC 9207 section 3).
    pub(super) names_itself: bool,
    pub(super) found_at: DateTime<Utc>,
    /// What its clock said then.
    pub(super) says_it_is: Option<DateTime<Utc>>,
}

/// Where it is asked.
#[derive(Clone)]
pub(super) struct Addresses {
    pub(super) authorization: Url,
    pub(super) token: Url,
    pub(super) jwks: Url,
    pub(super) userinfo: Option<Url>,
    pub(super) end_session: Option<Url>,
}

/// OpenID Connect Discovery 1.0 section 3, RFC 9207, and RP-Initiated Logout 1.0 section 2.1; only what is used.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: Option<Url>,
    token_endpoint: Option<Url>,
    jwks_uri: Option<Url>,
    userinfo_endpoint: Option<Url>,
    end_session_endpoint: Option<Url>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Provider {
    const RENEW_EVERY: TimeDelta = TimeDelta::hours(1);
    /// A provider that failed is not asked again for this long, so that sign-ins do not queue for its timeouts.
    const REST_AFTER_FAILURE: TimeDelta = TimeDelta::seconds(2);
    /// Tokens with unknown keys make us ask for keys at most this often.
    const ASK_KEYS_EVERY: TimeDelta = TimeDelta::minutes(1);
    /// The longest description, and the longest list of keys, in bytes.
    const LARGEST: usize = 256 << 10;
    const MOST_KEYS: usize = 100;
    /// So much of what it calls itself is repeated, in characters.
    const LONGEST_ISSUER: usize = 200;

    /// `egress`: where it may be, beside the hosts that its settings name.
    pub(super) fn new(
        settings: ProviderSettings,
        site: &LoginSettings,
        egress: &Rules,
        clock: Clock,
    ) -> Result<Self, Error> {
        let issuer = IssuerUrl::new(settings.issuer.clone())
            .map_err(|_| Error::Settings("the issuer is not an address"))?;
        let credentials = Credentials::new(&settings)?;
        let http = Http::new(&settings, site, egress)?;
        Ok(Self {
            settings,
            issuer,
            credentials,
            http,
            clock,
            found: Mutex::default(),
            reachable: Reachable::default(),
        })
    }

    /// The provider; asks it who it is if that is not known, or was long ago. What was known holds while it does not answer.
    pub(super) async fn known(&self) -> Result<Arc<Known>, ProviderFault> {
        let mut found = self.found.lock().await;
        let now = self.clock.now();
        if let Some(known) = &found.known
            && now - known.found_at < Self::RENEW_EVERY
        {
            return Ok(Arc::clone(known));
        }
        let outcome = match found.failed_at {
            Some(failed_at) if now - failed_at < Self::REST_AFTER_FAILURE => Err(ProviderFault::JustFailed),
            _ => self.find_and_note().await,
        };
        match outcome {
            Ok(known) => {
                let known = Arc::new(known);
                found.failed_at = None;
                found.known = Some(Arc::clone(&known));
                Ok(known)
            }
            Err(fault) => {
                if !matches!(fault, ProviderFault::JustFailed) {
                    found.failed_at = Some(self.clock.now());
                    tracing::warn!(
                        provider = self.settings.key,
                        error = &fault as &dyn std::error::Error,
                        "identity provider cannot be used"
                    );
                }
                found.known.clone().ok_or(fault)
            }
        }
    }

    /// Asks for the provider's keys again, because `old` lacks one; `None` if that was done a moment ago.
    pub(super) async fn renew_keys(&self, old: &Arc<Known>) -> Result<Option<Arc<Known>>, ProviderFault> {
        let mut found = self.found.lock().await;
        if let Some(known) = &found.known
            && !Arc::ptr_eq(known, old)
        {
            return Ok(Some(Arc::clone(known)));
        }
        let now = self.clock.now();
        if found.keys_asked_at.is_some_and(|asked_at| now - asked_at < Self::ASK_KEYS_EVERY) {
            return Ok(None);
        }
        found.keys_asked_at = Some(now);
        let (keys, _) = self.keys(&old.addresses.jwks).await?;
        let known = Arc::new(Known {
            addresses: old.addresses.clone(),
            keys,
            names_itself: old.names_itself,
            found_at: old.found_at,
            says_it_is: old.says_it_is,
        });
        found.known = Some(Arc::clone(&known));
        tracing::info!(provider = self.settings.key, "identity provider has new keys");
        Ok(Some(known))
    }

    /// Asks it whatever is known of it. What it says is in use from then on.
    pub(super) async fn find_anew(&self) -> Result<Arc<Known>, ProviderFault> {
        let known = Arc::new(self.find_and_note().await?);
        let mut found = self.found.lock().await;
        found.failed_at = None;
        found.known = Some(Arc::clone(&known));
        Ok(known)
    }

    /// What our clock says.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Notes that it was asked just now, and what was wrong.
    pub(super) fn note(&self, fault: Option<&ProviderFault>) {
        self.reachable.note(self.clock.now(), fault);
    }

    pub(super) fn reached(&self) -> Reached {
        self.reachable.told()
    }

    async fn find_and_note(&self) -> Result<Known, ProviderFault> {
        let found = self.find().await;
        self.note(found.as_ref().err());
        found
    }

    async fn find(&self) -> Result<Known, ProviderFault> {
        let (addresses, names_itself) = self.discover().await?;
        let all = [Some(&addresses.authorization), Some(&addresses.token), Some(&addresses.jwks)];
        let optional = [addresses.userinfo.as_ref(), addresses.end_session.as_ref()];
        let must_be_tls = !self.settings.is_on_this_machine();
        if all.into_iter().chain(optional).flatten().any(|url| !is_safe(url, must_be_tls)) {
            return Err(ProviderFault::UnsafeAddress);
        }
        let (keys, says_it_is) = self.keys(&addresses.jwks).await?;
        Ok(Known { addresses, keys, names_itself, found_at: self.clock.now(), says_it_is })
    }

    /// Its keys, and what its clock says.
    async fn keys(&self, url: &Url) -> Result<(CoreJsonWebKeySet, Option<DateTime<Utc>>), ProviderFault> {
        let (keys, date): (CoreJsonWebKeySet, _) =
            self.http.json(url, "its list of keys", Self::LARGEST).await?;
        if keys.keys().len() > Self::MOST_KEYS {
            return Err(ProviderFault::TooManyKeys(Self::MOST_KEYS));
        }
        Ok((keys, date))
    }

    /// Its addresses, those of the settings first, and whether it names itself in its answers.
    async fn discover(&self) -> Result<(Addresses, bool), ProviderFault> {
        let told = self.settings.endpoints.clone();
        if let (Some(authorization), Some(token), Some(jwks)) = (&told.authorization, &told.token, &told.jwks)
        {
            let (authorization, token, jwks) = (authorization.clone(), token.clone(), jwks.clone());
            let (userinfo, end_session) = (told.userinfo, told.end_session);
            return Ok((Addresses { authorization, token, jwks, userinfo, end_session }, false));
        }
        let standard;
        let url = match &self.settings.discovery_url {
            Some(url) => url,
            None => {
                let issuer = self.settings.issuer.trim_end_matches('/');
                standard = Url::parse(&format!("{issuer}/.well-known/openid-configuration"))
                    .map_err(|_| ProviderFault::Malformed("the issuer"))?;
                &standard
            }
        };
        let (metadata, _): (Metadata, _) =
            self.http.json(url, "its description of itself", Self::LARGEST).await?;
        if metadata.issuer != self.settings.issuer {
            let said = metadata.issuer.chars().take(Self::LONGEST_ISSUER).collect();
            return Err(ProviderFault::OtherIssuer(said));
        }
        let addresses = Addresses {
            authorization: needed(
                told.authorization,
                metadata.authorization_endpoint,
                "authorization_endpoint",
            )?,
            token: needed(told.token, metadata.token_endpoint, "token_endpoint")?,
            jwks: needed(told.jwks, metadata.jwks_uri, "jwks_uri")?,
            userinfo: told.userinfo.or(metadata.userinfo_endpoint),
            end_session: told.end_session.or(metadata.end_session_endpoint),
        };
        Ok((addresses, metadata.authorization_response_iss_parameter_supported))
    }
}

/// An address of the settings, or else of the provider's description, where it must be.
fn needed(told: Option<Url>, described: Option<Url>, name: &'static str) -> Result<Url, ProviderFault> {
    told.or(described).ok_or(ProviderFault::Missing(name))
}
