//! What can go wrong at sign-in and sign-out. Nothing here holds a token, a code or a name.

use thiserror::Error;

use super::settings::BadProvider;
use crate::store;

/// Why a sign-in could not begin.
#[derive(Debug, Error)]
pub enum Error {
    #[error("the settings of sign-in cannot be used: {0}")]
    Settings(&'static str),
    #[error("an identity provider cannot be set so")]
    Provider(#[source] BadProvider),
    #[error("{0} cannot be used")]
    Credential(&'static str, #[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the client for the identity provider cannot be made")]
    Client(#[source] reqwest::Error),
    /// No provider has that name in the settings.
    #[error("there is no such identity provider")]
    UnknownProvider,
    #[error("the identity provider cannot be used now")]
    ProviderUnreachable(#[source] ProviderFault),
    #[error("the sign-in cannot be kept")]
    Store(#[from] store::Error),
}

/// Why somebody who came back from the provider is not signed in.
#[derive(Debug, Error)]
pub enum Refused {
    /// The provider knows them, but no claim gives them a role here.
    #[error("the identity provider gives this person no role")]
    NoRole,
    /// No such sign-in began in this browser, or it was finished before.
    #[error("this browser has no such sign-in under way")]
    WrongState,
    #[error("the sign-in took too long")]
    Expired,
    /// RFC 9207: the answer comes from another provider than the one that was asked.
    #[error("the answer is not from the provider that was asked")]
    WrongIssuer,
    /// The provider's error code, RFC 6749 sections 4.1.2.1 and 5.2.
    #[error("the identity provider refused: {0}")]
    ProviderSaid(String),
    #[error("the ID token was refused")]
    BadToken(#[source] BadToken),
    /// The provider signed them in by weaker means than were asked for (`acr`).
    #[error("the person signed in by other means than were asked for")]
    WeakSignIn,
    /// They were to prove once more who they are, and the provider did not ask them (`auth_time`).
    #[error("the provider did not ask the person again")]
    NotFresh,
    /// Somebody else than whoever is signed in proved who they are.
    #[error("another person is signed in here")]
    OtherPerson,
    #[error("the identity provider cannot be used now")]
    ProviderUnreachable(#[source] ProviderFault),
    #[error("the login cannot be kept")]
    Store(#[from] store::Error),
}

/// What is wrong with an ID token (OpenID Connect Core 1.0 section 3.1.3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadToken {
    #[error("there is none")]
    Missing,
    #[error("no key of the provider made its signature")]
    Signature,
    #[error("another issuer made it")]
    Issuer,
    #[error("it is for somebody else")]
    Audience,
    #[error("its time is over, or has not come")]
    Time,
    #[error("it is not for this sign-in")]
    Nonce,
    #[error("it does not belong to the access token")]
    AccessToken,
    #[error("it does not say whom it is about, or userinfo speaks of another person")]
    Subject,
    #[error("it cannot be read")]
    Malformed,
}

/// What is wrong with a logout token (OpenID Connect Back-Channel Logout 1.0 section 2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadLogout {
    #[error("it cannot be read")]
    Malformed,
    #[error("it is a token for something else")]
    Kind,
    #[error("no key of the provider made its signature")]
    Signature,
    #[error("no provider here has that issuer")]
    Issuer,
    #[error("it is for somebody else")]
    Audience,
    #[error("its time is over, or has not come")]
    Time,
    #[error("it does not speak of a logout")]
    Event,
    #[error("it has a nonce, as only ID tokens have")]
    Nonce,
    #[error("it names nobody")]
    Nobody,
    #[error("it was taken before")]
    Replayed,
}

/// Why somebody whom a provider signs out stays signed in here.
#[derive(Debug, Error)]
pub enum NotSignedOut {
    #[error("the logout token was refused")]
    BadLogout(#[from] BadLogout),
    #[error("the identity provider cannot be used now")]
    ProviderUnreachable(#[source] ProviderFault),
    #[error("the logins cannot be ended")]
    Store(#[from] store::Error),
}

/// What is wrong with the provider, or with the way to it.
#[derive(Debug, Error)]
pub enum ProviderFault {
    #[error("no answer")]
    NoAnswer(#[source] reqwest::Error),
    /// An address of its own that leads where the settings do not.
    #[error("one of its addresses is not asked")]
    NotAllowed(#[source] crate::egress::Refused),
    #[error("it answered with status {0}")]
    Status(u16),
    #[error("its answer is longer than {0} bytes")]
    TooLong(usize),
    #[error("it has more than {0} keys")]
    TooManyKeys(usize),
    #[error("{0} cannot be read")]
    Malformed(&'static str),
    #[error("one of its addresses is not an https address")]
    UnsafeAddress,
    #[error("it describes itself as another issuer than the one of the settings")]
    OtherIssuer(String),
    /// An address that its description of itself must have.
    #[error("it does not say its {0}")]
    Missing(&'static str),
    /// Whoever tried it out waits no longer.
    #[error("no answer in time")]
    Slow,
    #[error("our own proof for it cannot be signed")]
    Unsigned,
    /// It failed a moment ago and is not asked again yet.
    #[error("it failed a moment ago")]
    JustFailed,
}

impl Refused {
    /// Whether it is of a sign-in that began here, in the browser that comes back; anybody can come with one that did not.
    pub fn is_of_attempt(&self) -> bool {
        !matches!(self, Self::WrongState | Self::Store(_))
    }

    /// A stable code that the sign-in page shows, so that whoever helps knows what was wrong.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoRole => "no_role",
            Self::WrongState => "unknown_attempt",
            Self::Expired => "attempt_too_old",
            Self::WrongIssuer => "answer_of_another_provider",
            // RFC 6749 section 5.2: it does not know this site, or not by this secret.
            Self::ProviderSaid(said) if said == "invalid_client" => "client_refused",
            Self::ProviderSaid(_) => "provider_refused",
            Self::BadToken(bad) => bad.reason(),
            Self::WeakSignIn => "weak_sign_in",
            Self::NotFresh => "not_asked_again",
            Self::OtherPerson => "other_person",
            Self::ProviderUnreachable(fault) => fault.reason(),
            Self::Store(_) => "not_kept",
        }
    }
}

impl BadToken {
    /// See [`Refused::reason`].
    pub fn reason(self) -> &'static str {
        match self {
            Self::Missing => "token_missing",
            Self::Signature => "token_signature",
            Self::Issuer => "token_issuer",
            Self::Audience => "token_audience",
            Self::Time => "token_time",
            Self::Nonce => "token_nonce",
            Self::AccessToken => "token_access_token",
            Self::Subject => "token_subject",
            Self::Malformed => "token_malformed",
        }
    }
}

impl ProviderFault {
    /// See [`Refused::reason`].
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoAnswer(_) | Self::JustFailed | Self::Slow => "provider_silent",
            Self::Status(_) => "provider_status",
            Self::TooLong(_) => "provider_answer_too_long",
            Self::TooManyKeys(_) => "provider_keys_too_many",
            Self::Malformed(_) | Self::Missing(_) => "provider_malformed",
            Self::UnsafeAddress | Self::NotAllowed(_) => "provider_address",
            Self::OtherIssuer(_) => "provider_issuer",
            Self::Unsigned => "client_key",
        }
    }
}
