//! Providers that administrators set on their page: in use at once, tried in words, and never so that nobody can administer any more.

use std::sync::Arc;

use parvis::app::Settings;
use parvis::store::Dialect;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::made::{Keys, Made, Script, begin, come_back, sign_in_as};
use crate::support::app::{Browser, TestApp};

const RIGHT: &str = "the-right-secret";
const WRONG: &str = "a-wrong-secret";
const PAGE: &str = "/api/admin/providers";
const CENTRE: &str = "/api/admin/providers/centre";

/// What is found, what it is about, and what the provider says.
type Lie = (&'static str, &'static str, fn(&mut Script));

/// A gateway that may reach this machine by what its pages name, and a provider there.
async fn site(dialect: Dialect, change: impl FnOnce(&mut Settings)) -> (TestApp, Arc<Made>) {
    let app = TestApp::start_with(dialect, |settings| {
        settings.login.egress.networks.push("127.0.0.0/8".parse().unwrap());
        change(settings);
    })
    .await;
    let made = Made::start(&app.app.tasks).await;
    made.change(|script| script.secret = Some(RIGHT));
    (app, made)
}

/// What the page sends of a provider of that name.
fn form(key: &str, made: &Made) -> Value {
    json!({
        "provider": key,
        "label": "Centre de lutte",
        "issuer": made.issuer,
        "clientId": "parvis",
        "authentication": "client_secret_basic",
        "clientSecret": RIGHT,
        "scopes": ["profile", "groups"],
        "acrValues": [],
        "freshAcrValues": [],
        "roles": [
            {"claim": "groups", "value": "physicians", "role": "doctor"},
            {"claim": "groups", "value": "it", "role": "administrator"},
        ],
        "nameClaim": "name",
        "subjectClaim": "sub",
    })
}

fn with(mut form: Value, name: &str, value: Value) -> Value {
    form[name] = value;
    form
}

async fn sign_in(app: &TestApp, made: &Made, key: &str) -> (Browser, String) {
    let mut browser = app.browser();
    let (path, query) = (format!("/login/callback/{key}"), format!("&provider={key}"));
    let page = sign_in_as(&mut browser, made, &path, &query).await;
    (browser, page)
}

async fn offered(app: &TestApp) -> Vec<String> {
    let (_, ways) = app.browser().get("/api/sign-in").await;
    ways.as_array().unwrap().iter().map(|way| way["provider"].as_str().unwrap().to_owned()).collect()
}

async fn listed(admin: &Browser, key: &str) -> Value {
    let (status, state) = admin.get(PAGE).await;
    assert_eq!(status, StatusCode::OK, "{state}");
    for secret in [RIGHT, WRONG] {
        assert!(!state.to_string().contains(secret), "a secret comes back: {state}");
    }
    let all = state["providers"].as_array().unwrap();
    all.iter().find(|each| each["provider"] == key).cloned().unwrap_or_default()
}

