//! The pages: built by Vite, carried inside the binary (in a debug build read from `web/dist`).

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::Edge;
use super::problem::Failure;

#[cfg(not(web_missing))]
#[derive(rust_embed::Embed)]
#[folder = "web/dist"]
struct Built;

#[cfg(web_missing)]
struct Built;

#[cfg(web_missing)]
impl Built {
    fn get(_: &str) -> Option<rust_embed::EmbeddedFile> {
        None
    }
}

/// Everything that is no other address: a page, or a file that belongs to one.
pub(super) async fn serve(
    State(edge): State<Edge>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if !matches!(method, Method::GET | Method::HEAD) {
        return Failure::not_found().into_response();
    }
    let path = uri.path().trim_start_matches('/');
    match path {
        "" => Redirect::to("/app").into_response(),
        "join" => page(&edge, "join.html", &headers),
        "diag" => page(&edge, "diag.html", &headers),
        // Whether there is such a queue is told to whoever knows its code.
        _ if path.starts_with("queue/") => page(&edge, "queue.html", &headers),
        "upload" => page(&edge, "upload.html", &headers),
        _ if path == "app" || path.starts_with("app/") => page(&edge, "app.html", &headers),
        _ if path.starts_with("api/") || path == "ws" || path.starts_with("ws/") => {
            Failure::not_found().into_response()
        }
        _ => file(path, &headers).unwrap_or_else(|| Failure::not_found().into_response()),
    }
}

fn page(edge: &Edge, name: &str, headers: &HeaderMap) -> Response {
    file(name, headers).unwrap_or_else(|| {
        tracing::warn!("the web client is missing: run `make web` and build again");
        let hospital = escape(&edge.hospital.name);
        let telephone = escape(&edge.hospital.telephone);
        let text = format!(
            "<!doctype html><meta charset=utf-8><title>{hospital}</title><h1>{hospital}</h1>\
             <p>The pages of this server were not built. Run <code>make web</code>, then start it again.</p>\
             <p>Les pages de ce serveur n'ont pas été construites. Besoin d'aide ? {telephone}</p>"
        );
        (StatusCode::SERVICE_UNAVAILABLE, Html(text)).into_response()
    })
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A file in the best encoding that the browser takes and the build has made.
fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    // Encoded copies are no files of their own.
    if path.ends_with(".br") || path.ends_with(".gz") {
        return None;
    }
    let plain = Built::get(path)?;
    let accepted =
        headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let takes = |name: &str| {
        accepted.split(',').any(|entry| {
            let mut parts = entry.split(';');
            let is_named = parts.next().is_some_and(|coding| coding.trim().eq_ignore_ascii_case(name));
            is_named && !parts.any(|parameter| matches!(parameter.trim(), "q=0" | "q=0.0"))
        })
    };
    let encoded = [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(coding, _)| takes(coding))
        .find_map(|(coding, suffix)| Some((coding, Built::get(&format!("{path}.{suffix}"))?)));
    let hash = plain.metadata.sha256_hash();
    let tag = format!("\"{}\"", hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>());
    let is_known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = match (is_known, encoded) {
        (true, _) => StatusCode::NOT_MODIFIED.into_response(),
        (false, Some((coding, file))) => {
            let mut response = file.data.into_owned().into_response();
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
            response
        }
        (false, None) => plain.data.into_owned().into_response(),
    };
    let headers = response.headers_mut();
    // Names of built files hold a hash of what is in them.
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    let kind = media_type(path);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    Some(response)
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("json" | "webmanifest") => "application/json",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
