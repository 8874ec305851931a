//! Break-glass accounts: a user name, a password and a second factor of the gateway's own, for when the identity provider cannot be used.
//!
//! Set up on a page that is reached by a one-time address. A second factor is needed from everybody, administrator or not. What may be chosen
//! and when tries lock is in `rules`, codes are in `codes`, public keys in `passkeys`; the order of things is here. Everything that is done is
//! written by [`LocalAccounts::note`], the one place to which a trail is to be joined.

pub mod codes;
mod passkeys;
pub mod rules;
mod tries;

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;
use tokio::sync::Semaphore;
use url::Url;
use uuid::Uuid;

use self::codes::{KEY_BYTES, RECOVERY_CODES};
use self::passkeys::Passkeys;
use self::rules::{BadPassword, TRIES_KEPT, UserName, check_password, tries_key};
pub use self::tries::NotIn;
use self::tries::Try;
use super::{LOCAL_PROVIDER, Login, digest, new_secret};
use crate::clinical::{Appointment, LocalAccountId, LoginId, Practitioner, PractitionerId, StaffRole};
use crate::clock::Clock;
use crate::secret::{Pii, Secret};
use crate::store::{
    self, LOCAL_ISSUER, LocalAccount, LocalInvitation, LocalMeans, LocalPurpose, LocalSetUp, LocalStep,
    LocalUse, LocalUseKind, LoginDigest, NewLocalAccount, Store,
};

/// The address of the first administrator is good for so long.
const FIRST_KEPT: TimeDelta = TimeDelta::hours(24);
/// The address of anybody else is good for so long.
const INVITATION_KEPT: TimeDelta = TimeDelta::hours(72);
/// The second step of a sign-in comes within this time.
const SIGN_IN_STEP: TimeDelta = TimeDelta::minutes(5);
/// The second step of a set-up, for which an app has to be found, within this.
const SET_UP_STEP: TimeDelta = TimeDelta::minutes(30);
/// Whoever shows a wrong password hears so no sooner: how long an answer takes tells nobody which names there are.
const WRONG_AFTER: Duration = Duration::from_millis(600);
/// Passwords that are hashed at one time: each takes 19 MiB.
const HASHED_AT_ONCE: usize = 2;

/// Signs people in who have an account here. Cheap to clone.
#[derive(Clone)]
pub struct LocalAccounts(Arc<Inner>);

struct Inner {
    login: Login,
    store: Store,
    clock: Clock,
    hospital: String,
    public_url: Url,
    /// A login ends after this time in any case.
    absolute: TimeDelta,
    passkeys: Option<Passkeys>,
    hashing: Semaphore,
    /// What is compared for a name that nobody has, so that it takes as long.
    nobody: String,
}

