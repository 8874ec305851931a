//! Sign-out by the provider: who may ask for it, and that everything which was open in the name of the login ends, also in a call.

use std::sync::Arc;
use std::time::Duration;

use parvis::clock::Clock;
use parvis::store::Dialect;
use parvis::tasks::Tasks;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::made::{Made, Signed, Site, now_s, settings_of, sign_in_as, token};
use crate::support::app::{Browser, Socket, TestApp};
use crate::visit::{Visit, booking, doctor_named, secret};

/// Whoever is signed out has nothing left after this.
const AT_ONCE: Duration = Duration::from_secs(5);
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A logout token as the provider makes it, before a case spoils it.
struct Word {
    header: Value,
    claims: Value,
    signed: Signed,
}

impl Word {
    fn of(made: &Made) -> Self {
        let id = Clock::system().new_uuid().to_string();
        Self {
            header: json!({"alg": "EdDSA", "typ": "logout+jwt", "kid": made.key.kid}),
            claims: json!({
                "iss": made.issuer,
                "aud": "parvis",
                "iat": now_s(),
                "exp": now_s() + 120,
                "jti": id,
                "events": {EVENT: {}},
                "sub": "martin",
                "sid": "sid-1",
            }),
            signed: Signed::Well,
        }
    }

    fn token(&self, made: &Made) -> String {
        let mut claims = self.claims.clone();
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        token(&self.header, &claims, |said| made.sign(self.signed, said))
    }
}

async fn send(app: &TestApp, token: &str) -> (StatusCode, Value) {
    let url = format!("{}/login/back-channel-logout", app.base);
    let answer = app.browser().client.post(url).form(&[("logout_token", token)]).send().await.unwrap();
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let status = answer.status();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
}

async fn is_signed_in(browser: &Browser) -> bool {
    browser.get("/api/me").await.0 == StatusCode::OK
}

