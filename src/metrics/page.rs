//! `GET /metrics`.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;
use subtle::ConstantTimeEq;

use super::{Figure, Requests};
use crate::secret::Secret;

/// Of the text format (OpenMetrics 1.0).
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The one address that there is. `gather` is asked each time; with a `token` nobody reads without it (RFC 6750 section 2.1).
pub fn router<G, F>(requests: Requests, token: Option<Secret<String>>, gather: G) -> Router
where
    G: Fn() -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Vec<Figure>> + Send,
{
    let token = token.map(Arc::new);
    let show = move |headers: HeaderMap| {
        let (requests, token, gather) = (requests.clone(), token.clone(), gather.clone());
        async move {
            if !is_allowed(&headers, token.as_deref()) {
                let how = [(header::WWW_AUTHENTICATE, "Bearer")];
                return (StatusCode::UNAUTHORIZED, how, "the token of [metrics] is missing\n")
                    .into_response();
            }
            written(&requests, gather().await)
        }
    };
    Router::new().route("/metrics", get(show))
}

fn is_allowed(headers: &HeaderMap, token: Option<&Secret<String>>) -> bool {
    let Some(token) = token else { return true };
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = shown.and_then(|value| value.split_once(' '));
    shown.is_some_and(|(scheme, shown)| {
        scheme.eq_ignore_ascii_case("bearer")
            && bool::from(shown.trim().as_bytes().ct_eq(token.expose().as_bytes()))
    })
}

fn written(requests: &Requests, figures: Vec<Figure>) -> Response {
    let mut registry = Registry::default();
    requests.register(&mut registry);
    figures.into_iter().for_each(|figure| figure.register(&mut registry));
    let mut page = String::new();
    match text::encode(&mut page, &registry) {
        Ok(()) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], page).into_response(),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "figures cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn figures_are_written_as_openmetrics_has_them() {
        let requests = Requests::default();
        let took = Duration::from_millis(30);
        requests.answered("GET", Some("/api/appointments/{appointment}"), 200, took);
        requests.answered("BREW", None, 503, took);
        let figures = vec![
            Figure::counter("parvis_x", "What x is.", 3),
            Figure::gauges("parvis_y", "What y is.", "place", [("a", 1.5), ("b", 0.0)]),
        ];
        let response = written(&requests, figures);
        assert_eq!(response.headers()[header::CONTENT_TYPE], CONTENT_TYPE);
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        for line in [
            "# HELP parvis_x What x is.",
            "# TYPE parvis_x counter",
            "parvis_x_total 3.0",
            "# TYPE parvis_y gauge",
            "parvis_y{place=\"a\"} 1.5",
            "parvis_y{place=\"b\"} 0.0",
            "parvis_http_requests_total{method=\"GET\",route=\"/api/appointments/{appointment}\",status=\"2xx\"} 1",
            "parvis_http_requests_total{method=\"other\",route=\"page\",status=\"5xx\"} 1",
            "parvis_http_request_seconds_bucket{le=\"0.025\",route=\"page\"} 0",
            "parvis_http_request_seconds_bucket{le=\"0.1\",route=\"page\"} 1",
        ] {
            assert!(text.lines().any(|there| there == line), "{line}\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn nobody_reads_without_the_token_where_there_is_one() {
        let token = Secret::new("abcdefghijklmnop".to_owned());
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            headers
        };
        assert!(is_allowed(&HeaderMap::new(), None));
        assert!(!is_allowed(&HeaderMap::new(), Some(&token)));
        assert!(is_allowed(&with("Bearer abcdefghijklmnop"), Some(&token)));
        assert!(is_allowed(&with("bearer  abcdefghijklmnop"), Some(&token)));
        for wrong in
            ["Bearer", "Bearer ", "Bearer abcdefghijklmno", "Basic abcdefghijklmnop", "abcdefghijklmnop"]
        {
            assert!(!is_allowed(&with(wrong), Some(&token)), "{wrong}");
        }
    }
}
