//! Proves who a member of staff is and keeps them logged in: OpenID Connect Core 1.0, authorization code flow with PKCE, at one of
//! several providers, or by an account of the gateway itself. Patients prove who they are at providers of their own (`patients.rs`).
//!
//! Plain values in and out; the edge puts them into redirects and cookies. The only module that names openidconnect, beside
//! the demo's identity provider. A provider's claims give roles, and administrators give and take them by hand. A login here
//! outlives the provider's tokens; it ends when its person or their provider ends it.

mod claims;
mod credentials;
mod ends;
mod error;
mod http;
mod jws;
pub mod local;
mod logout;
mod machine;
mod patients;
mod provider;
mod providers;
mod settings;
mod sign_in;
mod trial;
mod userinfo;

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use self::ends::Ended;
pub use self::ends::{Heard, LoginEnds};
pub use self::error::{BadLogout, BadToken, Error, NotSignedOut, ProviderFault, Refused};
pub use self::logout::FrontChannel;
pub use self::patients::{
    NotProven, PATIENT_ABSOLUTE, PATIENT_IDLE, PATIENT_SIGN_IN_COOKIE, PatientWay, ProvenPatient,
    SignedInPatient,
};
use self::providers::{Entry, Providers};
pub use self::settings::{
    BadProvider, ClientAuthentication, Endpoints, LoginSettings, ProviderSettings, RoleRule,
};
pub use self::sign_in::{Callback, Redirect, SignedIn, Wish};
pub use self::trial::{Reached, TrialFault, TrialFaultKind, Tried};
use crate::clinical::{FreshRule, LoginId, Practitioner, PractitionerId, Proof};
use crate::clock::Clock;
use crate::secret::Secret;
use crate::store::{self, LoginDigest, Store, StoredProvider, WayOfFile};

/// The cookie of somebody who is signed in. `Secure; HttpOnly; SameSite=Lax; Path=/`, as its prefix demands.
pub const LOGIN_COOKIE: &str = "__Host-parvis-login";
/// The cookie that binds a sign-in to the browser that began it; for [`SIGN_IN_TIME_SECONDS`].
pub const SIGN_IN_COOKIE: &str = "__Host-parvis-signin";
/// A sign-in must be finished within this time.
pub const SIGN_IN_TIME_SECONDS: u32 = 600;

/// What a login of an account of the gateway itself rests on, where others name a provider of the settings. None of these has this name.
pub const LOCAL_PROVIDER: &str = "local";

/// Signs staff in and out. Cheap to clone.
#[derive(Clone)]
pub struct Login {
    settings: Arc<LoginSettings>,
    store: Store,
    clock: Clock,
    providers: Providers,
    ended: Ended,
}

/// Somebody who is signed in and has a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    pub practitioner: Practitioner,
    pub login: LoginId,
    pub proof: Proof,
    /// The activity in which they work, where their provider tells of several.
    pub activity: Option<String>,
    /// The provider at which they signed in, as the settings name it.
    pub provider: Option<String>,
}

/// A provider as the settings have it, or as it was set on the page.
#[derive(Clone, Debug)]
pub struct ProviderTold {
    pub key: String,
    /// `None`: the hospital's own account.
    pub label: Option<String>,
    pub issuer: String,
    /// Classes of which a sign-in needs one; empty: any will do.
    pub classes: Vec<String>,
    pub privileged_classes: Vec<String>,
    /// All else that was set of it.
    pub settings: ProviderSettings,
    /// What is registered with it for this site.
    pub callback_url: url::Url,
    pub is_of_file: bool,
    pub is_on: bool,
    pub reached: Reached,
}

/// A provider as the sign-in page offers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    pub key: String,
    /// `None`: the hospital's own account.
    pub label: Option<String>,
}

impl Login {
    /// Does not speak to the providers yet: they are found at the first sign-in, and again after a failure.
    ///
    /// The process must have a default rustls provider.
    ///
    /// # Errors
    /// If the settings contradict themselves, or a file of theirs cannot be read.
    pub fn new(settings: LoginSettings, store: Store, clock: Clock) -> Result<Self, Error> {
        settings.check()?;
        let settings = Arc::new(settings);
        let providers = Providers::new(settings.clone(), store.clone(), clock.clone())?;
        Ok(Self { settings, store, clock, providers, ended: Ended::default() })
    }

    /// The providers among which a member of staff chooses who signs in.
    pub async fn offered(&self) -> Vec<Offered> {
        let offer = |entry: Entry| Offered {
            key: entry.provider.settings.key.clone(),
            label: entry.provider.settings.label.clone(),
        };
        let all = self.providers.all().await.into_iter();
        all.filter(|entry| entry.is_on && !entry.is_for_patients()).map(offer).collect()
    }

    /// The providers and what they are asked for, for whoever looks after them.
    pub async fn providers(&self) -> Vec<ProviderTold> {
        let told = |entry: Entry| {
            let settings = entry.provider.settings.clone();
            ProviderTold {
                key: settings.key.clone(),
                label: settings.label.clone(),
                issuer: settings.issuer.clone(),
                classes: settings.acr_values.clone(),
                privileged_classes: settings.fresh_acr_values.clone(),
                callback_url: self.settings.callback_url(&settings),
                settings,
                is_of_file: entry.is_of_file,
                is_on: entry.is_on,
                reached: entry.provider.reached(),
            }
        };
        self.providers.all().await.into_iter().map(told).collect()
    }

