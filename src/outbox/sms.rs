//! Whoever sends SMS for the hospital: one HTTP request for each, to the one address that is set, by way of [`crate::egress`].

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use url::Url;

use super::compose::Written;
use super::fault::{Error, NotSent};
use crate::clinical::FailReason;
use crate::config::{Sms, SmsContent, SmsMethod};
use crate::egress::{Client, Fault, Rules};

const TIMEOUT: Duration = Duration::from_secs(20);

pub(super) struct SmsGateway {
    client: Client,
    url: Url,
    method: Method,
    headers: HeaderMap,
    content: SmsContent,
    body: String,
}

impl SmsGateway {
    pub(super) fn new(settings: &Sms, egress: &Rules) -> Result<Self, Error> {
        // An http address is of this machine, which may have no list of authorities.
        let is_plain = settings.url.scheme() == "http";
        let client = Client::new(egress, std::slice::from_ref(&settings.url), |builder| {
            let builder = builder.timeout(TIMEOUT).connect_timeout(TIMEOUT);
            Ok(if is_plain { builder.tls_certs_only([]) } else { builder })
        });
        let client = client.map_err(|error| Error::Sms(error.to_string()))?;
        let mut headers = HeaderMap::new();
        let kind = match settings.content {
            SmsContent::Json => "application/json",
            SmsContent::Form => "application/x-www-form-urlencoded",
        };
        headers.insert(reqwest::header::CONTENT_TYPE, HeaderValue::from_static(kind));
        let token = settings.token.as_ref().map_or("", |token| token.expose());
        for (name, value) in &settings.headers {
            let wrong = || Error::Sms(format!("{name} is no header"));
            let value = value.expose().replace("{token}", token);
            let mut value = HeaderValue::from_str(&value).map_err(|_| wrong())?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?, value);
        }
        let method = match settings.method {
            SmsMethod::Post => Method::POST,
            SmsMethod::Put => Method::PUT,
        };
        Ok(Self {
            client,
            url: settings.url.clone(),
            method,
            headers,
            content: settings.content,
            body: settings.body.clone(),
        })
    }

    /// Sends one SMS to one person. What the other side answers beside its status is not read.
    pub(super) async fn send(&self, written: &Written) -> Result<(), NotSent> {
        let body = filled(&self.body, self.content, &written.to, &written.text);
        let request = match self.client.request(self.method.clone(), self.url.clone()) {
            Ok(request) => request.headers(self.headers.clone()).body(body),
            Err(refused) => {
                tracing::error!(error = &refused as &dyn std::error::Error, "an SMS was not sent");
                return Err(NotSent::sure(FailReason::Unreachable, None));
            }
        };
        match self.client.status(request).await {
            Ok(status) => reason(status),
            Err(Fault::NoAnswer(error)) if error.is_connect() => {
                Err(NotSent::sure(FailReason::Unreachable, None))
            }
            Err(_) => Err(NotSent::unsure(FailReason::Unreachable)),
        }
    }
}

/// The body with its places filled in one pass: what is filled in is not looked through again.
fn filled(body: &str, content: SmsContent, to: &str, text: &str) -> String {
    let written = |value: &str| match content {
        SmsContent::Json => {
            let quoted = serde_json::Value::String(value.to_owned()).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        }
        SmsContent::Form => url::form_urlencoded::byte_serialize(value.as_bytes()).collect(),
    };
    let mut out = String::new();
    let mut rest = body;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("{to}") {
            out.push_str(&written(to));
            rest = after;
        } else if let Some(after) = rest.strip_prefix("{text}") {
            out.push_str(&written(text));
            rest = after;
        } else {
            out.push('{');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

/// RFC 9110 section 15: what the status means for the message.
fn reason(status: StatusCode) -> Result<(), NotSent> {
    let reason = match status.as_u16() {
        200..=299 => return Ok(()),
        401 | 403 | 407 => FailReason::NotTrusted,
        408 | 425 | 429 => FailReason::NotNow,
        // A redirect leads elsewhere, where nothing is sent.
        300..=399 | 404 | 405 => FailReason::NotTrusted,
        400..=499 => FailReason::Refused,
        _ => FailReason::NotNow,
    };
    Err(NotSent::sure(reason, Some(status.as_u16())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_cannot_leave_its_place() {
        let text = "a \"b\" \\ {to} \n é & = % +";
        let json = filled(r#"{"to": "{to}", "m": {"text": "{text}"}}"#, SmsContent::Json, "+336", text);
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!((&value["to"], &value["m"]["text"]), (&"+336".into(), &text.into()));
        let form = filled("to={to}&text={text}&{x", SmsContent::Form, "+336", text);
        let pairs: Vec<_> = url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(pairs, [pair("to", "+336"), pair("text", text), pair("{x", "")]);
    }

    #[test]
    fn a_status_says_whether_it_is_worth_another_try() {
        for (status, passing) in [
            (200, None),
            (202, None),
            (302, Some(true)),
            (400, Some(false)),
            (401, Some(true)),
            (404, Some(true)),
            (422, Some(false)),
            (429, Some(true)),
            (500, Some(true)),
            (503, Some(true)),
        ] {
            let found = reason(StatusCode::from_u16(status).unwrap()).err();
            assert_eq!(found.map(|fault| fault.reason.is_passing()), passing, "{status}");
        }
    }
}
