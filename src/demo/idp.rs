//! The demo's own identity provider: whoever sits at the machine chooses who to be. On loopback only.
//!
//! The authorization code flow of OpenID Connect Core 1.0 with PKCE (RFC 7636), discovery, userinfo and sign-out, so that the
//! demo signs in by the same code as a hospital. Keys, codes and tokens are gone when the program ends.

mod page;
mod people;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{
    CoreClaimName, CoreClientAuthMethod, CoreEdDsaPrivateSigningKey, CoreGenderClaim, CoreGrantType,
    CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata,
    CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::{
    AccessToken, AdditionalClaims, Audience, AuthUrl, EmptyAdditionalProviderMetadata, EndUserName, IdToken,
    IdTokenClaims, IssuerUrl, JsonWebKeyId, JsonWebKeySetUrl, LocalizedClaim, Nonce, PrivateSigningKey,
    ResponseTypes, Scope, StandardClaims, SubjectIdentifier, TokenUrl, UserInfoUrl,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use thiserror::Error;
use url::Url;

pub use self::people::DemoPerson;
use self::people::PEOPLE;
use crate::clinical::FreshRule;
use crate::clock::Clock;
use crate::login::{ClientAuthentication, LoginSettings, ProviderSettings, RoleRule};
use crate::secret::Secret;

/// The address is not of this machine alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the demo signs anybody in as anybody, so it listens on a loopback address only, not on {0}")]
pub struct NotLoopback(SocketAddr);

/// The provider. Cheap to clone.
#[derive(Clone)]
pub struct DemoIdp(Arc<Inner>);

struct Inner {
    issuer: Url,
    redirect_uri: Url,
    client_secret: Secret<String>,
    key: CoreEdDsaPrivateSigningKey,
    clock: Clock,
    granted: Mutex<Granted>,
}

/// What has been given out and can still be used.
#[derive(Default)]
struct Granted {
    codes: HashMap<String, Code>,
    tokens: HashMap<String, (&'static DemoPerson, DateTime<Utc>)>,
}

struct Code {
    person: &'static DemoPerson,
    nonce: Option<String>,
    challenge: String,
    expires_at: DateTime<Utc>,
}

/// An authentication request (OpenID Connect Core 1.0 section 3.1.2.1).
#[derive(Clone, Default, Deserialize)]
struct Request {
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    redirect_uri: String,
    #[serde(default)]
    response_type: String,
    #[serde(default)]
    scope: String,
    state: Option<String>,
    nonce: Option<String>,
    #[serde(default)]
    code_challenge: String,
    #[serde(default)]
    code_challenge_method: String,
}

#[derive(Deserialize)]
struct Choice {
    person: String,
    #[serde(flatten)]
    request: Request,
}

#[derive(Deserialize)]
struct TokenRequest {
    grant_type: String,
    code: Option<String>,
    redirect_uri: Option<String>,
    code_verifier: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

#[derive(Deserialize)]
struct SignOut {
    post_logout_redirect_uri: Option<Url>,
    state: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Groups {
    groups: Vec<String>,
    sid: String,
}

impl AdditionalClaims for Groups {}

impl DemoIdp {
    /// The identifier of its one client.
    pub const CLIENT_ID: &str = "parvis-demo";
    /// Whom the page offers to be.
    pub const PEOPLE: &[DemoPerson] = PEOPLE;
    const CODE_TIME: TimeDelta = TimeDelta::seconds(60);
    const TOKEN_TIME: TimeDelta = TimeDelta::minutes(5);
    /// More codes or tokens than that are not in use at one time in a demo; those that end first make way.
    const MOST: usize = 1000;
    const LONGEST_PARAMETER: usize = 2048;

    /// Makes the provider for the one client that will come back to `redirect_uri`. `issuer` is where its routes are mounted.
    pub fn new(
        issuer: Url,
        redirect_uri: Url,
        clock: Clock,
        listen: SocketAddr,
    ) -> Result<Self, NotLoopback> {
        if !listen.ip().is_loopback() {
            return Err(NotLoopback(listen));
        }
        let client_secret = Secret::new(random(&clock));
        let granted = Mutex::default();
        let key = signing_key(&clock);
        Ok(Self(Arc::new(Inner { issuer, redirect_uri, client_secret, key, clock, granted })))
    }

    /// How this program signs in with it.
    pub fn login_settings(&self, public_url: Url) -> LoginSettings {
        let rule = |person: &DemoPerson| {
            person.groups.first().zip(person.role).map(|(group, role)| RoleRule {
                claim: "groups".to_owned(),
                value: (*group).to_owned(),
                role,
            })
        };
        let secret = ClientAuthentication::Basic(self.0.client_secret.clone());
        let rules = Self::PEOPLE.iter().filter_map(rule).collect();
        LoginSettings {
            providers: vec![ProviderSettings::new("demo", self.issuer(), Self::CLIENT_ID, secret, rules)],
            public_url,
            proxy: None,
            egress: Default::default(),
            idle: LoginSettings::DEFAULT_IDLE,
            absolute: LoginSettings::DEFAULT_ABSOLUTE,
            fresh_within: FreshRule::DEFAULT_WITHIN,
        }
    }

    /// Its routes, to be mounted where the issuer's path is.
    pub fn router(&self) -> Router {
        let form_action = self.0.redirect_uri.origin().ascii_serialization();
        let policy = format!(
            "default-src 'none'; style-src 'self'; form-action 'self' {form_action}; base-uri 'none'; \
             frame-ancestors 'none'"
        );
        let guard = move |mut response: Response| {
            let policy = header::HeaderValue::from_str(&policy);
            async move {
                let headers = response.headers_mut();
                if let Ok(policy) = policy {
                    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
                }
                headers.insert(header::REFERRER_POLICY, header::HeaderValue::from_static("no-referrer"));
                headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
                headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
                response
            }
        };
        Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/jwks", get(keys))
            .route("/authorize", get(ask).post(choose))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo).post(userinfo))
            .route("/sign-out", get(sign_out))
            .route("/style.css", get(style))
            .layer(middleware::map_response(guard))
            .with_state(self.clone())
    }

    fn issuer(&self) -> &str {
        self.0.issuer.as_str().trim_end_matches('/')
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.0.issuer.clone();
        url.set_path(&format!("{}/{path}", url.path().trim_end_matches('/')));
        url
    }

    /// Refuses a request that may not be answered by a redirect, or says by which error code it is.
    fn check(&self, request: &Request) -> Result<Option<&'static str>, &'static str> {
        let optional = [&request.state, &request.nonce].map(|value| value.as_ref().map_or(0, String::len));
        if optional.into_iter().any(|length| length > Self::LONGEST_PARAMETER) {
            return Err("a parameter is too long");
        }
        if request.client_id != Self::CLIENT_ID {
            return Err("client_id is not the demo's");
        }
        if request.redirect_uri != self.0.redirect_uri.as_str() {
            return Err("redirect_uri is not the demo's");
        }
        Ok(if request.response_type != "code" {
            Some("unsupported_response_type")
        } else if !request.scope.split(' ').any(|scope| scope == "openid") {
            Some("invalid_scope")
        } else if request.code_challenge_method != "S256" || request.code_challenge.len() != 43 {
            Some("invalid_request")
        } else {
            None
        })
    }

    /// Sends the browser back (RFC 6749 section 4.1.2, RFC 9207).
    fn answer(&self, request: &Request, name: &str, value: &str) -> Response {
        let mut url = self.0.redirect_uri.clone();
        url.query_pairs_mut().append_pair(name, value).append_pair("iss", self.issuer());
        if let Some(state) = &request.state {
            url.query_pairs_mut().append_pair("state", state);
        }
        (StatusCode::SEE_OTHER, [(header::LOCATION, url.to_string())]).into_response()
    }

    fn grant_code(&self, person: &'static DemoPerson, request: &Request) -> String {
        let now = self.0.clock.now();
        let code = random(&self.0.clock);
        let grant = Code {
            person,
            nonce: request.nonce.clone(),
            challenge: request.code_challenge.clone(),
            expires_at: now + Self::CODE_TIME,
        };
        let mut granted = self.granted();
        granted.codes.retain(|_, code| code.expires_at > now);
        if granted.codes.len() < Self::MOST {
            granted.codes.insert(code.clone(), grant);
        }
        code
    }

    fn granted(&self) -> std::sync::MutexGuard<'_, Granted> {
        self.0.granted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// RFC 6749 section 2.3.1: by the `Authorization` header or in the body.
    fn is_client(&self, headers: &HeaderMap, request: &TokenRequest) -> bool {
        let basic = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.strip_prefix("Basic "))
            .and_then(|value| String::from_utf8(BASE64_STANDARD.decode(value).ok()?).ok())
            .and_then(|pair| pair.split_once(':').map(|(id, secret)| (id.to_owned(), secret.to_owned())));
        let (id, secret) = match basic {
            Some(pair) => pair,
            None => (
                request.client_id.clone().unwrap_or_default(),
                request.client_secret.clone().unwrap_or_default(),
            ),
        };
        let expected = self.0.client_secret.expose().as_bytes();
        id == Self::CLIENT_ID && bool::from(secret.as_bytes().ct_eq(expected))
    }

    /// Takes a code, once, if the request is the one that it was given for.
    fn take_code(&self, request: &TokenRequest) -> Option<Code> {
        let code = self.granted().codes.remove(request.code.as_deref()?)?;
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(request.code_verifier.as_deref()?));
        let is_its_own = code.expires_at > self.0.clock.now()
            && challenge == code.challenge
            && request.redirect_uri.as_deref() == Some(self.0.redirect_uri.as_str());
        is_its_own.then_some(code)
    }

    fn id_token(&self, code: &Code, access_token: &AccessToken) -> Option<String> {
        let now = self.0.clock.now();
        let groups = Groups {
            groups: code.person.groups.iter().map(|group| (*group).to_owned()).collect(),
            sid: random(&self.0.clock),
        };
        let claims = IdTokenClaims::<Groups, CoreGenderClaim>::new(
            IssuerUrl::new(self.issuer().to_owned()).ok()?,
            vec![Audience::new(Self::CLIENT_ID.to_owned())],
            now + Self::TOKEN_TIME,
            now,
            standard_claims(code.person),
            groups,
        )
        .set_auth_time(Some(now))
        .set_nonce(code.nonce.clone().map(Nonce::new));
        let token = IdToken::<_, _, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>::new(
            claims,
            &self.0.key,
            CoreJwsSigningAlgorithm::EdDsa,
            Some(access_token),
            None,
        );
        Some(token.ok()?.to_string())
    }
}

fn random(clock: &Clock) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(clock.random_bytes::<32>())
}

