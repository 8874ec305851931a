//! Patients prove at a provider of their own (FranceConnect, say) who they are, to come to the documents of a visit. The link still says
//! which visit: a login of a patient counts with that link alone, for a short time, and gives no role to anybody.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use openidconnect::core::CoreIdToken;
use openidconnect::{
    ClientId, CsrfToken, EndSessionUrl, LogoutRequest, OAuth2TokenResponse, PostLogoutRedirectUrl,
    TokenResponse,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use super::claims::{Claims, clean, word};
use super::provider::Provider;
use super::sign_in::Going;
use super::userinfo::userinfo_of;
use super::{
    BadToken, Callback, Error, Login, LoginSettings, Offered, Redirect, Refused, digest, new_secret,
};
use crate::clinical::{AppointmentId, LinkId, ParticipantId, ProvenIdentity};
use crate::secret::{Pii, Secret};
use crate::store::{self, LoginDigest, PatientLogin, PatientSignedOutThere};

/// The cookie that binds a patient's sign-in to the browser that began it; for [`SIGN_IN_TIME_SECONDS`](super::SIGN_IN_TIME_SECONDS).
/// Another one than that of staff: neither finishes the other's.
pub const PATIENT_SIGN_IN_COOKIE: &str = "__Host-parvis-patient-signin";
/// A patient's login ends after this long without use.
pub const PATIENT_IDLE: TimeDelta = TimeDelta::minutes(15);
/// It ends then in any case.
pub const PATIENT_ABSOLUTE: TimeDelta = TimeDelta::hours(2);

/// A provider at which patients prove who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatientWay {
    pub offered: Offered,
    pub issuer: String,
}

/// Somebody who proved who they are. Nothing is kept of it yet.
pub struct ProvenPatient {
    /// The link with which it began.
    pub link: LinkId,
    pub identity: ProvenIdentity,
    /// SHA-256 of the issuer and of who they are there.
    pub subject: LoginDigest,
    pub issuer: String,
    /// The provider, as the settings name it.
    pub provider: String,
    label: String,
    class: Option<String>,
    sid: Option<String>,
    id_token: Option<Secret<String>>,
}

/// Why nobody was proven, and with which link it began, where that is known.
#[derive(Debug)]
pub struct NotProven {
    pub link: Option<LinkId>,
    pub refused: Refused,
}

/// A patient who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedInPatient {
    /// The provider, as the settings name it.
    pub provider: String,
    /// What pages call it.
    pub label: String,
    /// By which means they proved it (`acr`).
    pub class: Option<String>,
}

impl Login {
    /// The providers at which patients prove who they are, as far as they are on.
    pub async fn patient_ways(&self) -> Vec<PatientWay> {
        let all = self.providers.all().await.into_iter();
        let way = |provider: &Provider| PatientWay {
            offered: Offered { key: provider.settings.key.clone(), label: provider.settings.label.clone() },
            issuer: provider.settings.issuer.clone(),
        };
        all.filter(|entry| entry.is_on && entry.is_for_patients()).map(|entry| way(&entry.provider)).collect()
    }

    /// Begins a sign-in of whoever holds that link.
    ///
    /// # Errors
    /// If patients have no such provider, it cannot be used now, or the database fails.
    pub async fn begin_patient(&self, provider: &str, link: LinkId) -> Result<Redirect, Error> {
        let provider = self.providers.for_patients(provider).await.ok_or(Error::UnknownProvider)?;
        let going = Going { return_to: "/".to_owned(), fresh_for: None, link: Some(link) };
        self.send(&provider, going).await
    }

    /// Finishes it with what came to the callback of the provider `way`, and the value of the browser's [`PATIENT_SIGN_IN_COOKIE`]. Each
    /// can be finished once, well or not.
    pub async fn finish_patient(
        &self,
        callback: Callback,
        way: &str,
        cookie: Option<&str>,
    ) -> Result<ProvenPatient, NotProven> {
        let nobody = |refused| NotProven { link: None, refused };
        let attempt = self.take_attempt(&callback, cookie).await.map_err(nobody)?;
        let Some(link) = attempt.link else { return Err(nobody(Refused::WrongState)) };
        self.prove(callback, way, attempt, link)
            .await
            .map_err(|refused| NotProven { link: Some(link), refused })
    }

