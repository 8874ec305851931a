//! The way to the provider and back (OpenID Connect Core 1.0 section 3.1, RFC 7636, RFC 9207).

use std::sync::Arc;

use chrono::TimeDelta;
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
    SignatureVerificationError, StandardErrorResponse, StandardTokenResponse, SubjectIdentifier,
    TokenResponse, TokenUrl, UserInfoClaims, UserInfoError,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::claims::{self, Claims};
use super::provider::Known;
use super::{
    BadToken, ClientAuthentication, Error, Login, ProviderFault, Refused, SIGN_IN_TIME_SECONDS, digest,
    new_secret,
};
use crate::clinical::{LoginId, Practitioner, PractitionerId};
use crate::secret::{Pii, Secret};
use crate::store::{self, SignInAttempt};

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
}

/// All claims that openidconnect has no field for.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct OtherClaims {
    #[serde(flatten)]
    claims: Claims,
}

impl AdditionalClaims for OtherClaims {}

type Token =
    IdToken<OtherClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type Answer = StandardTokenResponse<
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
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
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
/// How far the provider's clock and ours may be apart.
const LEEWAY: TimeDelta = TimeDelta::seconds(60);
const LONGEST_RETURN: usize = 2048;

impl Login {
    /// Begins a sign-in. `return_to` is where the browser goes afterwards: a path of this site, or else `/`.
    pub async fn begin(&self, return_to: &str) -> Result<Redirect, Error> {
        let known = self.provider.known().await.map_err(Error::ProviderUnreachable)?;
        let client = self.relying_party(&known);
        let [cookie, state, nonce, verifier] = std::array::from_fn(|_| new_secret(&self.clock));
        let csrf_token = CsrfToken::new(state.expose().clone());
        let nonce_sent = Nonce::new(nonce.expose().clone());
        let challenge =
            PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier.expose().clone()));
        let mut request = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || csrf_token, move || nonce_sent)
            .add_scopes(
                self.settings.scopes.iter().filter(|scope| *scope != "openid").cloned().map(Scope::new),
            )
            .set_pkce_challenge(challenge);
        for class in &self.settings.acr_values {
            request = request.add_auth_context_value(AuthenticationContextClass::new(class.clone()));
        }
        let (url, ..) = request.url();
        let (Some(state), Some(browser)) = (digest(state.expose()), digest(cookie.expose())) else {
            return Err(Error::Settings("a secret has the wrong length"));
        };
        let attempt = SignInAttempt {
            state,
            browser,
            provider: self.settings.issuer.clone(),
            nonce,
            pkce_verifier: verifier,
            return_to: local_path(return_to).unwrap_or("/").to_owned(),
            expires_at: self.clock.now() + TimeDelta::seconds(SIGN_IN_TIME_SECONDS.into()),
        };
        self.store.add_sign_in_attempt(&attempt).await?;
        Ok(Redirect { url, cookie })
    }

    /// Finishes a sign-in with what the provider sent and the value of the browser's
    /// [`SIGN_IN_COOKIE`](super::SIGN_IN_COOKIE). Each can be finished once, well or not.
    pub async fn finish(&self, callback: Callback, cookie: Option<&str>) -> Result<SignedIn, Refused> {
        let secrets =
            callback.state.as_ref().and_then(|state| digest(state.expose())).zip(cookie.and_then(digest));
        let Some((state, browser)) = secrets else { return Err(Refused::WrongState) };
        let attempt = self.store.take_sign_in_attempt(state, browser).await?.ok_or(Refused::WrongState)?;
        if attempt.expires_at <= self.clock.now() {
            return Err(Refused::Expired);
        }
        // Settings may have changed since the sign-in began.
        if attempt.provider != self.settings.issuer {
            return Err(Refused::WrongIssuer);
        }
        let known = self.provider.known().await.map_err(Refused::ProviderUnreachable)?;
        match &callback.iss {
            Some(issuer) if *issuer != self.settings.issuer => return Err(Refused::WrongIssuer),
            None if known.names_itself => return Err(Refused::WrongIssuer),
            Some(_) | None => {}
        }
        if let Some(error) = callback.error {
            return Err(Refused::ProviderSaid(error_code(&error)));
        }
        let code = callback.code.ok_or_else(|| Refused::ProviderSaid("no_code".to_owned()))?;
        let answer = self.exchange(&known, code, attempt.pkce_verifier).await?;
        let token = answer.id_token().ok_or(Refused::BadToken(BadToken::Missing))?;
        let nonce = Nonce::new(attempt.nonce.expose().clone());
        let said = self.verify(known.clone(), token, answer.access_token(), &nonce).await?;
        self.admit(&known, token, &answer, said, attempt.return_to).await
    }

    fn relying_party(&self, known: &Known) -> RelyingParty {
        let settings = &self.settings;
        let endpoints = &known.endpoints;
        Client::new(ClientId::new(settings.client_id.clone()), self.issuer.clone(), known.keys.clone())
            .set_client_secret(ClientSecret::new(settings.client_secret.expose().clone()))
            .set_auth_type(match settings.client_authentication {
                ClientAuthentication::Basic => AuthType::BasicAuth,
                ClientAuthentication::Post => AuthType::RequestBody,
            })
            .set_auth_uri(AuthUrl::from_url(endpoints.authorization.clone()))
            .set_token_uri(TokenUrl::from_url(endpoints.token.clone()))
            .set_redirect_uri(RedirectUrl::from_url(settings.callback_url()))
    }

    async fn exchange(
        &self,
        known: &Known,
        code: Secret<String>,
        verifier: Secret<String>,
    ) -> Result<Answer, Refused> {
        let http = |request: HttpRequest| {
            let http = self.provider.http.clone();
            async move { http.call(request).await }
        };
        self.relying_party(known)
            .exchange_code(AuthorizationCode::new(code.expose().clone()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.expose().clone()))
            .request_async(&http)
            .await
            .map_err(|error| match error {
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

    /// The claims of an ID token that is good (OpenID Connect Core 1.0 section 3.1.3.7). With a key that is not known, the
    /// provider's keys are asked for once more.
    async fn verify(
        &self,
        known: Arc<Known>,
        token: &Token,
        access_token: &AccessToken,
        nonce: &Nonce,
    ) -> Result<Claims, Refused> {
        match self.verify_with(&known, token, access_token, nonce) {
            Err(Fault::NoKey) => {
                let renewed = self.provider.renew_keys(&known).await.map_err(Refused::ProviderUnreachable)?;
                let known = renewed.ok_or(Refused::BadToken(BadToken::Signature))?;
                self.verify_with(&known, token, access_token, nonce).map_err(Refused::from)
            }
            outcome => outcome.map_err(Refused::from),
        }
    }

    fn verify_with(
        &self,
        known: &Known,
        token: &Token,
        access_token: &AccessToken,
        nonce: &Nonce,
    ) -> Result<Claims, Fault> {
        let now = self.clock.now();
        let client = self.relying_party(known);
        let wanted = self.settings.acr_values.clone();
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || now - LEEWAY)
            .set_issue_time_verifier_fn(move |issued_at| {
                if issued_at > now + LEEWAY { Err(ISSUED_LATER.to_owned()) } else { Ok(()) }
            })
            .set_auth_context_verifier_fn(move |class| {
                let is_wanted = |class: &AuthenticationContextClass| wanted.contains(class);
                if wanted.is_empty() || class.is_some_and(is_wanted) { Ok(()) } else { Err(String::new()) }
            });
        let claims = token.claims(&verifier, nonce).map_err(Fault::from)?;
        if claims.authorized_party().is_some_and(|party| party.as_str() != self.settings.client_id) {
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
        all_claims(claims).ok_or(Fault::Bad(BadToken::Malformed))
    }

    /// Gives a proven person their roles and a login.
    async fn admit(
        &self,
        known: &Known,
        token: &Token,
        answer: &Answer,
        said: Claims,
        return_to: String,
    ) -> Result<SignedIn, Refused> {
        let settings = &self.settings;
        let word = |claims: &Claims, name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        let subject = word(&said, "sub").ok_or(Refused::BadToken(BadToken::Malformed))?;
        let mut roles = claims::roles(&settings.roles, &said);
        let mut name = claims::name(&settings.name_claim, &said);
        if (roles.is_empty() || name.is_none())
            && let Some(userinfo) = &known.endpoints.userinfo
        {
            let more = self.userinfo(userinfo, answer.access_token(), &subject).await?;
            roles.extend(claims::roles(&settings.roles, &more));
            name = name.or_else(|| claims::name(&settings.name_claim, &more));
        }
        let practitioner = Practitioner {
            id: PractitionerId::new(self.clock.new_uuid()),
            issuer: settings.issuer.clone(),
            name: name.unwrap_or_else(|| Pii::new(subject.clone())),
            subject: Pii::new(subject),
            roles,
        };
        let practitioner = self.store.upsert_practitioner(&practitioner).await?;
        // Whoever has none may be given one by hand, and so stands on the administrators' page.
        if practitioner.roles.is_empty() {
            self.end_all_of(practitioner.id).await?;
            return Err(Refused::NoRole);
        }
        let cookie = new_secret(&self.clock);
        let digest = digest(cookie.expose()).ok_or(Refused::WrongState)?;
        let now = self.clock.now();
        let login = store::Login {
            id: LoginId::new(self.clock.new_uuid()),
            digest,
            practitioner: practitioner.id,
            provider_id_token: Some(Secret::new(token.to_string())),
            provider_sid: word(&said, "sid"),
            created_at: now,
            last_seen_at: now,
            expires_at: now + settings.absolute,
        };
        self.store.add_login(&login).await?;
        Ok(SignedIn { practitioner, cookie, return_to })
    }

    async fn userinfo(&self, url: &Url, token: &AccessToken, subject: &str) -> Result<Claims, Refused> {
        let body =
            self.provider.http.get(url, Some(token.secret())).await.map_err(Refused::ProviderUnreachable)?;
        let subject = SubjectIdentifier::new(subject.to_owned());
        let malformed = || Refused::ProviderUnreachable(ProviderFault::Malformed("its userinfo"));
        let claims =
            UserInfoClaims::<OtherClaims, CoreGenderClaim>::from_json::<ProviderFault>(&body, Some(&subject))
                .map_err(|error| match error {
                    UserInfoError::ClaimsVerification(_) => Refused::BadToken(BadToken::Subject),
                    _ => malformed(),
                })?;
        all_claims(&claims).ok_or_else(malformed)
    }
}

/// Why a token is not good, before the keys are asked for again.
enum Fault {
    NoKey,
    WeakSignIn,
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
            Fault::Bad(bad) => Self::BadToken(bad),
        }
    }
}

/// Everything that was said, those claims with a field of their own and the others.
fn all_claims(claims: &impl Serialize) -> Option<Claims> {
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
