//! The way to the provider and back (OpenID Connect Core 1.0 section 3.1, RFC 7636, RFC 9207).

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim,
    CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessToken, AccessTokenHash, AdditionalClaims, AuthType, AuthUrl, AuthenticationContextClass,
    AuthorizationCode, ClaimsVerificationError, Client, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointNotSet, EndpointSet, HttpRequest, IdToken, IdTokenFields, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    SignatureVerificationError, StandardErrorResponse, StandardTokenResponse, TokenResponse, TokenUrl,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::claims::{self, Claims};
use super::credentials::Credentials;
use super::provider::{Known, Provider};
use super::userinfo::userinfo_of;
use super::{
    Authenticated, BadToken, Error, Login, ProviderFault, Refused, SIGN_IN_TIME_SECONDS, digest, new_secret,
};
use crate::clinical::{LinkId, LoginId, Practitioner, PractitionerId, StaffRole};
use crate::secret::{Pii, Secret};
use crate::store::{self, LoginDigest, SignInAttempt};

/// What a sign-in is to be.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish<'a> {
    /// At which provider, by its name in the settings; the hospital's own when none is named.
    pub provider: Option<&'a str>,
    /// Where the browser goes afterwards: a path of this site, or else `/`.
    pub return_to: &'a str,
    /// Who is signed in and has to prove once more who they are; the provider must ask them, however long it knows them.
    pub fresh_for: Option<&'a Authenticated>,
}

/// Where to send the browser, and the value of its [`SIGN_IN_COOKIE`](super::SIGN_IN_COOKIE).
#[derive(Clone, Debug)]
pub struct Redirect {
    pub url: Url,
    pub cookie: Secret<String>,
}

/// What the provider sends back in the query: a code, or an error.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Callback {
    pub state: Option<Secret<String>>,
    pub code: Option<Secret<String>>,
    pub error: Option<String>,
    pub iss: Option<String>,
}

/// Somebody who is now signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub practitioner: Practitioner,
    /// The value of their [`LOGIN_COOKIE`](super::LOGIN_COOKIE).
    pub cookie: Secret<String>,
    /// Where they were going: a path of this site.
    pub return_to: String,
    /// They have several activities and must choose one before the login is in force.
    pub is_to_choose: bool,
}

/// All claims that openidconnect has no field for.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct OtherClaims {
    #[serde(flatten)]
    claims: Claims,
}

impl AdditionalClaims for OtherClaims {}

type Token =
    IdToken<OtherClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
pub(super) type Answer = StandardTokenResponse<
    IdTokenFields<
        OtherClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;
type RelyingParty = Client<
    OtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Answer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
    EndpointNotSet,
>;

/// Only signatures that the provider alone can make: none with a shared secret, and none at all never.
pub(super) const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];
const LONGEST_RETURN: usize = 2048;

/// What a good ID token says.
struct Said {
    claims: Claims,
    /// When the person proved who they are, if the provider tells.
    proved_at: Option<DateTime<Utc>>,
    class: Option<String>,
}

/// Where a sign-in leads, and what it is for.
pub(super) struct Going {
    pub(super) return_to: String,
    pub(super) fresh_for: Option<PractitionerId>,
    /// The link whose holder proves who they are.
    pub(super) link: Option<LinkId>,
}

/// Whoever came back from a provider, with what it says of them.
pub(super) struct Came {
    pub(super) known: Arc<Known>,
    pub(super) answer: Answer,
    /// Those of the ID token.
    pub(super) claims: Claims,
    proved_at: Option<DateTime<Utc>>,
    pub(super) class: Option<String>,
}

/// What makes a practitioner of a person, from both places where a provider may say it.
struct Described {
    subject: Option<Pii<String>>,
    name: Option<Pii<String>>,
    roles: Vec<StaffRole>,
    activities: Vec<String>,
}

