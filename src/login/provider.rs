//! What is known of the provider: its addresses and keys. Found when first needed, renewed by the hour.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::CoreJsonWebKeySet;
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use super::http::Http;
use super::{Endpoints, Error, LoginSettings, ProviderFault};
use crate::clock::Clock;

/// The provider, found or not.
pub(super) struct Provider {
    settings: Arc<LoginSettings>,
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
    pub(super) endpoints: Endpoints,
    pub(super) keys: CoreJsonWebKeySet,
    /// It names itself in its answers (RFC 9207 section 3).
    pub(super) names_itself: bool,
    found_at: DateTime<Utc>,
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

    pub(super) fn new(settings: Arc<LoginSettings>, clock: Clock) -> Result<Self, Error> {
        let http = Http::new(&settings)?;
        Ok(Self { settings, http, clock, found: Mutex::default() })
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
        let keys = self.http.json(&old.endpoints.jwks, "its list of keys").await?;
        let known = Arc::new(Known {
            endpoints: old.endpoints.clone(),
            keys,
            names_itself: old.names_itself,
            found_at: old.found_at,
        });
        found.known = Some(Arc::clone(&known));
        tracing::info!("identity provider has new keys");
        Ok(Some(known))
    }

    async fn find(&self) -> Result<Known, ProviderFault> {
        let (endpoints, names_itself) = match &self.settings.endpoints {
            Some(endpoints) => (endpoints.clone(), false),
            None => self.discover().await?,
        };
        let keys = self.http.json(&endpoints.jwks, "its list of keys").await?;
        Ok(Known { endpoints, keys, names_itself, found_at: self.clock.now() })
    }

    async fn discover(&self) -> Result<(Endpoints, bool), ProviderFault> {
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
        let metadata: Metadata = self.http.json(url, "its description of itself").await?;
        if metadata.issuer != self.settings.issuer {
            return Err(ProviderFault::OtherIssuer);
        }
        let endpoints = Endpoints {
            authorization: metadata.authorization_endpoint,
            token: metadata.token_endpoint,
            jwks: metadata.jwks_uri,
            userinfo: metadata.userinfo_endpoint,
            end_session: metadata.end_session_endpoint,
        };
        Ok((endpoints, metadata.authorization_response_iss_parameter_supported))
    }
}
