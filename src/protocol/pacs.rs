//! Archives of images (PACS): the administrators' page, and what the people of an appointment fetch from there.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::RefusedFile;
use crate::secret::Pii;

/// `GET /api/admin/pacs`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct PacsEntry {
    /// What addresses and the trail call it.
    pub pacs: String,
    pub label: String,
    /// The root of its DICOMweb services.
    pub address: String,
    pub sign_in: PacsSignInWord,
    /// Of a sign-in by password.
    pub user: String,
    /// Whose numbers of patients it knows; empty: the hospital's own.
    pub domain: String,
    /// For which services it is asked; empty: for all.
    pub services: Vec<String>,
    pub is_on: bool,
    /// When it was asked last and answered, since the gateway runs with these settings.
    #[schemars(extend("format" = "date-time"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached_at: Option<String>,
    /// It does not answer as it should since then.
    #[schemars(extend("format" = "date-time"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<String>,
}

/// How the gateway shows an archive who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum PacsSignInWord {
    None,
    /// User and password (RFC 7617).
    Password,
    /// A bearer token (RFC 6750).
    Token,
}

/// `POST /api/admin/pacs`, `PUT /api/admin/pacs/{pacs}`, `POST /api/admin/pacs-trial`
#[derive(Clone, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(optional_fields)]
pub struct PacsRequest {
    /// Small letters, digits and hyphens; never changed.
    pub pacs: String,
    pub label: String,
    pub address: String,
    pub sign_in: PacsSignInWord,
    #[serde(default)]
    pub user: String,
    /// Password or token. Absent: as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    #[serde(default)]
    pub domain: String,
    pub services: Vec<String>,
}

/// `POST /api/admin/pacs/{pacs}/switch`
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PacsSwitch {
    pub is_on: bool,
}

/// What a trial found, of `POST /api/admin/pacs/{pacs}/trial` too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct PacsTrial {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<PacsFaultWord>,
    /// Of the fault: an address, a status.
    pub about: String,
    /// In how many milliseconds it answered.
    pub took_ms: u32,
}

/// What is wrong with an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum PacsFaultWord {
    /// Its name stands for no address.
    NoAddress,
    /// Nobody answers there.
    NoConnection,
    /// Nothing, or next to nothing, came in time.
    Slow,
    /// Too much is asked of it already.
    Busy,
    /// Its certificate is not good.
    Untrusted,
    /// It is where no host may be: `networks` and `private` in `[egress]`.
    AddressForbidden,
    /// It does not take user, password or token.
    NotSignedIn,
    /// It sends elsewhere, where nobody goes.
    Redirected,
    /// It answered with another status.
    Status,
    /// More came than is taken.
    TooLong,
    /// What it answers is not DICOMweb.
    NotDicomweb,
    /// Its answer broke off.
    Cut,
}

/// `GET /api/appointments/{appointment}/pacs`: whom may be asked for the patient, and how far fetches are. It tells nothing of the patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct PacsState {
    /// Which participant is the patient.
    pub patient: String,
    pub nodes: Vec<PacsChoice>,
    /// Of this appointment, the newest last.
    pub fetches: Vec<FetchEntry>,
}

/// An archive that is on and serves the appointment's service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct PacsChoice {
    pub pacs: String,
    pub label: String,
    /// Whose numbers of patients it knows; empty: the hospital's own.
    pub domain: String,
    /// The number by which it knows the patient is known: it can be asked.
    pub has_number: bool,
    /// The domain is a register of national health identities: its number comes with a qualified identity, and is not typed here.
    pub is_national: bool,
}

/// `POST /api/appointments/{appointment}/pacs/search`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PacsSearch {
    pub pacs: String,
}

/// What an archive holds of the patient, or why that is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct PacsAnswer {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<PacsFaultWord>,
    pub about: String,
    /// The newest first.
    pub studies: Vec<PacsStudy>,
    /// How many of other patients it told of, which nobody asked for.
    pub dropped: u32,
    /// There are more.
    pub is_cut: bool,
}

/// A study in an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct PacsStudy {
    /// Study Instance UID.
    pub study: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    pub description: String,
    pub modalities: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instances: Option<u32>,
    #[ts(type = "string")]
    pub patient_name: Pii<String>,
    /// It is under that number, and names somebody else than the patient of the appointment.
    pub is_other_patient: bool,
    /// How many of its images are among the studies of the appointment.
    pub here: u32,
}

/// `POST /api/appointments/{appointment}/pacs/fetches`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FetchRequest {
    pub pacs: String,
    /// Study Instance UID, as the search told it.
    pub study: String,
}

/// A study that is fetched, or was. What came in stays, however it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct FetchEntry {
    pub fetch: String,
    /// Study Instance UID.
    pub study: String,
    /// What the archive is called.
    pub label: String,
    pub state: FetchWord,
    /// How many images the archive counts; absent: it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u32>,
    /// Images that are here now.
    pub received: u32,
    /// How many were not taken.
    pub refused_count: u32,
    /// The first of those.
    pub refused: Vec<RefusedFile>,
    /// Something of it names another patient.
    pub has_other_patient: bool,
    /// While it runs: nothing has come for so many seconds.
    pub quiet_s: u32,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<PacsFaultWord>,
    pub about: String,
}

/// Where a fetch stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum FetchWord {
    Running,
    /// All that the archive sent is here.
    Done,
    /// Somebody stopped it.
    Stopped,
    /// The archive failed: `fault` says how.
    Failed,
    /// The archive has no such study of the patient any more.
    Gone,
    /// The gateway's disk is full, or the study is larger than what it takes.
    Full,
    /// A fault of the gateway.
    Broken,
}

/// `POST /api/appointments/{appointment}/participants/{participant}/number`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PatientNumberRequest {
    #[ts(type = "string")]
    pub number: Pii<String>,
    /// Whose number it is; empty: the hospital's own.
    #[serde(default)]
    pub domain: String,
}

/// A number by which archives know a patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct PatientNumberEntry {
    pub participant: String,
    #[ts(type = "string")]
    pub number: Pii<String>,
    pub domain: String,
    /// The name of whoever wrote it down.
    pub by: String,
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
}
