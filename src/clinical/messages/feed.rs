//! The address at which a practitioner's own calendar reads their appointments.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::super::LinkDigest;
use crate::secret::Secret;

/// Makes the secret of such an address, and what is kept of it. `random` are 256 bits that nobody can guess.
pub fn feed_secret(random: [u8; 32]) -> (Secret<String>, LinkDigest) {
    let secret = BASE64_URL_SAFE_NO_PAD.encode(random);
    let digest = LinkDigest::of(&secret);
    (Secret::new(secret), digest)
}
