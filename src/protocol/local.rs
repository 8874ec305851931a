//! Accounts of the gateway itself: signing in with one, setting one up, and the administrators' page of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::StaffRoleWord;

/// `GET /api/local`: whether the sign-in page offers a local account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct LocalFacts {
    pub is_offered: bool,
}

/// `POST /api/local/sign-in`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LocalSignInRequest {
    pub user_name: String,
    pub password: String,
}

/// The answer: what the second step may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct LocalStepEntry {
    /// To be shown in the second step.
    pub ticket: String,
    /// The account has an app that shows codes.
    pub has_totp: bool,
    /// For `navigator.credentials.get`, as JSON; absent: the account has no passkey.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passkey: Option<String>,
}

/// `POST /api/local/second-step` and `POST /api/local/set-up/finish`: exactly one of the three.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecondStepRequest {
    pub ticket: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_code: Option<String>,
    /// What the device answered, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passkey: Option<String>,
}

/// `POST /api/local/set-up/look`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetUpLookRequest {
    pub secret: String,
}

/// The answer: what the one-time address is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct SetUpFacts {
    /// Of the first administrator, who says their own name.
    pub is_first: bool,
    pub name: String,
    pub roles: Vec<StaffRoleWord>,
    /// Of an account that is set up anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
}

/// `POST /api/local/set-up/begin`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetUpRequest {
    pub secret: String,
    pub user_name: String,
    /// Counts for the first administrator only.
    pub name: String,
    pub password: String,
}

/// The answer: what the second factor may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct SetUpFactors {
    pub ticket: String,
    /// The key for an app, in base32.
    pub totp_key: String,
    /// The same as an address (`otpauth:`), for a square code.
    pub totp_url: String,
    /// For `navigator.credentials.create`, as JSON; absent: passkeys cannot be used at this address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passkey: Option<String>,
}

/// The answer to the second step of a set-up; whoever made it is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct SetUpDone {
    /// Told this once.
    pub recovery_codes: Vec<String>,
}

/// `POST /api/local/accounts`: invites somebody. `POST /api/local/accounts/{account}/reset` has no body.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InviteRequest {
    pub name: String,
    pub roles: Vec<StaffRoleWord>,
}

/// The answer: a one-time address, told this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct InvitedEntry {
    pub address: String,
    #[schemars(extend("format" = "date-time"))]
    pub expires_at: String,
}

/// `GET /api/local/accounts`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct LocalAccountsState {
    pub accounts: Vec<LocalAccountEntry>,
    pub invitations: Vec<LocalInvitationEntry>,
    /// The last ones, the newest first.
    pub uses: Vec<LocalUseEntry>,
    /// Every use is told by mail too.
    pub is_mailed: bool,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct LocalAccountEntry {
    pub account: String,
    pub name: String,
    pub user_name: String,
    pub roles: Vec<StaffRoleWord>,
    pub has_totp: bool,
    pub passkeys: u32,
    pub recovery_codes: u32,
    #[schemars(extend("format" = "date-time"))]
    pub made_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub used_at: Option<String>,
    /// It is locked until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked_until: Option<String>,
    /// It is the one of whoever asks.
    pub is_own: bool,
}

/// One address that was given out and not used yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct LocalInvitationEntry {
    pub invitation: String,
    pub name: String,
    pub roles: Vec<StaffRoleWord>,
    /// For an account that is there, to be set up anew.
    pub is_reset: bool,
    #[schemars(extend("format" = "date-time"))]
    pub expires_at: String,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum LocalUseWord {
    Invited,
    InvitationWithdrawn,
    SetUp,
    SetUpAnew,
    SignedInPasskey,
    SignedInTotp,
    SignedInRecoveryCode,
    WrongPassword,
    WrongSecondFactor,
    Locked,
    Unlocked,
    Closed,
}

/// One line of what was done with local accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct LocalUseEntry {
    /// The user name, or the name of whoever was invited.
    pub user_name: String,
    pub what: LocalUseWord,
    /// Who did it, where that is somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    /// No administrator has said yet that they have read it.
    pub is_new: bool,
}

/// `POST /api/local/uses/seen`: everything until then was read.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeenRequest {
    pub until: String,
}

/// `GET /api/local/uses/unseen`: how many lines no administrator has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct UnseenUses {
    pub uses: u32,
}