impl Described {
    fn by(provider: &Provider, claims: &Claims) -> Self {
        let settings = &provider.settings;
        Self {
            subject: claims::subject(&settings.subject_claim, claims),
            name: claims::name(&settings.name_claim, claims),
            roles: claims::roles(&settings.roles, claims),
            activities: claims::activities(settings, claims),
        }
    }

    fn is_complete(&self, provider: &Provider) -> bool {
        let has_activities = provider.settings.activities_claim.is_none() || !self.activities.is_empty();
        self.subject.is_some() && self.name.is_some() && !self.roles.is_empty() && has_activities
    }

    /// With what userinfo adds; what the ID token says counts first.
    fn and(mut self, more: Self) -> Self {
        self.roles.extend(more.roles);
        self.roles.sort_unstable();
        self.roles.dedup();
        let activities = if self.activities.is_empty() { more.activities } else { self.activities };
        Self {
            subject: self.subject.or(more.subject),
            name: self.name.or(more.name),
            roles: self.roles,
            activities,
        }
    }
}

impl Login {
    /// Begins a sign-in.
    ///
    /// # Errors
    /// If there is no such provider, it cannot be used now, or the database fails.
    pub async fn begin(&self, wish: Wish<'_>) -> Result<Redirect, Error> {
        let provider = self.providers.offered(wish.provider).await.ok_or(Error::UnknownProvider)?;
        let going = Going {
            return_to: local_path(wish.return_to).unwrap_or("/").to_owned(),
            fresh_for: wish.fresh_for.map(|known| known.practitioner.id),
            link: None,
        };
        self.send(&provider, going).await
    }