/// A new Ed25519 key, in the form that the library reads: PKCS #8 (RFC 8410 section 7), of which only the seed is not fixed.
fn signing_key(clock: &Clock) -> CoreEdDsaPrivateSigningKey {
    const PKCS8_HEAD: [u8; 16] =
        [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    let der = [PKCS8_HEAD.as_slice(), &clock.random_bytes::<32>()].concat();
    let pem =
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", BASE64_STANDARD.encode(der));
    let id = JsonWebKeyId::new(BASE64_URL_SAFE_NO_PAD.encode(clock.random_bytes::<8>()));
    #[expect(clippy::expect_used, reason = "any 32 bytes are an Ed25519 seed, and the rest is fixed")]
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(id)).expect("a well-formed key")
}

fn standard_claims(person: &DemoPerson) -> StandardClaims<CoreGenderClaim> {
    let mut name = LocalizedClaim::new();
    name.insert(None, EndUserName::new(person.name.to_owned()));
    StandardClaims::new(SubjectIdentifier::new(person.subject.to_owned())).set_name(Some(name))
}

fn scopes() -> Vec<Scope> {
    ["openid", "profile", "groups"].map(|scope| Scope::new(scope.to_owned())).to_vec()
}

async fn configuration(State(idp): State<DemoIdp>) -> Response {
    let Ok(issuer) = IssuerUrl::new(idp.issuer().to_owned()) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let metadata = CoreProviderMetadata::new(
        issuer,
        AuthUrl::from_url(idp.url("authorize")),
        JsonWebKeySetUrl::from_url(idp.url("jwks")),
        vec![ResponseTypes::new(vec![CoreResponseType::Code])],
        vec![CoreSubjectIdentifierType::Public],
        vec![CoreJwsSigningAlgorithm::EdDsa],
        EmptyAdditionalProviderMetadata::default(),
    )
    .set_token_endpoint(Some(TokenUrl::from_url(idp.url("token"))))
    .set_userinfo_endpoint(Some(UserInfoUrl::from_url(idp.url("userinfo"))))
    .set_scopes_supported(Some(scopes()))
    .set_grant_types_supported(Some(vec![CoreGrantType::AuthorizationCode]))
    .set_token_endpoint_auth_methods_supported(Some(vec![
        CoreClientAuthMethod::ClientSecretBasic,
        CoreClientAuthMethod::ClientSecretPost,
    ]))
    .set_claims_supported(Some(
        ["sub", "name", "groups", "sid"].map(|claim| CoreClaimName::new(claim.to_owned())).to_vec(),
    ));
    let Ok(Value::Object(mut metadata)) = serde_json::to_value(metadata) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    metadata.insert("end_session_endpoint".to_owned(), json!(idp.url("sign-out")));
    metadata.insert("code_challenge_methods_supported".to_owned(), json!(["S256"]));
    metadata.insert("authorization_response_iss_parameter_supported".to_owned(), json!(true));
    Json(metadata).into_response()
}

