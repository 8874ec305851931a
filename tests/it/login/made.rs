//! A provider that is made here and says whatever a test wants, and a site that signs staff in at two of them.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use parvis::clinical::StaffRole;
use parvis::login::{ClientAuthentication, LoginSettings, ProviderSettings, RoleRule};
use parvis::secret::Secret;
use parvis::store::Dialect;
use rcgen::PublicKeyData;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio_rustls::rustls;
use url::Url;

use crate::support::app::{Browser, TestApp};

pub const SECRET: &str = "a-secret-of-the-tests-only";

/// How a token is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    /// By the provider's own key.
    Well,
    /// By a key that the provider does not have.
    ByAnother,
    /// Not at all.
    Not,
    /// HMAC with the provider's public key for its secret.
    WithPublicKey,
    /// HMAC with the client's secret.
    WithClientSecret,
}

/// What the provider says next. Tests change it.
pub struct Script {
    pub metadata: Value,
    pub keys: Keys,
    pub header: Value,
    /// Of the ID token; what the sign-in under way determines is put in where these do not say otherwise.
    pub claims: Value,
    pub signed: Signed,
    /// What happens to the ID token after it was signed.
    pub spoil: fn(String) -> Option<String>,
    /// The only secret that is taken at the token endpoint; any while there is none.
    pub secret: Option<&'static str>,
    pub token_status: StatusCode,
    pub token_answer: Value,
    pub userinfo: Value,
    /// Whether the code verifier is compared (RFC 7636 section 4.6).
    pub checks_pkce: bool,
    /// Whoever asks the token endpoint waits here twice: once to be seen, once to be let go.
    pub held: Option<Arc<tokio::sync::Barrier>>,
    /// What came to the token endpoint: the form, and the `Authorization` header.
    pub asked: Vec<(std::collections::HashMap<String, String>, Option<String>)>,
}

/// What is at the address of the keys.
#[derive(Clone)]
pub enum Keys {
    Own,
    /// With this for the time there.
    At(String),
    Without,
    Json(Value),
    Huge,
    Slow,
    Elsewhere,
}

pub struct SigningKey {
    pair: rcgen::KeyPair,
    pub kid: String,
}

impl SigningKey {
    pub fn new(kid: &str) -> Self {
        Self { pair: rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap(), kid: kid.to_owned() }
    }

    pub fn jwk(&self) -> Value {
        let x = BASE64_URL_SAFE_NO_PAD.encode(self.pair.der_bytes());
        json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": self.kid, "x": x})
    }

    fn sign(&self, said: &[u8]) -> Vec<u8> {
        let der = rustls::pki_types::PrivateKeyDer::try_from(self.pair.serialize_der()).unwrap();
        let key = rustls::crypto::ring::sign::any_supported_type(&der).unwrap();
        let signer = key.choose_scheme(&[rustls::SignatureScheme::ED25519]).unwrap();
        signer.sign(said).unwrap()
    }
}

/// The compact form of a signed token.
pub fn token(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let said = format!("{}.{}", part(header), part(claims));
    let signature = BASE64_URL_SAFE_NO_PAD.encode(sign(said.as_bytes()));
    format!("{said}.{signature}")
}

struct ByTls {
    tcp: tokio::net::TcpListener,
    acceptor: tokio_rustls::TlsAcceptor,
}

impl axum::serve::Listener for ByTls {
    type Io = tokio_rustls::server::TlsStream<tokio::net::TcpStream>;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, address)) = self.tcp.accept().await else { continue };
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

/// A provider on a port of its own.
pub struct Made {
    pub issuer: String,
    pub key: SigningKey,
    pub other_key: SigningKey,
    pub script: Mutex<Script>,
    /// Challenge and nonce by code.
    codes: Mutex<std::collections::HashMap<String, (String, String)>>,
}

pub fn now_s() -> i64 {
    parvis::clock::Clock::system().now().timestamp()
}

