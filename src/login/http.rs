//! Asks a provider: what [`crate::egress`] lets through, within a time limit, and no answer without end.

use std::time::Duration;

use chrono::{DateTime, Utc};
use openidconnect::{HttpRequest, HttpResponse};
use reqwest::Method;
use reqwest::tls::{Certificate, Identity};
use serde::de::DeserializeOwned;
use url::Url;

use super::credentials::read_file;
use super::{ClientAuthentication, Error, LoginSettings, ProviderFault, ProviderSettings};
use crate::egress::{Answer, Client, Fault, Rules};

/// The longest answer that is read, in bytes.
const LARGEST_BODY: usize = 1024 * 1024;
const CONNECT: Duration = Duration::from_secs(3);

#[derive(Clone)]
pub(super) struct Http(Client);

impl Http {
    /// Reaches the hosts that the settings name for this provider; what it says of its own addresses leads to no other.
    pub(super) fn new(
        settings: &ProviderSettings,
        site: &LoginSettings,
        egress: &Rules,
    ) -> Result<Self, Error> {
        let authorities = match &settings.ca_certificate {
            Some(file) if !settings.is_on_this_machine() => {
                let pem = read_file("ca_certificate", file)?;
                Certificate::from_pem_bundle(pem.expose()).map_err(Error::Client)?
            }
            _ => Vec::new(),
        };
        let identity = match &settings.client_authentication {
            ClientAuthentication::Tls { certificate, key } => {
                let mut pem = read_file("client_key", key)?.expose().clone();
                pem.extend_from_slice(read_file("client_certificate", certificate)?.expose());
                Some(Identity::from_pem(&pem).map_err(Error::Client)?)
            }
            _ => None,
        };
        let named: Vec<Url> = settings.named().chain(site.proxy.clone()).collect();
        let client = Client::new(egress, &named, |builder| {
            let mut builder =
                builder.timeout(settings.timeout).connect_timeout(CONNECT.min(settings.timeout));
            if let Some(proxy) = &site.proxy {
                builder = builder.proxy(reqwest::Proxy::all(proxy.clone())?);
            }
            if settings.is_on_this_machine() {
                // The demo's provider: it must work on a machine that has no list of authorities, too.
                builder = builder.tls_certs_only([]);
            } else if !authorities.is_empty() {
                builder = builder.tls_certs_merge(authorities);
            }
            if let Some(identity) = identity {
                builder = builder.identity(identity);
            }
            Ok(builder)
        });
        Ok(Self(client.map_err(Error::Client)?))
    }

    /// For openidconnect: one request, one answer, whatever its status.
    pub(super) async fn call(&self, request: HttpRequest) -> Result<HttpResponse, ProviderFault> {
        let (parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string()).map_err(|_| ProviderFault::Malformed("an address"))?;
        let request = self.0.request(parts.method, url).map_err(Fault::from)?;
        let answer = self.0.ask(request.headers(parts.headers).body(body), LARGEST_BODY).await?;
        let mut response = HttpResponse::new(answer.bytes);
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        Ok(response)
    }

    /// The JSON at an address, of at most `longest` bytes, and when that was by the clock there; `what` names it in errors.
    pub(super) async fn json<T: DeserializeOwned>(
        &self,
        url: &Url,
        what: &'static str,
        longest: usize,
    ) -> Result<(T, Option<DateTime<Utc>>), ProviderFault> {
        let answer = self.get(url, None, longest).await?;
        let json = serde_json::from_slice(&answer.bytes).map_err(|_| ProviderFault::Malformed(what))?;
        let date = answer.headers.get("date").and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok());
        Ok((json, date.map(|date| date.to_utc())))
    }

    /// What userinfo says to that access token (RFC 6750 section 2.1), and whether that is a signed token (OpenID Connect Core 1.0
    /// section 5.3.2).
    pub(super) async fn userinfo(&self, url: &Url, token: &str) -> Result<(Vec<u8>, bool), ProviderFault> {
        let answer = self.get(url, Some(token), LARGEST_BODY).await?;
        let kind = answer.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let is_signed =
            kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/jwt");
        Ok((answer.bytes, is_signed))
    }

    async fn get(&self, url: &Url, token: Option<&str>, longest: usize) -> Result<Answer, ProviderFault> {
        let request = self.0.request(Method::GET, url.clone()).map_err(Fault::from)?;
        let mut request = request.header("accept", "application/json, application/jwt");
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = self.0.ask(request, longest).await?;
        let status = answer.status;
        if status.is_success() { Ok(answer) } else { Err(ProviderFault::Status(status.as_u16())) }
    }
}

impl From<Fault> for ProviderFault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused(refused) => Self::NotAllowed(refused),
            Fault::NoAnswer(error) => Self::NoAnswer(error),
            Fault::TooLong(longest) => Self::TooLong(longest),
        }
    }
}
