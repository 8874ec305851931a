//! Credentials that need no table: the user name holds when they end, the password proves who made it.
//!
//! The scheme that TURN servers share, known as the REST API (draft-uberti-behave-turn-rest-00): user name
//! `expiry:participant`, password the Base64 of the HMAC-SHA1 of the user name under a secret that both sides have.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;

use crate::secret::Secret;

/// Credentials end after this long at the latest, in seconds.
pub const MAX_LIFETIME_S: u64 = 3600;

/// The user name of credentials that end at `expires_s` (seconds since 1970).
pub fn username(expires_s: u64, participant: &str) -> String {
    format!("{expires_s}:{participant}")
}

/// The password that goes with a user name.
pub fn password(secret: &Secret<Vec<u8>>, username: &str) -> Secret<String> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.expose()).expect("any length");
    mac.update(username.as_bytes());
    Secret::new(STANDARD.encode(mac.finalize().into_bytes()))
}

/// When a user name ends; `None` if it is not of this scheme.
pub(super) fn expiry_s(username: &str) -> Option<u64> {
    username.split_once(':')?.0.parse().ok()
}

/// The key that a client signs with (RFC 8489 section 9.2.2, long-term credentials).
pub(super) fn signing_key(username: &str, realm: &str, password: &Secret<String>) -> [u8; 16] {
    Md5::digest(format!("{username}:{realm}:{}", password.expose())).into()
}

/// One entry of the list that a browser takes as `iceServers` (W3C WebRTC section 4.2.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IceServer {
    /// `turn:host:port?transport=tcp` and such.
    pub urls: Vec<String>,
    /// Holds when it ends, and an identifier.
    pub username: String,
    /// The password.
    pub credential: Secret<String>,
}

/// Which relay people are told of: the gateway's own, or one of the hospital's.
#[derive(Clone, Debug)]
pub struct Offer {
    urls: Vec<String>,
    secret: Secret<Vec<u8>>,
}

impl Offer {
    /// A relay at these addresses, which shares this secret.
    pub fn new(urls: Vec<String>, secret: Secret<Vec<u8>>) -> Self {
        Self { urls, secret }
    }

    /// Where it is.
    pub fn urls(&self) -> &[String] {
        &self.urls
    }

    /// What this person's browser is given, good for an hour. Empty when there is no relay.
    pub fn ice_servers(&self, participant: &str, now_s: u64) -> Vec<IceServer> {
        self.ice_servers_for(participant, now_s, MAX_LIFETIME_S)
    }

    /// The same for a shorter time, in seconds; at most an hour.
    pub fn ice_servers_for(&self, participant: &str, now_s: u64, lifetime_s: u64) -> Vec<IceServer> {
        if self.urls.is_empty() {
            return Vec::new();
        }
        let username = username(now_s.saturating_add(lifetime_s.min(MAX_LIFETIME_S)), participant);
        let credential = password(&self.secret, &username);
        vec![IceServer { urls: self.urls.clone(), username, credential }]
    }
}
