//! Sign-out: from here to the provider (RP-Initiated Logout 1.0), and from the provider to here, by a token that it sends
//! (Back-Channel Logout 1.0) or by a page that it shows (Front-Channel Logout 1.0).

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::CoreIdToken;
use openidconnect::{ClientId, EndSessionUrl, LogoutRequest, PostLogoutRedirectUrl};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use url::Url;

use super::jws::{Audience, Jws};
use super::provider::Known;
use super::{BadLogout, LOCAL_PROVIDER, Login, NotSignedOut, ProviderSettings, digest};
use crate::secret::{Pii, Secret};
use crate::store::{self, LoginDigest, SignedOutThere};

/// What a provider's page asks for (Front-Channel Logout 1.0 section 2): which of its sign-ins has ended.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct FrontChannel {
    pub iss: Option<String>,
    pub sid: Option<String>,
}

/// The claims of a logout token (Back-Channel Logout 1.0 section 2.4).
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    iat: i64,
    exp: i64,
    jti: String,
    events: Map<String, Value>,
    sub: Option<String>,
    sid: Option<String>,
    nonce: Option<Value>,
}

/// A logout token, taken apart and not believed yet.
type Parts<'a> = Jws<'a, Claims>;

impl Login {
    /// Ends the login of that cookie. The answer is where the browser goes to sign out at the provider too, if the provider
    /// offers that and can be reached; the login here has ended in any case.
    pub async fn logout(&self, cookie: &str) -> Result<Option<Url>, store::Error> {
        let Some(digest) = digest(cookie) else { return Ok(None) };
        let Some(login) = self.store.end_login(digest, self.clock.now()).await? else { return Ok(None) };
        self.tell_ended(vec![login.id]);
        // A login of an account of the gateway itself is unknown to providers, which may be down.
        let Some(entry) = self.providers.named(login.provider.as_deref()).await else { return Ok(None) };
        let provider = entry.provider;
        let Ok(known) = provider.known().await else { return Ok(None) };
        let Some(end_session) = known.addresses.end_session.clone() else { return Ok(None) };
        let mut request = LogoutRequest::from(EndSessionUrl::from_url(end_session))
            .set_client_id(ClientId::new(provider.settings.client_id.clone()))
            .set_post_logout_redirect_uri(PostLogoutRedirectUrl::from_url(self.settings.signed_out_url()));
        if let Some(token) = &login.provider_id_token
            && let Ok(token) = token.expose().parse::<CoreIdToken>()
        {
            request = request.set_id_token_hint(&token);
        }
        Ok(Some(request.http_get_url()))
    }

    /// Takes a logout token: the logins that it speaks of end; tells how many there were.
    ///
    /// # Errors
    /// If the token is not good, was taken before, or cannot be checked now.
    pub async fn back_channel(&self, token: &Secret<String>) -> Result<usize, NotSignedOut> {
        let parts = parts_of(token.expose())?;
        // Which keys to check it with is all that is believed of it before.
        let mut all = self.providers.all().await.into_iter().map(|entry| entry.provider);
        let provider = all.find(|provider| provider.settings.issuer == parts.claims.iss);
        let provider = provider.ok_or(BadLogout::Issuer)?;
        let known = provider.known().await.map_err(NotSignedOut::ProviderUnreachable)?;
        let is_signed_by = |known: &Known| parts.is_signed_by(known).map_err(|_| BadLogout::Signature);
        if !is_signed_by(&known)? {
            let renewed = provider.renew_keys(&known).await.map_err(NotSignedOut::ProviderUnreachable)?;
            let renewed: Arc<Known> = renewed.ok_or(BadLogout::Signature)?;
            if !is_signed_by(&renewed)? {
                return Err(BadLogout::Signature.into());
            }
        }
        let now = self.clock.now();
        let void_at = parts.check(&provider.settings, now)?;
        let claims = parts.claims;
        let digest = LoginDigest(Sha256::digest(&claims.jti).into());
        if provider.settings.is_for_patients {
            let ended = self.end_patients_there(&provider, claims.sid, claims.sub, digest, void_at).await?;
            let ended = ended.ok_or(BadLogout::Replayed)?;
            tracing::info!(
                provider = provider.settings.key,
                logins = ended,
                "a provider signed a patient out"
            );
            return Ok(usize::try_from(ended).unwrap_or(usize::MAX));
        }
        let whom = SignedOutThere {
            provider: provider.settings.key.clone(),
            sid: claims.sid,
            subject: claims.sub.map(Pii::new),
        };
        let ended = self.store.end_logins_by_token(&whom, digest, void_at, now).await?;
        let ended = self.tell_ended(ended.ok_or(BadLogout::Replayed)?);
        tracing::info!(provider = provider.settings.key, logins = ended, "a provider signed somebody out");
        Ok(ended)
    }

