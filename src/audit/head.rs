//! A signature over the chain up to one record (Ed25519, RFC 8032): whoever rewrites what is before it would need the key.

use chrono::{DateTime, SecondsFormat, Utc};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use super::record::{Seal, hex, of_hex};

/// Comes before what is signed.
const DOMAIN: &str = "parvis audit head 1";

/// A signed head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The last record that it is over.
    pub seq: u64,
    pub at: DateTime<Utc>,
    /// The digest of that record.
    pub digest: Seal,
    /// The public key.
    pub key: [u8; 32],
    pub signature: [u8; 64],
}

/// What signs heads. Its seed is the secret.
pub struct Signer(Ed25519KeyPair);

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({})", hex(&self.key()))
    }
}

impl Signer {
    /// From 32 unpredictable bytes.
    pub fn of_seed(seed: &[u8; 32]) -> Option<Self> {
        Ed25519KeyPair::from_seed_unchecked(seed).ok().map(Self)
    }

    /// The public key.
    pub fn key(&self) -> [u8; 32] {
        self.0.public_key().as_ref().try_into().unwrap_or([0; 32])
    }

    /// Signs the chain up to a record.
    pub fn sign(&self, seq: u64, digest: Seal, at: DateTime<Utc>) -> Head {
        let at = chrono::SubsecRound::trunc_subsecs(at, 6);
        let mut head = Head { seq, at, digest, key: self.key(), signature: [0; 64] };
        head.signature = self.0.sign(head.signed().as_bytes()).as_ref().try_into().unwrap_or([0; 64]);
        head
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    head: u64,
    at: String,
    digest: String,
    key: String,
    signature: String,
}

impl Head {
    fn signed(&self) -> String {
        format!("{DOMAIN}\n{}\n{}\n{}\n{}", self.seq, self.time(), hex(&self.digest), hex(&self.key))
    }

    fn time(&self) -> String {
        self.at.to_rfc3339_opts(SecondsFormat::Micros, true)
    }

    /// Whether the key that it names signed it.
    pub fn is_signed(&self) -> bool {
        UnparsedPublicKey::new(&ED25519, self.key).verify(self.signed().as_bytes(), &self.signature).is_ok()
    }

    /// The line of an export, without its end.
    pub fn line(&self) -> String {
        let line = Line {
            head: self.seq,
            at: self.time(),
            digest: hex(&self.digest),
            key: hex(&self.key),
            signature: hex(&self.signature),
        };
        serde_json::to_string(&line).unwrap_or_default()
    }

    /// Reads a line back; `None`: it is not exactly what [`Head::line`] writes.
    pub fn of_line(text: &str) -> Option<Self> {
        let line: Line = serde_json::from_str(text).ok()?;
        let head = Self {
            seq: line.head,
            at: DateTime::parse_from_rfc3339(&line.at).ok()?.with_timezone(&Utc),
            digest: of_hex(&line.digest)?,
            key: of_hex(&line.key)?,
            signature: of_hex(&line.signature)?,
        };
        (head.line() == text).then_some(head)
    }
}
