//! Access in an emergency, and who acts for whom.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::StaffRoleWord;
use crate::secret::Pii;

/// `POST /api/emergency/search`: either the patient's name and date of birth, both as they were booked, or exactly one appointment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(optional_fields)]
pub struct EmergencySearch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(as = "Option<String>")]
    pub name: Option<Pii<String>>,
    /// `1950-02-28`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(as = "Option<String>")]
    pub birth_date: Option<Pii<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appointment: Option<String>,
}

/// An appointment that was found: when it is, and nothing else before there is a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct EmergencyFound {
    pub appointment: String,
    #[schemars(extend("format" = "date-time"))]
    pub starts_at: String,
}

/// `POST /api/appointments/{appointment}/emergency`: why it must be seen, in at least twenty characters and three words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EmergencyRequest {
    #[ts(type = "string")]
    pub reason: Pii<String>,
}

/// One access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct EmergencyEntry {
    pub appointment: String,
    #[schemars(extend("format" = "date-time"))]
    pub starts_at: String,
    pub service: String,
    #[ts(type = "string")]
    pub patient: Pii<String>,
    /// Who has it.
    #[ts(type = "string")]
    pub by: Pii<String>,
    #[ts(type = "string")]
    pub reason: Pii<String>,
    #[schemars(extend("format" = "date-time"))]
    pub began_at: String,
    #[schemars(extend("format" = "date-time"))]
    pub ends_at: String,
}

/// `GET /api/emergency`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct EmergencyState {
    /// For how long an access is given.
    pub minutes: u32,
    /// One's own that are open.
    pub open: Vec<EmergencyEntry>,
    /// Those of others, of the last days, to appointments in which one is booked.
    pub told: Vec<EmergencyEntry>,
}

/// `POST /api/delegations`: whom, from when, until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DelegationRequest {
    pub to: String,
    /// RFC 3339 with offset.
    #[schemars(extend("format" = "date-time"))]
    pub starts_at: String,
    #[schemars(extend("format" = "date-time"))]
    pub ends_at: String,
}

/// A delegation, as one of its two sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct DelegationEntry {
    pub delegation: String,
    /// The other one.
    pub practitioner: String,
    #[ts(type = "string")]
    pub name: Pii<String>,
    #[schemars(extend("format" = "date-time"))]
    pub starts_at: String,
    #[schemars(extend("format" = "date-time"))]
    pub ends_at: String,
    pub is_in_force: bool,
}

/// Whom one may let act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct DelegationCandidate {
    pub practitioner: String,
    #[ts(type = "string")]
    pub name: Pii<String>,
    pub roles: Vec<StaffRoleWord>,
}

/// `GET /api/delegations`: those that are not over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct DelegationState {
    /// Who acts for oneself.
    pub given: Vec<DelegationEntry>,
    /// For whom one acts.
    pub received: Vec<DelegationEntry>,
    /// Empty for whoever can let nobody act.
    pub candidates: Vec<DelegationCandidate>,
}