impl Made {
    /// One whose person is a doctor.
    pub async fn start(tasks: &parvis::tasks::Tasks) -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let made = Self::of(format!("http://{}", listener.local_addr().unwrap()));
        let (stopped, router) = (tasks.clone(), made.clone().router());
        tasks.spawn("made provider", async move {
            tokio::select! {
                () = stopped.stopped() => {}
                _ = std::future::IntoFuture::into_future(axum::serve(listener, router)) => {}
            }
        });
        made
    }

    /// The same, on `localhost` by TLS.
    pub async fn start_with_tls(tasks: &parvis::tasks::Tasks, server: rustls::ServerConfig) -> Arc<Self> {
        let tcp = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let made = Self::of(format!("https://localhost:{}", tcp.local_addr().unwrap().port()));
        let (stopped, router) = (tasks.clone(), made.clone().router());
        let listener = ByTls { tcp, acceptor: Arc::new(server).into() };
        tasks.spawn("made provider", async move {
            tokio::select! {
                () = stopped.stopped() => {}
                _ = std::future::IntoFuture::into_future(axum::serve(listener, router)) => {}
            }
        });
        made
    }

    fn of(issuer: String) -> Arc<Self> {
        let at = |path: &str| format!("{issuer}{path}");
        let metadata = json!({
            "issuer": issuer,
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "jwks_uri": at("/jwks"),
            "userinfo_endpoint": at("/userinfo"),
            "end_session_endpoint": at("/end"),
            "authorization_response_iss_parameter_supported": true,
        });
        let key = SigningKey::new("k1");
        let script = Script {
            metadata,
            keys: Keys::Own,
            header: json!({"alg": "EdDSA", "typ": "JWT", "kid": key.kid}),
            claims: json!({
                "sub": "martin",
                "sid": "sid-1",
                "name": "Dr Claire Martin",
                "groups": ["physicians"],
            }),
            signed: Signed::Well,
            spoil: Some,
            secret: None,
            token_status: StatusCode::OK,
            token_answer: json!({"access_token": "access", "token_type": "Bearer", "expires_in": 120}),
            userinfo: json!({"sub": "martin"}),
            checks_pkce: true,
            held: None,
            asked: Vec::new(),
        };
        Arc::new(Self {
            issuer: issuer.clone(),
            key,
            other_key: SigningKey::new("k1"),
            script: Mutex::new(script),
            codes: Mutex::default(),
        })
    }

    fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/.well-known/openid-configuration", get(metadata_of))
            .route("/.well-known/wallet-openid-configuration", get(metadata_of))
            .route("/jwks", get(keys_of))
            .route("/token", post(token_of))
            .route("/userinfo", get(userinfo_of))
            .with_state(self)
    }

    pub fn change(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.script.lock().unwrap());
    }

    /// The code for whoever came with that request.
    pub fn grant(&self, asked: &Url) -> String {
        let of = |name: &str| asked.query_pairs().find(|(n, _)| n == name).unwrap().1.into_owned();
        let code = format!("code-{}", parvis::clock::Clock::system().new_uuid());
        self.codes.lock().unwrap().insert(code.clone(), (of("code_challenge"), of("nonce")));
        code
    }

    pub fn sign(&self, signed: Signed, said: &[u8]) -> Vec<u8> {
        let hmac = |key: &[u8]| {
            let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
            mac.update(said);
            mac.finalize().into_bytes().to_vec()
        };
        match signed {
            Signed::Well => self.key.sign(said),
            Signed::ByAnother => self.other_key.sign(said),
            Signed::Not => Vec::new(),
            Signed::WithPublicKey => hmac(self.key.pair.der_bytes()),
            Signed::WithClientSecret => hmac(SECRET.as_bytes()),
        }
    }
}

async fn metadata_of(State(made): State<Arc<Made>>) -> Json<Value> {
    Json(made.script.lock().unwrap().metadata.clone())
}

async fn keys_of(State(made): State<Arc<Made>>) -> Response {
    let keys = made.script.lock().unwrap().keys.clone();
    match keys {
        Keys::Own => Json(json!({"keys": [made.key.jwk()]})).into_response(),
        Keys::At(date) => ([(header::DATE, date)], Json(json!({"keys": [made.key.jwk()]}))).into_response(),
        Keys::Without => Json(json!({"keys": []})).into_response(),
        Keys::Json(keys) => Json(keys).into_response(),
        Keys::Huge => Json(json!({"keys": [made.key.jwk()], "x": "x".repeat(4 << 20)})).into_response(),
        Keys::Slow => std::future::pending().await,
        Keys::Elsewhere => {
            (StatusCode::FOUND, [(header::LOCATION, format!("{}/jwks2", made.issuer))]).into_response()
        }
    }
}

async fn userinfo_of(State(made): State<Arc<Made>>) -> Json<Value> {
    Json(made.script.lock().unwrap().userinfo.clone())
}

async fn token_of(
    State(made): State<Arc<Made>>,
    headers: axum::http::HeaderMap,
    Form(form): Form<std::collections::HashMap<String, String>>,
) -> Response {
    let held = made.script.lock().unwrap().held.clone();
    if let Some(held) = held {
        held.wait().await;
        held.wait().await;
    }
    let granted = made.codes.lock().unwrap().remove(&form["code"]);
    let mut script = made.script.lock().unwrap();
    let authorization = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    let shown = match &authorization {
        Some(header) => basic(header).split_once(':').map(|(_, secret)| secret.to_owned()),
        None => form.get("client_secret").cloned(),
    };
    script.asked.push((form.clone(), authorization));
    if script.secret.is_some_and(|secret| shown.as_deref() != Some(secret)) {
        return (StatusCode::UNAUTHORIZED, Json(json!({"error": "invalid_client"}))).into_response();
    }
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
    let Some((_, nonce)) = granted.filter(|(asked, _)| !script.checks_pkce || *asked == challenge) else {
        return (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"}))).into_response();
    };
    let mut claims = json!({
        "iss": made.issuer,
        "aud": "parvis",
        "iat": now_s(),
        "exp": now_s() + 120,
        "auth_time": now_s(),
        "nonce": nonce,
    });
    claims.as_object_mut().unwrap().extend(script.claims.as_object().unwrap().clone());
    // What is null is not said.
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    let signed = token(&script.header, &claims, |said| made.sign(script.signed, said));
    let mut answer = script.token_answer.clone();
    if let Some(token) = (script.spoil)(signed) {
        answer["id_token"] = json!(token);
    }
    (script.token_status, Json(answer)).into_response()
}

pub fn settings_of(key: &str, made: &Made) -> ProviderSettings {
    let rule = |value: &str, role| RoleRule { claim: "groups".into(), value: value.into(), role };
    let rules = vec![
        rule("physicians", StaffRole::Doctor),
        rule("desk", StaffRole::Secretary),
        rule("it", StaffRole::Administrator),
    ];
    let secret = ClientAuthentication::Basic(Secret::new(SECRET.to_owned()));
    ProviderSettings::new(key, made.issuer.clone(), "parvis", secret, rules)
}

/// A gateway whose staff sign in at either of two made providers.
pub struct Site {
    pub app: TestApp,
    pub first: Arc<Made>,
    pub second: Arc<Made>,
    tasks: parvis::tasks::Tasks,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.tasks.stop();
    }
}

