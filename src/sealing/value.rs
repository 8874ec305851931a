//! Values of rows: each sealed for its place, so that it opens in no other row or column.
//!
//! ```text
//! p1.<name of the data key, 8 letters>.<nonce, sealed bytes, tag; base64url>
//! ```

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::{DataKey, KeyId, OpenError};
use crate::clock::Clock;

const PREFIX: &str = "p1.";
const NONCE: usize = 12;

/// Where a value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub table: &'static str,
    pub column: &'static str,
    /// What the row is called: its primary key, as 16 bytes.
    pub row: uuid::Uuid,
}

/// The data keys for values: the newest seals, all open.
#[derive(Clone)]
pub struct ValueKeys {
    newest: (KeyId, DataKey),
    /// The newer ones first.
    older: Vec<(KeyId, DataKey)>,
    clock: Clock,
}

impl fmt::Debug for ValueKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all().map(|(id, _)| id)).finish()
    }
}

impl ValueKeys {
    /// The newest key first; `None`: there is none.
    pub fn new(keys: Vec<(KeyId, DataKey)>, clock: Clock) -> Option<Self> {
        let mut keys = keys.into_iter();
        Some(Self { newest: keys.next()?, older: keys.collect(), clock })
    }

    fn all(&self) -> impl Iterator<Item = &(KeyId, DataKey)> {
        std::iter::once(&self.newest).chain(&self.older)
    }

    /// Seals a text for its place. The length of it can be told from the length of what comes out; the same text never looks the same.
    pub fn seal(&self, place: Place, text: &str) -> String {
        self.seal_bytes(place, text.as_bytes())
    }

    /// The same for bytes.
    #[expect(
        clippy::expect_used,
        reason = "AES-256-GCM takes every text below 64 GiB, and nothing must be lost in silence"
    )]
    pub fn seal_bytes(&self, place: Place, bytes: &[u8]) -> String {
        let (id, key) = &self.newest;
        let nonce: [u8; NONCE] = self.clock.random_bytes();
        let mut sealed = Vec::with_capacity(NONCE + bytes.len() + 16);
        sealed.extend_from_slice(bytes);
        let cipher = cipher(key, place).expect("a key of 32 bytes is one of AES-256");
        let (nonce_once, aad) = (Nonce::assume_unique_for_key(nonce), aad(place));
        let done = cipher.seal_in_place_append_tag(nonce_once, Aad::from(aad.as_slice()), &mut sealed);
        done.expect("no row holds 64 GiB");
        sealed.splice(0..0, nonce);
        format!("{PREFIX}{}.{}", short(*id), URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// If it is no sealed value, was changed, or was sealed for another place.
    pub fn open(&self, place: Place, sealed: &str) -> Result<String, OpenError> {
        String::from_utf8(self.open_bytes(place, sealed)?).map_err(|_| OpenError::Refused)
    }

    /// The same for bytes.
    ///
    /// # Errors
    /// As for [`ValueKeys::open`].
    pub fn open_bytes(&self, place: Place, sealed: &str) -> Result<Vec<u8>, OpenError> {
        let rest = sealed.strip_prefix(PREFIX).ok_or(OpenError::NotSealed)?;
        let (id, text) = rest.split_once('.').ok_or(OpenError::NotSealed)?;
        let known = self.all().find(|(known, _)| short(*known) == id);
        let (_, key) = known.ok_or(OpenError::AnotherKey)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| OpenError::NotSealed)?;
        let (nonce, bytes) = bytes.split_at_checked(NONCE).ok_or(OpenError::NotSealed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| OpenError::Refused)?;
        let mut bytes = bytes.to_vec();
        let cipher = cipher(key, place).ok_or(OpenError::Refused)?;
        let opened = cipher.open_in_place(nonce, Aad::from(aad(place).as_slice()), &mut bytes);
        let length = opened.map_err(|_| OpenError::Refused)?.len();
        bytes.truncate(length);
        Ok(bytes)
    }

    /// A keyed digest of a text, by which equal ones are found in a column without being readable (HMAC-SHA-256).
    pub fn index(&self, table: &str, column: &str, text: &str) -> [u8; 32] {
        // The oldest key, which stays the same when a newer one seals.
        let (_, key) = self.older.last().unwrap_or(&self.newest);
        *key.derive(&[b"parvis index", table.as_bytes(), column.as_bytes(), text.as_bytes()])
    }
}

fn short(id: KeyId) -> String {
    let [a, b, c, d, ..] = id.0;
    format!("{a:02x}{b:02x}{c:02x}{d:02x}")
}

fn aad(place: Place) -> Vec<u8> {
    let mut text = format!("{}|{}|", place.table, place.column).into_bytes();
    text.extend_from_slice(place.row.as_bytes());
    text
}

/// A key of its own for every place: its nonces are few, and chance keeps them apart.
fn cipher(key: &DataKey, place: Place) -> Option<LessSafeKey> {
    let (table, column) = (place.table.as_bytes(), place.column.as_bytes());
    let key = key.derive(&[b"parvis value", table, column, place.row.as_bytes()]);
    Some(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &*key).ok()?))
}