    /// Sends a browser to a provider, and keeps what it has to bring back.
    pub(super) async fn send(&self, provider: &Provider, going: Going) -> Result<Redirect, Error> {
        let settings = &provider.settings;
        let known = provider.known().await.map_err(Error::ProviderUnreachable)?;
        let client = self.relying_party(provider, &known);
        let [cookie, state, nonce, verifier] = std::array::from_fn(|_| new_secret(&self.clock));
        let csrf_token = CsrfToken::new(state.expose().clone());
        let nonce_sent = Nonce::new(nonce.expose().clone());
        let challenge =
            PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier.expose().clone()));
        let mut request = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || csrf_token, move || nonce_sent)
            .add_scopes(settings.scopes.iter().filter(|scope| *scope != "openid").cloned().map(Scope::new))
            .set_pkce_challenge(challenge);
        for class in wanted_classes(provider, going.fresh_for.is_some()) {
            request = request.add_auth_context_value(AuthenticationContextClass::new(class.clone()));
        }
        if going.fresh_for.is_some() {
            // With a largest age the provider must say when it asked the person (OpenID Connect Core 1.0 section 3.1.2.1).
            request = request.add_prompt(CoreAuthPrompt::Login).set_max_age(std::time::Duration::ZERO);
        }
        let (url, ..) = request.url();
        let (Some(state), Some(browser)) = (digest(state.expose()), digest(cookie.expose())) else {
            return Err(Error::Settings("a secret has the wrong length"));
        };
        let now = self.clock.now();
        let attempt = SignInAttempt {
            state,
            browser,
            provider: settings.key.clone(),
            nonce,
            pkce_verifier: verifier,
            return_to: going.return_to,
            fresh_for: going.fresh_for,
            link: going.link,
            began_at: now,
            expires_at: now + TimeDelta::seconds(SIGN_IN_TIME_SECONDS.into()),
        };
        self.store.add_sign_in_attempt(&attempt).await?;
        Ok(Redirect { url, cookie })
    }

    /// Finishes a sign-in with what the provider sent to the callback of `way` (a provider's name, none for the hospital's own), the
    /// value of the browser's [`SIGN_IN_COOKIE`](super::SIGN_IN_COOKIE), and that of its
    /// [`LOGIN_COOKIE`](super::LOGIN_COOKIE), if it has one. Each can be finished once, well or not.
    pub async fn finish(
        &self,
        callback: Callback,
        way: Option<&str>,
        cookie: Option<&str>,
        login_cookie: Option<&str>,
    ) -> Result<SignedIn, Refused> {
        let attempt = self.take_attempt(&callback, cookie).await?;
        if attempt.link.is_some() {
            return Err(Refused::WrongState);
        }
        // Settings may have changed since the sign-in began. Whoever was asked answers at its own address, and by its own name.
        let provider = self.providers.offered(Some(&attempt.provider)).await.ok_or(Refused::WrongState)?;
        let provider = provider.as_ref();
        // Only the hospital's own, of the file of settings, has a callback without a name.
        let answered = match way {
            Some(_) => self.providers.offered(way).await,
            None => self.providers.own(),
        };
        let answered = answered.ok_or(Refused::WrongIssuer)?;
        if answered.settings.key != provider.settings.key {
            return Err(Refused::WrongIssuer);
        }
        let came = self.came_back(provider, callback, &attempt).await?;
        self.admit(provider, came, attempt, login_cookie).await
    }

    /// The attempt that a callback belongs to, in the browser with that cookie: it is there once.
    pub(super) async fn take_attempt(
        &self,
        callback: &Callback,
        cookie: Option<&str>,
    ) -> Result<SignInAttempt, Refused> {
        let secrets =
            callback.state.as_ref().and_then(|state| digest(state.expose())).zip(cookie.and_then(digest));
        let Some((state, browser)) = secrets else { return Err(Refused::WrongState) };
        let attempt = self.store.take_sign_in_attempt(state, browser).await?.ok_or(Refused::WrongState)?;
        if attempt.expires_at <= self.clock.now() {
            return Err(Refused::Expired);
        }
        Ok(attempt)
    }

    /// Whoever came back from the provider that was asked, once all that it says is checked.
    pub(super) async fn came_back(
        &self,
        provider: &Provider,
        callback: Callback,
        attempt: &SignInAttempt,
    ) -> Result<Came, Refused> {
        let known = provider.known().await.map_err(Refused::ProviderUnreachable)?;
        match &callback.iss {
            Some(issuer) if *issuer != provider.settings.issuer => return Err(Refused::WrongIssuer),
            None if known.names_itself => return Err(Refused::WrongIssuer),
            Some(_) | None => {}
        }
        if let Some(error) = callback.error {
            return Err(Refused::ProviderSaid(error_code(&error)));
        }
        let code = callback.code.ok_or_else(|| Refused::ProviderSaid("no_code".to_owned()))?;
        let answer = self.exchange(provider, &known, code, attempt).await?;
        let token = answer.id_token().ok_or(Refused::BadToken(BadToken::Missing))?;
        let said = self.verify(provider, known.clone(), token, answer.access_token(), attempt).await?;
        let Said { claims, proved_at, class } = said;
        Ok(Came { known, answer, claims, proved_at, class })
    }

    fn relying_party(&self, provider: &Provider, known: &Known) -> RelyingParty {
        let settings = &provider.settings;
        let client = Client::new(
            ClientId::new(settings.client_id.clone()),
            provider.issuer.clone(),
            known.keys.clone(),
        );
        let client = match &provider.credentials {
            Credentials::Basic(secret) => client
                .set_client_secret(ClientSecret::new(secret.expose().clone()))
                .set_auth_type(AuthType::BasicAuth),
            Credentials::Post(secret) => client
                .set_client_secret(ClientSecret::new(secret.expose().clone()))
                .set_auth_type(AuthType::RequestBody),
            Credentials::Assertion(_) | Credentials::Tls => client.set_auth_type(AuthType::RequestBody),
        };
        client
            .set_auth_uri(AuthUrl::from_url(known.addresses.authorization.clone()))
            .set_token_uri(TokenUrl::from_url(known.addresses.token.clone()))
            .set_redirect_uri(RedirectUrl::from_url(self.settings.callback_url(settings)))
    }

    async fn exchange(
        &self,
        provider: &Provider,
        known: &Known,
        code: Secret<String>,
        attempt: &SignInAttempt,
    ) -> Result<Answer, Refused> {
        const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        let http = |request: HttpRequest| {
            let http = provider.http.clone();
            async move { http.call(request).await }
        };
        let client = self.relying_party(provider, known);
        let mut request = client
            .exchange_code(AuthorizationCode::new(code.expose().clone()))
            .set_pkce_verifier(PkceCodeVerifier::new(attempt.pkce_verifier.expose().clone()));
        if let Credentials::Assertion(key) = &provider.credentials {
            let id = new_secret(&self.clock);
            let assertion = key
                .assert(&provider.settings.client_id, &known.addresses.token, id.expose(), self.clock.now())
                .map_err(Refused::ProviderUnreachable)?;
            request = request
                .add_extra_param("client_assertion_type", ASSERTION)
                .add_extra_param("client_assertion", assertion.expose().clone());
        }
        let answer = request.request_async(&http).await;
        provider.note(match &answer {
            Err(RequestTokenError::Request(fault)) => Some(fault),
            _ => None,
        });
        answer.map_err(|error| match error {
            RequestTokenError::ServerResponse(said) => {
                Refused::ProviderSaid(error_code(said.error().as_ref()))
            }
            RequestTokenError::Request(fault) => Refused::ProviderUnreachable(fault),
            // These two hold the answer itself, which may hold a token.
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                Refused::ProviderUnreachable(ProviderFault::Malformed("its answer with the tokens"))
            }
        })
    }

    /// What an ID token says that is good (OpenID Connect Core 1.0 section 3.1.3.7). With a key that is not known, the
    /// provider's keys are asked for once more.
    async fn verify(
        &self,
        provider: &Provider,
        known: Arc<Known>,
        token: &Token,
        access_token: &AccessToken,
        attempt: &SignInAttempt,
    ) -> Result<Said, Refused> {
        match self.verify_with(provider, &known, token, access_token, attempt) {
            Err(Fault::NoKey) => {
                let renewed = provider.renew_keys(&known).await.map_err(Refused::ProviderUnreachable)?;
                let known = renewed.ok_or(Refused::BadToken(BadToken::Signature))?;
                self.verify_with(provider, &known, token, access_token, attempt).map_err(Refused::from)
            }
            outcome => outcome.map_err(Refused::from),
        }
    }

    fn verify_with(
        &self,
        provider: &Provider,
        known: &Known,
        token: &Token,
        access_token: &AccessToken,
        attempt: &SignInAttempt,
    ) -> Result<Said, Fault> {
        let (now, leeway) = (self.clock.now(), provider.settings.leeway);
        let client = self.relying_party(provider, known);
        let wanted = wanted_classes(provider, attempt.fresh_for.is_some()).to_vec();
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || now - leeway)
            .set_issue_time_verifier_fn(move |issued_at| {
                if issued_at > now + leeway { Err(ISSUED_LATER.to_owned()) } else { Ok(()) }
            })
            .set_auth_context_verifier_fn(move |class| {
                let is_wanted = |class: &AuthenticationContextClass| wanted.contains(class);
                if wanted.is_empty() || class.is_some_and(is_wanted) { Ok(()) } else { Err(String::new()) }
            });
        let nonce = Nonce::new(attempt.nonce.expose().clone());
        let claims = token.claims(&verifier, &nonce).map_err(Fault::from)?;
        if claims.authorized_party().is_some_and(|party| party.as_str() != provider.settings.client_id) {
            return Err(Fault::Bad(BadToken::Audience));
        }
        if let Some(expected) = claims.access_token_hash() {
            let hash =
                token.signing_alg().ok().zip(token.signing_key(&verifier).ok()).and_then(
                    |(algorithm, key)| AccessTokenHash::from_token(access_token, algorithm, key).ok(),
                );
            if hash.as_ref() != Some(expected) {
                return Err(Fault::Bad(BadToken::AccessToken));
            }
        }
        let proved_at = claims.auth_time();
        if attempt.fresh_for.is_some() && proved_at.is_none_or(|at| at < attempt.began_at - leeway) {
            return Err(Fault::NotFresh);
        }
        Ok(Said {
            proved_at: proved_at.map(|at| at.min(now)),
            class: claims.auth_context_ref().map(|class| class.to_string()),
            claims: all_claims(claims).ok_or(Fault::Bad(BadToken::Malformed))?,
        })
    }

    /// Gives a proven person their roles and a login.
    async fn admit(
        &self,
        provider: &Provider,
        came: Came,
        attempt: SignInAttempt,
        login_cookie: Option<&str>,
    ) -> Result<SignedIn, Refused> {
        let Came { known, answer, claims, proved_at, class } = came;
        let settings = &provider.settings;
        let word = |claims: &Claims, name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        let subject_there = word(&claims, "sub").ok_or(Refused::BadToken(BadToken::Malformed))?;
        let mut person = Described::by(provider, &claims);
        if !person.is_complete(provider)
            && let Some(more) = userinfo_of(provider, &known, answer.access_token(), &subject_there).await?
        {
            person = person.and(Described::by(provider, &more));
        }
        let subject = person.subject.ok_or(Refused::BadToken(BadToken::Subject))?;
        let practitioner = Practitioner {
            id: PractitionerId::new(self.clock.new_uuid()),
            issuer: settings.issuer.clone(),
            name: person.name.unwrap_or_else(|| subject.clone()),
            subject,
            roles: person.roles,
        };
        // It may have been switched off while it was waited for. That is asked once more where the login is written.
        self.providers.offered(Some(&settings.key)).await.ok_or(Refused::SwitchedOff)?;
        let practitioner = self.store.upsert_practitioner(&practitioner).await?;
        if attempt.fresh_for.is_some_and(|expected| expected != practitioner.id) {
            return Err(Refused::OtherPerson);
        }
        // Whoever has none may be given one by hand, and so stands on the administrators' page.
        if practitioner.roles.is_empty() {
            self.end_all_of(practitioner.id).await?;
            return Err(Refused::NoRole);
        }
        let cookie = new_secret(&self.clock);
        let digest_of_cookie = digest(cookie.expose()).ok_or(Refused::WrongState)?;
        let now = self.clock.now();
        let mut activities = person.activities;
        let activity = if activities.len() == 1 { activities.pop() } else { None };
        let login = store::Login {
            id: LoginId::new(self.clock.new_uuid()),
            digest: digest_of_cookie,
            practitioner: practitioner.id,
            provider: Some(settings.key.clone()),
            provider_subject: Some(Pii::new(subject_there)),
            proved_at: proved_at.unwrap_or(now),
            proof_class: class,
            activities,
            activity,
            provider_id_token: answer.id_token().map(|token| Secret::new(token.to_string())),
            provider_sid: word(&claims, "sid"),
            created_at: now,
            last_seen_at: now,
            expires_at: now + self.settings.absolute,
        };
        let rests_on = self.providers.rests_on(&settings.key, &settings.issuer);
        let is_renewed = match (attempt.fresh_for, login_cookie.and_then(digest)) {
            (Some(_), Some(before)) => self.store.renew_login(before, &login, rests_on).await?,
            (None, Some(before)) => {
                self.end_that_of_another(before, practitioner.id).await?;
                false
            }
            _ => false,
        };
        if !is_renewed {
            self.store.add_login(&login, rests_on).await?;
        }
        let is_to_choose = !is_renewed && super::is_to_choose(&login);
        Ok(SignedIn { practitioner, cookie, return_to: attempt.return_to, is_to_choose })
    }

    /// A browser in which somebody signs in is no longer somebody else's.
    pub(super) async fn end_that_of_another(
        &self,
        before: LoginDigest,
        who: PractitionerId,
    ) -> Result<(), store::Error> {
        let login = self.store.login(before, self.clock.now(), self.settings.idle).await?;
        if login.is_some_and(|login| login.practitioner != who) {
            let ended = self.store.end_login(before, self.clock.now()).await?;
            self.tell_ended(ended.into_iter().map(|login| login.id).collect());
        }
        Ok(())
    }
}

