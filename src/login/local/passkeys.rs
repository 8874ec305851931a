//! Passkeys: public keys that a device proves after it has asked for a finger, a face or a PIN (Web Authentication Level 3).

use url::Url;
use uuid::Uuid;
use webauthn_rs::prelude::{
    Passkey, PasskeyAuthentication, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential,
    Webauthn, WebauthnBuilder,
};

use crate::clinical::LocalAccountId;
use crate::store::LocalPasskey;

/// The relying party: this site.
pub(super) struct Passkeys(Webauthn);

/// What the page is asked with, as JSON, and what is kept here meanwhile.
pub(super) struct Challenge {
    pub(super) options: String,
    pub(super) state: serde_json::Value,
}

impl Passkeys {
    /// `None` for a site that is reached by a number: passkeys belong to a name (section 5.1.2).
    pub(super) fn of(public_url: &Url, hospital: &str) -> Option<Self> {
        let host = public_url.domain()?;
        let builder = WebauthnBuilder::new(host, public_url).ok()?;
        builder.rp_name(hospital).build().ok().map(Self)
    }

    /// Asks a device for a new key.
    pub(super) fn ask_for_new(
        &self,
        account: LocalAccountId,
        user_name: &str,
        name: &str,
    ) -> Option<Challenge> {
        let asked = self.0.start_passkey_registration(account.uuid(), user_name, name, None);
        let (options, state) = asked.ok()?;
        let options = serde_json::to_string(&options).ok()?;
        Some(Challenge { options, state: serde_json::to_value(state).ok()? })
    }

    /// The key that a device made, if what it says is right; `None` otherwise.
    pub(super) fn take_new(&self, id: Uuid, answer: &str, state: &serde_json::Value) -> Option<LocalPasskey> {
        let answer: RegisterPublicKeyCredential = serde_json::from_str(answer).ok()?;
        let state: PasskeyRegistration = serde_json::from_value(state.clone()).ok()?;
        let passkey = told(self.0.finish_passkey_registration(&answer, &state))?;
        let credential = serde_json::to_string(&passkey).ok()?;
        Some(LocalPasskey { id, credential_id: passkey.cred_id().to_vec(), credential })
    }

    /// Asks a device to prove one of these keys; `None` if there is none.
    pub(super) fn ask(&self, known: &[LocalPasskey]) -> Option<Challenge> {
        let passkeys: Vec<Passkey> =
            known.iter().filter_map(|passkey| serde_json::from_str(&passkey.credential).ok()).collect();
        if passkeys.is_empty() {
            return None;
        }
        let (options, state) = self.0.start_passkey_authentication(&passkeys).ok()?;
        let options = serde_json::to_string(&options).ok()?;
        Some(Challenge { options, state: serde_json::to_value(state).ok()? })
    }

    /// The key that was proved, with its counters as they are now; `None` if none was.
    pub(super) fn take(
        &self,
        known: Vec<LocalPasskey>,
        answer: &str,
        state: &serde_json::Value,
    ) -> Option<LocalPasskey> {
        let answer: PublicKeyCredential = serde_json::from_str(answer).ok()?;
        let state: PasskeyAuthentication = serde_json::from_value(state.clone()).ok()?;
        let proved = told(self.0.finish_passkey_authentication(&answer, &state))?;
        let mut passkey = known.into_iter().find(|passkey| passkey.credential_id == **proved.cred_id())?;
        let mut credential: Passkey = serde_json::from_str(&passkey.credential).ok()?;
        credential.update_credential(&proved)?;
        passkey.credential = serde_json::to_string(&credential).ok()?;
        Some(passkey)
    }
}

/// What was wrong, in the log: it names no person.
fn told<T>(outcome: Result<T, webauthn_rs::prelude::WebauthnError>) -> Option<T> {
    outcome
        .inspect_err(|error| {
            tracing::warn!(error = error as &dyn std::error::Error, "a passkey was refused");
        })
        .ok()
}
