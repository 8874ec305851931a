//! Encryption of what is kept: master keys, the data keys that they wrap, files in chunks, and values of rows.
//!
//! A master key ([`MasterKeys`]) comes from outside and seals nothing but data keys. A [`DataKey`] seals the files of one study, one shared
//! file, or the values of rows; wrapped, it is kept beside what it seals. So a new master key costs a few bytes for each study and
//! none of the data. AES-256-GCM throughout, with a key of its own for every file and every value, derived with HMAC-SHA-256 from the
//! data key: no nonce is ever used twice under one key. docs/adr/0022-encryption-at-rest.md has the reasons.

mod data_key;
mod error;
mod file;
mod masters;
mod value;

#[cfg(test)]
mod tests;

pub use data_key::{DataKey, KeyId, Wrapped};
pub use error::{KeyError, OpenError};
pub use file::{CHUNK, FileHeader, SealedReader, SealedWriter};
pub use masters::{KeySource, MasterId, MasterKeys};
pub use value::{Place, ValueKeys};
