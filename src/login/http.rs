//! Asks a provider: no redirects, a time limit, a bound on every answer.

use std::time::Duration;

use openidconnect::{HttpRequest, HttpResponse};
use reqwest::redirect::Policy;
use reqwest::tls::{Certificate, Identity};
use serde::de::DeserializeOwned;
use url::Url;

use super::credentials::read_file;
use super::{ClientAuthentication, Error, ProviderFault, ProviderSettings};

/// The longest answer that is read, in bytes.
const LARGEST_BODY: usize = 1024 * 1024;
const CONNECT: Duration = Duration::from_secs(3);

#[derive(Clone)]
pub(super) struct Http(reqwest::Client);

impl Http {
    pub(super) fn new(settings: &ProviderSettings, proxy: Option<&Url>) -> Result<Self, Error> {
        let mut builder = reqwest::Client::builder()
            .redirect(Policy::none())
            .timeout(settings.timeout)
            .connect_timeout(CONNECT.min(settings.timeout))
            .user_agent(concat!("parvis/", env!("CARGO_PKG_VERSION")));
        builder = match proxy {
            Some(proxy) => builder.proxy(reqwest::Proxy::all(proxy.clone()).map_err(Error::Client)?),
            None => builder.no_proxy(),
        };
        if settings.is_on_this_machine() {
            // The demo's provider: it must work on a machine that has no list of authorities, too.
            builder = builder.tls_certs_only([]);
        } else if let Some(file) = &settings.ca_certificate {
            let pem = read_file("ca_certificate", file)?;
            builder =
                builder.tls_certs_merge(Certificate::from_pem_bundle(pem.expose()).map_err(Error::Client)?);
        }
        if let ClientAuthentication::Tls { certificate, key } = &settings.client_authentication {
            let mut pem = read_file("client_key", key)?.expose().clone();
            pem.extend_from_slice(read_file("client_certificate", certificate)?.expose());
            builder = builder.identity(Identity::from_pem(&pem).map_err(Error::Client)?);
        }
        Ok(Self(builder.build().map_err(Error::Client)?))
    }

    /// For openidconnect: one request, one answer, whatever its status.
    pub(super) async fn call(&self, request: HttpRequest) -> Result<HttpResponse, ProviderFault> {
        let (parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string()).map_err(|_| ProviderFault::Malformed("an address"))?;
        let request = self.0.request(parts.method, url).headers(parts.headers).body(body);
        let (status, headers, bytes) = read(request, LARGEST_BODY).await?;
        let mut response = HttpResponse::new(bytes);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    /// The JSON at an address, of at most `longest` bytes; `what` names it in errors.
    pub(super) async fn json<T: DeserializeOwned>(
        &self,
        url: &Url,
        what: &'static str,
        longest: usize,
    ) -> Result<T, ProviderFault> {
        let bytes = self.get(url, None, longest).await?;
        serde_json::from_slice(&bytes).map_err(|_| ProviderFault::Malformed(what))
    }

    /// What userinfo says to that access token (RFC 6750 section 2.1).
    pub(super) async fn userinfo(&self, url: &Url, token: &str) -> Result<Vec<u8>, ProviderFault> {
        self.get(url, Some(token), LARGEST_BODY).await
    }

    async fn get(&self, url: &Url, token: Option<&str>, longest: usize) -> Result<Vec<u8>, ProviderFault> {
        let mut request = self.0.get(url.clone()).header("accept", "application/json");
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let (status, _, bytes) = read(request, longest).await?;
        if status.is_success() { Ok(bytes) } else { Err(ProviderFault::Status(status.as_u16())) }
    }
}

async fn read(
    request: reqwest::RequestBuilder,
    longest: usize,
) -> Result<(reqwest::StatusCode, reqwest::header::HeaderMap, Vec<u8>), ProviderFault> {
    let no_answer = |error: reqwest::Error| ProviderFault::NoAnswer(error.without_url());
    let mut response = request.send().await.map_err(no_answer)?;
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
        if bytes.len() + chunk.len() > longest {
            return Err(ProviderFault::TooLong(longest));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok((response.status(), response.headers().clone(), bytes))
}
