//! A message that an administrator sends to themselves, to see whether anything arrives.

use std::time::Duration;

use super::Outbox;
use super::compose::Written;
use super::fault::{Error, NotSent};
use crate::clinical::{Channel, FailReason, html_of_text};

/// The other side answers within this time: somebody waits for it.
const TRIAL: Duration = Duration::from_secs(25);

impl Outbox {
    /// Sends a message that says what it is. The inner answer is why it did not go out.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn try_out(&self, channel: Channel, to: &str) -> Result<Result<(), FailReason>, Error> {
        self.look_at_senders().await?;
        let settings = self.settings_now().await?;
        let hospital = &settings.hospital.name;
        let text = format!(
            "{hospital} : essai d'envoi de Parvis, rien à faire. / Test message of Parvis, nothing to do."
        );
        let written = Written {
            to: to.to_owned(),
            subject: format!("{hospital} : essai / test"),
            html: html_of_text(&text),
            text,
            calendar: None,
            mail_id: format!("trial.{}", self.0.clock.new_uuid()),
        };
        let sent = async {
            let senders = self.senders();
            match (channel, &senders.mail, &senders.sms) {
                (Channel::Email, Some(mail), _) => mail.send(&written, &self.0.clock).await,
                (Channel::Sms, _, Some(sms)) => sms.gateway.send(&written).await,
                _ => Err(NotSent::sure(FailReason::NoServer, None)),
            }
        };
        let sent = tokio::time::timeout(TRIAL, sent).await;
        let sent = sent.unwrap_or(Err(NotSent::unsure(FailReason::Unreachable)));
        Ok(sent.map_err(|fault| fault.reason))
    }
}
