//! Providers as hospitals have them: several at once, one that describes itself at a place of its own and signs people in on another
//! host, activities to choose from, mutual TLS; and what must be proved anew.

use chrono::TimeDelta;
use parvis::login::{ClientAuthentication, ProviderSettings};
use parvis::secret::Secret;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_rustls::rustls;
use url::Url;

use super::made::{Made, SECRET, Site, basic, now_s, sign_in_as};
use crate::support::app::Browser;

const PSC: (&str, &str) = ("/login/callback/second", "&provider=second");

/// An address of a provider.
fn at(provider: &ProviderSettings, path: &str) -> Option<Url> {
    Some(Url::parse(&format!("{}{path}", provider.issuer)).unwrap())
}

/// The second provider becomes one like Pro Santé Connect.
fn like_psc(provider: &mut ProviderSettings) {
    provider.discovery_url = at(provider, "/.well-known/wallet-openid-configuration");
    provider.client_authentication = ClientAuthentication::Post(Secret::new(SECRET.to_owned()));
    provider.scopes = vec!["openid".to_owned(), "scope_all".to_owned()];
    provider.acr_values = vec!["eidas1".to_owned()];
    provider.subject_claim = "SubjectNameID".to_owned();
    provider.activities_claim = Some("SubjectRefPro.exercices.activities".to_owned());
    provider.activity_names = vec!["raisonSocialeSite".to_owned()];
    provider.leeway = TimeDelta::seconds(300);
    provider.roles[0].claim = "SubjectRefPro.exercices.codeProfession".to_owned();
    provider.roles[0].value = "10".to_owned();
}

/// What it says: of the person little in the ID token, all in userinfo.
fn speak_like_psc(made: &Made, sites: &[&str]) {
    let activities: Vec<_> = sites.iter().map(|site| json!({"raisonSocialeSite": site})).collect();
    made.change(|script| {
        script.metadata["authorization_response_iss_parameter_supported"] = json!(false);
        script.metadata["authorization_endpoint"] = json!("http://localhost:1/wallet/auth");
        script.claims = json!({"sub": "f:550dc1c8:ANS2021", "acr": "eidas1", "sid": "psc-1"});
        script.userinfo = json!({
            "sub": "f:550dc1c8:ANS2021",
            "SubjectNameID": "899700000001",
            "given_name": "Hélène",
            "family_name": "Caron",
            "SubjectRefPro": {"exercices": [{"codeProfession": "10", "activities": activities}]},
        });
    });
}

async fn psc_site() -> Site {
    Site::start_with(|login| like_psc(&mut login.providers[1])).await
}

/// A sign-in at it, without the `iss` that it does not send.
async fn sign_in_there(site: &Site) -> (Browser, String) {
    let mut browser = site.app.browser();
    let (asked, attempt) = site.begin(&browser, PSC.1).await;
    assert_eq!((asked.host_str(), asked.path()), (Some("localhost"), "/wallet/auth"), "another host");
    let of = |name: &str| asked.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned());
    assert_eq!(of("acr_values").as_deref(), Some("eidas1"));
    assert_eq!(of("scope").as_deref(), Some("openid scope_all"));
    assert_eq!(of("redirect_uri"), Some(format!("{}/login/callback/second", site.app.base)));
    assert_eq!(of("code_challenge_method").as_deref(), Some("S256"));
    let (state, code) = (of("state").unwrap(), site.second.grant(&asked));
    let answer = [("state", state.as_str()), ("code", &code)];
    let (page, cookie) = site.come_back(PSC.0, &answer, Some(&attempt), None).await;
    browser.cookie = cookie;
    (browser, page)
}

