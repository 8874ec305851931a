//! Patients prove who they are at a provider of their own, npm `oidc-provider` in the form of FranceConnect, to come to their documents; and
//! every way in which that must not open anything.

use std::collections::HashMap;
use std::time::Duration;

use parvis::clinical::{Service, ServiceId};
use parvis::login::{ClientAuthentication, ProviderSettings};
use parvis::secret::Secret;
use parvis::store::Dialect;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::Provider;
use super::made::{Made, SECRET, Signed, settings_of};
use crate::after::{Visit, parvis_letter};
use crate::support::app::{Browser, TestApp};
use crate::visit::BOTH;

const WAY: &str = "/documents/callback/franceconnect";

fn patients(issuer: &str) -> ProviderSettings {
    let secret = ClientAuthentication::Post(Secret::new(SECRET.to_owned()));
    ProviderSettings {
        label: Some("FranceConnect".to_owned()),
        is_for_patients: true,
        scopes: ["given_name", "family_name", "birthdate", "preferred_username"].map(str::to_owned).to_vec(),
        acr_values: vec!["eidas1".to_owned(), "eidas2".to_owned()],
        ..ProviderSettings::new("franceconnect", issuer, "parvis-patients", secret, vec![])
    }
}

fn helene(more: Value) -> Value {
    let mut patient = json!({
        "role": "patient", "name": "Hélène Lefèvre", "language": "fr", "wantsPin": true, "birthDate": "1962-08-24",
    });
    patient.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    patient
}

/// A visit that is over, with a document that was released, at a gateway whose patients have a provider.
struct Over {
    visit: Visit,
    provider: Provider,
}

impl Over {
    async fn start(dialect: Dialect, patient: Value) -> Self {
        let provider = Provider::of_patients();
        let app = TestApp::start_with(dialect, |settings| {
            settings.login.providers.push(patients(&provider.issuer));
        })
        .await;
        let site = format!("{}/site?url={}", provider.issuer, app.base);
        assert!(reqwest::get(site).await.unwrap().status().is_success());
        Self { visit: ended(app, patient).await, provider }
    }

    /// Somebody with the link, and nothing else.
    fn browser(&self) -> Browser {
        self.visit.app.browser()
    }

    async fn state(&self, browser: &Browser) -> Value {
        let (status, state) = self.visit.after(browser, &self.visit.link).await;
        assert_eq!(status, StatusCode::OK, "{state}");
        state
    }

    /// Goes there as this person and comes back; the answer is how it ended.
    async fn sign_in(&self, browser: &mut Browser, person: &str) -> String {
        let (asked, attempt) = begin(browser, &self.visit.link).await;
        let back = choose(asked, person, &browser.base).await;
        come_back(browser, &back, Some(&attempt)).await
    }
}

/// Holds a visit of that patient, releases a letter, and ends it.
async fn ended(app: TestApp, patient: Value) -> Visit {
    ended_of(Visit::book_at(app, patient).await).await
}

async fn ended_of(visit: Visit) -> Visit {
    let (patient, mut doctor) = visit.call().await;
    let shared = visit.doctor.share_file(&visit.appointment, "lettre.pdf", None, parvis_letter()).await;
    assert_eq!(shared.0, StatusCode::CREATED);
    let (_, offered) = visit.doctor.get(&visit.of("documents")).await;
    let file = &offered["documents"][0];
    let wanted = json!({"documents": [{"kind": "file", "item": file["item"]}]});
    assert_eq!(visit.doctor.put(&visit.of("documents"), wanted).await.0, StatusCode::OK);
    visit.end(&mut doctor, "completed").await;
    drop(patient);
    visit
}

/// Begins a sign-in; the answer is where the browser goes, and the cookie of the attempt.
async fn begin(browser: &Browser, link: &str) -> (Url, String) {
    let begun = browser
        .raw(Method::POST, "/api/guest/after/sign-in")
        .header("authorization", format!("Link {link}"))
        .json(&json!({"provider": "franceconnect"}))
        .send()
        .await
        .unwrap();
    assert_eq!(begun.status(), StatusCode::OK);
    let cookie = super::made::cookie(&begun, "__Host-parvis-patient-signin").unwrap();
    let answer: Value = begun.json().await.unwrap();
    (Url::parse(answer["next"].as_str().unwrap()).unwrap(), cookie)
}

