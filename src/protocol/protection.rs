//! How a call and its data are protected, and how its people proved who they are.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{
    AssuranceWord, CertificateNewsWord, IdentityMeansWord, OpenAtWord, OpeningWord, OutsideWord, StrengthWord,
};
use crate::secret::Pii;

/// `GET /api/appointments/{appointment}/protection` for the people of a call, and `GET /api/protection` for staff: facts, of which pages make words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct ProtectionFacts {
    pub hospital: String,
    /// The name under which browsers reach the gateway.
    pub site: String,
    /// They do so over TLS.
    pub is_site_encrypted: bool,
    /// Where sound and picture, the chat with its files, and images are in the open.
    pub media: OpenAtWord,
    pub chat: OpenAtWord,
    pub images: OpenAtWord,
    pub is_media_recorded: bool,
    /// The gateway encrypts what it keeps.
    pub is_encrypted_at_rest: bool,
    /// For how many days lines and files of the chat are kept; absent: until the consultation is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat_days: Option<u32>,
    pub kept: Vec<KeptFor>,
    pub outside: Vec<OutsideFact>,
    /// Of a call: its people, as far as they are told of.
    pub people: Vec<PersonProof>,
    /// For administrators and auditors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<DeploymentFacts>,
}

/// How long a class of data is kept after the visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct KeptFor {
    /// As in `RetentionClass`.
    pub class: String,
    /// Absent: the rule of the chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// Somebody else whom the gateway speaks to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct OutsideFact {
    pub kind: OutsideWord,
    /// Guests are not told the names of systems inside of the hospital.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The way there is protected by TLS.
    pub is_encrypted: bool,
}

/// How one person of a call proved who they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct PersonProof {
    pub participant: String,
    /// Absent: they have not come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assurance: Option<AssuranceWord>,
    /// With `link_and_code`, what it was besides the link; only staff and the person are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<OpeningWord>,
    /// With `signed_in`, as far as it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<SignInProof>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<SeenProof>,
}

/// The sign-in of a member of staff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct SignInProof {
    /// Absent: the hospital's own account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    pub strength: StrengthWord,
    /// With `named`, the class (`acr`) that the provider tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
}

/// That staff looked who somebody is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct SeenProof {
    pub means: IdentityMeansWord,
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    /// Who looked; absent for guests who do not see that person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(as = "Option<String>")]
    pub name: Option<Pii<String>>,
}

/// What the gateway is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct DeploymentFacts {
    pub version: String,
    /// Those that the gateway uses itself; none where a proxy in front does TLS.
    pub certificates: Vec<CertificateFact>,
    /// For how many seconds browsers ask for this site over TLS only; absent: they are not told to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hsts_seconds: Option<u32>,
    /// `sqlite` or `postgres`.
    pub database: String,
    /// Origins that may show the pages in a frame.
    pub frame_ancestors: Vec<String>,
    pub trail: TrailFact,
    pub providers: Vec<ProviderFact>,
    /// Hosts that the settings allow beside those that they name for a purpose.
    pub allowed_hosts: Vec<String>,
    /// Addresses of relays that browsers are told; empty: there is none.
    pub relay_urls: Vec<String>,
    pub is_relay_external: bool,
}

/// A certificate of the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct CertificateFact {
    /// Absent while it is awaited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// It vouches for itself: browsers trust it only where they were told to.
    pub is_self_signed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub news: Option<CertificateNewsWord>,
}

/// How far the trail is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct TrailFact {
    pub records: u32,
    /// The number of the last record under a signature.
    pub signed: u32,
    /// The public key that signs, in hexadecimal digits.
    pub key: String,
}

/// A provider at which staff sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct ProviderFact {
    /// Absent: the hospital's own account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    pub issuer: String,
    /// Classes (`acr`) of which a sign-in needs one; empty: any will do.
    pub classes: Vec<String>,
    /// Those of which one is needed for what is privileged.
    pub privileged_classes: Vec<String>,
}
