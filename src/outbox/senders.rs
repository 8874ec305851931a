//! By what messages go out now: what the file of settings says, or else what administrators have set on their page. The rows are looked at
//! again and again, so that a change is in use at once, and within seconds on the other gateways that share them.

use std::sync::{Arc, PoisonError, RwLock};

use super::compose::Written;
use super::fault::{Error, NotSent};
use super::mail::MailServer;
use super::sms::SmsGateway;
use super::{Outbox, OutboxSettings};
use crate::clinical::{Channel, FailReason};
use crate::clock::Clock;
use crate::config::{Mail, Sms};
use crate::egress::Rules;
use crate::store;

/// The two ways out, each ready for use.
#[derive(Clone, Default)]
pub(super) struct Senders {
    pub(super) mail: Option<Arc<MailWay>>,
    pub(super) sms: Option<Arc<SmsWay>>,
}

pub(super) struct MailWay {
    pub(super) settings: Mail,
    server: MailServer,
    /// Where it may be: `None` for the server of the file.
    rules: Option<Rules>,
}

pub(super) struct SmsWay {
    pub(super) settings: Sms,
    pub(super) gateway: SmsGateway,
}

/// What is in use, with whether it comes from the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderTold<T> {
    pub settings: T,
    pub is_of_file: bool,
}

/// Why it cannot be set so.
#[derive(Debug, thiserror::Error)]
pub enum BadSender {
    /// By the key that the file has for it.
    #[error("{0} {1}")]
    Setting(String, String),
    #[error("it is not asked")]
    Egress(#[source] crate::egress::Refused),
}

/// What is in use now.
pub(super) struct InUse {
    of_file: Senders,
    now: RwLock<Senders>,
}

impl InUse {
    /// # Errors
    /// If what the file says cannot be used.
    pub(super) fn new(settings: &OutboxSettings) -> Result<Self, Error> {
        let mail = settings.mail.clone().map(|mail| {
            let server = MailServer::new(&mail, host(settings))?;
            Ok::<_, Error>(Arc::new(MailWay { settings: mail, server, rules: None }))
        });
        let sms = settings.sms.clone().map(|sms| {
            let gateway = SmsGateway::new(&sms, &settings.egress)?;
            Ok::<_, Error>(Arc::new(SmsWay { settings: sms, gateway }))
        });
        let of_file = Senders { mail: mail.transpose()?, sms: sms.transpose()? };
        Ok(Self { now: RwLock::new(of_file.clone()), of_file })
    }

    fn now(&self) -> Senders {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn host(settings: &OutboxSettings) -> &str {
    settings.public_url.host_str().unwrap_or("localhost")
}

impl MailWay {
    pub(super) async fn send(&self, written: &Written, clock: &Clock) -> Result<(), NotSent> {
        if let Some(rules) = &self.rules
            && let Err(refused) = rules.look_up(&self.settings.host).await
        {
            tracing::error!(error = &refused as &dyn std::error::Error, "a mail was not sent");
            return Err(NotSent::sure(FailReason::Unreachable, None));
        }
        self.server.send(written, clock.now()).await
    }
}

impl Outbox {
    /// By what messages go out now.
    pub(super) fn senders(&self) -> Senders {
        self.0.in_use.now()
    }

    /// Looks again at what administrators have set.
    ///
    /// # Errors
    /// If the store fails; then all stays as it was.
    pub async fn look_at_senders(&self) -> Result<(), store::Error> {
        let inner = &self.0;
        let of_file = &inner.in_use.of_file;
        let mail = if of_file.mail.is_none() { inner.store.mail_sender().await? } else { None };
        let sms = if of_file.sms.is_none() { inner.store.sms_sender().await? } else { None };
        let before = self.senders();
        let rules = inner.settings.egress.for_pages();
        let told = |error: Error| {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "what was set to send messages cannot be used");
        };
        let mail = mail.and_then(|mail| {
            if let Some(same) = before.mail.filter(|way| way.settings == mail) {
                return Some(same);
            }
            let server = MailServer::new(&mail, host(&inner.settings)).map_err(told).ok()?;
            Some(Arc::new(MailWay { settings: mail, server, rules: Some(rules.clone()) }))
        });
        let sms = sms.and_then(|sms| {
            if let Some(same) = before.sms.filter(|way| way.settings == sms) {
                return Some(same);
            }
            let gateway = SmsGateway::new(&sms, &rules).map_err(told).ok()?;
            Some(Arc::new(SmsWay { settings: sms, gateway }))
        });
        let now = Senders { mail: of_file.mail.clone().or(mail), sms: of_file.sms.clone().or(sms) };
        *inner.in_use.now.write().unwrap_or_else(PoisonError::into_inner) = now;
        Ok(())
    }

    /// What was set has changed: it is in use from then on, also for what waits.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn use_senders(&self) -> Result<(), store::Error> {
        self.look_at_senders().await?;
        self.told();
        Ok(())
    }

    /// The mail server that is in use.
    pub fn mail_server(&self) -> Option<SenderTold<Mail>> {
        let is_of_file = self.0.in_use.of_file.mail.is_some();
        self.senders().mail.map(|way| SenderTold { settings: way.settings.clone(), is_of_file })
    }

    /// Whoever sends SMS now.
    pub fn sms_gateway(&self) -> Option<SenderTold<Sms>> {
        let is_of_file = self.0.in_use.of_file.sms.is_some();
        self.senders().sms.map(|way| SenderTold { settings: way.settings.clone(), is_of_file })
    }

    /// Whether a mail server may be set so.
    ///
    /// # Errors
    /// If not; why.
    pub async fn check_mail(&self, mail: &Mail) -> Result<(), BadSender> {
        if let Some((key, what)) = mail.faults().into_iter().next() {
            return Err(BadSender::Setting(key.to_owned(), what.to_owned()));
        }
        let made = MailServer::new(mail, host(&self.0.settings));
        made.map_err(|error| BadSender::Setting("host".to_owned(), error.to_string()))?;
        self.may_reach(&mail.host).await
    }

    /// Whether SMS may be sent so.
    ///
    /// # Errors
    /// If not; why.
    pub async fn check_sms(&self, sms: &Sms) -> Result<(), BadSender> {
        if let Some((key, what)) = sms.faults().into_iter().next() {
            return Err(BadSender::Setting(key, what));
        }
        let made = SmsGateway::new(sms, &self.0.settings.egress.for_pages());
        made.map_err(|error| BadSender::Setting("headers".to_owned(), error.to_string()))?;
        self.may_reach(sms.url.host_str().unwrap_or_default()).await
    }

    async fn may_reach(&self, host: &str) -> Result<(), BadSender> {
        match self.0.settings.egress.for_pages().look_up(host).await {
            // What has no address today may have one tomorrow.
            Ok(()) | Err(crate::egress::Refused::Unknown(_)) => Ok(()),
            Err(refused) => Err(BadSender::Egress(refused)),
        }
    }

    /// Whether something is set that sends this way.
    pub fn is_set(&self, channel: Channel) -> bool {
        let senders = self.senders();
        match channel {
            Channel::Email => senders.mail.is_some(),
            Channel::Sms => senders.sms.is_some(),
        }
    }
}
