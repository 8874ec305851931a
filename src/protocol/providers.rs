//! The page of the identity providers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::StaffRoleWord;

/// `GET /api/admin/providers`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProvidersState {
    /// Those of the file of settings first.
    pub providers: Vec<ProviderEntry>,
    /// What the address begins with to which a provider sends the browser back; the provider's name follows.
    pub callback_start: String,
    /// What is registered with every provider for signing out.
    pub signed_out_url: String,
    pub back_channel_logout_url: String,
    /// The first two for a provider of patients.
    pub patient_callback_start: String,
    pub patient_signed_out_url: String,
}

/// A provider at which staff sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProviderEntry {
    /// What addresses and settings call it.
    pub provider: String,
    /// What the sign-in page calls it; absent: the hospital's own account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    pub issuer: String,
    pub client_id: String,
    pub authentication: ClientAuthenticationWord,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discovery_url: Option<String>,
    pub scopes: Vec<String>,
    pub acr_values: Vec<String>,
    pub fresh_acr_values: Vec<String>,
    pub roles: Vec<RoleRuleEntry>,
    pub name_claim: String,
    pub subject_claim: String,
    /// It opens documents to patients and signs no staff in.
    pub is_for_patients: bool,
    /// It is set in the file, and changed there alone.
    pub is_of_file: bool,
    pub is_on: bool,
    /// Where it sends the browser back.
    pub callback_url: String,
    /// How many logins that began there are in force.
    pub logins: u32,
    /// When it was asked last and answered, since the gateway runs with these settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached_at: Option<String>,
    /// It answers no more since then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<String>,
}

/// How this site shows a provider who it is (OpenID Connect Core 1.0 section 9, RFC 8705).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthenticationWord {
    ClientSecretBasic,
    ClientSecretPost,
    /// In the file of settings only: it needs a file with a key.
    PrivateKeyJwt,
    /// Likewise.
    TlsClientAuth,
}

/// A claim that gives a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleRuleEntry {
    pub claim: String,
    pub value: String,
    pub role: StaffRoleWord,
}

/// `POST /api/admin/providers`, `PUT /api/admin/providers/{provider}`, `POST /api/admin/provider-trial`
#[derive(Clone, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProviderRequest {
    /// Small letters, digits and hyphens; never changed.
    pub provider: String,
    pub label: String,
    pub issuer: String,
    pub client_id: String,
    pub authentication: ClientAuthenticationWord,
    /// Absent: as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discovery_url: Option<String>,
    pub scopes: Vec<String>,
    pub acr_values: Vec<String>,
    pub fresh_acr_values: Vec<String>,
    pub roles: Vec<RoleRuleEntry>,
    pub name_claim: String,
    pub subject_claim: String,
    /// It opens documents to patients and signs no staff in; never changed.
    #[serde(default)]
    pub is_for_patients: bool,
}

/// `POST /api/admin/providers/{provider}/switch`
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProviderSwitch {
    pub is_on: bool,
    /// Whoever is signed in by it is signed out.
    pub ends_logins: bool,
}

/// The answer of a trial, of `POST /api/admin/providers/{provider}/trial` too: what the provider said of itself, or what was wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProviderTrial {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<ProviderFaultWord>,
    /// Of the fault: a host, an address, a status, what it calls itself.
    pub about: String,
    pub keys: u32,
    /// Where the browser is sent.
    pub authorization_host: String,
    pub has_userinfo: bool,
    /// It signs people out when they sign out here.
    pub has_sign_out: bool,
    /// How far its clock is ahead, in seconds; negative: behind; absent: it does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_ahead_s: Option<i32>,
}

/// What is wrong with a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum ProviderFaultWord {
    /// Its name stands for no address.
    NoAddress,
    /// Nobody answers there.
    NoConnection,
    Slow,
    /// Its certificate is not good.
    Untrusted,
    Status,
    /// What it answers is no description, or no list of keys.
    Unreadable,
    OtherIssuer,
    MissingEndpoint,
    /// One of its addresses is not https.
    UnsafeAddress,
    /// One of its addresses leads to a host that no setting names: `hosts` in `[egress]`.
    HostNotNamed,
    /// A host is where none may be: `networks` and `private` in `[egress]`.
    AddressForbidden,
    NoKeys,
    /// Its clock and ours are too far apart.
    Clock,
}
