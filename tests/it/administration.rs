//! The pages of the administration: roles by hand, people who are disabled, tokens of programs, and what was changed.

use parvis::store::Dialect;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::app::{Browser, TestApp};

async fn somebody(admin: &Browser, name: &str) -> Value {
    let (status, people) = admin.get("/api/admin/people").await;
    assert_eq!(status, StatusCode::OK);
    people.as_array().unwrap().iter().find(|person| person["name"] == name).unwrap().clone()
}

fn path(person: &Value, what: &str) -> String {
    format!("/api/admin/people/{}/{what}", person["practitioner"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_given_by_hand_survives_the_next_sign_in_and_one_taken_stays_away() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let app = TestApp::start(dialect).await;
        let (alex, claire) = (app.sign_in("alex").await, app.sign_in("claire").await);
        let person = somebody(&alex, "Dr Claire Martin").await;
        assert_eq!(person["roles"], json!(["doctor"]));
        let give = json!({"roles": [
            {"role": "secretary", "byHand": "given"},
            {"role": "doctor", "byHand": "taken"},
        ]});
        assert_eq!(claire.put(&path(&person, "roles"), give.clone()).await.0, StatusCode::NOT_FOUND);
        let (status, changed) = alex.put(&path(&person, "roles"), give).await;
        assert_eq!((status, &changed["roles"]), (StatusCode::OK, &json!(["secretary"])), "{changed}");
        assert_eq!(
            claire.get("/api/me").await.0,
            StatusCode::UNAUTHORIZED,
            "no page goes on with a lost role"
        );
        let claire = app.sign_in("claire").await;
        assert_eq!(claire.get("/api/me").await.1["roles"], json!(["secretary"]), "claims still say doctor");

        // Somebody to whom the provider gives nothing at all.
        let (theo, page) = app.try_to_sign_in("theo").await;
        assert!(theo.cookie.is_none() && page.contains("no_role"), "{page}");
        let person = somebody(&alex, "Théo Girard").await;
        assert_eq!(person["roles"], json!([]));
        let give = json!({"roles": [{"role": "secretary", "byHand": "given"}]});
        assert_eq!(alex.put(&path(&person, "roles"), give).await.0, StatusCode::OK);
        let theo = app.sign_in("theo").await;
        assert_eq!(theo.get("/api/me").await.1["roles"], json!(["secretary"]));

        let own = somebody(&alex, "Alex Morel").await;
        let (status, refused) = alex.post(&path(&own, "disable"), json!({})).await;
        assert_eq!((status, &refused["code"]), (StatusCode::CONFLICT, &json!("own_account")));

        let (_, changes) = alex.get("/api/admin/changes").await;
        let first = &changes[1];
        assert_eq!((&first["what"], &first["before"]), (&json!("roles"), &json!("doctor")), "{changes}");
        assert_eq!((&first["after"], &first["by"]), (&json!("secretary"), &json!("Alex Morel")));
        assert_eq!(first["subject"], "Dr Claire Martin");
        assert_eq!(claire.get("/api/admin/changes").await.0, StatusCode::NOT_FOUND);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_is_disabled_is_out_at_once_and_stays_out() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let app = TestApp::start(dialect).await;
        let alex = app.sign_in("alex").await;
        let devices = [app.sign_in("karim").await, app.sign_in("karim").await];
        let person = somebody(&alex, "Dr Karim Benali").await;
        assert!(person["seenAt"].is_string(), "{person}");
        assert_eq!(alex.post(&path(&person, "disable"), json!({})).await.0, StatusCode::NO_CONTENT);
        for device in &devices {
            assert_eq!(device.get("/api/me").await.0, StatusCode::UNAUTHORIZED, "every login, at once");
        }
        let (karim, page) = app.try_to_sign_in("karim").await;
        assert!(karim.cookie.is_none() && page.contains("no_role"), "{page}");
        let person = somebody(&alex, "Dr Karim Benali").await;
        assert!(person["disabledAt"].is_string() && person["roles"] == json!([]), "{person}");
        assert_eq!(alex.post(&path(&person, "enable"), json!({})).await.0, StatusCode::NO_CONTENT);
        let karim = app.sign_in("karim").await;
        assert_eq!(karim.get("/api/me").await.1["roles"], json!(["doctor"]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_and_a_token_of_somebody_who_is_disabled_are_over_at_once() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let app = TestApp::start(dialect).await;
        let alex = app.sign_in("alex").await;
        let karim = app.sign_in("karim").await;
        let person = somebody(&alex, "Dr Karim Benali").await;
        let make = json!({"roles": [{"role": "administrator", "byHand": "given"}]});
        assert_eq!(alex.put(&path(&person, "roles"), make).await.0, StatusCode::OK);
        let policy = json!({"mayPatientsCancel": false, "mayPatientsMove": false, "noticeHours": 24, "isOpenOnHolidays": false});
        let body = json!({"name": "Cardiologie", "site": "", "telephone": "", "isClosed": false, "members": [], "policy": policy});
        let (_, service) = karim.post("/api/services", body).await;
        let body =
            json!({"name": "x", "scopes": ["read_services"], "services": [service["service"]], "days": 9});
        let (status, issued) = karim.post("/api/admin/tokens", body).await;
        assert_eq!(status, StatusCode::CREATED, "{issued}");
        let token = issued["secret"].as_str().unwrap();
        assert_eq!(ask(&app, Some(token), "/api/machine/services").await.0, StatusCode::OK);
        // So it is while they are no administrator.
        let roles = async |by_hand: Value| {
            let roles = json!({"roles": [{"role": "administrator", "byHand": by_hand}]});
            assert_eq!(alex.put(&path(&person, "roles"), roles).await.0, StatusCode::OK);
            ask(&app, Some(token), "/api/machine/services").await.0
        };
        assert_eq!(roles("nothing".into()).await, StatusCode::UNAUTHORIZED);
        assert_eq!(alex.get("/api/admin/tokens").await.1[0]["isGood"], false);
        assert_eq!(roles("given".into()).await, StatusCode::OK);
        // What they may has changed: their login is over with it.
        let karim = app.sign_in("karim").await;
        let mut agenda = karim.agenda().await;

        assert_eq!(alex.post(&path(&person, "disable"), json!({})).await.0, StatusCode::NO_CONTENT);
        agenda.until_closed().await;
        assert_eq!(karim.get("/api/me").await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(
            ask(&app, Some(token), "/api/machine/services").await.0,
            StatusCode::UNAUTHORIZED,
            "they may have kept it"
        );
        assert_eq!(alex.get("/api/admin/tokens").await.1[0]["isGood"], false);
    }
}

/// The routes of the gateway, read from the text of the router, with an identifier that nothing has.
fn routes(fits: impl Fn(&str) -> bool) -> Vec<(Method, String)> {
    let text: String = std::fs::read_to_string("src/web/router.rs").unwrap().split_whitespace().collect();
    let mut routes = Vec::new();
    for part in text.split(".route(\"").skip(1) {
        let (route, rest) = part.split_once("\",").unwrap();
        let own = rest.split(".route(").next().unwrap();
        let named = |part: &str| {
            if part.starts_with('{') {
                "0196a4de-0000-7000-8000-000000000000".to_owned()
            } else {
                part.to_owned()
            }
        };
        let path = route.split('/').map(named).collect::<Vec<_>>().join("/");
        for (word, method) in [
            ("get(", Method::GET),
            ("post(", Method::POST),
            ("put(", Method::PUT),
            ("delete(", Method::DELETE),
        ] {
            let is_whole = own.find(word).is_some_and(|at| !own[..at].ends_with(char::is_alphanumeric));
            if is_whole && fits(route) {
                routes.push((method, path.clone()));
            }
        }
    }
    routes
}

/// What an administrator's pages ask for; the other addresses below `/api/local` are those of the sign-in.
fn is_of_administration(route: &str) -> bool {
    ["/api/admin/", "/api/local/accounts", "/api/local/invitations", "/api/local/uses"]
        .iter()
        .any(|start| route.starts_with(start))
}

/// A body that the address would take.
fn body(path: &str) -> Value {
    match path {
        "/api/local/accounts" => json!({"name": "Jean Petit", "roles": ["doctor"]}),
        "/api/local/uses/seen" => json!({"until": "2026-11-25T08:00:00Z"}),
        "/api/admin/sites" => json!({"from": "Nord", "to": "Sud"}),
        "/api/admin/senders/email" => {
            json!({"host": "mail.example", "port": 587, "security": "starttls", "user": "",
            "from": "a@b.example", "administrators": []})
        }
        "/api/admin/senders/sms" => {
            json!({"url": "https://sms.example/", "method": "post", "content": "json", "body": "", "headers": []})
        }
        "/api/admin/senders/test" => json!({"channel": "email", "to": "x@example.org"}),
        "/api/admin/branding" => json!({"name": "x", "telephone": "", "color": ""}),
        "/api/admin/tokens" => json!({"name": "x", "scopes": [], "services": [], "days": 1}),
        "/api/admin/provider-trial" | "/api/admin/providers" => provider(),
        "/api/admin/pacs" | "/api/admin/pacs-trial" => pacs(),
        _ if path.starts_with("/api/admin/pacs/") => match path.rsplit('/').next() {
            Some("switch") => json!({"isOn": false}),
            Some("trial") => json!({}),
            _ => pacs(),
        },
        _ if path.ends_with("/switch") => json!({"isOn": false, "endsLogins": false}),
        _ if path.starts_with("/api/admin/providers/") => provider(),
        _ if path.ends_with("/roles") => json!({"roles": []}),
        _ => json!({}),
    }
}

/// A provider as the page of it sends one.
fn provider() -> Value {
    json!({"provider": "centre", "label": "Centre", "issuer": "https://id.example", "clientId": "parvis",
        "authentication": "client_secret_basic", "clientSecret": "x", "scopes": [], "acrValues": [], "freshAcrValues": [],
        "roles": [], "nameClaim": "", "subjectClaim": ""})
}

/// An archive as the page of it sends one.
fn pacs() -> Value {
    json!({"pacs": "radio", "label": "Radiologie", "address": "https://pacs.example/dicom-web", "signIn": "none", "services": []})
}

async fn status_and_code(browser: &Browser, method: &Method, path: &str) -> (StatusCode, Value) {
    let mut request = browser.raw(method.clone(), path);
    if *method == Method::POST || *method == Method::PUT {
        request = request.json(&body(path));
    }
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let told: Value = answer.json().await.unwrap_or_default();
    (status, told["code"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_an_administrator_reaches_anything_of_the_administration() {
    let app = TestApp::start(Dialect::Sqlite).await;
    let all = routes(is_of_administration);
    assert!(all.len() > 20, "the routes were not found: {all:?}");
    let nobody = app.browser();
    let mut people = Vec::new();
    for name in ["claire", "sofia", "camille", "ines"] {
        people.push((name, app.sign_in(name).await));
    }
    for (method, path) in &all {
        assert_eq!(
            status_and_code(&nobody, method, path).await.0,
            StatusCode::UNAUTHORIZED,
            "{method} {path}"
        );
        for (name, browser) in &people {
            let (status, _) = status_and_code(browser, method, path).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{name}: {method} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_an_administrator_changes_asks_for_a_proof_of_a_moment_ago() {
    let app = TestApp::start(Dialect::Sqlite).await;
    let alex = app.sign_in("alex").await;
    crate::local::age(&app, &alex).await;
    // A test message changes nothing, nor does it to have read something.
    let changes_nothing = ["/api/admin/senders/test", "/api/local/uses/seen"];
    let all = routes(|route| is_of_administration(route) && !changes_nothing.contains(&route));
    for (method, path) in all.iter().filter(|(method, _)| *method != Method::GET) {
        let told = status_and_code(&alex, method, path).await;
        assert_eq!(told, (StatusCode::FORBIDDEN, json!("fresh_sign_in_needed")), "{method} {path}");
    }
    for (method, path) in all.iter().filter(|(method, _)| *method == Method::GET) {
        assert_eq!(status_and_code(&alex, method, path).await.0, StatusCode::OK, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_nothing_but_what_is_for_programs() {
    let app = TestApp::start(Dialect::Sqlite).await;
    let alex = app.sign_in("alex").await;
    let policy = json!({"mayPatientsCancel": false, "mayPatientsMove": false, "noticeHours": 24, "isOpenOnHolidays": false});
    let service = json!({"name": "Cardiologie", "site": "", "telephone": "", "isClosed": false, "members": [], "policy": policy});
    let (_, service) = alex.post("/api/services", service).await;
    let scopes = ["read_services", "read_appointments", "read_statistics"];
    let wanted = json!({"name": "x", "scopes": scopes, "services": [service["service"]], "days": 9});
    let (_, issued) = alex.post("/api/admin/tokens", wanted).await;
    let bearer = format!("Bearer {}", issued["secret"].as_str().unwrap());
    let all = routes(|route| !route.starts_with("/api/machine/"));
    assert!(all.len() > 100, "the routes were not found");
    for (method, path) in all {
        let status = async |authorization: Option<&str>| {
            let mut request = app.browser().raw(method.clone(), &path);
            if method == Method::POST || method == Method::PUT {
                request = request.json(&body(&path));
            }
            if let Some(value) = authorization {
                request = request.header("authorization", value);
            }
            request.send().await.unwrap().status()
        };
        assert_eq!(status(Some(&bearer)).await, status(None).await, "{method} {path}");
    }
    for (method, path) in routes(|route| route.starts_with("/api/machine/")) {
        assert_eq!(method, Method::GET, "a program changes nothing: {path}");
    }
}

/// What a program gets.
async fn ask(app: &TestApp, token: Option<&str>, path: &str) -> (StatusCode, String) {
    let mut request = app.browser().raw(Method::GET, path);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let answer = request.send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_reads_what_its_token_says_and_nothing_else() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let app = TestApp::start(dialect).await;
        let alex = app.sign_in("alex").await;
        let mut services = Vec::new();
        for name in ["Cardiologie", "Pneumologie"] {
            let policy = json!({"mayPatientsCancel": false, "mayPatientsMove": false, "noticeHours": 24, "isOpenOnHolidays": false});
            let body = json!({"name": name, "site": "", "telephone": "", "isClosed": false, "members": [], "policy": policy});
            let (status, made) = alex.post("/api/services", body).await;
            assert_eq!(status, StatusCode::CREATED, "{made}");
            services.push(made["service"].as_str().unwrap().to_owned());
        }
        let (heart, lungs) = (&services[0], &services[1]);
        let make = async |scopes: Value, of: Value, days: u32| {
            let body = json!({"name": "dossier patient", "scopes": scopes, "services": of, "days": days});
            alex.post("/api/admin/tokens", body).await
        };
        for (scopes, of, days) in [
            (json!([]), json!([heart]), 30),
            (json!(["read_services"]), json!([]), 30),
            (json!(["read_services"]), json!([heart]), 0),
            (json!(["read_services"]), json!([heart]), 367),
            (json!(["read_services"]), json!(["0196a4de-0000-7000-8000-000000000000"]), 30),
        ] {
            assert_eq!(make(scopes, of, days).await.1["code"], "bad_token");
        }
        let (status, issued) = make(json!(["read_services", "read_appointments"]), json!([heart]), 30).await;
        assert_eq!(status, StatusCode::CREATED, "{issued}");
        let token = issued["secret"].as_str().unwrap();
        assert!(token.starts_with("parvis_"));
        let (_, listed) = alex.get("/api/admin/tokens").await;
        assert!(!listed.to_string().contains(token), "it is told once");

        let (status, text) = ask(&app, Some(token), "/api/machine/services").await;
        assert_eq!(status, StatusCode::OK);
        assert!(text.contains("Cardiologie") && !text.contains("Pneumologie"), "{text}");
        let day = "from=2026-11-25&to=2026-11-26";
        let appointments = |service: &str| format!("/api/machine/appointments?service={service}&{day}");
        let statistics =
            |service: &str| format!("/api/machine/statistics.csv?service={service}&{day}&period=day");
        assert_eq!(ask(&app, Some(token), &appointments(heart)).await, (StatusCode::OK, "[]".to_owned()));
        let (other, unknown) = (appointments(lungs), appointments("0196a4de-0000-7000-8000-000000000000"));
        let (other, unknown) = (ask(&app, Some(token), &other).await, ask(&app, Some(token), &unknown).await);
        assert_eq!(other.0, StatusCode::NOT_FOUND);
        assert_eq!(other, unknown, "another service looks as if it were not there");
        assert_eq!(
            ask(&app, Some(token), &statistics(heart)).await.0,
            StatusCode::NOT_FOUND,
            "no such scope"
        );

        // Nothing of people is open to it, and nobody's cookie is a token.
        for path in ["/api/me", "/api/appointments?day=2026-11-25", "/api/admin/people", "/api/services"] {
            assert_eq!(ask(&app, Some(token), path).await.0, StatusCode::UNAUTHORIZED, "{path}");
        }
        let cookie = alex.cookie.clone().unwrap();
        for wrong in [None, Some("parvis_"), Some("x"), Some(cookie.as_str())] {
            assert_eq!(ask(&app, wrong, "/api/machine/services").await.0, StatusCode::UNAUTHORIZED);
        }
        assert_eq!(alex.get("/api/machine/services").await.0, StatusCode::UNAUTHORIZED);

        let (_, issued) = make(json!(["read_statistics"]), json!([lungs]), 1).await;
        let counting = issued["secret"].as_str().unwrap();
        let (status, table) = ask(&app, Some(counting), &statistics(lungs)).await;
        assert_eq!(status, StatusCode::OK, "{table}");
        assert_eq!(ask(&app, Some(counting), "/api/machine/services").await.0, StatusCode::NOT_FOUND);

        let (_, listed) = alex.get("/api/admin/tokens").await;
        let first =
            listed.as_array().unwrap().iter().find(|token| token["scopes"] != json!(["read_statistics"]));
        let first = first.unwrap();
        assert!(first["usedAt"].is_string() && first["isGood"] == true, "{first}");
        let gone = format!("/api/admin/tokens/{}", first["token"].as_str().unwrap());
        assert_eq!(alex.delete(&gone).await, StatusCode::NO_CONTENT);
        assert_eq!(alex.delete(&gone).await, StatusCode::NOT_FOUND);
        assert_eq!(ask(&app, Some(token), "/api/machine/services").await.0, StatusCode::UNAUTHORIZED);
        let (_, changes) = alex.get("/api/admin/changes").await;
        let what: Vec<_> = changes.as_array().unwrap().iter().map(|change| &change["what"]).collect();
        assert_eq!(json!(what), json!(["token_revoked", "token_made", "token_made"]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_sets_the_looks_and_a_logo_is_never_more_than_an_image() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let app = TestApp::start(dialect).await;
        let (alex, nobody) = (app.sign_in("alex").await, app.browser());
        let looks = |name: &str, telephone: &str, color: &str| json!({"name": name, "telephone": telephone, "color": color});
        let set = async |body: Value| alex.put("/api/admin/branding", body).await;
        assert_eq!(set(looks("Hôpital Nord", "01 02 03 04 05", "#8B0000")).await.0, StatusCode::NO_CONTENT);
        let (_, facts) = nobody.get("/api/hospital").await;
        assert_eq!((&facts["name"], &facts["telephone"]), (&json!("Hôpital Nord"), &json!("01 02 03 04 05")));
        assert_eq!((&facts["color"], &facts["strongColor"]), (&json!("#8b0000"), &json!("#680000")));
        assert!(facts.get("logo").is_none(), "{facts}");
        for (body, code) in [
            (looks("", "", "#ffcc00"), "color_too_pale"),
            (looks("", "", "red"), "bad_request"),
            (looks("", "call us", ""), "bad_telephone"),
            (looks(&"é".repeat(200), "", ""), "name_missing"),
        ] {
            assert_eq!(set(body).await.1["code"], code);
        }
        let claire = app.sign_in("claire").await;
        assert_eq!(claire.put("/api/admin/branding", looks("x", "", "")).await.0, StatusCode::NOT_FOUND);
        assert_eq!(set(looks("", "", "")).await.0, StatusCode::NO_CONTENT);
        assert_eq!(nobody.get("/api/hospital").await.1["name"], "Hôpital d'essai", "as the file says");

        let send = async |who: &Browser, bytes: &[u8]| {
            let request = who.raw(Method::PUT, "/api/admin/branding/logo").body(bytes.to_vec());
            request.send().await.unwrap().status()
        };
        let svg =
            b"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\"><path d=\"M0 0h9v9z\"/></svg>";
        assert_eq!(send(&claire, svg).await, StatusCode::NOT_FOUND);
        let active = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
        assert_eq!(send(&alex, active).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert_eq!(send(&alex, &vec![0; 250 << 10]).await, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(send(&alex, svg).await, StatusCode::NO_CONTENT);
        assert_eq!(nobody.get("/api/hospital").await.1["logo"], "/api/hospital/logo");
        let (status, headers, bytes) = nobody.fetch("/api/hospital/logo").await;
        assert_eq!((status, bytes.as_slice()), (StatusCode::OK, &svg[..]));
        assert_eq!(headers["content-type"], "image/svg+xml");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("sandbox") && policy.contains("default-src 'none'"), "{policy}");
        assert_eq!(alex.delete("/api/admin/branding/logo").await, StatusCode::NO_CONTENT);
        assert_eq!(nobody.fetch("/api/hospital/logo").await.0, StatusCode::NOT_FOUND);
        let (_, changes) = alex.get("/api/admin/changes").await;
        let what: Vec<_> = changes.as_array().unwrap().iter().map(|change| &change["what"]).collect();
        assert_eq!(json!(what), json!(["logo", "logo", "branding", "branding"]));
        assert_eq!(changes[3]["after"], "Hôpital Nord, 01 02 03 04 05, #8b0000");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_is_renamed_on_the_page() {
    let app = TestApp::start(Dialect::Sqlite).await;
    let alex = app.sign_in("alex").await;
    let policy = json!({"mayPatientsCancel": false, "mayPatientsMove": false, "noticeHours": 24, "isOpenOnHolidays": false});
    let body = json!({"name": "Cardiologie", "site": "Nord", "telephone": "", "isClosed": false, "members": [], "policy": policy});
    assert_eq!(alex.post("/api/services", body).await.0, StatusCode::CREATED);
    let rename = |from: &str, to: &str| json!({"from": from, "to": to});
    assert_eq!(app.sign_in("claire").await.get("/api/admin/sites").await.0, StatusCode::NOT_FOUND);
    assert_eq!(alex.put("/api/admin/sites", rename("Nord", " ")).await.1["code"], "name_missing");
    assert_eq!(alex.put("/api/admin/sites", rename("Est", "Ouest")).await.0, StatusCode::NOT_FOUND);
    assert_eq!(alex.put("/api/admin/sites", rename("Nord", "Rive droite")).await.0, StatusCode::NO_CONTENT);
    let (_, sites) = alex.get("/api/admin/sites").await;
    assert_eq!(sites, json!([{"site": "Rive droite", "services": ["Cardiologie"]}]));
    let (_, changes) = alex.get("/api/admin/changes").await;
    assert_eq!((&changes[0]["before"], &changes[0]["after"]), (&json!("Nord"), &json!("Rive droite")));
}