/// Why somebody is not let in, or an account is not set up.
#[derive(Debug, Error)]
pub enum Refused {
    /// Also for a user name that nobody has.
    #[error("the user name or the password is wrong")]
    Wrong,
    #[error("the second factor is wrong")]
    WrongSecondFactor,
    #[error("there were too many wrong tries")]
    Locked,
    /// The ticket of the second step is too old, or was used.
    #[error("the sign-in took too long")]
    Expired,
    #[error("the one-time address is used up, withdrawn or too old")]
    AddressClosed,
    #[error("the user name cannot be used")]
    BadUserName,
    #[error("somebody has the user name")]
    UserNameTaken,
    #[error("the password cannot be used")]
    BadPassword(#[source] BadPassword),
    #[error("the name of the person is missing or too long")]
    BadName,
    #[error("an account has at least one role")]
    NoRole,
    #[error("the password cannot be worked on")]
    Hash,
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// What the second step of a sign-in may be.
#[derive(Clone, Debug)]
pub struct SecondStep {
    pub ticket: Secret<String>,
    pub has_totp: bool,
    /// For `navigator.credentials.get`, as JSON.
    pub passkey: Option<String>,
}

/// What somebody shows as a second factor.
#[derive(Clone, Debug)]
pub enum SecondFactor {
    /// Six digits of an app.
    Code(Secret<String>),
    RecoveryCode(Secret<String>),
    /// What a device answered, as JSON.
    Passkey(Secret<String>),
}

/// Somebody who is in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub practitioner: PractitionerId,
    /// The value of their [`LOGIN_COOKIE`](super::LOGIN_COOKIE).
    pub cookie: Secret<String>,
}

/// What a set-up offers as a second factor.
#[derive(Clone, Debug)]
pub struct Factors {
    pub ticket: Secret<String>,
    /// The shared key for an app, in base32.
    pub totp_key: Secret<String>,
    /// The same as an address, for a square code.
    pub totp_url: Secret<String>,
    /// For `navigator.credentials.create`, as JSON; `None` where the site has no name.
    pub passkey: Option<String>,
}

/// An account that has been set up.
#[derive(Clone, Debug)]
pub struct SetUp {
    pub signed_in: SignedIn,
    /// Told once.
    pub recovery_codes: Vec<Secret<String>>,
}

/// An invitation whose address is told once.
#[derive(Clone, Debug)]
pub struct Invited {
    pub address: Secret<String>,
    pub expires_at: DateTime<Utc>,
}

#[derive(Serialize, Deserialize)]
struct SetUpState {
    invitation: Vec<u8>,
    account: Uuid,
    user_name: String,
    name: String,
    password_hash: String,
    totp_key: Vec<u8>,
    passkey: Option<Value>,
}

fn argon2() -> Argon2<'static> {
    // argon2id with 19 MiB, two passes, one lane: the least that the OWASP Password Storage Cheat Sheet asks for.
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

fn hash_of(password: &str, salt: [u8; 16]) -> Option<String> {
    let salt = SaltString::encode_b64(&salt).ok()?;
    argon2().hash_password(password.as_bytes(), &salt).ok().map(|hash| hash.to_string())
}

fn is_password(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
}

impl LocalAccounts {
    /// Of the site that signs in by `login`.
    pub fn new(login: Login, hospital: &str, store: Store, clock: Clock) -> Self {
        let settings = &login.settings;
        let nobody = hash_of("nobody has this password", clock.random_bytes()).unwrap_or_default();
        Self(Arc::new(Inner {
            login: login.clone(),
            store,
            passkeys: Passkeys::of(&settings.public_url, hospital),
            hospital: hospital.to_owned(),
            public_url: settings.public_url.clone(),
            absolute: settings.absolute,
            hashing: Semaphore::new(HASHED_AT_ONCE),
            nobody,
            clock,
        }))
    }

    /// Whether passkeys can be used here.
    pub fn knows_passkeys(&self) -> bool {
        self.0.passkeys.is_some()
    }

    /// The one-time address at which the first administrator sets up their account; nothing where there is an administrator. The one before
    /// stops working.
    pub async fn first_address(&self) -> Result<Option<Invited>, store::Error> {
        if self.0.store.has_administrator().await? {
            return Ok(None);
        }
        let roles = vec![StaffRole::Administrator];
        self.invite_with(true, None, Pii::default(), roles, None, FIRST_KEPT).await.map(Some)
    }

    /// A one-time address for somebody else, or for an account that is to be set up anew.
    ///
    /// # Errors
    /// If the name is empty or too long, there is no role, or the store fails.
    pub async fn invite(
        &self,
        name: &str,
        mut roles: Vec<StaffRole>,
        account: Option<LocalAccountId>,
        by: PractitionerId,
    ) -> Result<Invited, Refused> {
        let name = name_of_person(name)?;
        roles.sort_unstable();
        roles.dedup();
        if roles.is_empty() {
            return Err(Refused::NoRole);
        }
        let invited =
            self.invite_with(false, account, name.clone(), roles, Some(by), INVITATION_KEPT).await?;
        self.note(LocalUseKind::Invited, account, name, Some(by), None).await?;
        Ok(invited)
    }

