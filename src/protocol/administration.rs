//! The pages of the administration: people and their roles, tokens of programs, what was changed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{ByHandWord, ScopeWord, StaffRoleWord};

/// `GET /api/admin/people`: somebody of staff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct PersonEntry {
    pub practitioner: String,
    pub name: String,
    /// The provider that knows them; absent: an account of the gateway itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// What they have.
    pub roles: Vec<StaffRoleWord>,
    /// Each role, what claims say of it, and what was said by hand.
    pub sources: Vec<RoleSource>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub disabled_at: Option<String>,
    /// The last time that a login of theirs was used, if one is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub seen_at: Option<String>,
    /// It is whoever asks.
    pub is_own: bool,
}

/// Where a role of a person comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct RoleSource {
    pub role: StaffRoleWord,
    pub is_claimed: bool,
    pub by_hand: ByHandWord,
}

/// `PUT /api/admin/people/{practitioner}/roles`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RolesRequest {
    pub roles: Vec<RoleChoice>,
}

/// What is said of one role from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleChoice {
    pub role: StaffRoleWord,
    pub by_hand: ByHandWord,
}

/// `GET /api/admin/tokens`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct TokenEntry {
    pub token: String,
    pub name: String,
    pub scopes: Vec<ScopeWord>,
    /// Names of services.
    pub services: Vec<String>,
    #[schemars(extend("format" = "date-time"))]
    pub made_at: String,
    pub made_by: String,
    #[schemars(extend("format" = "date-time"))]
    pub expires_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub used_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub revoked_at: Option<String>,
    pub is_good: bool,
}

/// `POST /api/admin/tokens`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenRequest {
    pub name: String,
    pub scopes: Vec<ScopeWord>,
    /// Identifiers of services, at least one.
    pub services: Vec<String>,
    pub days: u32,
}

/// The answer: the token itself, told this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct IssuedToken {
    pub secret: String,
    #[schemars(extend("format" = "date-time"))]
    pub expires_at: String,
}

/// `GET /api/admin/changes`: what was changed, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct SettingChangeEntry {
    pub what: SettingWord,
    pub subject: String,
    pub before: String,
    pub after: String,
    pub by: String,
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
}

/// What kind of change it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum SettingWord {
    Roles,
    Disabled,
    Enabled,
    TokenMade,
    TokenRevoked,
    Site,
    Branding,
    Logo,
    ProviderMade,
    ProviderChanged,
    ProviderOn,
    ProviderOff,
    ProviderRemoved,
    MailServer,
    SmsGateway,
    PacsMade,
    PacsChanged,
    PacsOn,
    PacsOff,
    PacsRemoved,
    /// Of another version of the program.
    Other,
}

/// `GET /api/machine/services`: one of those that a token names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct MachineService {
    pub service: String,
    pub name: String,
    pub site: String,
    pub is_closed: bool,
}

/// `GET /api/machine/appointments?service=...&from=2026-11-25&to=2026-11-26`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct MachineAppointment {
    pub appointment: String,
    pub service: String,
    #[schemars(extend("format" = "date-time"))]
    pub starts_at: String,
    #[schemars(extend("format" = "date-time"))]
    pub ends_at: String,
    /// FHIR R4 Appointment.status.
    pub status: super::AppointmentStatusWord,
    pub participants: Vec<MachineParticipant>,
}

/// Who takes part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct MachineParticipant {
    pub role: super::RoleWord,
    pub name: String,
}

/// `GET /api/admin/branding`: what was set, empty where the file of settings counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct BrandingState {
    pub name: String,
    pub telephone: String,
    /// `#rrggbb`
    pub color: String,
    pub has_logo: bool,
    /// As the file of settings says.
    pub file_name: String,
    pub file_telephone: String,
}

/// `PUT /api/admin/branding`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BrandingRequest {
    pub name: String,
    pub telephone: String,
    pub color: String,
}

/// `GET /api/admin/senders`: what messages go out by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct SendersState {
    /// Absent: nothing is sent by mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<MailSenderState>,
    /// Absent: nothing is sent by SMS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sms: Option<SmsSenderState>,
}

/// The hospital's mail server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct MailSenderState {
    /// It is set in the file, and changed there alone.
    pub is_of_file: bool,
    pub host: String,
    pub port: u16,
    pub security: MailSecurityWord,
    /// Empty: none is shown.
    pub user: String,
    /// The address that messages come from.
    pub from: String,
    /// Whoever is told when an emergency account is used.
    pub administrators: Vec<String>,
}

/// `PUT /api/admin/senders/email`
#[derive(Clone, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MailSenderRequest {
    pub host: String,
    pub port: u16,
    pub security: MailSecurityWord,
    pub user: String,
    /// Absent: as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    pub from: String,
    pub administrators: Vec<String>,
}

/// How the way to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum MailSecurityWord {
    Starttls,
    Tls,
    /// On this machine only.
    None,
}

/// The HTTP interface of whoever sends SMS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct SmsSenderState {
    /// It is set in the file, and changed there alone.
    pub is_of_file: bool,
    pub url: String,
    pub method: SmsMethodWord,
    pub content: SmsContentWord,
    /// With `{to}` and `{text}`.
    pub body: String,
    /// Names alone: what they hold may be secret.
    pub headers: Vec<String>,
}

/// `PUT /api/admin/senders/sms`
#[derive(Clone, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SmsSenderRequest {
    pub url: String,
    pub method: SmsMethodWord,
    pub content: SmsContentWord,
    pub body: String,
    pub headers: Vec<SmsHeaderRequest>,
}

/// A header of each request.
#[derive(Clone, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SmsHeaderRequest {
    pub name: String,
    /// Absent: as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// How each SMS is given out (RFC 9110 section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum SmsMethodWord {
    Post,
    Put,
}

/// How what stands in the places of the body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum SmsContentWord {
    Json,
    Form,
}

/// `POST /api/admin/senders/test`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrialRequest {
    pub channel: super::ChannelWord,
    /// An e-mail address or a telephone number.
    pub to: String,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct TrialOutcome {
    /// Why it did not go out; absent: the other side has taken it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<super::FailReasonWord>,
}

/// `GET /api/admin/sites`: one place of the hospital, by its services.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct SiteEntry {
    /// Empty: the services that have no site.
    pub site: String,
    pub services: Vec<String>,
}

/// `PUT /api/admin/sites`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SiteRequest {
    pub from: String,
    pub to: String,
}