    /// Whether a provider may be set so on the page.
    ///
    /// # Errors
    /// If not; why.
    pub async fn check_provider(&self, set: &StoredProvider) -> Result<(), BadProvider> {
        self.providers.check(set).await
    }

    /// The providers of the file, by which an administrator may come in whatever is set on the page.
    pub fn ways_of_file(&self) -> Vec<WayOfFile> {
        self.providers.ways_of_file()
    }

    /// Ends every login that began at a provider, of staff and of patients; tells how many there were.
    pub async fn end_all_at(&self, provider: &str) -> Result<usize, store::Error> {
        let patients = self.store.end_patient_logins_by(provider).await?;
        let ended = self.store.end_logins_by(provider, self.clock.now()).await?;
        Ok(self.tell_ended(ended) + usize::try_from(patients).unwrap_or(usize::MAX))
    }

    /// How many logins are in force at each provider, by its name.
    pub async fn counts(&self) -> Result<Vec<(String, u32)>, store::Error> {
        self.store.logins_by_provider(self.clock.now(), self.settings.idle).await
    }

    /// What a proof must be for what is privileged, for a login at that provider.
    pub async fn fresh_rule(&self, provider: Option<&str>) -> FreshRule {
        let entry = self.providers.named(provider).await;
        let classes = entry.map(|entry| entry.provider.settings.fresh_acr_values.clone());
        FreshRule { within: self.settings.fresh_within, classes: classes.unwrap_or_default() }
    }

    /// Who holds that [`LOGIN_COOKIE`], if the login is in force, its activity is chosen, and the person still has a role.
    pub async fn authenticate(&self, cookie: &str) -> Result<Option<Authenticated>, store::Error> {
        let Some(login) = self.in_force(cookie).await? else { return Ok(None) };
        if is_to_choose(&login) {
            return Ok(None);
        }
        let Some(practitioner) = self.store.practitioner(login.practitioner).await? else { return Ok(None) };
        if practitioner.roles.is_empty() {
            return Ok(None);
        }
        Ok(Some(Authenticated {
            practitioner,
            login: login.id,
            proof: Proof { at: login.proved_at, class: login.proof_class },
            activity: login.activity,
            provider: login.provider,
        }))
    }

    /// The activities among which the person of that cookie has yet to choose.
    pub async fn activities(&self, cookie: &str) -> Result<Vec<String>, store::Error> {
        let login = self.in_force(cookie).await?.filter(is_to_choose);
        Ok(login.map(|login| login.activities).unwrap_or_default())
    }

    /// Chooses one of them, by its place from 0; the login is in force from then on. `false`: there is no such choice.
    pub async fn choose_activity(&self, cookie: &str, place: usize) -> Result<bool, store::Error> {
        let Some(login) = self.in_force(cookie).await?.filter(is_to_choose) else { return Ok(false) };
        let Some(activity) = login.activities.get(place) else { return Ok(false) };
        self.store.choose_activity(login.id, activity).await
    }

    /// Keeps a login alive whose person is in a call and asks for nothing else.
    pub async fn keep(&self, login: LoginId) -> Result<(), store::Error> {
        self.store.see_login(login, self.clock.now()).await
    }

    /// Tells from now on which logins end before their time. Ask for it before you authenticate, so that none is missed between.
    pub fn ends(&self) -> LoginEnds {
        self.ended.subscribe()
    }

    /// Hears which logins other programs on this database have ended, and tells so. To be called every few seconds: whatever is open in
    /// the name of such a login here ends by that.
    ///
    /// # Errors
    /// If the database fails; nothing is missed by that.
    pub async fn hear_of_ends(&self, heard: &mut Heard) -> Result<usize, store::Error> {
        let (ended, last) = self.store.ended_logins(heard.since(self.clock.now())).await?;
        Ok(self.tell_ended(heard.take(ended, last)))
    }

    /// Ends every login of a person: for somebody who is removed, or whose roles changed.
    pub async fn end_all_of(&self, practitioner: PractitionerId) -> Result<usize, store::Error> {
        let ended = self.store.end_logins_of(practitioner, self.clock.now()).await?;
        Ok(self.tell_ended(ended))
    }

    /// Removes what is over: logins, sign-ins and logout tokens past their end. To be called now and then.
    pub async fn purge(&self) -> Result<u64, store::Error> {
        self.store.purge_logins(self.clock.now(), self.settings.idle).await
    }

    async fn in_force(&self, cookie: &str) -> Result<Option<store::Login>, store::Error> {
        let Some(digest) = digest(cookie) else { return Ok(None) };
        self.store.login(digest, self.clock.now(), self.settings.idle).await
    }

    /// Tells of logins that a change of the store has ended; how many they are.
    pub fn tell_ended(&self, ended: Vec<LoginId>) -> usize {
        let count = ended.len();
        self.ended.tell(ended);
        count
    }
}

fn is_to_choose(login: &store::Login) -> bool {
    !login.activities.is_empty() && login.activity.is_none()
}

/// 256 bits that nobody can guess, as a cookie or an address can carry them.
fn new_secret(clock: &Clock) -> Secret<String> {
    Secret::new(BASE64_URL_SAFE_NO_PAD.encode(clock.random_bytes::<32>()))
}

/// What is kept of such a secret; `None` for what cannot be one.
fn digest(secret: &str) -> Option<LoginDigest> {
    const LENGTH: usize = 43;
    (secret.len() == LENGTH).then(|| LoginDigest(Sha256::digest(secret).into()))
}
