//! Signed tokens that are no ID tokens (RFC 7515): logout tokens, and userinfo of providers that sign it.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use openidconnect::JsonWebKey;
use openidconnect::core::{CoreJsonWebKey, CoreJwsSigningAlgorithm};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::provider::Known;
use super::sign_in::ALGORITHMS;

/// The header of a signed token (RFC 7515 section 4.1); only what is used.
#[derive(Deserialize)]
pub(super) struct Header {
    alg: CoreJwsSigningAlgorithm,
    kid: Option<String>,
    pub(super) typ: Option<String>,
    /// Extensions that must be understood: none is.
    pub(super) crit: Option<Value>,
}

/// For whom a token is (RFC 7519 section 4.1.3).
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Audience {
    One(String),
    Several(Vec<String>),
}

/// A token, taken apart and not believed yet.
pub(super) struct Jws<'a, C> {
    pub(super) header: Header,
    pub(super) claims: C,
    /// What its signature is over.
    said: &'a [u8],
    signature: Vec<u8>,
}

/// The signature is of a kind that others than the provider can make.
pub(super) struct WeakAlgorithm;

impl<'a, C: DeserializeOwned> Jws<'a, C> {
    /// Takes it apart; `None`: it is none, or longer than `longest` bytes.
    pub(super) fn of(token: &'a str, longest: usize) -> Option<Self> {
        if token.len() > longest {
            return None;
        }
        let (said, signature) = token.rsplit_once('.')?;
        let (header, claims) = said.split_once('.')?;
        let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).ok();
        Some(Self {
            header: serde_json::from_slice(&decode(header)?).ok()?,
            claims: serde_json::from_slice(&decode(claims)?).ok()?,
            said: said.as_bytes(),
            signature: decode(signature)?,
        })
    }
}

impl<C> Jws<'_, C> {
    /// Whether one of these keys made the signature; `false` also when none of them has its name.
    ///
    /// # Errors
    /// If no key could make it so that it counts.
    pub(super) fn is_signed_by(&self, known: &Known) -> Result<bool, WeakAlgorithm> {
        if !ALGORITHMS.contains(&self.header.alg) {
            return Err(WeakAlgorithm);
        }
        let is_named = |key: &&CoreJsonWebKey| match (&self.header.kid, key.key_id()) {
            (Some(wanted), Some(id)) => id.as_str() == wanted,
            (Some(_), None) => false,
            (None, _) => true,
        };
        let mut keys = known.keys.keys().iter().filter(is_named);
        Ok(keys.any(|key| key.verify_signature(&self.header.alg, self.said, &self.signature).is_ok()))
    }
}

impl Audience {
    pub(super) fn has(&self, client: &str) -> bool {
        match self {
            Self::One(one) => one == client,
            Self::Several(several) => several.iter().any(|one| one == client),
        }
    }
}