/// The authentication context classes of which one is needed.
fn wanted_classes(provider: &Provider, is_fresh: bool) -> &[String] {
    let settings = &provider.settings;
    if is_fresh && !settings.fresh_acr_values.is_empty() {
        &settings.fresh_acr_values
    } else {
        &settings.acr_values
    }
}

/// Why a token is not good, before the keys are asked for again.
enum Fault {
    NoKey,
    WeakSignIn,
    NotFresh,
    Bad(BadToken),
}

const ISSUED_LATER: &str = "issued later than now";

impl From<ClaimsVerificationError> for Fault {
    fn from(error: ClaimsVerificationError) -> Self {
        Self::Bad(match error {
            ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => {
                return Self::NoKey;
            }
            ClaimsVerificationError::InvalidAuthContext(_) => return Self::WeakSignIn,
            ClaimsVerificationError::SignatureVerification(_) => BadToken::Signature,
            ClaimsVerificationError::InvalidIssuer(_) => BadToken::Issuer,
            ClaimsVerificationError::InvalidAudience(_) => BadToken::Audience,
            ClaimsVerificationError::InvalidNonce(_) => BadToken::Nonce,
            ClaimsVerificationError::Expired(_) | ClaimsVerificationError::InvalidAuthTime(_) => {
                BadToken::Time
            }
            ClaimsVerificationError::Other(what) if what.contains(ISSUED_LATER) => BadToken::Time,
            _ => BadToken::Malformed,
        })
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NoKey => Self::BadToken(BadToken::Signature),
            Fault::WeakSignIn => Self::WeakSignIn,
            Fault::NotFresh => Self::NotFresh,
            Fault::Bad(bad) => Self::BadToken(bad),
        }
    }
}

