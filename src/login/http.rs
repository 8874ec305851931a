//! Asks the provider: no redirects, ten seconds, a megabyte.

use std::time::Duration;

use openidconnect::{HttpRequest, HttpResponse};
use reqwest::redirect::Policy;
use serde::de::DeserializeOwned;
use url::Url;

use super::{Error, LoginSettings, ProviderFault};

/// The longest answer that is read, in bytes.
pub(super) const LARGEST_BODY: usize = 1024 * 1024;
const TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub(super) struct Http(reqwest::Client);

impl Http {
    pub(super) fn new(settings: &LoginSettings) -> Result<Self, Error> {
        let mut builder = reqwest::Client::builder()
            .redirect(Policy::none())
            .timeout(TIMEOUT)
            .connect_timeout(TIMEOUT)
            .user_agent(concat!("parvis/", env!("CARGO_PKG_VERSION")));
        builder = match &settings.proxy {
            Some(proxy) => builder.proxy(reqwest::Proxy::all(proxy.clone()).map_err(Error::Client)?),
            None => builder.no_proxy(),
        };
        if settings.issuer.starts_with("http:") {
            // The demo's provider: it must work on a machine that has no list of authorities, too.
            builder = builder.tls_certs_only([]);
        }
        Ok(Self(builder.build().map_err(Error::Client)?))
    }

    /// For openidconnect: one request, one answer, whatever its status.
    pub(super) async fn call(&self, request: HttpRequest) -> Result<HttpResponse, ProviderFault> {
        let (parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string()).map_err(|_| ProviderFault::Malformed("an address"))?;
        let request = self.0.request(parts.method, url).headers(parts.headers).body(body);
        let (status, headers, bytes) = read(request).await?;
        let mut response = HttpResponse::new(bytes);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    /// The JSON at an address; `what` names it in errors.
    pub(super) async fn json<T: DeserializeOwned>(
        &self,
        url: &Url,
        what: &'static str,
    ) -> Result<T, ProviderFault> {
        let bytes = self.get(url, None).await?;
        serde_json::from_slice(&bytes).map_err(|_| ProviderFault::Malformed(what))
    }

    /// What is at an address, with an access token if there is one (RFC 6750 section 2.1).
    pub(super) async fn get(&self, url: &Url, token: Option<&str>) -> Result<Vec<u8>, ProviderFault> {
        let mut request = self.0.get(url.clone()).header("accept", "application/json");
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let (status, _, bytes) = read(request).await?;
        if status.is_success() { Ok(bytes) } else { Err(ProviderFault::Status(status.as_u16())) }
    }
}

async fn read(
    request: reqwest::RequestBuilder,
) -> Result<(reqwest::StatusCode, reqwest::header::HeaderMap, Vec<u8>), ProviderFault> {
    let no_answer = |error: reqwest::Error| ProviderFault::NoAnswer(error.without_url());
    let mut response = request.send().await.map_err(no_answer)?;
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
        if bytes.len() + chunk.len() > LARGEST_BODY {
            return Err(ProviderFault::TooLong);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok((response.status(), response.headers().clone(), bytes))
}
