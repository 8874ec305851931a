//! What the hospital's monitoring reads: every figure that the documents name, nobody in them, at no address that patients reach.

use std::collections::BTreeSet;

use parvis::app::{MetricsSettings, Settings};
use parvis::metrics::CONTENT_TYPE;
use parvis::secret::Secret;
use parvis::store::Dialect;
use reqwest::{Method, StatusCode};

use crate::support::app::TestApp;
use crate::visit::{Visit, ct_zip};

const TOKEN: &str = "0123456789abcdef0123";
/// Of OpenMetrics: what only some deployments have. The gateway of a test does no TLS.
const SOMETIMES: [&str; 1] = ["parvis_certificate_expiry_timestamp_seconds"];

fn measured(token: Option<&str>) -> impl FnOnce(&mut Settings) {
    let token = token.map(|token| Secret::new(token.to_owned()));
    move |settings| {
        settings.metrics = Some(MetricsSettings { listen: "127.0.0.1:0".parse().unwrap(), token });
    }
}

async fn read(app: &TestApp, token: Option<&str>) -> reqwest::Response {
    let address = app.app.metrics.expect("figures are served");
    let mut request = reqwest::Client::new().get(format!("http://{address}/metrics"));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    request.send().await.unwrap()
}

/// The value of a line, labels as they are written.
fn value(page: &str, name: &str) -> f64 {
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is not in\n{page}")).parse().unwrap()
}

/// Names of the families that a page has.
fn families(page: &str) -> BTreeSet<String> {
    page.lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .map(ToOwned::to_owned)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_is_counted_on_both_databases_and_names_nobody() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let visit = Visit::book_at(TestApp::start_with(dialect, measured(None)).await, 5).await;
        let (_patient, welcome, mut staff) = visit.call().await;
        let (_, receipt) = visit.doctor.upload(&visit.appointment, "ct.zip", ct_zip()).await;
        assert!(receipt["received"].as_u64() > Some(0), "{receipt}");
        let (_, studies) = visit.doctor.get(&visit.studies()).await;
        staff.send(serde_json::json!({"type": "surface", "viewport": 0, "width": 64, "height": 64})).await;
        staff.request(crate::support::app::share(&studies[0]["series"][0]["series"])).await.unwrap();
        staff.picture(1).await;
        visit.app.browser().knock(Method::GET, "/api/guest/look").await;

        let response = read(&visit.app, None).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], CONTENT_TYPE);
        let page = response.text().await.unwrap();
        assert!(page.ends_with("# EOF\n"));
        assert_eq!(value(&page, "parvis_consultations"), 1.0);
        assert_eq!(value(&page, "parvis_people{place=\"in_call\"}"), 2.0);
        assert_eq!(value(&page, "parvis_people{place=\"waiting\"}"), 0.0);
        for up in ["parvis_database_up", "parvis_media_up"] {
            assert_eq!(value(&page, up), 1.0, "{up}");
        }
        assert!(value(&page, "parvis_pictures_total{how=\"rendered\"}") >= 1.0);
        assert!(value(&page, "parvis_decoder_requests_total{end=\"answered\"}") >= 2.0);
        assert_eq!(value(&page, "parvis_decoder_requests_total{end=\"stopped\"}"), 0.0);
        let booked = "parvis_http_requests_total{method=\"POST\",route=\"/api/appointments\",status=\"2xx\"}";
        assert_eq!(value(&page, booked), 1.0);
        let refused = "parvis_http_requests_total{method=\"GET\",route=\"/api/guest/look\",status=\"4xx\"}";
        assert_eq!(value(&page, refused), 1.0);
        assert!(value(&page, "process_resident_memory_bytes") > 1e6);

        let participant = &welcome;
        for planted in [&visit.appointment, &visit.patient, participant, "Claire", "Lefèvre", "127.0.0.1"] {
            assert!(!page.contains(planted), "{planted} is in\n{page}");
        }
        // Nothing that could be an identifier: labels are words and templates.
        let labels =
            page.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('{'));
        for (_, labels) in labels {
            let labels = labels.split('}').next().unwrap().split("le=\"").next().unwrap();
            let has_number = labels.chars().filter(char::is_ascii_digit).count() > 3;
            assert!(!has_number || labels.starts_with("version="), "{labels}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_figure_stands_in_the_documents_and_every_documented_one_is_there() {
    let app = TestApp::start_with(Dialect::Sqlite, measured(None)).await;
    app.browser().get("/api/hospital").await;
    // The test of the relay ends a little after the start.
    let mut page = String::new();
    for _ in 0..200 {
        page = read(&app, None).await.text().await.unwrap();
        if page.contains("parvis_relay_up ") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let told = families(&page);
    let document = include_str!("../../docs/operations.md");
    let section = document.split("\n## Metrics\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let documented: BTreeSet<String> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split(['`', '{']).next())
        .map(|name| name.strip_suffix("_total").unwrap_or(name).to_owned())
        .collect();
    let missing: Vec<_> = told.difference(&documented).collect();
    assert!(missing.is_empty(), "docs/operations.md does not name {missing:?}");
    let gone: Vec<_> =
        documented.difference(&told).filter(|name| !SOMETIMES.contains(&name.as_str())).collect();
    assert!(gone.is_empty(), "docs/operations.md names {gone:?}, which are not there");
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_not_at_the_address_of_patients_and_not_without_the_token() {
    let app = TestApp::start_with(Dialect::Sqlite, measured(Some(TOKEN))).await;
    let (_, _, body) = app.browser().fetch("/metrics").await;
    assert!(!String::from_utf8_lossy(&body).contains("parvis_"), "the port of patients tells figures");
    let refused = read(&app, None).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(refused.headers()["www-authenticate"], "Bearer");
    assert!(refused.text().await.unwrap().contains("token"));
    assert_eq!(read(&app, Some("0123456789abcdef0124")).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(read(&app, Some(TOKEN)).await.status(), StatusCode::OK);
    // And nothing of the gateway is at the address of figures.
    let address = app.app.metrics.unwrap();
    for path in ["/", "/api/hospital", "/health/ready", "/login"] {
        let there = reqwest::get(format!("http://{address}{path}")).await.unwrap();
        assert_eq!(there.status(), StatusCode::NOT_FOUND, "{path}");
    }
    // Nobody listens unless it is set.
    assert!(TestApp::start(Dialect::Sqlite).await.app.metrics.is_none());
}