/// Chooses who they are at the provider; the answer is where that sends the browser back to.
async fn choose(mut next: Url, person: &str, site: &str) -> Url {
    let policy = reqwest::redirect::Policy::none();
    let browser = reqwest::Client::builder().cookie_store(true).redirect(policy).build().unwrap();
    for _ in 0..8 {
        if next.as_str().starts_with(site) {
            return next;
        }
        if next.path().starts_with("/choose/") {
            next.set_query(Some(&format!("person={person}")));
        }
        let response = browser.get(next.clone()).send().await.unwrap();
        let location = response.headers().get("location").expect("the provider redirects").to_str().unwrap();
        next = next.join(location).unwrap();
    }
    panic!("the provider did not come back");
}

/// Comes back; the answer is how it ended. What the page is told to keep is kept.
async fn come_back(browser: &mut Browser, back: &Url, attempt: Option<&str>) -> String {
    let mut request = browser.client.get(back.clone());
    if let Some(attempt) = attempt {
        request = request.header("cookie", format!("__Host-parvis-patient-signin={attempt}"));
    }
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["cache-control"], "no-store");
    for cookie in answer.headers().get_all("set-cookie") {
        let cookie = cookie.to_str().unwrap();
        assert!(!cookie.starts_with("__Host-parvis-login"), "nobody of staff is signed in here");
        if cookie.starts_with("__Host-parvis-documents-") {
            for part in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
                assert!(cookie.contains(part), "{cookie}");
            }
            browser.passes.push(cookie.split(';').next().unwrap().to_owned());
        }
    }
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let page = back.join(&location).unwrap();
    if !page.as_str().starts_with(&browser.base) {
        // Away to be signed out there; the word comes back in the state.
        let pairs: HashMap<_, _> = page.query_pairs().into_owned().collect();
        assert_eq!(pairs["post_logout_redirect_uri"], format!("{}/documents/signed-out", browser.base));
        assert!(pairs.contains_key("id_token_hint"), "{page}");
        let state = format!("/documents/signed-out?state={}", pairs["state"]);
        let signed_out = browser.knock(Method::GET, &state).await;
        return end_of(signed_out.headers()["location"].to_str().unwrap());
    }
    end_of(&location)
}

fn end_of(page: &str) -> String {
    page.strip_prefix("/join?signed_in=").unwrap_or_else(|| panic!("{page}")).to_owned()
}