    async fn invite_with(
        &self,
        is_first: bool,
        account: Option<LocalAccountId>,
        name: Pii<String>,
        roles: Vec<StaffRole>,
        by: Option<PractitionerId>,
        kept: TimeDelta,
    ) -> Result<Invited, store::Error> {
        let inner = &self.0;
        let secret = new_secret(&inner.clock);
        let now = inner.clock.now();
        let expires_at = now + kept;
        let invitation = LocalInvitation {
            id: inner.clock.new_uuid(),
            digest: digest_of(&secret),
            is_first,
            account,
            name,
            roles,
            made_at: now,
            made_by: by,
            expires_at,
        };
        inner.store.add_local_invitation(&invitation).await?;
        // After the `#`: no server and no proxy on the way sees it.
        let base = inner.public_url.as_str().trim_end_matches('/');
        let address = Secret::new(format!("{base}/app/account#{}", secret.expose()));
        Ok(Invited { address, expires_at })
    }

    /// Withdraws an invitation; `false`: there was none.
    pub async fn withdraw(&self, invitation: Uuid, by: PractitionerId) -> Result<bool, store::Error> {
        let Some(gone) = self.0.store.withdraw_local_invitation(invitation).await? else { return Ok(false) };
        self.note(LocalUseKind::InvitationWithdrawn, gone.account, gone.name, Some(by), None).await?;
        Ok(true)
    }

    /// What a one-time address is for, and the user name of an account that is set up anew.
    ///
    /// # Errors
    /// If the address is used up, withdrawn or too old, or the store fails.
    pub async fn invitation(&self, secret: &str) -> Result<(LocalInvitation, Option<LocalAccount>), Refused> {
        let digest = digest(secret).ok_or(Refused::AddressClosed)?;
        let inner = &self.0;
        let invitation = inner.store.local_invitation(digest, inner.clock.now()).await?;
        let invitation = invitation.ok_or(Refused::AddressClosed)?;
        let account = match invitation.account {
            Some(id) => Some(inner.store.local_account(id).await?.ok_or(Refused::AddressClosed)?),
            None => None,
        };
        Ok((invitation, account))
    }

    /// The first step of a set-up: user name, name and password. Nothing is kept but for the second step.
    ///
    /// # Errors
    /// What cannot be used, or that the address is closed.
    pub async fn begin_set_up(
        &self,
        secret: &str,
        user_name: &str,
        name: &str,
        password: Secret<String>,
    ) -> Result<Factors, Refused> {
        let inner = &self.0;
        let (invitation, account) = self.invitation(secret).await?;
        let user_name = UserName::read(user_name).map_err(|_| Refused::BadUserName)?;
        check_password(password.expose(), &user_name).map_err(Refused::BadPassword)?;
        let name = if invitation.is_first { name_of_person(name)? } else { invitation.name };
        let id = account.map_or_else(|| LocalAccountId::new(inner.clock.new_uuid()), |account| account.id);
        let other = inner.store.local_account_named(user_name.as_str()).await?;
        if other.is_some_and(|other| other.id != id) {
            return Err(Refused::UserNameTaken);
        }
        let totp_key = Secret::new(inner.clock.random_bytes::<KEY_BYTES>().to_vec());
        let (base32, url) =
            codes::for_an_app(&totp_key, user_name.as_str(), &inner.hospital).ok_or(Refused::Hash)?;
        let passkey = inner
            .passkeys
            .as_ref()
            .and_then(|passkeys| passkeys.ask_for_new(id, user_name.as_str(), name.expose()));
        let (options, passkey) =
            passkey.map_or((None, None), |asked| (Some(asked.options), Some(asked.state)));
        let state = SetUpState {
            invitation: invitation.digest.0.to_vec(),
            account: id.uuid(),
            user_name: user_name.as_str().to_owned(),
            name: name.into_inner(),
            password_hash: self.hash(password).await?,
            totp_key: totp_key.expose().clone(),
            passkey,
        };
        let ticket = self.keep_step(LocalPurpose::SetUp, None, &state, SET_UP_STEP).await?;
        Ok(Factors { ticket, totp_key: Secret::new(base32), totp_url: Secret::new(url), passkey: options })
    }