async fn keys(State(idp): State<DemoIdp>) -> Json<CoreJsonWebKeySet> {
    Json(CoreJsonWebKeySet::new(vec![idp.0.key.as_verification_key()]))
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("idp/style.css"))
}

async fn ask(State(idp): State<DemoIdp>, headers: HeaderMap, Query(request): Query<Request>) -> Response {
    let words = page::words(&headers);
    match idp.check(&request) {
        Ok(None) => Html(page::people(words, &idp, &request)).into_response(),
        Ok(Some(error)) => idp.answer(&request, "error", error),
        Err(what) => (StatusCode::BAD_REQUEST, Html(page::refusal(words, &idp, what))).into_response(),
    }
}

async fn choose(State(idp): State<DemoIdp>, headers: HeaderMap, Form(choice): Form<Choice>) -> Response {
    let request = &choice.request;
    match idp.check(request) {
        Ok(None) => match PEOPLE.iter().find(|person| person.subject == choice.person) {
            Some(person) => idp.answer(request, "code", &idp.grant_code(person, request)),
            None => idp.answer(request, "error", "access_denied"),
        },
        Ok(Some(error)) => idp.answer(request, "error", error),
        Err(what) => {
            (StatusCode::BAD_REQUEST, Html(page::refusal(page::words(&headers), &idp, what))).into_response()
        }
    }
}