async fn take(over: &Over, browser: &Browser, document: &Value) -> StatusCode {
    let way = format!("/api/guest/after/documents/{}", document["document"].as_str().unwrap());
    browser.take_with(&way, &over.visit.link).await.0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patient_proves_who_they_are_and_has_their_documents_until_they_sign_out() {
    for dialect in BOTH {
        let over = Over::start(dialect, helene(json!({}))).await;
        let mut browser = over.browser();
        let state = over.state(&browser).await;
        assert_eq!(state["providers"], json!([{"provider": "franceconnect", "label": "FranceConnect"}]));
        assert_eq!((&state["ask"], &state["isComparable"]), (&json!("either"), &json!(true)));
        assert!(state["documents"].is_null() && state["signedInWith"].is_null(), "{state}");

        let (asked, _) = begin(&browser, &over.visit.link).await;
        let pairs: HashMap<_, _> = asked.query_pairs().into_owned().collect();
        assert_eq!(pairs["scope"], "openid given_name family_name birthdate preferred_username");
        assert_eq!(pairs["acr_values"], "eidas1 eidas2");
        assert_eq!(pairs["code_challenge_method"], "S256");
        assert_eq!(pairs["redirect_uri"], format!("{}{WAY}", browser.base));
        assert!(pairs["state"].len() >= 32 && pairs["nonce"].len() >= 32, "as FranceConnect asks");

        assert_eq!(over.sign_in(&mut browser, "helene").await, "done");
        let state = over.state(&browser).await;
        assert_eq!(state["signedInWith"], "FranceConnect");
        let document = state["documents"][0].clone();
        assert_eq!(take(&over, &browser, &document).await, StatusCode::OK);
        let own = browser.post_with("/api/guest/after/access", &over.visit.link, json!({})).await;
        assert_eq!(own.0, StatusCode::OK, "{}", own.1);

        // Staff see by what it was opened, and the trail has it.
        let (_, told) = over.visit.doctor.get(&over.visit.of("documents")).await;
        let download = &told["downloads"][0];
        assert_eq!(
            (&download["door"], &download["provider"]),
            (&json!("provider"), &json!("FranceConnect (eidas1)"))
        );

        // The login is of this link: with the relative's it is nothing, and without a link neither.
        let (_, relative) = over.visit.after(&browser, &over.visit.relative).await;
        assert_eq!((&relative["mayHaveDocuments"], &relative["providers"]), (&json!(false), &json!([])));
        assert!(relative["documents"].is_null());
        assert_eq!(browser.get("/api/me").await.0, StatusCode::UNAUTHORIZED, "it is no login of staff");
        assert_eq!(browser.get("/api/appointments").await.0, StatusCode::UNAUTHORIZED);

        // The same person again, and then out: here and there.
        let mut second = over.browser();
        assert_eq!(over.sign_in(&mut second, "helene").await, "done");
        let (status, out) = browser.post_with("/api/guest/after/sign-out", &over.visit.link, json!({})).await;
        assert_eq!(status, StatusCode::OK, "{out}");
        let next = Url::parse(out["next"].as_str().unwrap()).unwrap();
        assert!(next.as_str().starts_with(&over.provider.issuer), "{next}");
        let pairs: HashMap<_, _> = next.query_pairs().into_owned().collect();
        assert!(pairs.contains_key("id_token_hint") && pairs["state"].starts_with("signed_out."), "{next}");
        assert!(over.state(&browser).await["documents"].is_null(), "the cookie is worth nothing any more");
        assert_eq!(take(&over, &browser, &document).await, StatusCode::FORBIDDEN);
        assert!(!over.state(&second).await["documents"].is_null(), "the other browser stays in");

        // A code opens them as before.
        assert!(!over.state(&over.visit.patient).await["documents"].is_null());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_the_patient_hears_so_and_nothing_of_the_patient() {
    let over = Over::start(Dialect::Sqlite, helene(json!({}))).await;
    for (person, end) in [("twin", "other"), ("younger", "other"), ("undated", "not_said")] {
        let mut browser = over.browser();
        assert_eq!(over.sign_in(&mut browser, person).await, end, "{person}");
        assert!(browser.passes.is_empty() && over.state(&browser).await["documents"].is_null(), "{person}");
    }
    // A name that is used counts for a booking, and then they are who they are: no other account is that patient.
    let mut browser = over.browser();
    assert_eq!(over.sign_in(&mut browser, "married").await, "done");
    assert_eq!(over.sign_in(&mut over.browser(), "helene").await, "other", "another account");
    assert_eq!(over.sign_in(&mut over.browser(), "namesake").await, "other", "with all the same");
    assert_eq!(over.sign_in(&mut over.browser(), "married").await, "done");
    // The trail has all of it, and nobody's name or date.
    let auditor = over.visit.app.sign_in("ines").await;
    over.visit.app.app.trail.settle().await;
    let (_, trail) = auditor.get(&format!("/api/trail?appointment={}", over.visit.appointment)).await;
    let text = trail.to_string();
    for word in ["sign-in other", "sign-in not_said", "provider franceconnect"] {
        assert!(text.contains(word), "{word} is not in {text}");
    }
    assert!(!text.to_lowercase().contains("moreau") && !text.contains("1962"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_compared_falls_back_to_a_code() {
    let mut nobody_knows = helene(json!({}));
    nobody_knows.as_object_mut().unwrap().remove("birthDate");
    let over = Over::start(Dialect::Sqlite, nobody_knows).await;
    let mut browser = over.browser();
    let state = over.state(&browser).await;
    assert_eq!((&state["ask"], &state["isComparable"]), (&json!("code"), &json!(false)));
    assert_eq!(over.sign_in(&mut browser, "helene").await, "not_booked");
    assert!(over.state(&browser).await["documents"].is_null());
    assert!(!over.state(&over.visit.patient).await["documents"].is_null(), "a code is enough");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_brought_back_otherwise_opens_anything() {
    let over = Over::start(Dialect::Sqlite, helene(json!({}))).await;
    let base = over.visit.app.base.clone();
    let away = async |browser: &Browser| {
        let (asked, attempt) = begin(browser, &over.visit.link).await;
        (choose(asked, "helene", &base).await, attempt)
    };
    let with = |back: &Url, name: &str, value: Option<&str>| {
        let mut url = back.clone();
        let pairs: Vec<_> = back.query_pairs().into_owned().filter(|(known, _)| known != name).collect();
        url.query_pairs_mut().clear().extend_pairs(pairs).extend_pairs(value.map(|value| (name, value)));
        url
    };
    let mut browser = over.browser();
    // A state that is made up, of another browser, or none.
    let (back, attempt) = away(&browser).await;
    let made_up = with(&back, "state", Some(&"A".repeat(43)));
    assert_eq!(come_back(&mut browser, &made_up, Some(&attempt)).await, "expired");
    assert_eq!(come_back(&mut browser, &back, Some(&"B".repeat(43))).await, "expired");
    assert_eq!(come_back(&mut browser, &back, None).await, "expired");
    // Another issuer, or none; the right answer after that is too late.
    let (back, attempt) = away(&browser).await;
    let other = with(&back, "iss", Some("https://other.example"));
    assert_eq!(come_back(&mut browser, &other, Some(&attempt)).await, "untrusted");
    assert_eq!(come_back(&mut browser, &back, Some(&attempt)).await, "expired", "a state counts once");
    let (back, attempt) = away(&browser).await;
    assert_eq!(come_back(&mut browser, &with(&back, "iss", None), Some(&attempt)).await, "untrusted");
    // The person says no.
    let (back, attempt) = away(&browser).await;
    let no = with(&with(&back, "code", None), "error", Some("access_denied"));
    assert_eq!(come_back(&mut browser, &no, Some(&attempt)).await, "refused");
    // A code of another sign-in: PKCE and nonce.
    let (stolen, _) = away(&over.browser()).await;
    let code = stolen.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let (back, attempt) = away(&browser).await;
    assert_eq!(come_back(&mut browser, &with(&back, "code", Some(&code)), Some(&attempt)).await, "refused");
    assert!(browser.passes.is_empty());
    // Replayed after it went well.
    let (back, attempt) = away(&browser).await;
    assert_eq!(come_back(&mut browser, &back, Some(&attempt)).await, "done");
    assert_eq!(come_back(&mut over.browser(), &back, Some(&attempt)).await, "expired");
    // The link is withdrawn while its holder is away.
    let mut late = over.browser();
    let (back, attempt) = away(&late).await;
    let (_, booked) = over.visit.doctor.get(&format!("/api/appointments/{}", over.visit.appointment)).await;
    let people = booked["participants"].as_array().unwrap();
    let patient = people.iter().find(|person| person["role"] == "patient").unwrap();
    let own = over.visit.of(&format!("participants/{}/link", patient["participant"].as_str().unwrap()));
    let (status, reopened) = over.visit.doctor.post(&over.visit.of("reopen"), json!({})).await;
    assert_eq!(status, StatusCode::OK, "{reopened}");
    assert_eq!(over.visit.secretary.delete(&own).await, StatusCode::NO_CONTENT);
    let (mut doctor, _) = over.visit.doctor.attend(&over.visit.appointment).await;
    doctor.request(json!({"type": "enter"})).await.unwrap();
    over.visit.end(&mut doctor, "completed").await;
    assert_eq!(come_back(&mut late, &back, Some(&attempt)).await, "closed");
    let (status, _) = over.visit.after(&browser, &over.visit.link).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "and whoever was in is out");
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_kind_of_provider_does_what_the_other_is_for() {
    let tasks = parvis::tasks::Tasks::default();
    let (staff, of_patients) = (Made::start(&tasks).await, Made::start(&tasks).await);
    of_patients.change(|script| {
        script.claims = json!({
            "aud": "parvis-patients", "sub": "h1", "acr": "eidas1", "groups": ["it"], "name": "Helene",
            "family_name": "LEFEVRE", "given_name": "Hélène", "birthdate": "1962-08-24",
        });
        script.userinfo = json!({"sub": "h1"});
    });
    let app = TestApp::start_with(Dialect::Sqlite, |settings| {
        settings.login.providers.push(settings_of("second", &staff));
        settings.login.providers.push(patients(&of_patients.issuer));
    })
    .await;
    let visit = ended(app, helene(json!({}))).await;
    let browser = visit.app.browser();

    // It is not offered to staff, and no sign-in of staff begins there.
    let (_, ways) = browser.get("/api/sign-in").await;
    assert!(!ways.to_string().contains("franceconnect"), "{ways}");
    let begun = browser.knock(Method::GET, "/login?provider=franceconnect").await;
    let page = begun.headers()["location"].to_str().unwrap().to_owned();
    assert!(page.starts_with("/app/sign-in?problem=not_found"), "{page}");
    // Nor does a patient's begin at one of staff.
    for provider in ["second", "demo", "nobody"] {
        let answer =
            browser.post_with("/api/guest/after/sign-in", &visit.link, json!({"provider": provider})).await;
        assert_eq!(answer.0, StatusCode::NOT_FOUND, "{provider}");
    }
    // And not by the link of somebody who is not the patient.
    let relative =
        browser.post_with("/api/guest/after/sign-in", &visit.relative, json!({"provider": "franceconnect"}));
    assert_eq!(relative.await.0, StatusCode::NOT_FOUND);

    let of = |url: &Url, name: &str| url.query_pairs().find(|(n, _)| n == name).unwrap().1.into_owned();
    let back_to = |path: &str, state: &str, code: &str, iss: &str| {
        let mut url = Url::parse(&format!("{}{path}", browser.base)).unwrap();
        url.query_pairs_mut().extend_pairs([("state", state), ("code", code), ("iss", iss)]);
        url
    };
    // A patient's sign-in that comes back to the callbacks of staff signs nobody in, whichever cookie it brings.
    for (path, iss) in [
        ("/login/callback", &of_patients.issuer),
        ("/login/callback/franceconnect", &of_patients.issuer),
        ("/login/callback/second", &staff.issuer),
    ] {
        let (asked, attempt) = begin(&browser, &visit.link).await;
        let code = of_patients.grant(&asked);
        let answer = [("state", &*of(&asked, "state")), ("code", &*code), ("iss", &**iss)];
        let (page, cookie) = super::made::come_back(&browser, path, &answer, Some(&attempt), None).await;
        assert!(cookie.is_none() && page.contains("problem=sign_in_"), "{path}: {page}");
    }
    // A sign-in of staff that comes back to the callback of patients opens nothing, also with the answer of the right provider.
    for (path, iss) in
        [(WAY, &of_patients.issuer), (WAY, &staff.issuer), ("/documents/callback/second", &staff.issuer)]
    {
        let (asked, attempt) = super::made::begin(&browser, "&provider=second").await;
        let code = staff.grant(&asked);
        let back = back_to(path, &of(&asked, "state"), &code, iss);
        let mut browser = browser.clone();
        assert_eq!(come_back(&mut browser, &back, Some(&attempt)).await, "expired", "{path}");
        assert!(browser.passes.is_empty());
    }
    // A code of the one at the callback of the other, with the attempt that belongs there.
    let (asked, attempt) = begin(&browser, &visit.link).await;
    let (at_staff, _) = super::made::begin(&browser, "&provider=second").await;
    let back = back_to(WAY, &of(&asked, "state"), &staff.grant(&at_staff), &staff.issuer);
    assert_eq!(come_back(&mut browser.clone(), &back, Some(&attempt)).await, "untrusted");
    // The attempt of a patient at the callback of another name.
    let (asked, attempt) = begin(&browser, &visit.link).await;
    let back = back_to(
        "/documents/callback/second",
        &of(&asked, "state"),
        &of_patients.grant(&asked),
        &of_patients.issuer,
    );
    assert_eq!(come_back(&mut browser.clone(), &back, Some(&attempt)).await, "untrusted");
    tasks.stop();
}

/// A lie of the provider of patients, and how it ends.
type Lie = (&'static str, &'static str, fn(&mut super::made::Script));

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_of_patients_that_lies_opens_nothing() {
    const LIES: [Lie; 13] = [
        ("no signature", "untrusted", |s| s.signed = Signed::Not),
        ("another key", "untrusted", |s| s.signed = Signed::ByAnother),
        ("the secret that we share", "untrusted", |s| {
            s.header["alg"] = json!("HS256");
            s.signed = Signed::WithClientSecret;
        }),
        ("another issuer", "untrusted", |s| s.claims["iss"] = json!("https://other.example")),
        ("the audience of staff", "untrusted", |s| s.claims["aud"] = json!("parvis")),
        ("another nonce", "untrusted", |s| s.claims["nonce"] = json!("other")),
        ("expired", "untrusted", |s| s.claims["exp"] = json!(super::made::now_s() - 600)),
        ("a weak sign-in", "weak", |s| s.claims["acr"] = json!("eidas0")),
        ("no word on how they signed in", "weak", |s| s.claims["acr"] = Value::Null),
        ("userinfo of another person", "untrusted", |s| s.userinfo = json!({"sub": "h2"})),
        ("two stories", "untrusted", |s| s.userinfo = json!({"sub": "h1", "birthdate": "1962-08-25"})),
        ("nobody", "unreachable", |s| s.claims["sub"] = Value::Null),
        ("no date of birth", "not_said", |s| s.claims["birthdate"] = Value::Null),
    ];
    let tasks = parvis::tasks::Tasks::default();
    let made = Made::start(&tasks).await;
    let app = TestApp::start_with(Dialect::Sqlite, |settings| {
        settings.login.providers.push(patients(&made.issuer));
    })
    .await;
    let visit = ended(app, helene(json!({}))).await;
    let honest = json!({
        "aud": "parvis-patients", "sub": "h1", "sid": "s1", "acr": "eidas1",
        "family_name": "LEFEVRE", "given_name": "Hélène", "birthdate": "1962-08-24",
    });
    let try_it = async |lie: fn(&mut super::made::Script)| {
        made.change(|script| {
            script.claims = honest.clone();
            script.header = json!({"alg": "EdDSA", "typ": "JWT", "kid": "k1"});
            (script.signed, script.userinfo) = (Signed::Well, json!({"sub": "h1"}));
            lie(script);
        });
        let mut browser = visit.app.browser();
        let (asked, attempt) = begin(&browser, &visit.link).await;
        let state = asked.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let mut back = Url::parse(&format!("{}{WAY}", browser.base)).unwrap();
        let answer = [("state", state.as_str()), ("code", &made.grant(&asked)), ("iss", &made.issuer)];
        back.query_pairs_mut().extend_pairs(answer);
        (come_back(&mut browser, &back, Some(&attempt)).await, browser)
    };
    for (name, end, lie) in LIES {
        let (said, browser) = try_it(lie).await;
        assert_eq!(said, end, "{name}");
        assert!(browser.passes.is_empty(), "{name}");
    }
    let (said, browser) = try_it(|_| {}).await;
    assert_eq!(said, "done", "honest again, it opens");
    let is_in = async || {
        let (_, state) = visit.after(&browser, &visit.link).await;
        !state["signedInWith"].is_null()
    };
    assert!(is_in().await);
    // The provider signs them out by a token, which counts once and is no other's.
    let word = |jti: &str, sid: &str| {
        let claims = json!({
            "iss": made.issuer, "aud": "parvis-patients", "iat": super::made::now_s(), "exp": super::made::now_s() + 60,
            "jti": jti, "sid": sid, "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        });
        let header = json!({"alg": "EdDSA", "typ": "logout+jwt", "kid": "k1"});
        super::made::token(&header, &claims, |said| made.sign(Signed::Well, said))
    };
    let send = async |token: String| {
        let url = format!("{}/login/back-channel-logout", visit.app.base);
        let request = reqwest::Client::new().post(url).form(&[("logout_token", token)]);
        request.timeout(Duration::from_secs(20)).send().await.unwrap().status()
    };
    assert_eq!(send(word("1", "s2")).await, StatusCode::OK);
    assert!(is_in().await, "that was another sign-in");
    assert_eq!(send(word("2", "s1")).await, StatusCode::OK);
    assert!(!is_in().await);
    assert_eq!(send(word("2", "s1")).await, StatusCode::BAD_REQUEST);
    tasks.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_says_by_what_its_documents_are_opened_and_an_administrator_sets_the_provider_on_the_page()
{
    for dialect in BOTH {
        let tasks = parvis::tasks::Tasks::default();
        let made = Made::start(&tasks).await;
        made.change(|script| {
            script.claims = json!({
                "aud": "parvis-patients", "sub": "h1",
                "family_name": "LEFEVRE", "given_name": "Hélène", "birthdate": "1962-08-24",
            });
            script.userinfo = json!({"sub": "h1"});
        });
        let app = TestApp::start_with(dialect, |settings| {
            settings.login.egress.networks.push("127.0.0.0/8".parse().unwrap());
        })
        .await;
        let alex = app.sign_in("alex").await;
        let page = "/api/admin/providers";
        let form = json!({
            "provider": "franceconnect", "label": "FranceConnect", "issuer": made.issuer, "clientId": "parvis-patients",
            "authentication": "client_secret_post", "clientSecret": SECRET, "isForPatients": true,
            "scopes": ["given_name", "family_name", "birthdate"], "acrValues": [], "freshAcrValues": [], "roles": [],
            "nameClaim": "", "subjectClaim": "",
        });
        let mut with_role = form.clone();
        with_role["roles"] = json!([{"claim": "groups", "value": "it", "role": "administrator"}]);
        assert_eq!(alex.post(page, with_role).await.1["code"], "bad_role_rules");
        assert_eq!(alex.post(page, form.clone()).await.0, StatusCode::NO_CONTENT);
        let (_, state) = alex.get(page).await;
        let entry = state["providers"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(entry["isForPatients"], true);
        assert_eq!(entry["callbackUrl"], format!("{}{WAY}", app.base));
        // Whom it is for is said once.
        let mut of_staff = form.clone();
        of_staff["isForPatients"] = json!(false);
        let own = format!("{page}/franceconnect");
        assert_eq!(alex.put(&own, of_staff).await.0, StatusCode::NO_CONTENT);
        let (_, ways) = app.browser().get("/api/sign-in").await;
        assert_eq!(ways.as_array().unwrap().len(), 1, "{ways}");

        let radiology = Service {
            id: ServiceId::new(app.app.clock.new_uuid()),
            name: "Radiologie".to_owned(),
            site: String::new(),
            telephone: String::new(),
            is_closed: false,
            created_at: app.app.clock.now(),
        };
        app.app.store.put_service(&radiology).await.unwrap();
        let service = radiology.id.to_string();
        let visit = ended_of(Visit::book_in(app, helene(json!({})), Some(&service)).await).await;
        let door = format!("/api/services/{service}/door");
        let need = async |need: &str| {
            let rules = json!({
                "acceptsBirthDate": false, "asksWhoOfAll": false, "waivesConsent": false, "documentsNeed": need,
            });
            let (status, told) = alex.put(&door, rules).await;
            assert_eq!((status, &told["documentsNeed"]), (StatusCode::OK, &json!(need)), "{told}");
        };
        let with_code = &visit.patient;
        let mut signed_in = visit.app.browser();
        let (asked, attempt) = begin(&signed_in, &visit.link).await;
        let state = asked.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let mut back = Url::parse(&format!("{}{WAY}", signed_in.base)).unwrap();
        let answer = [("state", state.as_str()), ("code", &made.grant(&asked)), ("iss", &made.issuer)];
        back.query_pairs_mut().extend_pairs(answer);
        assert_eq!(come_back(&mut signed_in, &back, Some(&attempt)).await, "done");
        let mut both = signed_in.clone();
        both.passes.extend(with_code.passes.iter().cloned());
        let open = async |browser: &Browser| {
            let (status, state) = visit.after(browser, &visit.link).await;
            assert_eq!(status, StatusCode::OK, "{state}");
            (state["ask"].as_str().unwrap().to_owned(), !state["documents"].is_null())
        };
        for (wanted, code, sign_in) in
            [("either", true, true), ("provider", false, true), ("both", false, false)]
        {
            need(wanted).await;
            assert_eq!(open(with_code).await, (wanted.to_owned(), code));
            assert_eq!(open(&signed_in).await, (wanted.to_owned(), sign_in));
            assert_eq!(open(&both).await, (wanted.to_owned(), true));
        }
        // Without its provider a code is what is asked for, and whoever was signed in is not.
        let off = json!({"isOn": false, "endsLogins": false});
        assert_eq!(alex.post(&format!("{own}/switch"), off).await.0, StatusCode::NO_CONTENT);
        assert_eq!(open(with_code).await, ("code".to_owned(), true));
        assert_eq!(open(&signed_in).await, ("code".to_owned(), false));
        tasks.stop();
    }
}
