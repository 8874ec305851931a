//! Sign-in against a real provider, npm `oidc-provider`, in both of its claim modes: what works, and every way in which it must not.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use parvis::app::install_crypto;
use parvis::clinical::StaffRole;
use parvis::clock::Clock;
use parvis::login::{
    BadToken, Callback, ClientAuthentication, Login, LoginSettings, Refused, RoleRule, SignedIn,
};
use parvis::secret::Secret;
use parvis::store::{Dialect, Store};
use url::Url;

use crate::support::db::TestDatabase;

const SITE: &str = "http://localhost:4999";

/// A running provider; it ends with the test.
struct Provider {
    issuer: String,
    child: Child,
}

impl Provider {
    fn start(claims: &str) -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/oidc");
        let is_installed = std::path::Path::new(folder).join("node_modules/oidc-provider").exists();
        assert!(is_installed, "the tests need the provider of tests/peers/oidc: run `make setup-test`");
        #[expect(clippy::disallowed_methods, reason = "tests start their peers")]
        let mut child = std::process::Command::new("node")
            .arg("provider.mjs")
            .current_dir(folder)
            .env("PUBLIC_URL", SITE)
            .env("CLAIMS", claims)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node is installed");
        let mut issuer = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut issuer).unwrap();
        assert!(issuer.starts_with("http"), "the provider did not start");
        Self { issuer: issuer.trim().to_owned(), child }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn settings(issuer: &str) -> LoginSettings {
    let rule = |value: &str, role| RoleRule { claim: "groups".into(), value: value.into(), role };
    LoginSettings {
        issuer: issuer.to_owned(),
        client_id: "parvis".to_owned(),
        client_secret: Secret::new("a-secret-of-the-tests-only".to_owned()),
        client_authentication: ClientAuthentication::Basic,
        discovery_url: None,
        endpoints: None,
        scopes: vec!["profile".to_owned(), "groups".to_owned()],
        acr_values: vec![],
        roles: vec![rule("medecins", StaffRole::Doctor), rule("secretariat", StaffRole::Secretary)],
        name_claim: "name".to_owned(),
        public_url: Url::parse(SITE).unwrap(),
        proxy: None,
        egress: Default::default(),
        idle: LoginSettings::DEFAULT_IDLE,
        absolute: LoginSettings::DEFAULT_ABSOLUTE,
    }
}

struct Site {
    login: Login,
}

impl Site {
    async fn of(issuer: &str) -> Self {
        install_crypto();
        let store: Store = TestDatabase::new(Dialect::Sqlite).await.open().await;
        Self { login: Login::new(settings(issuer), store, Clock::system()).unwrap() }
    }

    /// Goes to the provider as this person; the answer is what comes back to the site, and the browser's cookie.
    async fn ask(&self, person: &str) -> (Callback, String) {
        let redirect = self.login.begin("/app/day/2026-11-25").await.unwrap();
        let policy = reqwest::redirect::Policy::none();
        let browser = reqwest::Client::builder().cookie_store(true).redirect(policy).build().unwrap();
        let mut next = redirect.url;
        for _ in 0..8 {
            if next.as_str().starts_with(SITE) {
                let pairs: std::collections::HashMap<_, _> = next.query_pairs().into_owned().collect();
                let text = |name: &str| pairs.get(name).cloned();
                let secret = |name: &str| text(name).map(Secret::new);
                let callback = Callback {
                    state: secret("state"),
                    code: secret("code"),
                    error: text("error"),
                    iss: text("iss"),
                };
                return (callback, redirect.cookie.expose().clone());
            }
            if next.path().starts_with("/choose/") {
                next.set_query(Some(&format!("person={person}")));
            }
            let response = browser.get(next.clone()).send().await.unwrap();
            let location =
                response.headers().get("location").expect("the provider redirects").to_str().unwrap();
            next = next.join(location).unwrap();
        }
        panic!("the provider did not come back");
    }

