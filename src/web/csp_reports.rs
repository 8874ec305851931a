//! `POST /api/csp-report`: counts what the policy of the pages forbade. Of a report nothing is kept but which kind of thing it was, on
//! which kind of page: addresses in it may hold the secrets of links, and samples what people wrote.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use url::Url;

use super::Edge;
use super::extract::{ClientAddress, is_sent_by_own_page};
use super::problem::Failure;
use super::throttle::Knock;

/// What was forbidden: the names of directives that the policy has, and one for all others.
const DIRECTIVES: [&str; 14] = [
    "default-src",
    "script-src",
    "style-src",
    "img-src",
    "media-src",
    "font-src",
    "connect-src",
    "worker-src",
    "base-uri",
    "form-action",
    "frame-ancestors",
    "require-trusted-types-for",
    "trusted-types",
    "other",
];
const PAGES: [&str; 6] = ["join", "app", "queue", "upload", "diag", "other"];

/// One kind of report.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct CspReport {
    pub directive: &'static str,
    pub page: &'static str,
    pub blocked: &'static str,
}

/// How many of each kind there were since the start; at most one entry for each kind that there is.
#[derive(Debug, Default)]
pub struct CspReports(Mutex<BTreeMap<CspReport, u64>>);

impl CspReports {
    /// What there was so far.
    pub fn counts(&self) -> BTreeMap<CspReport, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn count(&self, report: CspReport) -> u64 {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(report).or_default();
        *count += 1;
        *count
    }
}

pub(super) async fn receive(
    State(edge): State<Edge>,
    address: ClientAddress,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Failure> {
    if !is_sent_by_own_page(&edge, &headers) {
        return Err(Failure::foreign_origin());
    }
    address.may(&edge, Knock::Report)?;
    for report in read(&body, &edge.public_url) {
        let count = edge.csp_reports.count(report);
        // Extensions of a browser are no fault of ours. Of many alike, the first tells as much as the rest.
        if report.blocked != "extension" && count.is_power_of_two() {
            let CspReport { directive, page, blocked } = report;
            tracing::warn!(directive, page, blocked, count, "a page did what its policy forbids");
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The one report of `application/csp-report`, or the list of `application/reports+json`; nothing of what is neither.
fn read(body: &[u8], own: &Url) -> Vec<CspReport> {
    /// Browsers put a few into one list.
    const MOST: usize = 20;
    match serde_json::from_slice(body) {
        Ok(Value::Array(reports)) => {
            let bodies = reports.iter().take(MOST).filter_map(|report| report.get("body"));
            bodies.filter_map(|body| classify(body, own)).collect()
        }
        Ok(report) => report.get("csp-report").and_then(|report| classify(report, own)).into_iter().collect(),
        Err(_) => Vec::new(),
    }
}

fn classify(report: &Value, own: &Url) -> Option<CspReport> {
    let text = |names: [&str; 3]| names.iter().find_map(|name| report.get(*name)?.as_str());
    let directive = text(["effective-directive", "effectiveDirective", "violated-directive"])?;
    let directive = directive.split(' ').next().unwrap_or_default();
    // `script-src-elem` and `script-src-attr` are `script-src`.
    let directive = directive.trim_end_matches("-elem").trim_end_matches("-attr");
    let page = text(["document-uri", "documentURL", "documentURI"]).unwrap_or_default();
    let page = Url::parse(page).ok();
    let page = page.as_ref().and_then(|url| url.path_segments()?.next()).unwrap_or_default();
    let blocked = text(["blocked-uri", "blockedURL", "blockedURI"]).unwrap_or_default();
    let scheme = blocked.split(':').next().unwrap_or_default();
    let blocked = match blocked {
        "inline" => "inline",
        "eval" | "wasm-eval" => "eval",
        "trusted-types-policy" | "trusted-types-sink" => "trusted-types",
        _ if scheme.ends_with("-extension") => "extension",
        _ if scheme == "data" => "data",
        _ if scheme == "blob" => "blob",
        _ if Url::parse(blocked).is_ok_and(|url| url.origin() == own.origin()) => "own",
        _ => "foreign",
    };
    Some(CspReport { directive: one_of(&DIRECTIVES, directive), page: one_of(&PAGES, page), blocked })
}

fn one_of<const N: usize>(known: &[&'static str; N], told: &str) -> &'static str {
    known.iter().find(|known| **known == told).copied().unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<CspReport> {
        read(text.as_bytes(), &Url::parse("https://visio.example").unwrap())
    }

    #[test]
    fn both_kinds_of_report_are_read() {
        let old = r#"{"csp-report": {"document-uri": "https://visio.example/join?x#secret", "effective-directive": "script-src-elem",
            "violated-directive": "script-src", "blocked-uri": "inline", "script-sample": "Jeanne Petit"}}"#;
        assert_eq!(of(old), [CspReport { directive: "script-src", page: "join", blocked: "inline" }]);
        let new = r#"[{"type": "csp-violation", "body": {"documentURL": "https://visio.example/app/appointments/1",
            "effectiveDirective": "img-src", "blockedURL": "https://evil.example/a.png?name=Jeanne"}}]"#;
        assert_eq!(of(new), [CspReport { directive: "img-src", page: "app", blocked: "foreign" }]);
    }

    #[test]
    fn nothing_of_a_report_is_kept_but_kinds_that_are_known() {
        let strange = r#"{"csp-report": {"document-uri": "https://x/Jeanne", "effective-directive": "jeanne-src",
            "blocked-uri": "chrome-extension://jeanne"}}"#;
        assert_eq!(of(strange), [CspReport { directive: "other", page: "other", blocked: "extension" }]);
        for nothing in ["", "[]", "{}", "null", "[{}]", r#"{"csp-report": 3}"#, r#"[{"body": {}}]"#, "\u{0}"]
        {
            assert_eq!(of(nothing), [], "{nothing}");
        }
        let many = format!("[{}]", vec![r#"{"body": {"effectiveDirective": "img-src"}}"#; 1000].join(","));
        assert_eq!(of(&many).len(), 20);
    }

    #[test]
    fn however_many_come_the_table_stays_small() {
        let reports = CspReports::default();
        for number in 0..10_000 {
            let text = format!(
                r#"{{"csp-report": {{"effective-directive": "d{number}", "blocked-uri": "https://h{number}"}}}}"#
            );
            for report in of(&text) {
                reports.count(report);
            }
        }
        assert_eq!(reports.counts().into_values().collect::<Vec<_>>(), [10_000]);
    }
}
