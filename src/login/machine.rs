//! Tokens of programs that act without a person.

use super::{Login, digest, new_secret};
use crate::secret::Secret;
use crate::store::{self, ApiToken, LoginDigest};

/// What every token begins with, so that whoever finds one knows what it is.
const PREFIX: &str = "parvis_";

impl Login {
    /// A new token, told once, and what is kept of it.
    pub fn new_token(&self) -> Option<(Secret<String>, LoginDigest)> {
        let secret = new_secret(&self.clock);
        let digest = digest(secret.expose())?;
        Some((Secret::new(format!("{PREFIX}{}", secret.expose())), digest))
    }

    /// The token that a program shows, if it is good.
    pub async fn machine(&self, shown: &str) -> Result<Option<ApiToken>, store::Error> {
        let Some(digest) = shown.strip_prefix(PREFIX).and_then(digest) else { return Ok(None) };
        self.store.api_token(digest, self.clock.now()).await
    }
}
