//! Why keys cannot be had, and why something does not open. No sentence holds a key or anything that was sealed.

use std::path::PathBuf;

use thiserror::Error;

use super::MasterId;

/// Why there is no master key to work with, or not the right one. Each sentence says what to do next.
#[derive(Debug, Error)]
pub enum KeyError {
    #[error(
        "there is no master key: make one with `parvis keys new --out FILE`, keep a copy of it away from this machine and from \
         the backups, and name the file in [keys] file"
    )]
    None,
    #[error("the master key file {} cannot be read", .0.display())]
    File(PathBuf, #[source] std::io::Error),
    #[error("the master key file {} may be read by others: chmod 600 it", .0.display())]
    Shared(PathBuf),
    #[error("{0} holds no master key: one a line, 32 bytes in base64 (44 letters), the current one first")]
    Malformed(String),
    #[error("the master key file {} cannot be written", .0.display())]
    Write(PathBuf, #[source] std::io::Error),
    #[error(
        "the master keys come from {0}, which is not written here: put a new key first there, leave the old one behind it"
    )]
    ReadOnly(String),
    /// The key that it is wrapped with is not among those that were given.
    #[error(
        "what is kept here was sealed with the master key {wanted}, which is not among the given ones ({given}): add that key \
         behind the current one"
    )]
    Unknown { wanted: MasterId, given: String },
    /// The same, of one whose name was written down.
    #[error(
        "what is in it was sealed with the master key {wanted}, which is not among the given ones ({given}): add that key \
         behind the current one"
    )]
    Missing { wanted: String, given: String },
    #[error("a wrapped key is damaged, or belongs to something else")]
    Damaged,
}

/// Why a sealed file or value does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OpenError {
    #[error("it is not sealed")]
    NotSealed,
    #[error("it was sealed with another data key")]
    AnotherKey,
    #[error("it was changed, cut, moved from elsewhere, or sealed with another key")]
    Refused,
}

impl From<OpenError> for std::io::Error {
    fn from(error: OpenError) -> Self {
        Self::new(std::io::ErrorKind::InvalidData, error)
    }
}