    async fn sign_in(&self, person: &str) -> Result<SignedIn, Refused> {
        let (callback, cookie) = self.ask(person).await;
        self.login.finish(callback, Some(&cookie)).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_sign_in_and_out_with_claims_in_the_token_or_in_userinfo() {
    for claims in ["token", "userinfo"] {
        let provider = Provider::start(claims);
        let site = Site::of(&provider.issuer).await;
        let signed_in = site.sign_in("house").await.unwrap();
        assert_eq!(signed_in.practitioner.roles, [StaffRole::Doctor], "{claims}");
        assert_eq!(signed_in.practitioner.name.expose(), "Grégoire Maison");
        assert_eq!(signed_in.return_to, "/app/day/2026-11-25");
        let cookie = signed_in.cookie.expose();
        let known = site.login.authenticate(cookie).await.unwrap().unwrap();
        assert_eq!(known, signed_in.practitioner);
        let again = site.sign_in("house").await.unwrap();
        assert_eq!(again.practitioner.id, known.id, "the same person keeps their identifier");
        let out = site.login.logout(cookie).await.unwrap().unwrap();
        assert!(out.as_str().starts_with(&provider.issuer), "the provider is to sign them out too");
        assert!(out.query().unwrap().contains("post_logout_redirect_uri"));
        assert_eq!(site.login.authenticate(cookie).await.unwrap(), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_whose_claims_give_no_role_is_refused() {
    let provider = Provider::start("token");
    let site = Site::of(&provider.issuer).await;
    assert!(matches!(site.sign_in("nobody").await, Err(Refused::NoRole)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_counts_once_and_only_in_the_browser_that_asked() {
    let provider = Provider::start("token");
    let site = Site::of(&provider.issuer).await;
    let (callback, cookie) = site.ask("cuddy").await;
    let other = site.login.begin("/").await.unwrap().cookie;
    let stolen = site.login.finish(callback.clone(), Some(other.expose())).await;
    assert!(matches!(stolen, Err(Refused::WrongState)), "another browser has no such sign-in");
    assert!(matches!(site.login.finish(callback.clone(), None).await, Err(Refused::WrongState)));
    let (callback, cookie) = match site.login.finish(callback.clone(), Some(&cookie)).await {
        Ok(_) => (callback, cookie),
        Err(_) => panic!("its own browser finishes it"),
    };
    let replayed = site.login.finish(callback, Some(&cookie)).await;
    assert!(matches!(replayed, Err(Refused::WrongState)), "a replay is refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_names_another_issuer_is_refused() {
    let provider = Provider::start("token");
    let site = Site::of(&provider.issuer).await;
    for iss in [Some("https://evil.example".to_owned()), None] {
        let (mut callback, cookie) = site.ask("house").await;
        assert!(callback.iss.is_some(), "this provider names itself (RFC 9207)");
        callback.iss = iss;
        let refused = site.login.finish(callback, Some(&cookie)).await;
        assert!(matches!(refused, Err(Refused::WrongIssuer)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_another_sign_in_is_refused() {
    let provider = Provider::start("token");
    let site = Site::of(&provider.issuer).await;
    let (first, _) = site.ask("house").await;
    let (mut second, cookie) = site.ask("cuddy").await;
    // The code of one sign-in in the answer of another: its PKCE verifier does not fit.
    second.code = first.code;
    let refused = site.login.finish(second, Some(&cookie)).await;
    assert!(matches!(refused, Err(Refused::ProviderSaid(_) | Refused::BadToken(BadToken::Nonce))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_changes_its_keys_is_followed() {
    let provider = Provider::start("token");
    let site = Site::of(&provider.issuer).await;
    site.sign_in("house").await.unwrap();
    reqwest::get(format!("{}/rotate", provider.issuer)).await.unwrap();
    site.sign_in("cuddy").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_down_leaves_running_logins_alone() {
    let provider = Provider::start("token");
    let site = Site::of(&provider.issuer).await;
    let signed_in = site.sign_in("house").await.unwrap();
    drop(provider);
    let fresh = Site::of("http://127.0.0.1:9").await;
    let error = fresh.login.begin("/").await.unwrap_err();
    assert!(matches!(error, parvis::login::Error::ProviderUnreachable(_)), "{error}");
    assert!(site.login.authenticate(signed_in.cookie.expose()).await.unwrap().is_some());
}