async fn code(answer: (StatusCode, Value)) -> (u16, String) {
    (answer.0.as_u16(), answer.1["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_of_the_page_is_in_use_at_once_and_whoever_is_in_stays_so() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let (app, made) = site(dialect, |_| {}).await;
        let alex = app.sign_in("alex").await;
        assert_eq!(alex.post(PAGE, form("centre", &made)).await.0, StatusCode::NO_CONTENT);
        assert_eq!(offered(&app).await, ["demo", "centre"]);
        let entry = listed(&alex, "centre").await;
        assert_eq!((&entry["isOfFile"], &entry["reachedAt"]), (&json!(false), &Value::Null), "{entry}");
        assert_eq!(entry["callbackUrl"], format!("{}/login/callback/centre", app.base));

        let (claire, page) = sign_in(&app, &made, "centre").await;
        assert_eq!(page, "/app");
        assert_eq!(claire.get("/api/me").await.1["name"], "Dr Claire Martin");
        let entry = listed(&alex, "centre").await;
        assert!(entry["reachedAt"].is_string() && entry["logins"] == 1, "{entry}");
        let told = alex.get("/api/protection").await.1.to_string();
        assert!(told.contains("127.0.0.1"), "whom the gateway speaks to: {told}");

        // A wrong secret, kept when none is typed.
        let wrong = with(form("centre", &made), "clientSecret", json!(WRONG));
        assert_eq!(alex.put(CENTRE, wrong).await.0, StatusCode::NO_CONTENT);
        let refused = "/app/sign-in?problem=sign_in_refused&reason=client_refused&provider=centre";
        assert_eq!(sign_in(&app, &made, "centre").await.1, refused);
        let mut kept = with(form("centre", &made), "label", json!("Centre"));
        kept.as_object_mut().unwrap().remove("clientSecret");
        assert_eq!(alex.put(CENTRE, kept.clone()).await.0, StatusCode::NO_CONTENT);
        assert_eq!(sign_in(&app, &made, "centre").await.1, refused);
        let in_body = with(form("centre", &made), "authentication", json!("client_secret_post"));
        assert_eq!(alex.put(CENTRE, in_body).await.0, StatusCode::NO_CONTENT);
        assert_eq!(sign_in(&app, &made, "centre").await.1, "/app");
        assert_eq!(claire.get("/api/me").await.0, StatusCode::OK);

        // Off: no way in, also for whoever is on the way; whoever is in stays.
        let browser = app.browser();
        let (asked, attempt) = begin(&browser, "&provider=centre").await;
        let switch = |is_on: bool, ends: bool| json!({"isOn": is_on, "endsLogins": ends});
        let address = format!("{CENTRE}/switch");
        assert_eq!(alex.post(&address, switch(false, false)).await.0, StatusCode::NO_CONTENT);
        let state = asked.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let granted = made.grant(&asked);
        let answer = [("state", state.as_str()), ("code", &granted), ("iss", &made.issuer)];
        let (page, cookie) =
            come_back(&browser, "/login/callback/centre", &answer, Some(&attempt), None).await;
        assert!(page.contains("problem=sign_in_expired") && cookie.is_none(), "{page}");
        assert_eq!(offered(&app).await, ["demo"]);
        let begun = browser.knock(reqwest::Method::GET, "/login?provider=centre").await;
        assert!(begun.headers()["location"].to_str().unwrap().starts_with("/app/sign-in?problem=not_found"));
        assert_eq!(claire.get("/api/me").await.0, StatusCode::OK, "a running login lives on");

        // On again, and off with the logins.
        assert_eq!(alex.post(&address, switch(true, false)).await.0, StatusCode::NO_CONTENT);
        assert_eq!(sign_in(&app, &made, "centre").await.1, "/app");
        assert_eq!(alex.post(&address, switch(false, true)).await.0, StatusCode::NO_CONTENT);
        assert_eq!(claire.get("/api/me").await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(alex.get("/api/me").await.0, StatusCode::OK, "of another provider");
        assert_eq!(alex.delete(CENTRE).await, StatusCode::NO_CONTENT);
        assert_eq!(listed(&alex, "centre").await, Value::Null);

        let (_, changes) = alex.get("/api/admin/changes").await;
        let all = changes.to_string();
        assert!(!all.contains(RIGHT) && !all.contains(WRONG), "{all}");
        let what: Vec<_> =
            changes.as_array().unwrap().iter().map(|line| line["what"].as_str().unwrap()).collect();
        let (made_first, rest) = what.split_last().unwrap();
        assert_eq!(*made_first, "provider_made");
        assert_eq!(rest[..4], ["provider_removed", "provider_off", "provider_on", "provider_off"]);
        let secret = &changes[6];
        assert_eq!((&secret["before"], &secret["after"]), (&json!(""), &json!("client_secret: changed")));
        let label = &changes[5];
        assert_eq!(label["before"], "label: Centre de lutte", "{label}");
        assert_eq!(label["after"], "label: Centre", "{label}");
        assert_eq!(changes[1]["after"], "off; logins ended");
        assert!(
            changes[0]["before"].as_str().unwrap().contains("roles: groups/physicians = doctor"),
            "{all}"
        );
    }
}

/// A provider in wrong hands holds its answer back until an administrator has done with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_answers_only_after_it_was_switched_off_signs_nobody_in() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let (app, made) = site(dialect, |_| {}).await;
        let alex = app.sign_in("alex").await;
        assert_eq!(alex.post(PAGE, form("centre", &made)).await.0, StatusCode::NO_CONTENT);
        let held = Arc::new(tokio::sync::Barrier::new(2));
        made.change(|script| script.held = Some(held.clone()));
        let browser = app.browser();
        let (asked, attempt) = begin(&browser, "&provider=centre").await;
        let state = asked.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let granted = made.grant(&asked);
        let answer = [("state", state.as_str()), ("code", &granted), ("iss", &made.issuer)];
        let comes_back = come_back(&browser, "/login/callback/centre", &answer, Some(&attempt), None);
        let switches_off = async {
            held.wait().await;
            let off = json!({"isOn": false, "endsLogins": true});
            assert_eq!(alex.post(&format!("{CENTRE}/switch"), off).await.0, StatusCode::NO_CONTENT);
            held.wait().await;
        };
        let ((page, cookie), ()) = tokio::join!(comes_back, switches_off);
        let refused = "/app/sign-in?problem=sign_in_refused&reason=provider_switched_off&provider=centre";
        assert_eq!((page.as_str(), cookie), (refused, None));
        let people = alex.get("/api/admin/people").await.1.to_string();
        assert!(!people.contains("Claire Martin"), "nothing that it says is kept: {people}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_what_was_typed_has_a_code_of_its_own() {
    let (app, made) = site(Dialect::Sqlite, |_| {}).await;
    let alex = app.sign_in("alex").await;
    let good = form("centre", &made);
    for (name, value, expected) in [
        ("provider", json!("Centre"), "bad_provider_key"),
        ("provider", json!("local"), "bad_provider_key"),
        ("provider", json!("demo"), "provider_key_taken"),
        ("label", json!(" "), "name_missing"),
        ("issuer", json!("id.example"), "bad_issuer"),
        ("issuer", json!("http://id.example"), "bad_issuer"),
        ("issuer", json!("https://id.example/?a=b"), "bad_issuer"),
        ("issuer", json!(format!("{}/demo-idp", app.base)), "issuer_taken"),
        ("discoveryUrl", json!("nowhere"), "bad_discovery"),
        ("discoveryUrl", json!("http://id.example/x"), "bad_discovery"),
        ("clientId", json!(""), "client_id_missing"),
        ("clientSecret", json!(""), "client_secret_missing"),
        ("roles", json!([]), "bad_role_rules"),
        ("roles", json!([{"claim": "", "value": "x", "role": "doctor"}]), "bad_role_rules"),
        ("authentication", json!("tls_client_auth"), "set_in_file"),
        ("clientId", json!("a\u{7}b"), "bad_request"),
    ] {
        let answer = alex.post(PAGE, with(good.clone(), name, value.clone())).await;
        assert_eq!(code(answer).await.1, expected, "{name}: {value}");
    }
    assert_eq!(alex.post(PAGE, good.clone()).await.0, StatusCode::NO_CONTENT);
    // The secret that is kept is shown to nobody else.
    let mut unsaid = good.clone();
    unsaid.as_object_mut().unwrap().remove("clientSecret");
    for (name, value) in
        [("issuer", json!("https://evil.example")), ("discoveryUrl", json!(format!("{}/x", made.issuer)))]
    {
        let answer = alex.put(CENTRE, with(unsaid.clone(), name, value)).await;
        assert_eq!(code(answer).await, (422, "client_secret_missing".to_owned()), "{name}");
    }
    let same_key = with(good.clone(), "issuer", json!("https://id.example"));
    assert_eq!(code(alex.post(PAGE, same_key).await).await, (409, "provider_key_taken".to_owned()));
    let same_issuer = with(good.clone(), "provider", json!("second"));
    assert_eq!(code(alex.post(PAGE, same_issuer).await).await, (409, "issuer_taken".to_owned()));

    // What the file says is changed there alone.
    let entry = listed(&alex, "demo").await;
    assert_eq!((&entry["isOfFile"], &entry["isOn"]), (&json!(true), &json!(true)));
    let demo = "/api/admin/providers/demo";
    assert_eq!(code(alex.put(demo, good.clone()).await).await, (409, "set_in_file".to_owned()));
    let off = json!({"isOn": false, "endsLogins": true});
    assert_eq!(code(alex.post(&format!("{demo}/switch"), off).await).await, (409, "set_in_file".to_owned()));
    assert_eq!(alex.delete(demo).await, StatusCode::CONFLICT);
    assert_eq!(alex.delete("/api/admin/providers/nowhere").await, StatusCode::NOT_FOUND);
    let (status, tried) = alex.post(&format!("{demo}/trial"), json!({})).await;
    assert_eq!((status, &tried["fault"]), (StatusCode::OK, &Value::Null), "{tried}");
    assert!(listed(&alex, "demo").await["reachedAt"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_provider_is_found_to_be_is_told_in_words() {
    let (app, made) = site(Dialect::Sqlite, |_| {}).await;
    let alex = app.sign_in("alex").await;
    let trial = async |form: Value| alex.post("/api/admin/provider-trial", form).await.1;
    let good = trial(form("centre", &made)).await;
    assert_eq!((&good["fault"], &good["keys"]), (&Value::Null, &json!(1)), "{good}");
    assert_eq!((&good["authorizationHost"], &good["hasSignOut"]), (&json!("127.0.0.1"), &json!(true)));
    assert!(good["clockAheadS"].as_i64().unwrap().abs() < 3, "{good}");
    // Neither a name, a secret nor rules are needed for it.
    let mut bare = form("", &made);
    bare["clientSecret"] = Value::Null;
    (bare["roles"], bare["label"]) = (json!([]), json!(""));
    assert_eq!(trial(bare).await["fault"], Value::Null);

    let metadata = made.script.lock().unwrap().metadata.clone();
    let lies: [Lie; 9] = [
        ("other_issuer", "https://evil.example", |s| s.metadata["issuer"] = json!("https://evil.example")),
        ("missing_endpoint", "token_endpoint", |s| {
            s.metadata.as_object_mut().unwrap().remove("token_endpoint");
        }),
        ("unreadable", "its description of itself", |s| s.metadata = json!({"x": 1})),
        ("host_not_named", "keys.example", |s| s.metadata["jwks_uri"] = json!("https://keys.example/jwks")),
        ("unsafe_address", "", |s| s.metadata["jwks_uri"] = json!("http://keys.example/jwks")),
        ("no_keys", "", |s| s.keys = Keys::Without),
        ("status", "302", |s| s.keys = Keys::Elsewhere),
        ("unreadable", "", |s| s.keys = Keys::Huge),
        ("clock", "", |s| s.keys = Keys::At("Wed, 01 Jan 2020 00:00:00 GMT".to_owned())),
    ];
    for (fault, about, lie) in lies {
        made.change(lie);
        let tried = trial(form("centre", &made)).await;
        assert_eq!((&tried["fault"], &tried["about"]), (&json!(fault), &json!(about)), "{tried}");
        made.change(|script| {
            script.metadata = metadata.clone();
            script.keys = Keys::Own;
        });
    }

    // Nobody there, and what is set fails from then on until it is reached.
    let away = with(form("centre", &made), "issuer", json!("http://127.0.0.1:9"));
    assert_eq!(trial(away.clone()).await["fault"], "no_connection");
    assert_eq!(alex.post(PAGE, away).await.0, StatusCode::NO_CONTENT);
    let set = alex.post(&format!("{CENTRE}/trial"), json!({})).await.1;
    assert_eq!(set["fault"], "no_connection");
    let entry = listed(&alex, "centre").await;
    assert!(entry["failingSince"].is_string() && entry["reachedAt"].is_null(), "{entry}");
    assert_eq!(alex.put(CENTRE, form("centre", &made)).await.0, StatusCode::NO_CONTENT);
    assert_eq!(alex.post(&format!("{CENTRE}/trial"), json!({})).await.1["fault"], Value::Null);
    let entry = listed(&alex, "centre").await;
    assert!(entry["failingSince"].is_null() && entry["reachedAt"].is_string(), "{entry}");

    made.change(|script| script.keys = Keys::Slow);
    let clock = parvis::clock::Clock::system();
    let begun = clock.now();
    assert_eq!(trial(form("centre", &made)).await["fault"], "slow");
    assert!(clock.now() - begun < chrono::TimeDelta::seconds(10), "somebody waits for it");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_egress_forbids_is_refused_by_the_name_of_the_setting() {
    // As a hospital has it: this machine is in no list.
    let app = TestApp::start(Dialect::Sqlite).await;
    let made = Made::start(&app.app.tasks).await;
    let alex = app.sign_in("alex").await;
    let port = made.issuer.rsplit_once(':').unwrap().1;
    for issuer in
        [made.issuer.clone(), format!("http://localhost:{port}"), "https://169.254.169.254".to_owned()]
    {
        let wanted = with(form("centre", &made), "issuer", json!(issuer));
        let (status, refused) = alex.post(PAGE, wanted.clone()).await;
        assert_eq!(
            (status, &refused["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("egress_forbidden")),
            "{issuer}: {refused}"
        );
        assert!(refused["detail"].as_str().unwrap().contains("networks in [egress]"), "{refused}");
        let tried = alex.post("/api/admin/provider-trial", wanted).await.1;
        assert_eq!(tried["fault"], "address_forbidden", "{issuer}: {tried}");
    }
    assert_eq!(offered(&app).await, ["demo"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_way_in_of_an_administrator_stays_open() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        // The file names no provider at all: the page is where they come from.
        let (app, made) = site(dialect, |settings| settings.login.providers.clear()).await;
        assert!(offered(&app).await.is_empty());
        let begun = app.browser().knock(reqwest::Method::GET, "/login").await;
        assert!(begun.headers()["location"].to_str().unwrap().starts_with("/app/sign-in?problem=not_found"));
        let ana = crate::local::first(&app).await.browser;
        assert_eq!(ana.post(PAGE, form("centre", &made)).await.0, StatusCode::NO_CONTENT);
        made.change(|script| script.claims["groups"] = json!(["it"]));
        let (admin, page) = sign_in(&app, &made, "centre").await;
        assert_eq!(page, "/app");

        // As long as there is an account of the gateway itself, it can be switched off.
        let (off, on) =
            (json!({"isOn": false, "endsLogins": false}), json!({"isOn": true, "endsLogins": false}));
        let switch = format!("{CENTRE}/switch");
        assert_eq!(ana.post(&switch, off.clone()).await.0, StatusCode::NO_CONTENT);
        assert_eq!(ana.post(&switch, on).await.0, StatusCode::NO_CONTENT);
        let (_, state) = admin.get("/api/local/accounts").await;
        let account = state["accounts"][0]["account"].as_str().unwrap();
        assert_eq!(admin.delete(&format!("/api/local/accounts/{account}")).await, StatusCode::NO_CONTENT);

        let last = (409, "last_way_in".to_owned());
        assert_eq!(code(admin.post(&switch, off.clone()).await).await, last);
        assert_eq!(admin.delete(CENTRE).await, StatusCode::CONFLICT);
        let doctors = json!([{"claim": "groups", "value": "physicians", "role": "doctor"}]);
        let without = with(form("centre", &made), "roles", doctors);
        assert_eq!(code(admin.put(CENTRE, without).await).await, last);
        let other = Made::start(&app.app.tasks).await;
        let elsewhere = with(form("centre", &made), "issuer", json!(other.issuer));
        assert_eq!(code(admin.put(CENTRE, elsewhere).await).await, last);
        assert_eq!(offered(&app).await, ["centre"]);

        // With another way in there is nothing to lose.
        let second = with(form("second", &other), "clientSecret", json!("x"));
        assert_eq!(admin.post(PAGE, second).await.0, StatusCode::NO_CONTENT);
        assert_eq!(code(admin.post(&switch, off.clone()).await).await, last, "nobody has come in by it yet");
        other.change(|script| {
            script.claims["groups"] = json!(["it"]);
            script.claims["sub"] = json!("other");
        });
        assert_eq!(sign_in(&app, &other, "second").await.1, "/app");
        assert_eq!(admin.post(&switch, off).await.0, StatusCode::NO_CONTENT);
        assert_eq!(offered(&app).await, ["second"]);
        assert_eq!(admin.get("/api/me").await.0, StatusCode::OK);
    }
}