/// Everything that was said, those claims with a field of their own and the others.
pub(super) fn all_claims(claims: &impl Serialize) -> Option<Claims> {
    match serde_json::to_value(claims) {
        Ok(Value::Object(claims)) => Some(claims),
        _ => None,
    }
}

/// A provider's error code, if it has the form of one: what is not a code is not repeated.
fn error_code(error: &str) -> String {
    const LONGEST: usize = 64;
    let is_code =
        (1..=LONGEST).contains(&error.len()) && error.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if is_code { error.to_owned() } else { "unknown_error".to_owned() }
}

/// The text, if it is a path of this site in the eyes of every browser: those take `\` for `/` and pass over tabs and new lines.
fn local_path(text: &str) -> Option<&str> {
    let is_plain = text.len() <= LONGEST_RETURN && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    (is_plain && text.starts_with('/') && !text.starts_with("//")).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_paths_of_this_site_are_returned_to() {
        for good in ["/", "/agenda?day=2026-03-01#now", "/a//b", "/%5Cevil.example", "/@evil.example", "/."] {
            assert_eq!(local_path(good), Some(good));
        }
        let long = format!("/{}", "a".repeat(LONGEST_RETURN));
        for bad in [
            "",
            "agenda",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/a\r\nset-cookie: x",
            " /a",
            "/é",
            &long,
        ] {
            assert_eq!(local_path(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_returned_to_stays_on_this_site(text in "[/\\\\.@:a-z\\t\\n?#%]{0,12}") {
            if let Some(path) = local_path(&text) {
                let base = Url::parse("https://hospital.example/login/callback").unwrap();
                let joined = base.join(path).unwrap();
                prop_assert_eq!(joined.origin(), base.origin());
            }
        }
    }

    #[test]
    fn only_codes_are_repeated() {
        assert_eq!(error_code("access_denied"), "access_denied");
        for odd in ["", "Access denied", "<script>", "a\nb", &"a".repeat(65)] {
            assert_eq!(error_code(odd), "unknown_error");
        }
    }
}