    async fn prove(
        &self,
        callback: Callback,
        way: &str,
        attempt: store::SignInAttempt,
        link: LinkId,
    ) -> Result<ProvenPatient, Refused> {
        let provider = self.providers.for_patients(&attempt.provider).await.ok_or(Refused::WrongState)?;
        if way != provider.settings.key {
            return Err(Refused::WrongIssuer);
        }
        let came = self.came_back(&provider, callback, &attempt).await?;
        let settings = &provider.settings;
        let subject = word(&came.claims, "sub").ok_or(Refused::BadToken(BadToken::Malformed))?.to_owned();
        let token = came.answer.access_token();
        let more = userinfo_of(&provider, &came.known, token, &subject).await?.unwrap_or_default();
        let is_other = |claim: &str| {
            more.get(claim).is_some_and(|said| came.claims.get(claim).is_some_and(|it| it != said))
        };
        // Two stories about one person are none.
        if ["family_name", "given_name", "birthdate"].into_iter().any(is_other) {
            return Err(Refused::BadToken(BadToken::Subject));
        }
        let mut all = more;
        all.extend(came.claims.clone());
        Ok(ProvenPatient {
            link,
            identity: identity(&all),
            subject: subject_digest(&settings.issuer, &subject),
            issuer: settings.issuer.clone(),
            provider: settings.key.clone(),
            label: settings.label.clone().unwrap_or_else(|| settings.key.clone()),
            class: came.class,
            sid: word(&came.claims, "sid").map(str::to_owned),
            id_token: came.answer.id_token().map(|token| Secret::new(token.to_string())),
        })
    }

    /// Signs somebody in who is the patient of that link: the answer is the value of their cookie. `None`: another person at that provider
    /// has been this patient before. [`store::Error::ProviderOff`]: the provider was switched off before it answered.
    pub async fn admit_patient(
        &self,
        proven: &ProvenPatient,
        appointment: AppointmentId,
        participant: ParticipantId,
    ) -> Result<Option<Secret<String>>, store::Error> {
        let cookie = new_secret(&self.clock);
        let Some(digest) = digest(cookie.expose()) else { return Ok(None) };
        let now = self.clock.now();
        let login = PatientLogin {
            id: self.clock.new_uuid(),
            digest,
            link: proven.link,
            appointment,
            participant,
            provider: proven.provider.clone(),
            provider_label: proven.label.clone(),
            subject: proven.subject,
            provider_id_token: proven.id_token.clone(),
            provider_sid: proven.sid.clone(),
            proof_class: proven.class.clone(),
            created_at: now,
            last_seen_at: now,
            expires_at: now + PATIENT_ABSOLUTE,
        };
        let rests_on = self.providers.rests_on(&proven.provider, &proven.issuer);
        Ok(self.store.add_patient_login(&login, &proven.issuer, rests_on).await?.then_some(cookie))
    }

    /// Who holds that cookie together with that link, if the login is in force and its provider still on.
    pub async fn signed_in_patient(
        &self,
        cookie: &str,
        link: LinkId,
    ) -> Result<Option<SignedInPatient>, store::Error> {
        let Some(digest) = digest(cookie) else { return Ok(None) };
        let login = self.store.patient_login(digest, link, self.clock.now(), PATIENT_IDLE).await?;
        let Some(login) = login else { return Ok(None) };
        if self.providers.for_patients(&login.provider).await.is_none() {
            return Ok(None);
        }
        let PatientLogin { provider, provider_label: label, proof_class: class, .. } = login;
        Ok(Some(SignedInPatient { provider, label, class }))
    }

    /// Ends a patient's login. The answer is where the browser goes to sign out at the provider too, if that offers it and can be reached.
    pub async fn sign_patient_out(&self, cookie: &str) -> Result<Option<Url>, store::Error> {
        let Some(digest) = digest(cookie) else { return Ok(None) };
        let Some(login) = self.store.end_patient_login(digest).await? else { return Ok(None) };
        Ok(self.patient_sign_out(&login.provider, login.provider_id_token.as_ref(), "signed_out").await)
    }

    /// Where the browser of somebody who is not the patient goes to be signed out at the provider, which would otherwise name them again
    /// without asking; it comes back with `word`.
    pub async fn sign_stranger_out(&self, proven: &ProvenPatient, word: &str) -> Option<Url> {
        self.patient_sign_out(&proven.provider, proven.id_token.as_ref(), word).await
    }

    async fn patient_sign_out(
        &self,
        provider: &str,
        token: Option<&Secret<String>>,
        word: &str,
    ) -> Option<Url> {
        let provider = self.providers.named(Some(provider)).await?.provider;
        let known = provider.known().await.ok()?;
        let end_session = known.addresses.end_session.clone()?;
        let token = token?.expose().parse::<CoreIdToken>().ok()?;
        // FranceConnect wants a state, which nobody guesses; it brings the word back.
        let state = format!("{word}.{}", new_secret(&self.clock).expose());
        let request = LogoutRequest::from(EndSessionUrl::from_url(end_session))
            .set_client_id(ClientId::new(provider.settings.client_id.clone()))
            .set_id_token_hint(&token)
            .set_post_logout_redirect_uri(PostLogoutRedirectUrl::from_url(
                self.settings.patient_signed_out_url(),
            ))
            .set_state(CsrfToken::new(state));
        Some(request.http_get_url())
    }