impl Site {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut LoginSettings)) -> Self {
        let tasks = parvis::tasks::Tasks::default();
        let (first, second) = (Made::start(&tasks).await, Made::start(&tasks).await);
        let providers = vec![
            settings_of("hospital", &first),
            ProviderSettings { label: Some("Second".to_owned()), ..settings_of("second", &second) },
        ];
        let app = TestApp::start_with(Dialect::Sqlite, |settings| {
            settings.login.providers = providers;
            change(&mut settings.login);
        })
        .await;
        Self { app, first, second, tasks }
    }

    pub async fn begin(&self, browser: &Browser, query: &str) -> (Url, String) {
        begin(browser, query).await
    }

    pub async fn come_back(
        &self,
        path: &str,
        query: &[(&str, &str)],
        attempt: Option<&str>,
        login: Option<&str>,
    ) -> (String, Option<String>) {
        come_back(&self.app.browser(), path, query, attempt, login).await
    }

    /// Signs in at the first provider, as it says now.
    pub async fn sign_in(&self) -> (Browser, String) {
        self.sign_in_at(&self.first, "/login/callback", "").await
    }

    pub async fn sign_in_at(&self, made: &Made, path: &str, query: &str) -> (Browser, String) {
        let mut browser = self.app.browser();
        let page = sign_in_as(&mut browser, made, path, query).await;
        (browser, page)
    }
}

/// Goes to a provider; the answer is where that was, and the cookie of the attempt.
pub async fn begin(browser: &Browser, query: &str) -> (Url, String) {
    let begun = browser.raw(Method::GET, &format!("/login?return_to=/app{query}")).send().await.unwrap();
    let location = begun.headers()["location"].to_str().unwrap().to_owned();
    let asked = Url::parse(&location).unwrap_or_else(|_| panic!("it leads to {location}"));
    (asked, cookie(&begun, "__Host-parvis-signin").unwrap())
}

/// Comes back from it; the answer is where the browser is sent, and its cookie.
pub async fn come_back(
    browser: &Browser,
    path: &str,
    query: &[(&str, &str)],
    attempt: Option<&str>,
    login: Option<&str>,
) -> (String, Option<String>) {
    let mut url = Url::parse(&format!("{}{path}", browser.base)).unwrap();
    url.query_pairs_mut().extend_pairs(query);
    let mut request = browser.client.get(url);
    let attempt = attempt.map(|cookie| format!("__Host-parvis-signin={cookie}"));
    let login = login.map(|cookie| format!("__Host-parvis-login={cookie}"));
    let cookies: Vec<_> = attempt.into_iter().chain(login).collect();
    if !cookies.is_empty() {
        request = request.header("cookie", cookies.join("; "));
    }
    let back = request.send().await.unwrap();
    assert_eq!(back.headers()["cache-control"], "no-store");
    (back.headers()["location"].to_str().unwrap().to_owned(), cookie(&back, "__Host-parvis-login"))
}

/// The whole way, in a browser that may be signed in already; the answer is where it ends.
pub async fn sign_in_as(browser: &mut Browser, made: &Made, path: &str, query: &str) -> String {
    let (asked, attempt) = begin(browser, query).await;
    let state = asked.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let code = made.grant(&asked);
    let answer = [("state", state.as_str()), ("code", &code), ("iss", &made.issuer)];
    let (page, cookie) = come_back(browser, path, &answer, Some(&attempt), browser.cookie.as_deref()).await;
    if cookie.is_some() {
        browser.cookie = cookie;
    }
    page
}

/// What one cookie was set to.
pub fn cookie(response: &reqwest::Response, name: &str) -> Option<String> {
    let cookies = response.headers().get_all("set-cookie").iter();
    cookies.filter_map(|cookie| cookie.to_str().ok()).find_map(|cookie| {
        let value = cookie.strip_prefix(name)?.strip_prefix('=')?.split(';').next()?;
        (!value.is_empty()).then(|| value.to_owned())
    })
}

/// What `Authorization: Basic` holds.
pub fn basic(header: &str) -> String {
    String::from_utf8(BASE64_STANDARD.decode(header.strip_prefix("Basic ").unwrap()).unwrap()).unwrap()
}