type Case = (&'static str, fn(&mut Word, &Made, &Made));

const FORGED: [Case; 22] = [
    ("of an issuer that nobody knows", |w, _, _| w.claims["iss"] = json!("https://evil.example")),
    ("of one provider in the name of another", |w, _, other| w.claims["iss"] = json!(other.issuer)),
    ("for another client", |w, _, _| w.claims["aud"] = json!("other")),
    ("for others", |w, _, _| w.claims["aud"] = json!(["a", "b"])),
    ("for nobody", |w, _, _| w.claims["aud"] = Value::Null),
    ("that has expired", |w, _, _| w.claims["exp"] = json!(now_s() - 3600)),
    ("that does not say when it expires", |w, _, _| w.claims["exp"] = Value::Null),
    ("that never expires", |w, _, _| w.claims["exp"] = json!(now_s() + 10 * 365 * 86_400)),
    ("from the future", |w, _, _| w.claims["iat"] = json!(now_s() + 3600)),
    ("with a nonce, as an ID token", |w, _, _| w.claims["nonce"] = json!("n")),
    ("without an event", |w, _, _| w.claims["events"] = Value::Null),
    ("with another event", |w, _, _| {
        w.claims["events"] = json!({"http://schemas.openid.net/event/other": {}})
    }),
    ("with an event that is no object", |w, _, _| w.claims["events"] = json!({EVENT: true})),
    ("of the type of an access token", |w, _, _| w.header["typ"] = json!("at+jwt")),
    ("with an extension that must be understood", |w, _, _| w.header["crit"] = json!(["x"])),
    ("about nobody", |w, _, _| (w.claims["sub"], w.claims["sid"]) = (Value::Null, Value::Null)),
    ("without an identifier", |w, _, _| w.claims["jti"] = Value::Null),
    ("by no algorithm", |w, _, _| {
        w.header["alg"] = json!("none");
        w.signed = Signed::Not;
    }),
    ("by HS256 with the public key", |w, _, _| {
        w.header["alg"] = json!("HS256");
        w.signed = Signed::WithPublicKey;
    }),
    ("by HS256 with the secret that we share", |w, _, _| {
        w.header["alg"] = json!("HS256");
        w.signed = Signed::WithClientSecret;
    }),
    ("by another key", |w, _, _| w.signed = Signed::ByAnother),
    ("by a key that nobody has", |w, _, _| w.header["kid"] = json!("k9")),
];

#[tokio::test(flavor = "multi_thread")]
async fn forged_logout_tokens_sign_nobody_out() {
    let site = Site::start().await;
    let (browser, page) = site.sign_in().await;
    assert_eq!(page, "/app");
    for (name, spoil) in FORGED {
        let mut word = Word::of(&site.first);
        spoil(&mut word, &site.first, &site.second);
        let (status, answer) = send(&site.app, &word.token(&site.first)).await;
        assert_eq!(
            (status, &answer["error"]),
            (StatusCode::BAD_REQUEST, &json!("invalid_request")),
            "{name}"
        );
        assert!(is_signed_in(&browser).await, "a token {name} signed somebody out");
    }
    let long = "a".repeat(20_000);
    for (name, text) in
        [("no token", ""), ("two parts", "a.b"), ("no base64", "a.!.c"), ("long", long.as_str())]
    {
        assert_eq!(send(&site.app, text).await.0, StatusCode::BAD_REQUEST, "{name}");
    }
    // It comes from no page of this site, and as a form only.
    let url = format!("{}/login/back-channel-logout", site.app.base);
    let bare = site.app.browser().client.post(url).json(&json!({"logout_token": "x"})).send().await.unwrap();
    assert_eq!(bare.status(), StatusCode::BAD_REQUEST);
    // The honest word about somebody else ends nothing here.
    let mut other = Word::of(&site.first);
    (other.claims["sub"], other.claims["sid"]) = (json!("somebody"), json!("sid-2"));
    assert_eq!(send(&site.app, &other.token(&site.first)).await.0, StatusCode::OK);
    // The other provider says so about a person of its own who has the same name there.
    let theirs = Word::of(&site.second);
    assert_eq!(send(&site.app, &theirs.token(&site.second)).await.0, StatusCode::OK);
    assert!(is_signed_in(&browser).await);

    let word = Word::of(&site.first).token(&site.first);
    assert_eq!(send(&site.app, &word).await.0, StatusCode::OK);
    assert!(!is_signed_in(&browser).await, "the honest word does");
    let (browser, _) = site.sign_in().await;
    assert_eq!(send(&site.app, &word).await.0, StatusCode::BAD_REQUEST, "and counts once");
    assert!(is_signed_in(&browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sign_in_or_all_of_a_person_are_ended() {
    let site = Site::start().await;
    let (desk, _) = site.sign_in().await;
    site.first.change(|script| script.claims["sid"] = json!("sid-2"));
    let (ward, _) = site.sign_in().await;
    let mut word = Word::of(&site.first);
    word.claims["sid"] = json!("sid-2");
    assert_eq!(send(&site.app, &word.token(&site.first)).await.0, StatusCode::OK);
    assert_eq!((is_signed_in(&desk).await, is_signed_in(&ward).await), (true, false));
    // Some providers name the person only, some the sign-in only, and some give no name to sign-ins.
    let (ward, _) = site.sign_in().await;
    let mut word = Word::of(&site.first);
    word.claims["sid"] = Value::Null;
    assert_eq!(send(&site.app, &word.token(&site.first)).await.0, StatusCode::OK);
    assert_eq!((is_signed_in(&desk).await, is_signed_in(&ward).await), (false, false));
    let (ward, _) = site.sign_in().await;
    let mut word = Word::of(&site.first);
    (word.claims["sub"], word.claims["sid"]) = (Value::Null, json!("sid-2"));
    assert_eq!(send(&site.app, &word.token(&site.first)).await.0, StatusCode::OK);
    assert!(!is_signed_in(&ward).await);
    site.first.change(|script| script.claims["sid"] = Value::Null);
    let (nameless, _) = site.sign_in().await;
    assert_eq!(send(&site.app, &Word::of(&site.first).token(&site.first)).await.0, StatusCode::OK);
    assert!(!is_signed_in(&nameless).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_the_provider_signs_out_by_name_or_by_the_browsers_cookie() {
    let site = Site::start().await;
    let (browser, _) = site.sign_in().await;
    let show = async |query: &str, browser: &Browser| {
        browser.raw(Method::GET, &format!("/login/front-channel-logout{query}")).send().await.unwrap()
    };
    let issuer: String = url::form_urlencoded::byte_serialize(site.first.issuer.as_bytes()).collect();
    let other: String = url::form_urlencoded::byte_serialize(site.second.issuer.as_bytes()).collect();
    let nobody = site.app.browser();
    for query in
        [format!("?iss={other}&sid=sid-1"), format!("?iss={issuer}&sid=sid-9"), "?iss=x&sid=sid-1".into()]
    {
        assert_eq!(show(&query, &nobody).await.status(), StatusCode::OK);
        assert!(is_signed_in(&browser).await, "{query}");
    }
    assert_eq!(show("", &nobody).await.status(), StatusCode::OK);
    assert!(is_signed_in(&browser).await);
    let page = show(&format!("?iss={issuer}&sid=sid-1"), &nobody).await;
    assert_eq!(page.headers()["cache-control"], "no-store");
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains(&format!("frame-ancestors {} {}", site.first.issuer, site.second.issuer)),
        "{policy}"
    );
    assert!(!is_signed_in(&browser).await);
    // A provider without names for its sign-ins, on the same site: the browser shows its cookie. It may name the person, which
    // anybody could.
    site.first.change(|script| script.claims["sid"] = Value::Null);
    for query in [String::new(), format!("?iss={issuer}"), format!("?iss={issuer}&sid=martin")] {
        let (browser, _) = site.sign_in().await;
        show(&query, &nobody).await;
        show(&format!("?iss={other}&sid=martin"), &browser).await;
        assert!(is_signed_in(&browser).await, "{query}");
        show(&query, &browser).await;
        assert!(!is_signed_in(&browser).await, "{query}");
    }
    // One that has names is ended by its name only.
    site.first.change(|script| script.claims["sid"] = json!("sid-7"));
    let (browser, _) = site.sign_in().await;
    show("", &browser).await;
    show(&format!("?iss={issuer}&sid=martin"), &browser).await;
    assert!(is_signed_in(&browser).await);
}

/// A doctor of a made provider in a call with the patient.
struct Call {
    visit: Visit,
    made: Arc<Made>,
    patient: Socket,
    doctor: Socket,
    welcome: Value,
    tasks: Tasks,
}

impl Drop for Call {
    fn drop(&mut self) {
        self.tasks.stop();
    }
}

const WAY: (&str, &str) = ("/login/callback/made", "&provider=made");

impl Call {
    async fn start(dialect: Dialect) -> Self {
        let tasks = Tasks::default();
        let made = Made::start(&tasks).await;
        made.change(|script| script.claims["name"] = json!("Dr Hanna Weiss"));
        let app = TestApp::start_with(dialect, |settings| {
            settings.login.providers.push(settings_of("made", &made));
        })
        .await;
        let mut browser = app.browser();
        assert_eq!(sign_in_as(&mut browser, &made, WAY.0, WAY.1).await, "/app");
        let mut visit = Visit::book_at(app, 5).await;
        let hanna = doctor_named(&visit.secretary, "Hanna Weiss").await;
        let (status, booked) = visit.secretary.post("/api/appointments", booking(&hanna, 5)).await;
        assert_eq!(status, StatusCode::CREATED, "{booked}");
        visit.appointment = booked["appointment"]["appointment"].as_str().unwrap().to_owned();
        visit.patient = secret(&booked["links"][0]);
        visit.doctor = browser;
        let (mut patient, id) = visit.patient_waits().await;
        let (mut doctor, welcome) = visit.doctor.attend(&visit.appointment).await;
        doctor.request(json!({"type": "enter"})).await.unwrap();
        doctor.request(json!({"type": "admit", "participant": id, "isRecognised": true})).await.unwrap();
        patient.wait_for("place", |m| m["place"]["state"] == "admitted").await;
        patient.request(json!({"type": "enter"})).await.unwrap();
        Self { visit, made, patient, doctor, welcome, tasks }
    }

    /// How many devices' media have been ended, once the media part has heard everything that was said so far.
    async fn media_ended(&mut self) -> u64 {
        self.patient.send(json!({"type": "publish_offer", "generation": 1, "sdp": "x", "tracks": []})).await;
        self.patient.wait_for("problem", |m| m["code"] == "bad_media").await;
        self.visit.app.app.sfu.counters().connections_closed
    }

    async fn doctor_has_left(&mut self) {
        let id = self.welcome["participant"].clone();
        let is_here = |person: &Value| person["participant"] == id;
        self.patient.wait_for("people", |m| !m["people"].as_array().unwrap().iter().any(is_here)).await;
    }
}

/// A file in the consultation, and whether the doctor may still fetch it.
async fn may_fetch(visit: &Visit, file: &Value) -> bool {
    visit.doctor.fetch_file(&visit.appointment, file, None).await.0 == StatusCode::OK
}

/// How a login may end before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    BackChannel,
    FrontChannel,
    /// In another tab of the same browser.
    SignsOut,
    /// The provider gives them no role any more, as their next sign-in shows.
    LosesRole,
}

async fn end(call: &Call, how: End) {
    let app = &call.visit.app;
    match how {
        End::BackChannel => {
            let word = Word::of(&call.made).token(&call.made);
            assert_eq!(send(app, &word).await.0, StatusCode::OK);
        }
        End::FrontChannel => {
            let query = format!("iss={}&sid=sid-1", call.made.issuer);
            let page =
                app.browser().knock(Method::GET, &format!("/login/front-channel-logout?{query}")).await;
            assert_eq!(page.status(), StatusCode::OK);
        }
        End::SignsOut => assert_eq!(call.visit.doctor.post("/logout", json!({})).await.0, StatusCode::OK),
        End::LosesRole => {
            call.made.change(|script| script.claims["groups"] = json!(["gardeners"]));
            let page = sign_in_as(&mut app.browser(), &call.made, WAY.0, WAY.1).await;
            assert!(page.contains("problem=no_role"), "{page}");
            call.made.change(|script| script.claims["groups"] = json!(["physicians"]));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_signed_out_has_no_login_socket_media_or_file_left_also_in_a_call() {
    for how in [End::BackChannel, End::FrontChannel, End::SignsOut, End::LosesRole] {
        let dialect = if how == End::BackChannel { Dialect::Postgres } else { Dialect::Sqlite };
        let mut call = Call::start(dialect).await;
        let pdf = b"%PDF-1.4\n%%EOF\n".to_vec();
        let appointment = call.visit.appointment.clone();
        let (status, file) = call.visit.doctor.share_file(&appointment, "a.pdf", None, pdf).await;
        assert_eq!(status, StatusCode::CREATED, "{file}");
        assert!(may_fetch(&call.visit, &file).await);
        assert_eq!(call.media_ended().await, 0);
        let mut agenda = call.visit.doctor.agenda().await;

        let began = Clock::system().instant();
        end(&call, how).await;
        let last = call.doctor.until_closed().await;
        assert!(last.iter().any(|m| m["code"] == "sign_in_needed"), "{how:?}: {last:?}");
        agenda.until_closed().await;
        call.doctor_has_left().await;
        assert_eq!(call.media_ended().await, 1, "{how:?}: the media of the doctor");
        assert!(!is_signed_in(&call.visit.doctor).await, "{how:?}");
        assert!(!may_fetch(&call.visit, &file).await, "{how:?}");
        let (_, again) = call.visit.doctor.attend(&appointment).await;
        assert_eq!(again["code"], "sign_in_needed", "{how:?}");
        let took = Clock::system().instant() - began;
        assert!(took < AT_ONCE, "{how:?} took {took:?}");

        // A new sign-in brings them back; the patient was in the call all the time.
        let mut browser = call.visit.app.browser();
        assert_eq!(sign_in_as(&mut browser, &call.made, WAY.0, WAY.1).await, "/app");
        let (mut doctor, welcome) = browser.attend(&appointment).await;
        assert_eq!(welcome["type"], "welcome", "{how:?}: {welcome}");
        doctor.request(json!({"type": "enter"})).await.unwrap();
        call.patient.wait_for("people", |m| m["people"].as_array().unwrap().len() == 2).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn media_of_somebody_whose_connection_is_lost_end_with_their_login() {
    let mut call = Call::start(Dialect::Sqlite).await;
    let id = call.welcome["participant"].clone();
    let (cut, _) = call.visit.doctor.hello(json!({"appointment": "none"})).await;
    // The socket of the call breaks, and nothing else.
    drop(std::mem::replace(&mut call.doctor, cut));
    let is_lost = |person: &Value| person["participant"] == id && person["place"]["state"] == "lost";
    call.patient.wait_for("people", |m| m["people"].as_array().unwrap().iter().any(is_lost)).await;
    assert_eq!(call.media_ended().await, 0, "they are kept for when it comes back");
    end(&call, End::BackChannel).await;
    call.doctor_has_left().await;
    assert_eq!(call.media_ended().await, 1);
    // What the page was told brings it back with the login only.
    let mut browser = call.visit.app.browser();
    sign_in_as(&mut browser, &call.made, WAY.0, WAY.1).await;
    let resume = call.welcome["resume"].clone();
    let hello = json!({"appointment": call.visit.appointment, "resume": resume});
    let (_, refused) = call.visit.doctor.hello(hello.clone()).await;
    assert_eq!(refused["code"], "sign_in_needed");
    let (_, welcome) = browser.hello(hello).await;
    assert_eq!(welcome["type"], "welcome", "{welcome}");
    assert_ne!(welcome["place"]["state"], "in_call", "as a new device");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_who_is_removed_has_no_socket_media_or_file_left() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let (mut patient, id, mut doctor) = visit.call().await;
    let pdf = b"%PDF-1.4\n%%EOF\n".to_vec();
    let (_, file) = visit.doctor.share_file(&visit.appointment, "a.pdf", None, pdf).await;
    let guest = visit.app.browser();
    let fetch = async || guest.fetch_file(&visit.appointment, &file, Some(&visit.patient)).await.0;
    assert_eq!(fetch().await, StatusCode::OK);
    let closed = visit.app.app.sfu.counters().connections_closed;
    let began = Clock::system().instant();
    doctor.request(json!({"type": "remove", "participant": id})).await.unwrap();
    patient.until_closed().await;
    assert_ne!(fetch().await, StatusCode::OK);
    let (_, refused) = visit.app.guest(&visit.patient).await;
    assert_eq!(refused["code"], "link_revoked");
    doctor.send(json!({"type": "publish_offer", "generation": 1, "sdp": "x", "tracks": []})).await;
    doctor.wait_for("problem", |m| m["code"] == "bad_media").await;
    assert_eq!(visit.app.app.sfu.counters().connections_closed, closed + 1);
    let took = Clock::system().instant() - began;
    assert!(took < AT_ONCE, "it took {took:?}");
}
