//! A message that goes out.

use std::net::{IpAddr, SocketAddr};

use hmac::{Hmac, Mac};
use sha1::Sha1;

use super::{COOKIE, HEADER, attribute};

/// A message in the making. Its length is right after every step.
#[derive(Clone, Debug)]
pub struct Reply(pub(super) Vec<u8>);

impl Reply {
    /// Begins a message of this kind (see [`super::kind`]).
    pub fn new(kind: u16, transaction: [u8; 12]) -> Self {
        let mut bytes = Vec::with_capacity(128);
        bytes.extend_from_slice(&kind.to_be_bytes());
        bytes.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(&COOKIE);
        bytes.extend_from_slice(&transaction);
        Self(bytes)
    }

    /// Adds an attribute, padded to four bytes. A value beyond 65535 bytes is cut; nobody here has one.
    #[must_use]
    pub fn with(mut self, kind: u16, value: &[u8]) -> Self {
        let value = &value[..value.len().min(usize::from(u16::MAX))];
        self.0.extend_from_slice(&kind.to_be_bytes());
        self.0.extend_from_slice(&(value.len() as u16).to_be_bytes());
        self.0.extend_from_slice(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self.set_length(0);
        self
    }

    /// Adds an address, hidden by the cookie and the transaction (RFC 8489 section 14.2).
    #[must_use]
    pub fn with_address(self, kind: u16, address: SocketAddr) -> Self {
        let [high, low] = address.port().to_be_bytes();
        let mut value = vec![0, 1, high ^ COOKIE[0], low ^ COOKIE[1]];
        let hide = |(byte, with): (u8, &u8)| byte ^ with;
        match address.ip() {
            IpAddr::V4(ip) => value.extend(ip.octets().into_iter().zip(&self.0[4..8]).map(hide)),
            IpAddr::V6(ip) => {
                value[1] = 2;
                value.extend(ip.octets().into_iter().zip(&self.0[4..HEADER]).map(hide));
            }
        }
        self.with(kind, &value)
    }

    /// Adds an error (RFC 8489 section 14.8).
    #[must_use]
    pub fn with_error(self, code: u16, reason: &str) -> Self {
        let mut value = vec![0, 0, (code / 100) as u8, (code % 100) as u8];
        value.extend_from_slice(reason.as_bytes());
        self.with(attribute::ERROR_CODE, &value)
    }

    /// Signs what is there so far (MESSAGE-INTEGRITY, RFC 8489 section 14.5).
    #[must_use]
    pub fn signed(mut self, key: &[u8]) -> Self {
        self.set_length(24);
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("any length");
        mac.update(&self.0);
        let signature = mac.finalize().into_bytes();
        self.with(attribute::MESSAGE_INTEGRITY, &signature)
    }

    /// Ends with a check sum that tells it from other protocols (FINGERPRINT, RFC 8489 section 14.7).
    #[must_use]
    pub fn with_fingerprint(mut self) -> Self {
        self.set_length(8);
        let sum = super::fingerprint(&self.0);
        self.with(attribute::FINGERPRINT, &sum)
    }

    /// The message.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn set_length(&mut self, to_come: usize) {
        let length = (self.0.len() - HEADER + to_come) as u16;
        self.0[2..4].copy_from_slice(&length.to_be_bytes());
    }
}
