//! The token with which a device takes its place again after a lost connection. Kept as a digest, in memory only: after a
//! restart of the server nobody knows it, and the journal decides instead (docs/adr/0011-coming-back.md).

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::secret::Secret;

/// SHA-256 of a token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ResumeDigest([u8; 32]);

impl ResumeDigest {
    /// What a token is kept as.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// A new token, to be told once, and what is kept of it. `random` are 256 bits that nobody can guess.
    pub fn make(random: [u8; 32]) -> (Secret<String>, Self) {
        let token = BASE64_URL_SAFE_NO_PAD.encode(random);
        let digest = Self::of(&token);
        (Secret::new(token), digest)
    }
}

impl std::fmt::Debug for ResumeDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ResumeDigest(..)")
    }
}

/// The tokens that bring one device back: the last one told, and the one before it, because the message that told the last may
/// have got lost with the connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct ResumeTokens {
    told: Option<ResumeDigest>,
    before: Option<ResumeDigest>,
}

impl ResumeTokens {
    /// A token is about to be told.
    pub fn add(&mut self, digest: ResumeDigest) {
        self.before = self.told.replace(digest);
    }

    /// Whether this token brings the device back.
    pub fn has(&self, token: &str) -> bool {
        let digest = Some(ResumeDigest::of(token));
        digest == self.told || digest == self.before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_two_tokens_are_good_and_no_other() {
        let mut tokens = ResumeTokens::default();
        assert!(!tokens.has(""), "nothing was told");
        let made: Vec<_> = [1, 2, 3].map(|seed| ResumeDigest::make([seed; 32])).into();
        for (_, digest) in &made {
            tokens.add(*digest);
        }
        let good: Vec<_> = made.iter().map(|(token, _)| tokens.has(token.expose())).collect();
        assert_eq!(good, [false, true, true]);
        assert!(!tokens.has("AQEB"));
        assert_eq!(format!("{:?}", made[0]), "([secret], ResumeDigest(..))");
    }
}
