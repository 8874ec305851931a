//! Bodies of the HTTP interface about folders that people outside fill by a link.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::clinical::{FileReader, FolderClosed};
use crate::secret::Pii;

/// Whether files go into a folder now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum FolderWord {
    Open,
    /// A guest opens their door first, with what they can show besides the link.
    PassNeeded,
    Unknown,
    Revoked,
    Expired,
    Over,
}

/// How a page of staff shows a file in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum ReaderWord {
    Pdf,
    Image,
    Text,
    Video,
    Sound,
    /// It is only offered for saving.
    None,
}

/// `POST /api/appointments/{id}/upload-folders`: a link for a centre outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FolderRequest {
    /// What the centre is called; it sees it too.
    #[ts(type = "string")]
    pub label: Pii<String>,
    pub quota_mib: u32,
    pub quota_files: u32,
    pub days: u32,
}

/// Answer to it: the only time that the link is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct IssuedFolder {
    pub folder: FolderEntry,
    /// The whole address; its secret stands behind `#`, which browsers send to nobody.
    pub address: String,
}

/// One entry of `GET /api/appointments/{id}/upload-folders`, by time of making.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct FolderEntry {
    pub folder: String,
    #[ts(type = "string")]
    pub label: Pii<String>,
    /// It is a guest's, who sends by their personal link.
    pub is_guest: bool,
    pub state: FolderWord,
    #[schemars(extend("format" = "date-time"))]
    pub expires_at: String,
    pub quota_bytes: f64,
    pub quota_files: u32,
    pub used_bytes: f64,
    pub used_files: u32,
}

/// Answer to `POST /api/upload/look` (`Authorization: Link ...`), which changes nothing. No name of a patient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct UploadLook {
    pub state: FolderWord,
    /// By a personal link: words for a patient.
    pub is_guest: bool,
    /// What a centre is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(type = "string")]
    pub label: Option<Pii<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub expires_at: Option<String>,
    pub bytes_left: f64,
    pub files_left: u32,
    /// The largest single file, in bytes.
    pub max_bytes: f64,
}

/// `POST /api/upload/receipt`: whether these bytes came through this folder before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReceiptRequest {
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// Answer to `POST /api/upload`, and to `POST /api/upload/receipt`: what the sender is told, and all that they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct UploadReceipt {
    pub receipt: String,
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    pub bytes: f64,
    /// Of what has come, computed here.
    pub sha256: String,
    /// Medical images in it; 0 for a document.
    pub objects: u32,
    /// Files in it that were not taken.
    pub refused: u32,
    /// It had come before, and was not kept a second time.
    pub is_known: bool,
}

/// One entry of `GET /api/appointments/{id}/received`, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct ReceivedEntry {
    pub upload: String,
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    #[ts(type = "string")]
    pub name: Pii<String>,
    /// Of the folder.
    #[ts(type = "string")]
    pub label: Pii<String>,
    pub is_guest: bool,
    pub bytes: f64,
    pub sha256: String,
    /// Medical images, which are among the studies; 0 for a file.
    pub objects: u32,
    pub refused: u32,
    /// Some of them name another patient than the appointment has: staff check.
    pub is_other_patient: bool,
    /// Staff put it among the images of the visit.
    pub is_among_images: bool,
    pub reader: ReaderWord,
    pub media_type: String,
}

impl From<FolderClosed> for FolderWord {
    fn from(closed: FolderClosed) -> Self {
        match closed {
            FolderClosed::Revoked => Self::Revoked,
            FolderClosed::Expired => Self::Expired,
            FolderClosed::Over => Self::Over,
        }
    }
}

impl From<FileReader> for ReaderWord {
    fn from(reader: FileReader) -> Self {
        match reader {
            FileReader::Pdf => Self::Pdf,
            FileReader::Image => Self::Image,
            FileReader::Text => Self::Text,
            FileReader::Video => Self::Video,
            FileReader::Sound => Self::Sound,
            FileReader::None => Self::None,
        }
    }
}
