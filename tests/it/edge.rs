//! The edge: what every answer carries, who may ask from where, how much, and how slowly. Routes are read from the router itself, so that
//! a new one is tried like the others.

mod cut;
mod limits;
mod sockets;

use std::collections::BTreeMap;

use parvis::secret::Secret;
use parvis::store::Dialect;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Row};

use crate::support::app::{Browser, TestApp};
use crate::visit::{Visit, ct_zip};

const ROUTER: &str = include_str!("../../src/web/router.rs");
/// Where browsers and mail servers come without a page of this site. The one only counts; the other shows a secret.
const WITHOUT_A_PAGE: [&str; 3] = ["/api/csp-report", "/api/bounces", "/login/back-channel-logout"];
/// What a page of this site has besides the routes: pages, a file, and what is not there.
const PAGES: [&str; 8] =
    ["/", "/app", "/app/day/2026-11-25", "/join", "/diag", "/queue/x", "/upload", "/favicon.svg"];

/// Every address of the router, as it is written there.
pub(crate) fn routes() -> Vec<String> {
    let mut found = Vec::new();
    for rest in ROUTER.split(".route(").skip(1) {
        let rest = rest.trim_start();
        let path = match rest.strip_prefix('"') {
            Some(rest) => rest.split('"').next().unwrap().to_owned(),
            None => {
                assert!(rest.starts_with("headers::REPORTS"), "{}", &rest[..40]);
                "/api/csp-report".to_owned()
            }
        };
        found.push(path);
    }
    found
}

/// A visit with a study, and what its addresses are filled with.
struct Site {
    visit: Visit,
    admin: Browser,
    radiologist: Browser,
    nobody: Browser,
    fills: BTreeMap<&'static str, String>,
}

impl Site {
    async fn start() -> Self {
        let in_file = |settings: &mut parvis::app::Settings| {
            let file = settings.archive.folder.with_file_name("parvis.db");
            settings.store.url = Secret::new(format!("sqlite://{}", file.display()));
        };
        let visit = Visit::book_at(TestApp::start_with(Dialect::Sqlite, in_file).await, 5).await;
        let (admin, radiologist) = (visit.app.sign_in("alex").await, visit.app.sign_in("sofia").await);
        let (status, receipt) = visit.doctor.upload(&visit.appointment, "ct.zip", ct_zip()).await;
        assert_eq!(status, StatusCode::OK, "{receipt}");
        let shown = visit.doctor.get(&format!("/api/appointments/{}", visit.appointment)).await.1;
        let studies = visit.doctor.get(&visit.studies()).await.1;
        let services = admin.get("/api/services").await.1;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let participants = shown["participants"].as_array().or_else(|| shown["people"].as_array());
        let participant =
            participants.and_then(|people| people.first()).map(|person| text(&person["participant"]));
        let fills = BTreeMap::from([
            ("appointment", visit.appointment.clone()),
            ("participant", participant.unwrap_or_default()),
            ("study", text(&studies[0]["study"])),
            ("series", text(&studies[0]["series"][0]["series"])),
            ("service", text(&services[0]["service"])),
            ("kind", "invitation".to_owned()),
            ("channel", "email".to_owned()),
            ("language", "fr".to_owned()),
            ("file", "01990000-0000-7000-8000-000000000009".to_owned()),
        ]);
        let nobody = visit.app.browser();
        Self { visit, admin, radiologist, nobody, fills }
    }

