//! What every answer carries so that browsers do nothing that no page of this site does: the one place, and a test goes through every route.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use url::Url;

/// Where browsers send what the policy forbade.
pub(super) const REPORTS: &str = "/api/csp-report";

/// The only name under which the client makes an address that Trusted Types guard: that of the worker which reads PDFs.
const TRUSTED_TYPES: &str = "parvis-worker";

/// A year, as browsers want it before they believe it (RFC 6797 section 6.1.1).
const HSTS: &str = "max-age=31536000";

/// For how long browsers are told to come to this site over TLS only.
pub(super) fn hsts_seconds(public_url: &Url) -> Option<u32> {
    let seconds = HSTS.strip_prefix("max-age=").and_then(|seconds| seconds.parse().ok());
    seconds.filter(|_| public_url.scheme() == "https")
}

const PERMISSIONS: &str = "camera=(self), microphone=(self), display-capture=(self), screen-wake-lock=(self), autoplay=(self), \
    fullscreen=(self), picture-in-picture=(self), accelerometer=(), bluetooth=(), browsing-topics=(), geolocation=(), gyroscope=(), \
    hid=(), magnetometer=(), midi=(), payment=(), publickey-credentials-get=(self), serial=(), usb=(), xr-spatial-tracking=()";

/// The headers of every answer. An answer that has one of its own keeps it.
#[derive(Clone)]
pub(super) struct Headers(Arc<[(HeaderName, HeaderValue)]>);

impl Headers {
    /// For a site at this address, which these origins may show in a frame.
    pub(super) fn new(public_url: &Url, frame_ancestors: &[String]) -> Self {
        let mut headers = vec![
            (header::CONTENT_SECURITY_POLICY, policy(public_url, frame_ancestors)),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
            // Links are secrets.
            (header::REFERRER_POLICY, "no-referrer".to_owned()),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin".to_owned()),
            (HeaderName::from_static("cross-origin-resource-policy"), "same-origin".to_owned()),
            (HeaderName::from_static("permissions-policy"), PERMISSIONS.to_owned()),
        ];
        if frame_ancestors.is_empty() {
            // For browsers that do not know `frame-ancestors`; it can name nobody.
            headers.push((header::X_FRAME_OPTIONS, "DENY".to_owned()));
        }
        if public_url.scheme() == "https" {
            headers.push((header::STRICT_TRANSPORT_SECURITY, HSTS.to_owned()));
        }
        let valid = |(name, value): (HeaderName, String)| Some((name, HeaderValue::from_str(&value).ok()?));
        Self(headers.into_iter().filter_map(valid).collect())
    }
}

/// Puts them on an answer.
pub(super) async fn carry(State(headers): State<Headers>, request: Request, rest: Next) -> Response {
    let mut response = rest.run(request).await;
    for (name, value) in headers.0.iter() {
        response.headers_mut().entry(name).or_insert_with(|| value.clone());
    }
    response
}

/// Content Security Policy Level 3: nothing from anywhere else, nothing inline, no markup made from text (Trusted Types). WebSocket
/// addresses are named because older Safari does not count them as 'self'.
fn policy(public_url: &Url, frame_ancestors: &[String]) -> String {
    let socket = public_url.as_str().replacen("http", "ws", 1);
    let socket = socket.trim_end_matches('/');
    let ancestors = if frame_ancestors.is_empty() { "'none'".to_owned() } else { frame_ancestors.join(" ") };
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; \
         font-src 'self'; connect-src 'self' {socket}; manifest-src 'self'; worker-src 'self'; base-uri 'none'; \
         form-action 'self'; frame-ancestors {ancestors}; require-trusted-types-for 'script'; \
         trusted-types {TRUSTED_TYPES}; report-uri {REPORTS}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(headers: &Headers, name: &str) -> Option<String> {
        let found = headers.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_site_with_tls_says_so_and_one_without_does_not() {
        let tls = Headers::new(&Url::parse("https://visio.example").unwrap(), &[]);
        let plain = Headers::new(&Url::parse("http://localhost:8080").unwrap(), &[]);
        assert_eq!(value(&tls, "strict-transport-security").as_deref(), Some("max-age=31536000"));
        assert_eq!(value(&plain, "strict-transport-security"), None);
        assert_eq!(hsts_seconds(&Url::parse("https://visio.example").unwrap()), Some(31_536_000));
        assert_eq!(hsts_seconds(&Url::parse("http://localhost:8080").unwrap()), None);
        assert!(
            value(&tls, "content-security-policy")
                .unwrap()
                .contains("connect-src 'self' wss://visio.example;")
        );
    }

    #[test]
    fn nobody_may_frame_it_but_whom_the_settings_name() {
        let url = Url::parse("https://visio.example").unwrap();
        let none = Headers::new(&url, &[]);
        assert!(value(&none, "content-security-policy").unwrap().contains("frame-ancestors 'none';"));
        assert_eq!(value(&none, "x-frame-options").as_deref(), Some("DENY"));
        let some =
            Headers::new(&url, &["https://dpi.example".to_owned(), "https://b.example:8443".to_owned()]);
        let policy = value(&some, "content-security-policy").unwrap();
        assert!(policy.contains("frame-ancestors https://dpi.example https://b.example:8443;"), "{policy}");
        assert_eq!(value(&some, "x-frame-options"), None, "it would win over the names in old browsers");
    }
}
