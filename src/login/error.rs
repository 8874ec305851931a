//! What can go wrong at sign-in. Nothing here holds a token, a code or a name.

use thiserror::Error;

use crate::store;

/// Why a sign-in could not begin.
#[derive(Debug, Error)]
pub enum Error {
    #[error("the settings of sign-in cannot be used: {0}")]
    Settings(&'static str),
    #[error("the client for the identity provider cannot be made")]
    Client(#[source] reqwest::Error),
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
    #[error("userinfo speaks of another person")]
    Subject,
    #[error("it cannot be read")]
    Malformed,
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
    #[error("its answer is longer than {} bytes", super::http::LARGEST_BODY)]
    TooLong,
    #[error("{0} cannot be read")]
    Malformed(&'static str),
    #[error("it describes itself as another issuer than the one of the settings")]
    OtherIssuer,
    /// It failed a moment ago and is not asked again yet.
    #[error("it failed a moment ago")]
    JustFailed,
}
