//! Why nobody answered, as far as the causes of an error tell.

use std::error::Error;
use std::io;

use super::Refused;

/// What lies behind a request without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// It was not made.
    Refused(Refused),
    /// The name stands for nothing.
    NoAddress,
    /// Whoever answers does not prove who they are.
    Untrusted,
    Slow,
    NoConnection,
}

impl NoAnswer {
    /// What it was, of an error of this module's client.
    pub fn of(error: &reqwest::Error) -> Self {
        let mut found = if error.is_timeout() { Self::Slow } else { Self::NoConnection };
        let mut cause = error.source();
        while let Some(error) = cause {
            if let Some(refused) = error.downcast_ref::<Refused>() {
                return Self::Refused(refused.clone());
            }
            // rustls says so as invalid data.
            let is_invalid = |error: &io::Error| error.kind() == io::ErrorKind::InvalidData;
            if error.downcast_ref::<io::Error>().is_some_and(is_invalid) {
                found = Self::Untrusted;
            }
            if error.to_string().contains("failed to lookup address") {
                found = Self::NoAddress;
            }
            cause = error.source();
        }
        found
    }
}