    /// The address with something that is there in every place, as far as there is something.
    fn filled(&self, path: &str) -> String {
        let mut out = String::new();
        let mut rest = path;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap();
            out.push_str(before);
            let known = self.fills.get(name).filter(|known| !known.is_empty());
            out.push_str(known.map_or("01990000-0000-7000-8000-000000000001", String::as_str));
            rest = after;
        }
        out + rest
    }

    fn people(&self) -> [&Browser; 5] {
        [&self.visit.doctor, &self.visit.secretary, &self.admin, &self.radiologist, &self.nobody]
    }

    /// Everything that is in the tables, but for when a login was used last, sign-ins that began, and the trail, which says who asked.
    async fn rows(&self) -> BTreeMap<String, Vec<String>> {
        let pool = sqlx::SqlitePool::connect(self.visit.app.store.url.expose()).await.unwrap();
        let names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
        let names: Vec<String> = sqlx::query_scalar(names).fetch_all(&pool).await.unwrap();
        let mut rows = BTreeMap::new();
        for table in names.into_iter().filter(|name| name != "sign_in_attempt" && !name.starts_with("audit_"))
        {
            let columns = sqlx::query(AssertSqlSafe(format!("PRAGMA table_info({table})")));
            let columns = columns.fetch_all(&pool).await.unwrap();
            let columns = columns.iter().map(|row| row.get::<String, _>("name"));
            let columns: Vec<_> = columns.filter(|name| name != "last_seen_at").collect();
            let quoted: Vec<_> = columns.iter().map(|name| format!("quote(\"{name}\")")).collect();
            let select = format!("SELECT {} FROM {table} ORDER BY 1", quoted.join(" || '|' || "));
            let found: Vec<String> =
                sqlx::query_scalar(AssertSqlSafe(select)).fetch_all(&pool).await.unwrap();
            rows.insert(table, found);
        }
        pool.close().await;
        rows
    }

    /// The rows, once nothing that goes on by itself writes any more.
    async fn rows_at_rest(&self) -> BTreeMap<String, Vec<String>> {
        let mut before = self.rows().await;
        for _ in 0..50 {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            let now = self.rows().await;
            if now == before {
                return now;
            }
            before = now;
        }
        panic!("the tables do not come to rest");
    }
}

/// What an address takes, as the router says it of itself; empty for those that take anything.
async fn methods(browser: &Browser, path: &str) -> Vec<Method> {
    let answer = browser.raw(Method::PATCH, path).send().await.unwrap();
    let allowed = answer.headers().get("allow").map(|allowed| allowed.to_str().unwrap().to_owned());
    let allowed = allowed.unwrap_or_default();
    allowed.split(',').filter(|method| !method.is_empty()).map(|method| method.parse().unwrap()).collect()
}

fn assert_guarded(answer: &Response, what: &str) {
    let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap());
    let policy = header("content-security-policy").unwrap_or_else(|| panic!("{what} has no policy"));
    assert!(
        policy.starts_with("default-src 'none'") && !policy.contains("unsafe") && !policy.contains('*'),
        "{what}: {policy}"
    );
    if what.starts_with("GET /login/front-channel-logout") {
        // The one that is there to be shown in a frame: of its provider, with nothing in it.
        assert!(
            policy.contains("base-uri 'none'; form-action 'none'; frame-ancestors http"),
            "{what}: {policy}"
        );
    } else if !policy.contains("sandbox") {
        for part in [
            "script-src 'self';",
            "frame-ancestors 'none';",
            "require-trusted-types-for 'script'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{what}: {policy}");
        }
    }
    assert_eq!(header("x-content-type-options"), Some("nosniff"), "{what}");
    assert_eq!(header("referrer-policy"), Some("no-referrer"), "{what}");
    assert_eq!(header("cross-origin-opener-policy"), Some("same-origin"), "{what}");
    assert_eq!(header("cross-origin-resource-policy"), Some("same-origin"), "{what}");
    assert!(header("permissions-policy").unwrap().contains("camera=(self)"), "{what}");
    assert!(header("x-request-id").is_some(), "{what}");
    assert_eq!(header("server"), None, "{what}");
    let cookies = answer.headers().get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    for cookie in cookies {
        assert_good_cookie(cookie);
    }
}

/// RFC 6265bis section 4.1.3.2, and that no script reads it.
fn assert_good_cookie(cookie: &str) {
    assert!(cookie.starts_with("__Host-parvis-"), "{cookie}");
    for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite="] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain") && !cookie.contains("SameSite=None"), "{cookie}");
}