    /// The second step: a code of the app, or a new key of a device. The account is there from then on, and whoever set it up is signed in.
    ///
    /// # Errors
    /// If the factor is not right, the step or the address is too old, or the store fails.
    pub async fn finish_set_up(
        &self,
        ticket: &str,
        factor: SecondFactor,
        address: Option<String>,
        login_cookie: Option<&str>,
    ) -> Result<SetUp, Refused> {
        let inner = &self.0;
        let now = inner.clock.now();
        let (step, state) = self.step::<SetUpState>(ticket, LocalPurpose::SetUp).await?;
        let digest = <[u8; 32]>::try_from(state.invitation.as_slice()).map_err(|_| Refused::Expired)?;
        let invited = inner.store.local_invitation(LoginDigest(digest), now).await?;
        let invited = invited.ok_or(Refused::AddressClosed)?;
        let totp_key = Secret::new(state.totp_key.clone());
        let mut used = None;
        let (totp, passkey, means) = match &factor {
            SecondFactor::Code(code) => {
                let step = codes::step_of(&totp_key, code.expose(), seconds(now));
                used = Some(step.ok_or(Refused::WrongSecondFactor)?);
                (Some(totp_key), None, LocalMeans::Totp)
            }
            SecondFactor::Passkey(answer) => {
                let asked = inner.passkeys.as_ref().zip(state.passkey.as_ref());
                let made = asked.and_then(|(passkeys, asked)| {
                    passkeys.take_new(inner.clock.new_uuid(), answer.expose(), asked)
                });
                (None, Some(made.ok_or(Refused::WrongSecondFactor)?), LocalMeans::Passkey)
            }
            SecondFactor::RecoveryCode(_) => return Err(Refused::WrongSecondFactor),
        };
        let recovery_codes: Vec<_> =
            (0..RECOVERY_CODES).map(|_| codes::recovery_code(inner.clock.random_bytes())).collect();
        let id = LocalAccountId::new(state.account);
        let account = LocalAccount {
            id,
            practitioner: PractitionerId::new(inner.clock.new_uuid()),
            user_name: state.user_name.clone(),
            password_hash: Secret::new(state.password_hash),
            totp_key: totp,
            made_at: now,
            made_by: invited.made_by,
        };
        let new = NewLocalAccount {
            practitioner: Practitioner {
                id: account.practitioner,
                issuer: LOCAL_ISSUER.to_owned(),
                subject: Pii::new(id.to_string()),
                name: Pii::new(state.name),
                roles: invited.roles.clone(),
            },
            account,
            passkey,
            recovery_codes: recovery_codes.iter().map(|code| codes::recovery_digest(code.expose())).collect(),
        };
        match inner.store.set_up_local_account(&new, invited.digest, now).await? {
            LocalSetUp::Done => {}
            LocalSetUp::Closed => return Err(Refused::AddressClosed),
            LocalSetUp::NameTaken => return Err(Refused::UserNameTaken),
        }
        inner.store.use_local_step(step.digest).await?;
        if invited.account.is_some()
            && let Some(before) = inner.store.local_account(id).await?
        {
            inner.login.end_all_of(before.practitioner).await?;
        }
        if let Some(used) = used {
            inner.store.use_totp_step(id, used).await?;
        }
        inner.store.forget_local_tries(tries_key(&state.user_name), now).await?;
        let account = inner.store.local_account(id).await?.ok_or(Refused::AddressClosed)?;
        let what = if invited.account.is_some() { LocalUseKind::SetUpAnew } else { LocalUseKind::SetUp };
        let signed_in = self.log_in(&account, means, login_cookie).await?;
        self.note(what, Some(id), Pii::new(account.user_name), None, address).await?;
        Ok(SetUp { signed_in, recovery_codes })
    }

