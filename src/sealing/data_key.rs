//! Keys that seal data, and their wrapped form.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac::{Context, HMAC_SHA256, Key};
use zeroize::Zeroizing;

use super::MasterId;
use crate::clock::Clock;

/// Seals the files of one study, one shared file, or the values of rows. Never written but wrapped; overwritten when it is dropped.
#[derive(Clone)]
pub struct DataKey(pub(super) Zeroizing<[u8; 32]>);

impl DataKey {
    /// A new one, from the operating system's chance.
    pub fn new(clock: &Clock) -> Self {
        Self(Zeroizing::new(clock.random_bytes()))
    }

    /// A key of its own for one purpose: HMAC-SHA-256 of the purpose's parts, each with its length before it, so that no two purposes look
    /// alike.
    pub(super) fn derive(&self, purpose: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let mut context = Context::with_key(&Key::new(HMAC_SHA256, &*self.0));
        for part in purpose {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(context.sign().as_ref());
        key
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Names a data key. No secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 16]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A data key under a master key: the master's name, a nonce, the key and its tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapped {
    pub master: MasterId,
    pub(super) nonce: [u8; 12],
    pub(super) sealed: [u8; 48],
}

impl Wrapped {
    /// As a word for a row or a file: 92 letters.
    pub fn to_text(&self) -> String {
        let mut bytes = Vec::with_capacity(68);
        bytes.extend_from_slice(&self.master.0);
        bytes.extend_from_slice(&self.nonce);
        bytes.extend_from_slice(&self.sealed);
        STANDARD.encode(bytes)
    }

    /// The same back; `None`: it is none.
    pub fn of_text(text: &str) -> Option<Self> {
        let bytes: [u8; 68] = STANDARD.decode(text).ok()?.try_into().ok()?;
        let (mut master, mut nonce, mut sealed) = ([0; 8], [0; 12], [0; 48]);
        master.copy_from_slice(&bytes[..8]);
        nonce.copy_from_slice(&bytes[8..20]);
        sealed.copy_from_slice(&bytes[20..]);
        Some(Self { master: MasterId(master), nonce, sealed })
    }
}
