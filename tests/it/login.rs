//! Sign-in against a real provider, npm `oidc-provider`, in both of its claim modes: what works, and every way in which it must not.

mod elsewhere;
mod hostile;
mod lemonldap;
mod logout;
mod made;
mod page;
mod patients;
mod profiles;

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use parvis::app::install_crypto;
use parvis::clinical::StaffRole;
use parvis::clock::Clock;
use parvis::login::{
    BadToken, Callback, ClientAuthentication, Login, LoginSettings, ProviderSettings, Refused, RoleRule,
    SignedIn, Wish,
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
        Self::start_knowing(claims, None)
    }

    /// One of patients, as FranceConnect is.
    fn of_patients() -> Self {
        Self::start_as("userinfo", None, "franceconnect")
    }

    /// One that knows the public key of a client.
    fn start_knowing(claims: &str, client_key: Option<&str>) -> Self {
        Self::start_as(claims, client_key, "")
    }

    fn start_as(claims: &str, client_key: Option<&str>, profile: &str) -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/oidc");
        let is_installed = std::path::Path::new(folder).join("node_modules/oidc-provider").exists();
        assert!(is_installed, "the tests need the provider of tests/peers/oidc: run `make setup-test`");
        #[expect(clippy::disallowed_methods, reason = "tests start their peers")]
        let mut child = std::process::Command::new("node")
            .arg("provider.mjs")
            .current_dir(folder)
            .env("PUBLIC_URL", SITE)
            .env("CLAIMS", claims)
            .env("PROFILE", profile)
            .env("CLIENT_KEY", client_key.unwrap_or_default())
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
    let secret = Secret::new("a-secret-of-the-tests-only".to_owned());
    let rules = vec![rule("medecins", StaffRole::Doctor), rule("secretariat", StaffRole::Secretary)];
    LoginSettings {
        providers: vec![ProviderSettings::new(
            "hospital",
            issuer,
            "parvis",
            ClientAuthentication::Basic(secret),
            rules,
        )],
        public_url: Url::parse(SITE).unwrap(),
        proxy: None,
        egress: Default::default(),
        idle: LoginSettings::DEFAULT_IDLE,
        absolute: LoginSettings::DEFAULT_ABSOLUTE,
        fresh_within: parvis::clinical::FreshRule::DEFAULT_WITHIN,
    }
}

struct Site {
    login: Login,
}

impl Site {
    async fn of(issuer: &str) -> Self {
        Self::with(settings(issuer)).await
    }

    async fn with(settings: LoginSettings) -> Self {
        install_crypto();
        let store: Store = TestDatabase::new(Dialect::Sqlite).await.open().await;
        Self { login: Login::new(settings, store, Clock::system()).unwrap() }
    }

    /// Goes to the provider as this person; the answer is what comes back to the site, and the browser's cookie.
    async fn ask(&self, person: &str) -> (Callback, String) {
        self.ask_for(person, Wish { return_to: "/app/day/2026-11-25", ..Wish::default() }).await
    }

