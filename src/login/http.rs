//! Asks the provider: what [`crate::egress`] lets through, and a megabyte.

use openidconnect::{HttpRequest, HttpResponse};
use reqwest::Method;
use serde::de::DeserializeOwned;
use url::Url;

use super::{Error, LoginSettings, ProviderFault};
use crate::egress::{Client, Fault};

/// The longest answer that is read, in bytes.
pub(super) const LARGEST_BODY: usize = 1024 * 1024;

#[derive(Clone)]
pub(super) struct Http(Client);

impl Http {
    /// Reaches the hosts that the settings name; what the provider says of its own addresses leads to no other.
    pub(super) fn new(settings: &LoginSettings) -> Result<Self, Error> {
        let named: Vec<_> = settings.named().collect();
        let client = Client::new(&settings.egress, &named, |builder| {
            let builder = match &settings.proxy {
                Some(proxy) => builder.proxy(reqwest::Proxy::all(proxy.clone())?),
                None => builder,
            };
            // The demo's provider: it must work on a machine that has no list of authorities, too.
            let is_plain = settings.issuer.starts_with("http:");
            Ok(if is_plain { builder.tls_certs_only([]) } else { builder })
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
        let request = self.0.request(Method::GET, url.clone()).map_err(Fault::from)?;
        let mut request = request.header("accept", "application/json");
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = self.0.ask(request, LARGEST_BODY).await?;
        let status = answer.status;
        if status.is_success() { Ok(answer.bytes) } else { Err(ProviderFault::Status(status.as_u16())) }
    }
}

impl From<Fault> for ProviderFault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused(refused) => Self::NotAllowed(refused),
            Fault::NoAnswer(error) => Self::NoAnswer(error),
            Fault::TooLong(_) => Self::TooLong,
        }
    }
}