/// RFC 6749 section 4.1.3, OpenID Connect Core 1.0 section 3.1.3.
async fn token(
    State(idp): State<DemoIdp>,
    headers: HeaderMap,
    Form(request): Form<TokenRequest>,
) -> Response {
    let refuse = |status: StatusCode, error: &str| (status, Json(json!({ "error": error }))).into_response();
    if !idp.is_client(&headers, &request) {
        let mut response = refuse(StatusCode::UNAUTHORIZED, "invalid_client");
        let challenge = header::HeaderValue::from_static("Basic realm=\"demo\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        return response;
    }
    if request.grant_type != "authorization_code" {
        return refuse(StatusCode::BAD_REQUEST, "unsupported_grant_type");
    }
    let Some(code) = idp.take_code(&request) else {
        return refuse(StatusCode::BAD_REQUEST, "invalid_grant");
    };
    let access_token = AccessToken::new(random(&idp.0.clock));
    let Some(id_token) = idp.id_token(&code, &access_token) else {
        return refuse(StatusCode::INTERNAL_SERVER_ERROR, "server_error");
    };
    let now = idp.0.clock.now();
    {
        let mut granted = idp.granted();
        granted.tokens.retain(|_, (_, expires_at)| *expires_at > now);
        if granted.tokens.len() < DemoIdp::MOST {
            granted.tokens.insert(access_token.secret().clone(), (code.person, now + DemoIdp::TOKEN_TIME));
        }
    }
    Json(json!({
        "access_token": access_token.secret(),
        "token_type": "Bearer",
        "expires_in": DemoIdp::TOKEN_TIME.num_seconds(),
        "id_token": id_token,
    }))
    .into_response()
}

async fn userinfo(State(idp): State<DemoIdp>, headers: HeaderMap) -> Response {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
        .unwrap_or_default();
    let now = idp.0.clock.now();
    match idp.granted().tokens.get(token) {
        Some((person, expires_at)) if *expires_at > now => {
            Json(json!({ "sub": person.subject, "name": person.name, "groups": person.groups }))
                .into_response()
        }
        _ => (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")])
            .into_response(),
    }
}

/// RP-Initiated Logout 1.0: nobody stays signed in here, so there is only the way back.
async fn sign_out(State(idp): State<DemoIdp>, headers: HeaderMap, Query(asked): Query<SignOut>) -> Response {
    match asked.post_logout_redirect_uri {
        Some(mut url) if url.origin() == idp.0.redirect_uri.origin() => {
            if let Some(state) = asked.state {
                url.query_pairs_mut().append_pair("state", &state);
            }
            (StatusCode::SEE_OTHER, [(header::LOCATION, url.to_string())]).into_response()
        }
        _ => Html(page::signed_out(page::words(&headers), &idp)).into_response(),
    }
}