    /// The first step of a sign-in.
    ///
    /// # Errors
    /// If the name is locked, either is wrong (nobody is told which), or the store fails.
    pub async fn begin(
        &self,
        user_name: &str,
        password: Secret<String>,
        address: Option<String>,
    ) -> Result<SecondStep, NotIn> {
        let inner = &self.0;
        let began = inner.clock.instant();
        let tried = self.take_try(user_name, address.as_deref()).await?;
        let known = match UserName::read(user_name) {
            Ok(name) => inner.store.local_account_named(name.as_str()).await?,
            Err(_) => None,
        };
        let hash = known.as_ref().map(|account| account.password_hash.expose().clone());
        let is_password = self.compare(password, hash.unwrap_or_else(|| inner.nobody.clone())).await?;
        let account = match known {
            Some(account) if is_password => account,
            other => {
                let refused =
                    self.wrong(other.as_ref(), LocalUseKind::WrongPassword, &tried, address).await?;
                tokio::time::sleep(WRONG_AFTER.saturating_sub(inner.clock.instant() - began)).await;
                return Err(NotIn { refused, is_account: other.is_some() });
            }
        };
        self.give_back(&tried).await?;
        let passkeys = inner.store.local_passkeys(account.id).await?;
        let asked = inner.passkeys.as_ref().and_then(|site| site.ask(&passkeys));
        let (options, state) = asked.map_or((None, Value::Null), |asked| (Some(asked.options), asked.state));
        let ticket = self.keep_step(LocalPurpose::SignIn, Some(account.id), &state, SIGN_IN_STEP).await?;
        Ok(SecondStep { ticket, has_totp: account.totp_key.is_some(), passkey: options })
    }

    /// The second step of a sign-in. Whoever is signed in by `login_cookie`, the value of the browser's
    /// [`LOGIN_COOKIE`](super::LOGIN_COOKIE), with this very account has proved once more who they are; anybody else is signed out there.
    ///
    /// # Errors
    /// If the name is locked, the step is too old, the factor is wrong, or the store fails.
    pub async fn finish(
        &self,
        ticket: &str,
        factor: SecondFactor,
        address: Option<String>,
        login_cookie: Option<&str>,
    ) -> Result<SignedIn, Refused> {
        let inner = &self.0;
        let (step, state) = self.step::<Value>(ticket, LocalPurpose::SignIn).await?;
        let id = step.account.ok_or(Refused::Expired)?;
        let account = inner.store.local_account(id).await?.ok_or(Refused::Expired)?;
        let tried = self.take_try(&account.user_name, address.as_deref()).await?;
        let now = inner.clock.now();
        let means = match &factor {
            SecondFactor::Code(code) => {
                let totp = account.totp_key.as_ref();
                let step = totp.and_then(|key| codes::step_of(key, code.expose(), seconds(now)));
                match step {
                    Some(step) if inner.store.use_totp_step(id, step).await? => Some(LocalMeans::Totp),
                    _ => None,
                }
            }
            SecondFactor::RecoveryCode(code) => {
                let is_known =
                    inner.store.use_recovery_code(id, codes::recovery_digest(code.expose())).await?;
                is_known.then_some(LocalMeans::RecoveryCode)
            }
            SecondFactor::Passkey(answer) => {
                let known = inner.store.local_passkeys(id).await?;
                let proved =
                    inner.passkeys.as_ref().and_then(|site| site.take(known, answer.expose(), &state));
                if let Some(passkey) = &proved {
                    inner.store.passkey_used(passkey, now).await?;
                }
                proved.map(|_| LocalMeans::Passkey)
            }
        };
        let Some(means) = means else {
            return Err(self.wrong(Some(&account), LocalUseKind::WrongSecondFactor, &tried, address).await?);
        };
        if !inner.store.use_local_step(step.digest).await? {
            return Err(Refused::Expired);
        }
        inner.store.forget_local_tries(tries_key(&account.user_name), now).await?;
        // Somebody who was disabled meanwhile has no role, and hears nothing of it.
        let person = inner.store.practitioner(account.practitioner).await?;
        if person.is_none_or(|person| person.roles.is_empty()) {
            return Err(Refused::Wrong);
        }
        let signed_in = self.log_in(&account, means, login_cookie).await?;
        let name = Pii::new(account.user_name);
        self.note(LocalUseKind::of(means), Some(id), name, None, address).await?;
        Ok(signed_in)
    }

