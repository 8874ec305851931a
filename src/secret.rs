//! Values that must not reach a log: [`Secret`] is never shown, [`Pii`] only as a mark.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A token, password or key. Shown by nothing; read only by [`Secret::expose`].
#[derive(Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(transparent)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Takes a value into keeping.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for the one place that needs it.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// A name, date of birth, telephone number or anything else that tells who a person is.
///
/// It has no `Display`, and its `Debug` shows a mark only, so that no log line can hold it by accident.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pii<T>(T);

impl<T> Pii<T> {
    /// Takes a value into keeping.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for a screen, a document or a row, never for a log.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// Gives the value up.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Pii<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal]")
    }
}

impl From<&str> for Pii<String> {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl From<String> for Pii<String> {
    fn from(value: String) -> Self {
        Self(value)
    }
}
