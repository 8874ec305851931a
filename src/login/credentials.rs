//! What this site shows a provider of itself: a secret, or an assertion that it signs (RFC 7523 section 3).

use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::SigningKey;
use serde_json::json;
use url::Url;

use super::{ClientAuthentication, Error, ProviderFault, ProviderSettings};
use crate::secret::Secret;

/// The secret or the key, ready for use.
pub(super) enum Credentials {
    Basic(Secret<String>),
    Post(Secret<String>),
    Assertion(AssertionKey),
    /// The certificate is the HTTP client's.
    Tls,
}

/// A key that signs assertions.
pub(super) struct AssertionKey {
    key: Arc<dyn SigningKey>,
    id: Option<String>,
    scheme: SignatureScheme,
    algorithm: &'static str,
}

impl Credentials {
    pub(super) fn new(settings: &ProviderSettings) -> Result<Self, Error> {
        Ok(match &settings.client_authentication {
            ClientAuthentication::Basic(secret) => Self::Basic(secret.clone()),
            ClientAuthentication::Post(secret) => Self::Post(secret.clone()),
            ClientAuthentication::PrivateKey { key, id } => {
                Self::Assertion(AssertionKey::read(key, id.clone())?)
            }
            ClientAuthentication::Tls { .. } => Self::Tls,
        })
    }
}

impl AssertionKey {
    /// What provider and key may agree on (RFC 7518 section 3.1, RFC 8037 section 3.1).
    const SCHEMES: [(SignatureScheme, &str); 3] = [
        (SignatureScheme::RSA_PKCS1_SHA256, "RS256"),
        (SignatureScheme::ECDSA_NISTP256_SHA256, "ES256"),
        (SignatureScheme::ED25519, "EdDSA"),
    ];
    /// An assertion is good for this long.
    const LIFE: TimeDelta = TimeDelta::seconds(60);

    fn read(file: &Path, id: Option<String>) -> Result<Self, Error> {
        const WHAT: &str = "client_key";
        let wrong = |error: Box<dyn std::error::Error + Send + Sync>| Error::Credential(WHAT, error);
        let pem = read_file(WHAT, file)?;
        let der = PrivateKeyDer::from_pem_slice(pem.expose()).map_err(|error| wrong(Box::new(error)))?;
        let key = any_supported_type(&der).map_err(|error| wrong(Box::new(error)))?;
        let fits = |(scheme, _): &&(SignatureScheme, &'static str)| key.choose_scheme(&[*scheme]).is_some();
        let (scheme, algorithm) = *Self::SCHEMES
            .iter()
            .find(fits)
            .ok_or_else(|| wrong("it is no key for RS256, ES256 or EdDSA".into()))?;
        Ok(Self { key, id, scheme, algorithm })
    }

    /// A new assertion that `client` asks at `audience`; `id` is never used again.
    pub(super) fn assert(
        &self,
        client: &str,
        audience: &Url,
        id: &str,
        now: DateTime<Utc>,
    ) -> Result<Secret<String>, ProviderFault> {
        let mut header = json!({ "alg": self.algorithm, "typ": "JWT" });
        if let Some(id) = &self.id {
            header["kid"] = json!(id);
        }
        let claims = json!({
            "iss": client,
            "sub": client,
            "aud": audience.as_str(),
            "jti": id,
            "iat": now.timestamp(),
            "exp": (now + Self::LIFE).timestamp(),
        });
        let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let said =
            format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
        let signer = self.key.choose_scheme(&[self.scheme]).ok_or(ProviderFault::Unsigned)?;
        let signature = signer.sign(said.as_bytes()).map_err(|_| ProviderFault::Unsigned)?;
        let signature = if self.scheme == SignatureScheme::ECDSA_NISTP256_SHA256 {
            plain_ecdsa(&signature).ok_or(ProviderFault::Unsigned)?.to_vec()
        } else {
            signature
        };
        Ok(Secret::new(format!("{said}.{}", encode(&signature))))
    }
}

/// From the DER of X.509 (RFC 3279 section 2.2.3) to the two numbers of 32 bytes that a JWS holds (RFC 7518 section 3.4).
fn plain_ecdsa(der: &[u8]) -> Option<[u8; 64]> {
    fn number(der: &[u8]) -> Option<(&[u8], &[u8])> {
        let (&[tag, length], rest) = der.split_first_chunk()?;
        (tag == 0x02).then_some(())?;
        rest.split_at_checked(usize::from(length))
    }
    let (&[tag, length], body) = der.split_first_chunk()?;
    (tag == 0x30 && usize::from(length) == body.len()).then_some(())?;
    let (r, rest) = number(body)?;
    let (s, rest) = number(rest)?;
    rest.is_empty().then_some(())?;
    let mut plain = [0; 64];
    for (half, number) in plain.chunks_exact_mut(32).zip([r, s]) {
        let number = number.strip_prefix(&[0]).unwrap_or(number);
        let at = half.len().checked_sub(number.len())?;
        half.get_mut(at..)?.copy_from_slice(number);
    }
    Some(plain)
}

/// A file of the settings; `what` is its key there.
pub(super) fn read_file(what: &'static str, file: &Path) -> Result<Secret<Vec<u8>>, Error> {
    match std::fs::read(file) {
        Ok(bytes) => Ok(Secret::new(bytes)),
        Err(error) => Err(Error::Credential(what, Box::new(error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_of_two_numbers_has_64_bytes_however_short_they_are() {
        let mut der = vec![0x30, 0, 0x02, 33, 0x00];
        der.extend([0xff; 32]);
        der.extend([0x02, 0x01, 0x07]);
        assert!(plain_ecdsa(&der).is_none(), "its length is wrong");
        der[1] = u8::try_from(der.len() - 2).unwrap();
        let plain = plain_ecdsa(&der).unwrap();
        assert_eq!(plain[..32], [0xff; 32]);
        assert_eq!((&plain[32..63], plain[63]), ([0; 31].as_slice(), 7));
        for bad in [&[][..], &[0x30], &[0x30, 0x00], &[0x30, 0x03, 0x02, 0x05, 0x01], &[0x31, 0x00]] {
            assert!(plain_ecdsa(bad).is_none(), "{bad:?}");
        }
    }
}