#[test]
fn the_routes_are_found() {
    let routes = routes();
    assert!(routes.len() > 100, "{}", routes.len());
    for path in ["/api/me", "/ws", "/api/queue/{entry}/take", "/api/bounces", "/api/csp-report"] {
        assert!(routes.iter().any(|route| route == path), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_of_every_route_carries_its_guards() {
    let site = Site::start().await;
    let mut answers = 0;
    for path in routes().iter().map(|path| site.filled(path)).chain(PAGES.map(str::to_owned)) {
        for browser in [&site.visit.doctor, &site.visit.app.browser()] {
            for method in [Method::GET, Method::POST, Method::PATCH] {
                let answer = browser.raw(method.clone(), &path).send().await.unwrap();
                assert_guarded(&answer, &format!("{method} {path}"));
                answers += 1;
            }
        }
    }
    for path in
        ["/nothing", "/api/nothing", "/assets/nothing.js", "/health/live", "/health/ready", "/%ff", "/..%2f"]
    {
        assert_guarded(&site.visit.doctor.raw(Method::GET, path).send().await.unwrap(), path);
    }
    let foreign = site.visit.doctor.knock(Method::POST, "/logout").await;
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    assert_guarded(&foreign, "a foreign origin");
    // One of the addresses has signed the doctor out.
    let long = site.visit.secretary.raw(Method::POST, "/api/appointments");
    let long = long.header("content-type", "application/json");
    let long = long.body(vec![b' '; 100_000]).send().await.unwrap();
    assert_eq!(long.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_guarded(&long, "a body that is too long");
    assert!(answers > 600, "{answers}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_in_a_frame_is_shown_to_whom_the_settings_name() {
    let framed = |settings: &mut parvis::app::Settings| {
        settings.network.frame_ancestors = vec!["https://dpi.hopital.example".to_owned()];
    };
    let app = TestApp::start_with(Dialect::Sqlite, framed).await;
    let answer = app.browser().knock(Method::GET, "/app").await;
    let policy = answer.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("frame-ancestors https://dpi.hopital.example;"), "{policy}");
    assert!(answer.headers().get("x-frame-options").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_for_something_changes_nothing() {
    let site = Site::start().await;
    let before = site.rows_at_rest().await;
    let guest = format!("Link {}", site.visit.patient);
    let mut answered = BTreeMap::<u16, usize>::new();
    for path in routes().iter().map(|path| site.filled(path)).chain(PAGES.map(str::to_owned)) {
        for browser in site.people() {
            for method in [Method::GET, Method::HEAD] {
                let answer = browser.raw(method, &path).send().await.unwrap();
                *answered.entry(answer.status().as_u16()).or_default() += 1;
            }
        }
        let asked = site.visit.app.browser().raw(Method::GET, &path).header("authorization", &guest);
        asked.send().await.unwrap();
    }
    let after = site.rows_at_rest().await;
    for (table, rows) in &before {
        assert_eq!(after.get(table), Some(rows), "{table} was changed");
    }
    // Not because nothing was answered.
    assert!(answered[&200] > 150, "{answered:?}");
    assert!(!answered.contains_key(&500), "{answered:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_changes_something_is_refused_from_anywhere_else() {
    let site = Site::start().await;
    let before = site.rows_at_rest().await;
    let own = site.visit.app.base.clone();
    let mut refused = 0;
    for route in routes().iter().filter(|route| !WITHOUT_A_PAGE.contains(&route.as_str())) {
        let path = site.filled(route);
        let mut methods = methods(&site.visit.doctor, &path).await;
        if methods.is_empty() {
            assert!(path.starts_with("/ws"), "{path} does not say what it takes");
            methods = vec![Method::POST];
        }
        methods.retain(|method| !matches!(*method, Method::GET | Method::HEAD));
        for method in methods {
            for browser in [&site.visit.doctor, &site.admin] {
                for (origin, fetch_site) in [
                    (None, None),
                    (Some("https://evil.example"), None),
                    (Some("null"), None),
                    (Some("https://evil.example"), Some("same-origin")),
                    (Some(own.as_str()), Some("cross-site")),
                    (Some(own.as_str()), Some("same-site")),
                    (Some(own.as_str()), Some("none")),
                ] {
                    let answer = browser.from(method.clone(), &path, origin, fetch_site).json(&json!({}));
                    let answer = answer.send().await.unwrap();
                    assert_eq!(
                        answer.status(),
                        StatusCode::FORBIDDEN,
                        "{method} {path} {origin:?} {fetch_site:?}"
                    );
                    assert_eq!(
                        answer.json::<Value>().await.unwrap()["code"],
                        "foreign_origin",
                        "{method} {path}"
                    );
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 1000, "{refused}");
    assert_eq!(site.rows_at_rest().await, before);
    // Nor does another site's page read, with the cookies of whoever looks at it.
    for fetch_site in ["cross-site", "same-site"] {
        let asked =
            site.visit.doctor.from(Method::GET, "/api/me", None, Some(fetch_site)).send().await.unwrap();
        assert_eq!(asked.status(), StatusCode::FORBIDDEN, "{fetch_site}");
    }
    for fetch_site in ["same-origin", "none"] {
        let asked =
            site.visit.doctor.from(Method::GET, "/api/me", None, Some(fetch_site)).send().await.unwrap();
        assert_eq!(asked.status(), StatusCode::OK, "{fetch_site}");
    }
    let (status, _) = site.visit.doctor.post("/logout", json!({})).await;
    assert_eq!(status, StatusCode::OK, "its own page may");
}

/// Nearly its own origin, in every way that parsers have been led astray.
pub(crate) fn foreign_origins(base: &str) -> Vec<String> {
    let port = base.rsplit(':').next().unwrap();
    vec![
        "null".to_owned(),
        "https://evil.example".to_owned(),
        "http://localhost".to_owned(),
        "http://localhost:1".to_owned(),
        format!("https://localhost:{port}"),
        format!("http://127.0.0.1:{port}"),
        format!("http://evil.localhost:{port}"),
        format!("http://localhost:{port}.evil.example"),
        format!("http://localhost:{port}@evil.example"),
        format!("http://evil.example@localhost:{port}"),
        format!("http://localhost.:{port}"),
        format!("http://LOCALHOST:{port}"),
        format!("{base}/"),
        format!("{base}, https://evil.example"),
        String::new(),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_is_compared_letter_by_letter() {
    let app = TestApp::start(Dialect::Sqlite).await;
    let doctor = app.sign_in("claire").await;
    for origin in foreign_origins(&app.base) {
        assert_eq!(
            doctor.post_from(Some(&origin), "/api/guest/look").await,
            StatusCode::FORBIDDEN,
            "{origin}"
        );
    }
    let two =
        doctor.from(Method::POST, "/logout", Some(&app.base), None).header("origin", "https://evil.example");
    assert_eq!(two.json(&json!({})).send().await.unwrap().status(), StatusCode::FORBIDDEN, "two of them");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cookie_is_of_this_very_host_and_read_by_no_script() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let begun = visit.app.browser().raw(Method::GET, "/login?return_to=/app").send().await.unwrap();
    let out = visit.doctor.raw(Method::POST, "/logout").send().await.unwrap();
    let mut seen = Vec::new();
    for answer in [&begun, &out] {
        for cookie in answer.headers().get_all("set-cookie") {
            assert_good_cookie(cookie.to_str().unwrap());
            seen.push(cookie.to_str().unwrap().split('=').next().unwrap().to_owned());
        }
    }
    // A sign-in sets its own and drops its attempt; a door that opens gives a pass (`Browser::open_door` looks at that one).
    assert_eq!(seen, ["__Host-parvis-signin", "__Host-parvis-login"]);
    let source = [include_str!("../../src/web/sign_in.rs"), include_str!("../../src/web/door.rs")];
    let set: usize = source.iter().map(|text| text.matches("header::SET_COOKIE").count()).sum();
    assert_eq!(set, 2, "another place sets cookies: test it here");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_an_identifier_of_its_own_whatever_was_sent() {
    let app = TestApp::start(Dialect::Sqlite).await;
    let mut seen = std::collections::BTreeSet::new();
    for sent in ["chosen-by-the-client", "01990000-0000-7000-8000-000000000001", "", "x\"y"] {
        let asked = app.browser().raw(Method::GET, "/api/hospital").header("x-request-id", sent);
        let answer = asked.send().await.unwrap();
        let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        assert!(uuid::Uuid::parse_str(&id).is_ok() && id != sent, "{id}");
        assert!(seen.insert(id), "twice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_of_the_policy_are_counted_without_what_they_say() {
    let app = TestApp::start(Dialect::Sqlite).await;
    let report = |origin: &'static str, site: Option<&'static str>| {
        let own = app.base.clone();
        let body = format!(
            r#"{{"csp-report": {{"document-uri": "{own}/join#secret", "effective-directive": "script-src-attr", "blocked-uri": "inline"}}}}"#
        );
        let origin = if origin == "own" { own } else { origin.to_owned() };
        let request = app.browser().from(Method::POST, "/api/csp-report", Some(&origin), site);
        async move {
            request.header("content-type", "application/csp-report").body(body).send().await.unwrap().status()
        }
    };
    assert_eq!(report("null", Some("same-origin")).await, StatusCode::NO_CONTENT);
    assert_eq!(report("own", None).await, StatusCode::NO_CONTENT);
    assert_eq!(report("https://evil.example", None).await, StatusCode::FORBIDDEN);
    assert_eq!(report("null", Some("cross-site")).await, StatusCode::FORBIDDEN);
    let counts = app.app.csp_reports.counts();
    let kind = parvis::web::CspReport { directive: "script-src", page: "join", blocked: "inline" };
    assert_eq!(counts, BTreeMap::from([(kind, 2)]));
    let long =
        app.browser().from(Method::POST, "/api/csp-report", Some("null"), None).body(vec![b' '; 20_000]);
    assert_eq!(long.send().await.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
    let mut last = StatusCode::OK;
    for _ in 0..40 {
        last = report("null", None).await;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}
