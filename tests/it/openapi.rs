//! The OpenAPI document: it is made from the code, leaves nothing of the router out, and says what the gateway does.

use std::collections::BTreeSet;
use std::fs;

use parvis::store::Dialect;
use parvis::web;
use reqwest::StatusCode;
use serde_json::Value;

use crate::support::app::TestApp;

mod scene;
mod schemathesis;

const DOCUMENT: &str = "docs/openapi.json";

#[test]
fn the_committed_document_is_made_from_the_code() {
    let made = web::openapi().unwrap();
    let made = serde_json::to_string_pretty(&made).unwrap() + "\n";
    #[expect(clippy::disallowed_methods, reason = "how a person asks the test to write")]
    let is_asked_to_write = std::env::var_os("UPDATE").is_some();
    if is_asked_to_write {
        fs::write(DOCUMENT, &made).unwrap();
    }
    let committed = fs::read_to_string(DOCUMENT).unwrap_or_default();
    assert!(
        committed == made,
        "{DOCUMENT} is old: run `UPDATE=1 cargo test --test it openapi::the_committed`"
    );
}

/// Method, address and function of every route, read from the router's text.
fn routes() -> BTreeSet<(String, String, String)> {
    let text = fs::read_to_string("src/web/router.rs").unwrap();
    let text = text.replace("headers::REPORTS", "\"/api/csp-report\"");
    let text: String = text.split_whitespace().collect();
    let mut routes = BTreeSet::new();
    for part in text.split(".route(").skip(1) {
        let (address, rest) = part.strip_prefix('"').and_then(|rest| rest.split_once("\",")).unwrap();
        let own = rest.split(".route(").next().unwrap();
        for method in ["get", "post", "put", "delete", "patch", "any"] {
            for (at, call) in own.match_indices(&format!("{method}(")) {
                let is_whole = !own[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
                let function = own[at + call.len()..].split(')').next().unwrap();
                if is_whole && function.contains("::") && !function.contains(['(', '"']) {
                    // A socket is asked for by GET, or over HTTP/2 by CONNECT.
                    let method = if method == "any" { "get" } else { method };
                    routes.insert((method.to_uppercase(), address.to_owned(), function.to_owned()));
                }
            }
        }
    }
    routes
}

#[test]
fn every_route_is_an_operation_described_by_the_function_that_answers_it() {
    let routes = routes();
    assert!(routes.len() > 180, "the routes were not found: {}", routes.len());
    let told = web::operations().into_iter();
    let told: BTreeSet<_> =
        told.map(|(method, path, function)| (method, path.to_owned(), function.to_owned())).collect();
    let missing: Vec<_> = routes.difference(&told).collect();
    assert!(missing.is_empty(), "tables of src/web/openapi lack: {missing:#?}");
    let gone: Vec<_> = told.difference(&routes).collect();
    assert!(gone.is_empty(), "the router has no such routes: {gone:#?}");
    let document = web::openapi().unwrap();
    let paths = document["paths"].as_object().unwrap();
    let count: usize = paths.values().map(|item| item.as_object().unwrap().len()).sum();
    assert_eq!(count, told.len(), "no operation is written twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_who_are_signed_in_are_given_the_document_and_nobody_else() {
    let app = TestApp::start(Dialect::Sqlite).await;
    let committed: Value = serde_json::from_str(&fs::read_to_string(DOCUMENT).unwrap()).unwrap();
    let (status, told) = app.sign_in("claire").await.get("/api/openapi.json").await;
    assert_eq!((status, told), (StatusCode::OK, committed));
    let (status, told) = app.browser().get("/api/openapi.json").await;
    assert_eq!((status, told["code"].as_str()), (StatusCode::UNAUTHORIZED, Some("sign_in_needed")));
}