    /// Does what a provider's page asks for: the login of that name ends. Where the provider has no name for the login of this browser
    /// (LemonLDAP::NG 2.16 names the person, whom anybody may know), that ends if the browser shows its cookie. Tells how many
    /// ended.
    pub async fn front_channel(
        &self,
        asked: FrontChannel,
        cookie: Option<&str>,
    ) -> Result<usize, store::Error> {
        // Of staff alone: a patient's provider ends what is its by a token.
        let mut all = self.providers.all().await;
        all.retain(|entry| !entry.is_for_patients());
        let key_of = |issuer: &String| {
            let entry = all.iter().find(|entry| entry.provider.settings.issuer == *issuer);
            entry.map(|entry| entry.provider.settings.key.clone())
        };
        let provider = asked.iss.as_ref().and_then(key_of);
        if asked.iss.is_some() && provider.is_none() {
            return Ok(0);
        }
        let mut ended = Vec::new();
        if let (Some(provider), Some(sid)) = (&provider, asked.sid) {
            let whom = SignedOutThere { provider: provider.clone(), sid: Some(sid), subject: None };
            ended = self.store.end_logins_there(&whom, self.clock.now()).await?;
        }
        if ended.is_empty()
            && let Some(login) = self.in_force(cookie.unwrap_or_default()).await?
            && login.provider_sid.is_none()
            && login.provider.as_deref() != Some(LOCAL_PROVIDER)
            && provider.is_none_or(|provider| login.provider == Some(provider))
        {
            ended.extend(self.store.end_login(login.digest, self.clock.now()).await?.map(|login| login.id));
        }
        Ok(self.tell_ended(ended))
    }

    /// The pages that may show ours for sign-out: those of the providers.
    pub async fn provider_origins(&self) -> Vec<String> {
        let all = self.providers.all().await;
        let staff = all.iter().filter(|entry| !entry.is_for_patients());
        staff.map(|entry| entry.provider.issuer.url().origin().ascii_serialization()).collect()
    }
}

/// The longest token that is looked at, in bytes.
const LONGEST: usize = 16 << 10;
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Takes a token apart that says of itself that it may be one.
fn parts_of(token: &str) -> Result<Parts<'_>, BadLogout> {
    let parts = Parts::of(token, LONGEST).ok_or(BadLogout::Malformed)?;
    // Some providers name no type, some a plain one: the event tells a logout token apart from others, and a nonce an ID token.
    let is_logout = parts.header.typ.as_deref().is_none_or(|typ| {
        ["logout+jwt", "application/logout+jwt", "JWT"].iter().any(|known| typ.eq_ignore_ascii_case(known))
    });
    if !is_logout || parts.header.crit.is_some() {
        return Err(BadLogout::Kind);
    }
    Ok(parts)
}

impl Parts<'_> {
    /// What Back-Channel Logout 1.0 section 2.6 asks of the claims. The answer is when the token is void by itself.
    fn check(&self, settings: &ProviderSettings, now: DateTime<Utc>) -> Result<DateTime<Utc>, BadLogout> {
        const LONGEST_ID: usize = 512;
        let claims = &self.claims;
        if !claims.aud.has(&settings.client_id) {
            return Err(BadLogout::Audience);
        }
        let time = |seconds| DateTime::from_timestamp(seconds, 0).ok_or(BadLogout::Time);
        let (issued_at, void_at) = (time(claims.iat)?, time(claims.exp)?);
        let void_at = void_at.checked_add_signed(settings.leeway).ok_or(BadLogout::Time)?;
        let is_lasting = void_at - now > TimeDelta::days(1);
        if issued_at > now + settings.leeway || void_at <= now || is_lasting {
            return Err(BadLogout::Time);
        }
        if !claims.events.get(EVENT).is_some_and(Value::is_object) {
            return Err(BadLogout::Event);
        }
        if claims.nonce.is_some() {
            return Err(BadLogout::Nonce);
        }
        let is_word = |word: &Option<String>| word.as_ref().is_some_and(|word| !word.is_empty());
        if !is_word(&claims.sub) && !is_word(&claims.sid) {
            return Err(BadLogout::Nobody);
        }
        if claims.jti.is_empty() || claims.jti.len() > LONGEST_ID {
            return Err(BadLogout::Malformed);
        }
        Ok(void_at)
    }
}