    async fn ask_for(&self, person: &str, wish: Wish<'_>) -> (Callback, String) {
        let redirect = self.login.begin(wish).await.unwrap();
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
        self.login.finish(callback, None, Some(&cookie), None).await
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
        assert_eq!(known.practitioner, signed_in.practitioner);
        let again = site.sign_in("house").await.unwrap();
        assert_eq!(again.practitioner.id, known.practitioner.id, "the same person keeps their identifier");
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
    let other = site.login.begin(Wish::default()).await.unwrap().cookie;
    let stolen = site.login.finish(callback.clone(), None, Some(other.expose()), None).await;
    assert!(matches!(stolen, Err(Refused::WrongState)), "another browser has no such sign-in");
    assert!(matches!(site.login.finish(callback.clone(), None, None, None).await, Err(Refused::WrongState)));
    let (callback, cookie) = match site.login.finish(callback.clone(), None, Some(&cookie), None).await {
        Ok(_) => (callback, cookie),
        Err(_) => panic!("its own browser finishes it"),
    };
    let replayed = site.login.finish(callback, None, Some(&cookie), None).await;
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
        let refused = site.login.finish(callback, None, Some(&cookie), None).await;
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
    let refused = site.login.finish(second, None, Some(&cookie), None).await;
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
    let error = fresh.login.begin(Wish::default()).await.unwrap_err();
    assert!(matches!(error, parvis::login::Error::ProviderUnreachable(_)), "{error}");
    assert!(site.login.authenticate(signed_in.cookie.expose()).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn this_site_proves_itself_by_a_secret_in_the_body_or_by_a_key() {
    for algorithm in [&rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_ED25519] {
        let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("client.pem");
        std::fs::write(&file, key.serialize_pem()).unwrap();
        let provider = Provider::start_knowing("token", Some(&public_jwk(&key).to_string()));
        let post = ClientAuthentication::Post(Secret::new("a-secret-of-the-tests-only".to_owned()));
        let by_key = ClientAuthentication::PrivateKey { key: file, id: Some("c1".to_owned()) };
        for (client, how) in [("parvis-post", post), ("parvis-key", by_key)] {
            let mut settings = settings(&provider.issuer);
            settings.providers[0].client_id = client.to_owned();
            settings.providers[0].client_authentication = how;
            let site = Site::with(settings).await;
            assert_eq!(
                site.sign_in("house").await.unwrap().practitioner.roles,
                [StaffRole::Doctor],
                "{client}"
            );
        }
        // Another key than the one that the provider knows.
        let other = folder.path().join("other.pem");
        std::fs::write(&other, rcgen::KeyPair::generate_for(algorithm).unwrap().serialize_pem()).unwrap();
        let mut settings = settings(&provider.issuer);
        settings.providers[0].client_id = "parvis-key".to_owned();
        settings.providers[0].client_authentication =
            ClientAuthentication::PrivateKey { key: other, id: Some("c1".to_owned()) };
        let refused = Site::with(settings).await.sign_in("house").await;
        assert!(matches!(refused, Err(Refused::ProviderSaid(code)) if code == "invalid_client"));
    }
}

/// As the provider is told of it (RFC 7517, RFC 8037).
fn public_jwk(key: &rcgen::KeyPair) -> serde_json::Value {
    use base64::Engine;
    use rcgen::PublicKeyData;
    let encode = |bytes: &[u8]| base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let bytes = key.der_bytes();
    match bytes.len() {
        32 => {
            serde_json::json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "c1", "use": "sig", "x": encode(bytes)})
        }
        65 => serde_json::json!({
            "kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "c1", "use": "sig",
            "x": encode(&bytes[1..33]), "y": encode(&bytes[33..]),
        }),
        other => panic!("a key of {other} bytes"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_provider_asks_again_and_says_when() {
    let provider = Provider::start("token");
    let site = Site::of(&provider.issuer).await;
    let signed_in = site.sign_in("house").await.unwrap();
    let before = site.login.authenticate(signed_in.cookie.expose()).await.unwrap().unwrap();
    let wish = Wish { return_to: "/app", fresh_for: Some(&before), ..Wish::default() };
    let (callback, cookie) = site.ask_for("house", wish).await;
    let login_cookie = signed_in.cookie.expose();
    let renewed = site.login.finish(callback, None, Some(&cookie), Some(login_cookie)).await.unwrap();
    let after = site.login.authenticate(renewed.cookie.expose()).await.unwrap().unwrap();
    assert_eq!(after.login, before.login, "it is the same login");
    // The provider tells whole seconds.
    assert!(after.proof.at > before.proof.at - chrono::TimeDelta::seconds(1));
    assert_eq!(site.login.authenticate(login_cookie).await.unwrap(), None, "under a new cookie");
    // Somebody else cannot prove it for them.
    let wish = Wish { return_to: "/app", fresh_for: Some(&after), ..Wish::default() };
    let (callback, cookie) = site.ask_for("cuddy", wish).await;
    let refused = site.login.finish(callback, None, Some(&cookie), Some(renewed.cookie.expose())).await;
    assert!(matches!(refused, Err(Refused::OtherPerson)));
    assert!(site.login.authenticate(renewed.cookie.expose()).await.unwrap().is_some());
}

/// The provider's own page for signing out, confirmed as a person does.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_out_at_a_real_provider_is_signed_out_here() {
    use crate::support::app::TestApp;
    let provider = Provider::start("token");
    let app = TestApp::start_with(Dialect::Sqlite, |settings| {
        settings.login.providers = self::settings(&provider.issuer).providers;
    })
    .await;
    reqwest::get(format!("{}/site?url={}", provider.issuer, app.base)).await.unwrap();
    let policy = reqwest::redirect::Policy::none();
    let browser = reqwest::Client::builder().cookie_store(true).redirect(policy).build().unwrap();
    let mut next = Url::parse(&format!("{}/login?return_to=/app", app.base)).unwrap();
    for _ in 0..10 {
        if next.path().starts_with("/choose/") {
            next.set_query(Some("person=house"));
        }
        let response = browser.get(next.clone()).send().await.unwrap();
        next = next.join(response.headers()["location"].to_str().unwrap()).unwrap();
        if next.path() == "/app" {
            break;
        }
    }
    assert_eq!(next.path(), "/app", "{next}");
    let me = format!("{}/api/me", app.base);
    assert_eq!(browser.get(&me).send().await.unwrap().status(), 200);
    // Another site asks the provider to sign the person out: it shows its page and tells everybody.
    let end = format!("{}/session/end", provider.issuer);
    let page = browser.get(&end).send().await.unwrap().text().await.unwrap();
    let between = |text: &str, from: &str, to: &str| {
        let rest = text.split_once(from).unwrap_or_else(|| panic!("no {from} in {text}")).1;
        rest.split_once(to).unwrap().0.to_owned()
    };
    let (action, secret) = (between(&page, "action=\"", "\""), between(&page, "value=\"", "\""));
    let form = [("xsrf", secret.as_str()), ("logout", "yes")];
    let out = browser.post(&action).form(&form).send().await.unwrap();
    assert!(out.status().is_redirection() || out.status().is_success(), "{}", out.status());
    let gone = async {
        while browser.get(&me).send().await.unwrap().status() != 401 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(5), gone).await.expect("the login ends with that");
}
