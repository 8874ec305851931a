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
use super::{Error, LoginSettings, ProviderFault, ProviderSettings};
use crate::clock::Clock;

/// A provider, found or not.
pub(super) struct Provider {
    pub(super) settings: ProviderSettings,
    pub(super) issuer: IssuerUrl,
    pub(super) credentials: Credentials,
    pub(super) http: Http,
    clock: Clock,
    found: Mutex<Found>,
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
    found_at: DateTime<Utc>,
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
    authorization_endpoint: Url,
    token_endpoint: Url,
    jwks_uri: Url,
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

    pub(super) fn new(settings: ProviderSettings, site: &LoginSettings, clock: Clock) -> Result<Self, Error> {
        let issuer = IssuerUrl::new(settings.issuer.clone())
            .map_err(|_| Error::Settings("the issuer is not an address"))?;
        let credentials = Credentials::new(&settings)?;
        let http = Http::new(&settings, site)?;
        Ok(Self { settings, issuer, credentials, http, clock, found: Mutex::default() })
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
            _ => self.find().await,
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
        let keys = self.keys(&old.addresses.jwks).await?;
        let known = Arc::new(Known {
            addresses: old.addresses.clone(),
            keys,
            names_itself: old.names_itself,
            found_at: old.found_at,
        });
        found.known = Some(Arc::clone(&known));
        tracing::info!(provider = self.settings.key, "identity provider has new keys");
        Ok(Some(known))
    }

    async fn find(&self) -> Result<Known, ProviderFault> {
        let (addresses, names_itself) = self.discover().await?;
        let all = [Some(&addresses.authorization), Some(&addresses.token), Some(&addresses.jwks)];
        let optional = [addresses.userinfo.as_ref(), addresses.end_session.as_ref()];
        let must_be_tls = !self.settings.is_on_this_machine();
        if all.into_iter().chain(optional).flatten().any(|url| !is_safe(url, must_be_tls)) {
            return Err(ProviderFault::UnsafeAddress);
        }
        let keys = self.keys(&addresses.jwks).await?;
        Ok(Known { addresses, keys, names_itself, found_at: self.clock.now() })
    }

    async fn keys(&self, url: &Url) -> Result<CoreJsonWebKeySet, ProviderFault> {
        let keys: CoreJsonWebKeySet = self.http.json(url, "its list of keys", Self::LARGEST).await?;
        if keys.keys().len() > Self::MOST_KEYS {
            return Err(ProviderFault::TooManyKeys(Self::MOST_KEYS));
        }
        Ok(keys)
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
        let metadata: Metadata = self.http.json(url, "its description of itself", Self::LARGEST).await?;
        if metadata.issuer != self.settings.issuer {
            return Err(ProviderFault::OtherIssuer);
        }
        let addresses = Addresses {
            authorization: told.authorization.unwrap_or(metadata.authorization_endpoint),
            token: told.token.unwrap_or(metadata.token_endpoint),
            jwks: told.jwks.unwrap_or(metadata.jwks_uri),
            userinfo: told.userinfo.or(metadata.userinfo_endpoint),
            end_session: told.end_session.or(metadata.end_session_endpoint),
        };
        Ok((addresses, metadata.authorization_response_iss_parameter_supported))
    }
}
