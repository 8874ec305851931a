//! The hospital's mail server, spoken to by SMTP (RFC 5321, RFC 6409).

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::compose::Written;
use super::fault::{Error, NotSent};
use crate::clinical::FailReason;
use crate::config::{Mail, MailSecurity};

/// The server answers each step within this time.
const STEP: Duration = Duration::from_secs(20);

pub(super) struct MailServer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Address,
    host: String,
}

/// Nobody's holiday answers it (RFC 3834 section 5).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

impl MailServer {
    /// `host` is the gateway's own name: in `Message-ID`, and as the one who says hello.
    pub(super) fn new(settings: &Mail, host: &str) -> Result<Self, Error> {
        let wrong = |error: &dyn std::fmt::Display| Error::Mail(error.to_string());
        let mut parameters = TlsParameters::builder(settings.host.clone());
        if let Some(file) = &settings.authority {
            let pem = std::fs::read(file).map_err(|error| {
                Error::Mail(format!("the authority {} cannot be read: {error}", file.display()))
            })?;
            parameters = parameters.add_root_certificate(Certificate::from_pem(&pem).map_err(|e| wrong(&e))?);
        }
        let tls = match settings.security {
            MailSecurity::None => Tls::None,
            security => {
                let parameters = parameters.build_rustls().map_err(|e| wrong(&e))?;
                if security == MailSecurity::Tls {
                    Tls::Wrapper(parameters)
                } else {
                    Tls::Required(parameters)
                }
            }
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port)
            .hello_name(ClientId::Domain(host.to_owned()))
            .timeout(Some(STEP))
            .tls(tls);
        if let (Some(user), Some(password)) = (&settings.user, &settings.password) {
            transport = transport.credentials(Credentials::new(user.clone(), password.expose().clone()));
        }
        let from = settings.from.parse().map_err(|e: lettre::address::AddressError| wrong(&e))?;
        Ok(Self { transport: transport.build(), from, host: host.to_owned() })
    }

    /// Sends one mail to one person.
    pub(super) async fn send(&self, written: &Written, now: DateTime<Utc>) -> Result<(), NotSent> {
        let message = self.message(written, now)?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) => Err(reason(&error)),
        }
    }

    fn message(&self, written: &Written, now: DateTime<Utc>) -> Result<Message, NotSent> {
        let to: Address = written.to.parse().map_err(|_| NotSent::sure(FailReason::NoSuchAddress, None))?;
        let mut readable = MultiPart::alternative()
            .singlepart(SinglePart::plain(written.text.clone()))
            .singlepart(SinglePart::html(written.html.clone()));
        let refused = |_| NotSent::sure(FailReason::Refused, None);
        let mut attached = None;
        if let Some((method, calendar)) = &written.calendar {
            let kind = format!("text/calendar; charset=utf-8; method={}", method.word());
            let kind = ContentType::parse(&kind).map_err(|_| NotSent::sure(FailReason::Refused, None))?;
            readable = readable
                .singlepart(SinglePart::builder().header(kind.clone()).body(calendar.clone().into_bytes()));
            let file = Attachment::new("invitation.ics".to_owned());
            attached = Some(file.body(calendar.clone().into_bytes(), kind));
        }
        let body = match attached {
            Some(attached) => MultiPart::mixed().multipart(readable).singlepart(attached),
            None => readable,
        };
        Message::builder()
            .message_id(Some(format!("<{}@{}>", written.mail_id, self.host)))
            .date(SystemTime::from(now))
            .from(Mailbox::new(None, self.from.clone()))
            .to(Mailbox::new(None, to))
            .subject(written.subject.clone())
            .header(AutoSubmitted)
            .multipart(body)
            .map_err(refused)
    }
}

/// What the end of a try means. RFC 5321 section 4.2.1: 4xx passes, 5xx does not; that we are not let in is nothing of the message's.
fn reason(error: &smtp::Error) -> NotSent {
    if let Some(code) = error.status() {
        let code = u16::from(code);
        let said = error.to_string();
        // RFC 3463 section 3: x.1.x is about the address, x.7.x about what is let through.
        let is_address = said.contains(" 5.1.");
        let is_policy = said.contains("5.7.");
        let reason = match code {
            // RFC 4954 section 6, RFC 3207 section 4.
            454 | 530 | 534 | 535 | 538 => FailReason::NotTrusted,
            400..=499 => FailReason::NotNow,
            550 | 551 | 553 if is_address || !is_policy => FailReason::NoSuchAddress,
            _ => FailReason::Refused,
        };
        return NotSent::sure(reason, Some(code));
    }
    // A client's error: the server offers no way to say who we are, or no STARTTLS.
    if error.is_tls() || error.is_client() || is_untrusted(error) {
        return NotSent::sure(FailReason::NotTrusted, None);
    }
    NotSent::unsure(FailReason::Unreachable)
}

/// Whether its certificate is why the connection ended: rustls says so as invalid data.
fn is_untrusted(error: &smtp::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(found) = cause {
        if let Some(failed) = found.downcast_ref::<std::io::Error>() {
            return failed.kind() == std::io::ErrorKind::InvalidData;
        }
        cause = found.source();
    }
    false
}