    /// Closes an account for good; its logins end. `false`: there is none.
    pub async fn close(&self, id: LocalAccountId, by: PractitionerId) -> Result<bool, store::Error> {
        let inner = &self.0;
        let Some(account) = inner.store.local_account(id).await? else { return Ok(false) };
        let of_file = inner.login.ways_of_file();
        let ended = inner.store.close_local_account(id, &of_file, inner.clock.now()).await?;
        let Some(ended) = ended else { return Ok(false) };
        inner.login.tell_ended(ended);
        self.note(LocalUseKind::Closed, Some(id), Pii::new(account.user_name), Some(by), None).await?;
        Ok(true)
    }

    /// Forgets the wrong tries of an account. `false`: there is none.
    pub async fn unlock(&self, id: LocalAccountId, by: PractitionerId) -> Result<bool, store::Error> {
        let Some(account) = self.0.store.local_account(id).await? else { return Ok(false) };
        let now = self.0.clock.now();
        if self.0.store.forget_local_tries(tries_key(&account.user_name), now).await? {
            self.note(LocalUseKind::Unlocked, Some(id), Pii::new(account.user_name), Some(by), None).await?;
        }
        Ok(true)
    }

    /// Until when an account is locked, if it is.
    pub async fn locked_until(&self, user_name: &str) -> Result<Option<DateTime<Utc>>, store::Error> {
        self.0.store.local_lock(tries_key(user_name), self.0.clock.now()).await
    }

    /// Removes what is over. To be called now and then.
    pub async fn purge(&self) -> Result<u64, store::Error> {
        let now = self.0.clock.now();
        self.0.store.purge_local(now, now - TRIES_KEPT).await
    }

    /// Writes down what was done, and has those told who are to be told: everything but a wrong try, which may be a slip.
    async fn note(
        &self,
        what: LocalUseKind,
        account: Option<LocalAccountId>,
        user_name: Pii<String>,
        by: Option<PractitionerId>,
        address: Option<String>,
    ) -> Result<(), store::Error> {
        let now = self.0.clock.now();
        let is_slip = matches!(what, LocalUseKind::WrongPassword | LocalUseKind::WrongSecondFactor);
        let id = self.0.clock.new_uuid();
        tracing::warn!(local_use.id = %id, local_use.what = ?what, "a local account was used");
        let alert_at = (!is_slip).then_some(now);
        let line = LocalUse { id, account, user_name, what, by, address, at: now, alert_at, seen_at: None };
        self.0.store.add_local_use(&line).await
    }

    /// A wrong try: what is answered. Of names that nobody has, nothing is kept but the count.
    async fn wrong(
        &self,
        account: Option<&LocalAccount>,
        what: LocalUseKind,
        tried: &Try,
        address: Option<String>,
    ) -> Result<Refused, store::Error> {
        let locks = tried.locks();
        if let Some(account) = account {
            let name = || Pii::new(account.user_name.clone());
            self.note(what, Some(account.id), name(), None, address.clone()).await?;
            if locks {
                self.note(LocalUseKind::Locked, Some(account.id), name(), None, address).await?;
            }
        }
        Ok(match what {
            _ if locks => Refused::Locked,
            LocalUseKind::WrongSecondFactor => Refused::WrongSecondFactor,
            _ => Refused::Wrong,
        })
    }