#[tokio::test(flavor = "multi_thread")]
async fn several_providers_are_offered_and_each_signs_its_people_in() {
    let site = Site::start().await;
    let (status, ways) = site.app.browser().get("/api/sign-in").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(ways, json!([{"provider": "hospital"}, {"provider": "second", "label": "Second"}]));
    site.second.change(|script| script.claims["name"] = json!("Dr Karim Benali"));
    let (claire, _) = site.sign_in().await;
    let (karim, _) = site.sign_in_at(&site.second, PSC.0, PSC.1).await;
    let me = async |browser: &Browser| browser.get("/api/me").await.1;
    let (claire, karim) = (me(&claire).await, me(&karim).await);
    assert_eq!((&claire["name"], &karim["name"]), (&json!("Dr Claire Martin"), &json!("Dr Karim Benali")));
    assert_ne!(claire["practitioner"], karim["practitioner"], "the same subject elsewhere is somebody else");
    let nowhere = site.app.browser().raw(Method::GET, "/login?provider=third").send().await.unwrap();
    assert!(nowhere.headers()["location"].to_str().unwrap().starts_with("/app/sign-in?problem=not_found"));
    // This site showed itself to each by its own means.
    let (_, shown) = site.first.script.lock().unwrap().asked.remove(0);
    assert_eq!(basic(&shown.unwrap()), format!("parvis:{SECRET}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_professional_of_pro_sante_connect_chooses_where_they_work() {
    let site = psc_site().await;
    speak_like_psc(&site.second, &["CHU de Lyon", "Maison de santé Bellecour"]);
    let (browser, page) = sign_in_there(&site).await;
    assert_eq!(page, "/app/activity?return_to=%2Fapp");
    // Nothing is open to them before that.
    assert_eq!(browser.get("/api/me").await.0, StatusCode::UNAUTHORIZED);
    let (_, choices) = browser.get("/api/sign-in/activities").await;
    assert_eq!(choices, json!({"choices": ["CHU de Lyon", "Maison de santé Bellecour"]}));
    for choice in [json!(2), json!(255)] {
        assert_eq!(
            browser.post("/api/sign-in/activity", json!({"choice": choice})).await.0,
            StatusCode::NOT_FOUND
        );
    }
    assert_eq!(
        site.app.browser().post("/api/sign-in/activity", json!({"choice": 0})).await.0,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(browser.post("/api/sign-in/activity", json!({"choice": 1})).await.0, StatusCode::NO_CONTENT);
    let (_, me) = browser.get("/api/me").await;
    assert_eq!(me["name"], "Hélène Caron");
    assert_eq!(me["activity"], "Maison de santé Bellecour");
    assert_eq!(me["roles"], json!(["doctor"]));
    assert_eq!(browser.get("/api/sign-in/activities").await.1, json!({"choices": []}));
    assert_eq!(browser.post("/api/sign-in/activity", json!({"choice": 0})).await.0, StatusCode::NOT_FOUND);
    let (form, shown) = site.second.script.lock().unwrap().asked.remove(0);
    assert_eq!((form["client_secret"].as_str(), shown), (SECRET, None));

    // Known by the national number: under another technical name they are the same person.
    speak_like_psc(&site.second, &["CHU de Lyon"]);
    site.second.change(|script| {
        script.claims["sub"] = json!("f:another");
        script.userinfo["sub"] = json!("f:another");
    });
    let (again, page) = sign_in_there(&site).await;
    assert_eq!(page, "/app", "with one activity there is nothing to choose");
    let (_, same) = again.get("/api/me").await;
    assert_eq!((&same["practitioner"], &same["activity"]), (&me["practitioner"], &json!("CHU de Lyon")));
}

#[tokio::test(flavor = "multi_thread")]
async fn its_weaker_sign_ins_and_those_without_a_national_number_are_refused() {
    let site = psc_site().await;
    type Lie = fn(&mut super::made::Script);
    let cases: [(&str, &str, Lie); 4] = [
        ("sign_in_weak", "weak_sign_in", |s| s.claims["acr"] = json!("eidas0")),
        ("sign_in_weak", "weak_sign_in", |s| s.claims["acr"] = Value::Null),
        ("sign_in_untrusted", "token_subject", |s| s.userinfo["SubjectNameID"] = Value::Null),
        ("no_role", "no_role", |s| {
            s.userinfo["SubjectRefPro"]["exercices"][0]["codeProfession"] = json!("60")
        }),
    ];
    for (problem, reason, lie) in cases {
        speak_like_psc(&site.second, &["CHU de Lyon"]);
        site.second.change(lie);
        let (browser, page) = sign_in_there(&site).await;
        assert!(browser.cookie.is_none());
        assert_eq!(page, format!("/app/sign-in?problem={problem}&reason={reason}&provider=second"));
    }
    // Its clock may be five minutes off.
    speak_like_psc(&site.second, &["CHU de Lyon"]);
    site.second.change(|script| script.claims["iat"] = json!(now_s() + 240));
    assert_eq!(sign_in_there(&site).await.1, "/app");
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_of_the_settings_count_before_those_of_the_provider() {
    let site = Site::start_with(|login| {
        let provider = &mut login.providers[0];
        provider.endpoints.authorization = at(provider, "/elsewhere");
        let provider = &mut login.providers[1];
        provider.endpoints.authorization = at(provider, "/authorize");
        provider.endpoints.token = at(provider, "/token");
        provider.endpoints.jwks = at(provider, "/jwks");
        provider.discovery_url = at(provider, "/nowhere");
    })
    .await;
    let (asked, _) = site.begin(&site.app.browser(), "").await;
    assert_eq!(asked.path(), "/elsewhere");
    assert_eq!(site.sign_in().await.1, "/app");
    assert_eq!(site.sign_in_at(&site.second, PSC.0, PSC.1).await.1, "/app", "nothing was discovered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_outlives_the_providers_tokens_and_the_provider() {
    let site = Site::start().await;
    site.first.change(|script| {
        // Over already, but for what clocks may differ.
        script.claims["exp"] = json!(now_s() - 30);
        script.token_answer["expires_in"] = json!(0);
    });
    let (browser, page) = site.sign_in().await;
    assert_eq!(page, "/app");
    site.first.change(|script| script.keys = super::made::Keys::Slow);
    assert_eq!(browser.get("/api/me").await.0, StatusCode::OK);
    assert_eq!(browser.get("/api/appointments?day=2026-11-25").await.0, StatusCode::OK);
}

/// Whoever administers, with a change that holds for everybody.
async fn change(browser: &Browser) -> (StatusCode, Value) {
    let text = json!({"subject": "", "body": "{{hospital}} {{start}} {{address}}"});
    let (status, answer) = browser.put("/api/templates/invitation/sms/fr", text).await;
    (status, answer["code"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_holds_for_everybody_asks_for_a_fresh_proof_and_nothing_else_does() {
    let site =
        Site::start_with(|login| login.providers[0].fresh_acr_values = vec!["strong".to_owned()]).await;
    site.first.change(|script| {
        script.claims["groups"] = json!(["it"]);
        script.claims["acr"] = json!("strong");
        // They signed in at the provider hours ago, for something else.
        script.claims["auth_time"] = json!(now_s() - 4 * 3600);
    });
    let (mut browser, page) = site.sign_in().await;
    assert_eq!(page, "/app", "that is good enough to work with");
    assert_eq!(browser.get("/api/templates").await.0, StatusCode::OK, "and to read");
    let before = change(&browser).await;
    assert_eq!(before, (StatusCode::FORBIDDEN, json!("fresh_sign_in_needed")));
    let old_cookie = browser.cookie.clone();

    let (asked, _) = site.begin(&browser, "&fresh=true").await;
    let of = |name: &str| asked.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned());
    assert_eq!((of("prompt").as_deref(), of("max_age").as_deref()), (Some("login"), Some("0")));
    assert_eq!(of("acr_values").as_deref(), Some("strong"));
    let renew = async |browser: &mut Browser| {
        sign_in_as(browser, &site.first, "/login/callback", "&fresh=true").await
    };
    // A provider that does not ask again, or does not say so, or not so strongly, or asks somebody else.
    assert!(renew(&mut browser).await.contains("problem=sign_in_not_fresh&reason=not_asked_again"));
    site.first.change(|script| script.claims["auth_time"] = Value::Null);
    assert!(renew(&mut browser).await.contains("problem=sign_in_not_fresh&reason=not_asked_again"));
    site.first.change(|script| {
        script.claims.as_object_mut().unwrap().remove("auth_time");
        script.claims["acr"] = json!("weak");
    });
    let mut page = renew(&mut browser).await;
    assert!(page.contains("problem=sign_in_weak"), "{page}");
    site.first.change(|script| {
        script.claims["acr"] = json!("strong");
        script.claims["sub"] = json!("somebody");
    });
    page = renew(&mut browser).await;
    assert!(page.contains("problem=sign_in_other_person&reason=other_person"), "{page}");
    assert_eq!(browser.cookie, old_cookie);
    assert_eq!(change(&browser).await.1, json!("fresh_sign_in_needed"));
    // Well asked.
    site.first.change(|script| script.claims["sub"] = json!("martin"));
    assert_eq!(renew(&mut browser).await, "/app");
    assert_ne!(browser.cookie, old_cookie);
    let after = change(&browser).await;
    assert_ne!(after.1, json!("fresh_sign_in_needed"), "{after:?}");
    let stolen = Browser { cookie: old_cookie, ..browser.clone() };
    assert_eq!(stolen.get("/api/me").await.0, StatusCode::UNAUTHORIZED, "the cookie of before is void");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_in_which_somebody_else_signs_in_is_no_longer_the_firsts() {
    let site = Site::start().await;
    let (mut browser, _) = site.sign_in().await;
    let first = browser.clone();
    site.first
        .change(|script| (script.claims["sub"], script.claims["sid"]) = (json!("karim"), json!("sid-2")));
    assert_eq!(sign_in_as(&mut browser, &site.first, "/login/callback", "").await, "/app");
    assert_eq!(browser.get("/api/me").await.0, StatusCode::OK);
    assert_eq!(first.get("/api/me").await.0, StatusCode::UNAUTHORIZED);
}

/// An authority, and what it has certified: chain and key, as PEM files.
struct Authority {
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
    pem: String,
    der: rustls::pki_types::CertificateDer<'static>,
}

impl Authority {
    fn new() -> Self {
        let mut params = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, "authority of the tests");
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let (pem, der) = (certificate.pem(), certificate.der().clone());
        Self { issuer: rcgen::Issuer::new(params, key), pem, der }
    }

    fn certify(&self, name: &str) -> (rcgen::Certificate, rcgen::KeyPair) {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_asks_for_a_certificate_gets_ours() {
    parvis::app::install_crypto();
    let authority = Authority::new();
    let (certificate, key) = authority.certify("localhost");
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority.der.clone()).unwrap();
    let clients = rustls::server::WebPkiClientVerifier::builder(roots.into()).build().unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let server = rustls::ServerConfig::builder()
        .with_client_cert_verifier(clients)
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let tasks = parvis::tasks::Tasks::default();
    let made = Made::start_with_tls(&tasks, server).await;
    assert!(made.issuer.starts_with("https://localhost:"));
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (certificate, key) = authority.certify("parvis");
    let ours = ClientAuthentication::Tls {
        certificate: file("client.pem", certificate.pem()),
        key: file("client.key", key.serialize_pem()),
    };
    let pem = file("authority.pem", authority.pem.clone());
    let by = |how, authority: Option<&std::path::PathBuf>| ProviderSettings {
        client_authentication: how,
        ca_certificate: authority.cloned(),
        ..super::made::settings_of("hospital", &made)
    };
    for (name, settings, is_known) in [
        ("by our certificate", by(ours.clone(), Some(&pem)), true),
        ("by an authority that this machine does not know", by(ours, None), false),
        ("by a secret", by(ClientAuthentication::Post(Secret::new(SECRET.to_owned())), Some(&pem)), false),
    ] {
        let site = Site::start_with(|login| login.providers = vec![settings]).await;
        let mut browser = site.app.browser();
        if is_known {
            assert_eq!(sign_in_as(&mut browser, &made, "/login/callback", "").await, "/app", "{name}");
            let (form, shown) = made.script.lock().unwrap().asked.remove(0);
            assert_eq!(
                (form["client_id"].as_str(), form.get("client_secret"), shown),
                ("parvis", None, None)
            );
        } else {
            let begun = browser.raw(Method::GET, "/login").send().await.unwrap();
            let page = begun.headers()["location"].to_str().unwrap();
            assert_eq!(page, "/app/sign-in?problem=provider_unreachable&reason=provider_silent", "{name}");
        }
    }
    tasks.stop();
}
