//! Tells the administrators by mail when a local account was used. What was done is in rows, and each is told until the server has taken it.

use chrono::TimeDelta;

use super::compose::Written;
use super::{Outbox, lock};
use crate::clinical::html_of_text;
use crate::secret::Secret;
use crate::store::{Error, LocalUse, LocalUseKind};

/// What could not be told is told again after so long.
const AGAIN: TimeDelta = TimeDelta::minutes(3);
/// Who was not told within this time reads it on the page.
const LONGEST: TimeDelta = TimeDelta::hours(24);

impl Outbox {
    /// Whether the administrators are told by mail.
    pub fn alerts_by_mail(&self) -> bool {
        self.senders().mail.is_some_and(|way| !way.settings.administrators.is_empty())
    }

    /// There may be something to tell.
    pub fn look_for_alerts(&self) {
        self.0.wake.notify_one();
    }

    /// Tells what is to be told; the answer is how many lines.
    pub(super) async fn tell_alerts(&self) -> Result<u64, Error> {
        let inner = &self.0;
        let mail = self.senders().mail;
        let administrators = mail.as_ref().map(|way| way.settings.administrators.as_slice());
        let mut told = 0;
        while !self.is_ending() {
            let now = inner.clock.now();
            let Some(line) = inner.store.take_local_alert(now, now + AGAIN).await? else { break };
            let mut is_out = true;
            for to in administrators.unwrap_or_default() {
                let written = self.alert(&line, to);
                match &mail {
                    Some(mail) => is_out &= mail.send(&written, &inner.clock).await.is_ok(),
                    None => is_out = true,
                }
            }
            if administrators.unwrap_or_default().is_empty() && inner.settings.keeps_unsent {
                self.keep_alert(&line);
            }
            if is_out || now > line.at + LONGEST {
                inner.store.local_alert_told(line.id).await?;
                told += 1;
            } else {
                tracing::warn!(local_use.id = %line.id, "the administrators were not told yet");
            }
        }
        Ok(told)
    }

    fn alert(&self, line: &LocalUse, to: &str) -> Written {
        let settings = &self.0.settings;
        let at = line.at.with_timezone(&settings.hospital.time_zone);
        let (french, english) = said(line.what);
        let address = line.address.as_deref().unwrap_or("-");
        let page = format!("{}/app/admin/accounts", settings.public_url.as_str().trim_end_matches('/'));
        let name = line.user_name.expose();
        let text = format!(
            "Compte de secours « {name} » : {french}.\nQuand : {}.\nDepuis : {address}.\n\
             Si ce n’était pas prévu, fermez ce compte et prévenez la sécurité informatique :\n{page}\n\n\
             Emergency account \"{name}\": {english}.\nWhen: {}.\nFrom: {address}.\n\
             If nobody planned this, close the account and tell IT security:\n{page}\n",
            at.format("%d/%m/%Y %H:%M"),
            at.format("%Y-%m-%d %H:%M"),
        );
        Written {
            to: to.to_owned(),
            subject: format!("{} : compte de secours / emergency account", settings.hospital.name),
            html: html_of_text(&text),
            text,
            calendar: None,
            mail_id: format!("alert.{}", line.id),
        }
    }

    fn keep_alert(&self, line: &LocalUse) {
        let written = self.alert(line, "");
        let mut kept = lock(&self.0.kept);
        if kept.len() >= super::MOST_KEPT {
            kept.pop_front();
        }
        kept.push_back(super::KeptText {
            message: crate::clinical::MessageId::new(line.id),
            to: written.to.into(),
            subject: written.subject,
            text: Secret::new(written.text),
        });
    }
}

/// What was done, in French and English.
fn said(what: LocalUseKind) -> (&'static str, &'static str) {
    match what {
        LocalUseKind::Invited => ("une adresse à usage unique a été créée", "a one-time address was made"),
        LocalUseKind::InvitationWithdrawn => {
            ("une adresse à usage unique a été retirée", "a one-time address was withdrawn")
        }
        LocalUseKind::SetUp => ("le compte a été créé", "the account was set up"),
        LocalUseKind::SetUpAnew => ("le compte a été refait", "the account was set up anew"),
        LocalUseKind::SignedInPasskey => ("connexion avec une clé d’accès", "signed in with a passkey"),
        LocalUseKind::SignedInTotp => {
            ("connexion avec un code d’application", "signed in with a code of an app")
        }
        LocalUseKind::SignedInRecoveryCode => {
            ("connexion avec un code de récupération", "signed in with a recovery code")
        }
        LocalUseKind::WrongPassword => ("mot de passe faux", "wrong password"),
        LocalUseKind::WrongSecondFactor => ("second facteur faux", "wrong second factor"),
        LocalUseKind::Locked => ("bloqué après cinq essais faux", "locked after five wrong tries"),
        LocalUseKind::Unlocked => ("débloqué", "unlocked"),
        LocalUseKind::Closed => ("le compte a été fermé", "the account was closed"),
    }
}