    async fn log_in(
        &self,
        account: &LocalAccount,
        means: LocalMeans,
        login_cookie: Option<&str>,
    ) -> Result<SignedIn, Refused> {
        let inner = &self.0;
        let cookie = new_secret(&inner.clock);
        let now = inner.clock.now();
        let login = store::Login {
            id: LoginId::new(inner.clock.new_uuid()),
            digest: digest_of(&cookie),
            practitioner: account.practitioner,
            provider: Some(LOCAL_PROVIDER.to_owned()),
            provider_subject: None,
            proved_at: now,
            proof_class: Some(means.to_string()),
            activities: Vec::new(),
            activity: None,
            provider_id_token: None,
            provider_sid: None,
            created_at: now,
            last_seen_at: now,
            expires_at: now + inner.absolute,
        };
        let signed_in = SignedIn { practitioner: account.practitioner, cookie };
        if let Some(before) = login_cookie
            && let Some(before) = inner.login.in_force(before).await?
        {
            if before.practitioner == account.practitioner
                && inner.store.renew_local_login(before.digest, &login, means).await?
            {
                return Ok(signed_in);
            }
            inner.login.end_that_of_another(before.digest, account.practitioner).await?;
        }
        inner.store.add_local_login(&login, account.id, means).await?;
        Ok(signed_in)
    }

    async fn keep_step(
        &self,
        purpose: LocalPurpose,
        account: Option<LocalAccountId>,
        state: &impl Serialize,
        kept: TimeDelta,
    ) -> Result<Secret<String>, Refused> {
        let ticket = new_secret(&self.0.clock);
        let state = serde_json::to_string(state).map_err(|_| Refused::Expired)?;
        let step = LocalStep {
            digest: digest_of(&ticket),
            purpose,
            account,
            state: Secret::new(state),
            expires_at: self.0.clock.now() + kept,
        };
        self.0.store.add_local_step(&step).await?;
        Ok(ticket)
    }

    async fn step<T: serde::de::DeserializeOwned>(
        &self,
        ticket: &str,
        purpose: LocalPurpose,
    ) -> Result<(LocalStep, T), Refused> {
        let digest = digest(ticket).ok_or(Refused::Expired)?;
        let step = self.0.store.local_step(digest, purpose, self.0.clock.now()).await?;
        let step = step.ok_or(Refused::Expired)?;
        let state = serde_json::from_str(step.state.expose()).map_err(|_| Refused::Expired)?;
        Ok((step, state))
    }

    async fn hash(&self, password: Secret<String>) -> Result<String, Refused> {
        let salt = self.0.clock.random_bytes();
        let hash = self.work(move || hash_of(password.expose(), salt)).await?;
        hash.ok_or(Refused::Hash)
    }

    async fn compare(&self, password: Secret<String>, hash: String) -> Result<bool, Refused> {
        self.work(move || is_password(password.expose(), &hash)).await
    }

    /// Off the threads that serve, and not many at once.
    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refused> {
        let _turn = self.0.hashing.acquire().await.map_err(|_| Refused::Hash)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| Refused::Hash)
    }
}

/// SHA-256 of a secret of our own making.
fn digest_of(secret: &Secret<String>) -> LoginDigest {
    use sha2::{Digest, Sha256};
    LoginDigest(Sha256::digest(secret.expose()).into())
}

fn name_of_person(typed: &str) -> Result<Pii<String>, Refused> {
    let words: Vec<_> = typed.split_whitespace().collect();
    let name = words.join(" ");
    let is_good =
        (1..=Appointment::MAX_NAME).contains(&name.chars().count()) && !name.contains(char::is_control);
    if is_good { Ok(Pii::new(name)) } else { Err(Refused::BadName) }
}

fn seconds(at: DateTime<Utc>) -> u64 {
    u64::try_from(at.timestamp()).unwrap_or_default()
}
