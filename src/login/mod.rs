//! Proves who a member of staff is and keeps them logged in: OpenID Connect Core 1.0, authorization code flow with PKCE.
//!
//! Plain values in and out; the edge puts them into redirects and cookies. The only module that names openidconnect, beside
//! the demo's identity provider. Nobody but the provider decides who somebody is, and only its claims give roles.

mod claims;
mod error;
mod http;
pub mod local;
mod machine;
mod provider;
mod settings;
mod sign_in;

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use openidconnect::core::CoreIdToken;
use openidconnect::{ClientId, EndSessionUrl, IssuerUrl, LogoutRequest, PostLogoutRedirectUrl};
use sha2::{Digest, Sha256};
use url::Url;

pub use self::error::{BadToken, Error, ProviderFault, Refused};
pub use self::settings::{ClientAuthentication, Endpoints, LoginSettings, RoleRule};
pub use self::sign_in::{Callback, Redirect, SignedIn};
use crate::clinical::{Practitioner, PractitionerId};
use crate::clock::Clock;
use crate::secret::Secret;
use crate::store::{self, LoginDigest, Store};

/// The cookie of somebody who is signed in. `Secure; HttpOnly; SameSite=Lax; Path=/`, as its prefix demands.
pub const LOGIN_COOKIE: &str = "__Host-parvis-login";
/// The cookie that binds a sign-in to the browser that began it; for [`SIGN_IN_TIME_SECONDS`].
pub const SIGN_IN_COOKIE: &str = "__Host-parvis-signin";
/// A sign-in must be finished within this time.
pub const SIGN_IN_TIME_SECONDS: u32 = 600;

/// Signs staff in and out. Cheap to clone.
#[derive(Clone)]
pub struct Login {
    settings: Arc<LoginSettings>,
    issuer: IssuerUrl,
    store: Store,
    clock: Clock,
    provider: Arc<provider::Provider>,
}

impl Login {
    /// Does not speak to the provider yet: it is found at the first sign-in, and again after a failure.
    ///
    /// The process must have a default rustls provider.
    pub fn new(settings: LoginSettings, store: Store, clock: Clock) -> Result<Self, Error> {
        settings.check().map_err(Error::Settings)?;
        let issuer = IssuerUrl::new(settings.issuer.clone())
            .map_err(|_| Error::Settings("the issuer is not an address"))?;
        let settings = Arc::new(settings);
        let provider = Arc::new(provider::Provider::new(Arc::clone(&settings), clock.clone())?);
        Ok(Self { settings, issuer, store, clock, provider })
    }

    /// Who holds that [`LOGIN_COOKIE`], if the login is in force and the person still has a role.
    pub async fn authenticate(&self, cookie: &str) -> Result<Option<Practitioner>, store::Error> {
        let Some(digest) = digest(cookie) else { return Ok(None) };
        let Some(login) = self.store.login(digest, self.clock.now(), self.settings.idle).await? else {
            return Ok(None);
        };
        let practitioner = self.store.practitioner(login.practitioner).await?;
        Ok(practitioner.filter(|practitioner| !practitioner.roles.is_empty()))
    }

    /// Ends the login of that cookie. The answer is where the browser goes to sign out at the provider too, if the provider
    /// offers that and can be reached; the login here has ended in any case.
    pub async fn logout(&self, cookie: &str) -> Result<Option<Url>, store::Error> {
        let Some(digest) = digest(cookie) else { return Ok(None) };
        let Some(login) = self.store.end_login(digest).await? else { return Ok(None) };
        // A login of a local account is unknown to the provider, which may be down.
        if login.provider_id_token.is_none() {
            return Ok(None);
        }
        let Ok(known) = self.provider.known().await else { return Ok(None) };
        let Some(end_session) = known.endpoints.end_session.clone() else { return Ok(None) };
        let mut request = LogoutRequest::from(EndSessionUrl::from_url(end_session))
            .set_client_id(ClientId::new(self.settings.client_id.clone()))
            .set_post_logout_redirect_uri(PostLogoutRedirectUrl::from_url(self.settings.signed_out_url()));
        if let Some(token) = &login.provider_id_token
            && let Ok(token) = token.expose().parse::<CoreIdToken>()
        {
            request = request.set_id_token_hint(&token);
        }
        Ok(Some(request.http_get_url()))
    }

    /// Ends every login of a person: for somebody who is removed, or whose roles changed.
    pub async fn end_all_of(&self, practitioner: PractitionerId) -> Result<usize, store::Error> {
        Ok(self.store.end_logins_of(practitioner).await?.len())
    }

    /// Removes what is over: logins and sign-ins past their end. To be called now and then.
    pub async fn purge(&self) -> Result<u64, store::Error> {
        self.store.purge_logins(self.clock.now(), self.settings.idle).await
    }
}

/// 256 bits that nobody can guess, as a cookie or an address can carry them.
fn new_secret(clock: &Clock) -> Secret<String> {
    Secret::new(BASE64_URL_SAFE_NO_PAD.encode(clock.random_bytes::<32>()))
}

/// What is kept of such a secret; `None` for what cannot be one.
fn digest(secret: &str) -> Option<LoginDigest> {
    const LENGTH: usize = 43;
    (secret.len() == LENGTH).then(|| LoginDigest(Sha256::digest(secret).into()))
}