    /// Ends the logins of a patient whom a provider signs out; tells how many there were, or nothing if the token was taken before.
    pub(super) async fn end_patients_there(
        &self,
        provider: &Provider,
        sid: Option<String>,
        subject: Option<String>,
        token: LoginDigest,
        void_at: DateTime<Utc>,
    ) -> Result<Option<u64>, store::Error> {
        let whom = PatientSignedOutThere {
            provider: provider.settings.key.clone(),
            sid,
            subject: subject.map(|subject| subject_digest(&provider.settings.issuer, &subject)),
        };
        self.store.end_patient_logins_by_token(&whom, token, void_at).await
    }
}

impl LoginSettings {
    /// Where a provider sends a patient's browser back, below `public_url`, with its name below that.
    pub const PATIENT_CALLBACK_PATH: &str = "documents/callback";
    /// Where it sends the browser after sign-out, below `public_url`.
    pub const PATIENT_SIGNED_OUT_PATH: &str = "documents/signed-out";

    /// The post-logout redirect URI to register with a provider of patients.
    pub fn patient_signed_out_url(&self) -> Url {
        super::settings::below(&self.public_url, Self::PATIENT_SIGNED_OUT_PATH)
    }
}

/// Tells people of one provider apart, and nothing else of them.
fn subject_digest(issuer: &str, subject: &str) -> LoginDigest {
    let mut hash = Sha256::new();
    hash.update(issuer);
    hash.update([0]);
    hash.update(subject);
    LoginDigest(hash.finalize().into())
}

/// Who somebody is by the claims of OpenID Connect Core 1.0 section 5.1. FranceConnect writes the date of somebody who does not know theirs
/// with zeros, as section 5.1 does for the year: that is no date to compare.
fn identity(claims: &Claims) -> ProvenIdentity {
    let text = |name: &str| word(claims, name).map(clean).filter(|text| !text.is_empty()).map(Pii::new);
    let all = claims.get("given_name_array").and_then(Value::as_array);
    let first = all.and_then(|names| names.first()).and_then(Value::as_str).map(str::to_owned);
    let first = first.or_else(|| word(claims, "given_name")?.split_whitespace().next().map(str::to_owned));
    ProvenIdentity {
        family_name: text("family_name"),
        used_name: text("preferred_username"),
        given_name: first.map(|first| clean(&first)).filter(|first| !first.is_empty()).map(Pii::new),
        birth_date: word(claims, "birthdate")
            .and_then(|date| NaiveDate::parse_from_str(date, "%Y-%m-%d").ok())
            .map(Pii::new),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn franceconnect_says_who_somebody_is() {
        let of = |value: Value| identity(value.as_object().unwrap());
        let full = of(json!({
            "sub": "b6048e95bb134ec5b1d1e1fa69f287172e91722b9354d637a1bcf2ebb0fd2ef5v1",
            "family_name": "LEFEVRE", "given_name": "Hélène Marie", "given_name_array": ["Hélène", "Marie"],
            "birthdate": "1962-08-24", "gender": "female", "birthplace": "75107", "birthcountry": "99100",
        }));
        assert_eq!(full.given_name.as_ref().unwrap().expose(), "Hélène");
        assert_eq!(full.family_name.as_ref().unwrap().expose(), "LEFEVRE");
        assert_eq!(full.birth_date, Some(Pii::new(NaiveDate::from_ymd_opt(1962, 8, 24).unwrap())));
        let plain =
            of(json!({"family_name": "LEFEVRE", "given_name": "Jean-Paul Marie", "birthdate": "1962-08-24"}));
        assert_eq!(plain.given_name.as_ref().unwrap().expose(), "Jean-Paul");
        for partly in ["1962-00-00", "1962-08-00", "1962", "0000-08-24x", "", "24/08/1962"] {
            assert_eq!(of(json!({"birthdate": partly})).birth_date, None, "{partly}");
        }
        assert_eq!(
            of(json!({"family_name": " \n", "given_name": 7, "given_name_array": []})),
            ProvenIdentity::default()
        );
    }

    #[test]
    fn people_of_two_providers_are_two_people() {
        assert_ne!(subject_digest("https://a", "b"), subject_digest("https://ab", ""));
        assert_ne!(subject_digest("https://a", "b"), subject_digest("https://c", "b"));
        assert_eq!(subject_digest("https://a", "b"), subject_digest("https://a", "b"));
    }
}
