//! Pictures: binary WebSocket messages, `u32` little-endian length of the header, the header as JSON, then PNG or JPEG bytes.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::PictureFormatWord;

/// The header of a binary message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PictureHeader {
    /// Counts the pictures of this connection; `drawn` repeats it. At most two are under way.
    pub sequence: u32,
    /// Revision of the viewing that the picture shows.
    pub revision: u32,
    /// Place in the stack, from 0.
    pub index: u32,
    pub width: u32,
    pub height: u32,
    pub format: PictureFormatWord,
    /// The rendered pixels exactly; otherwise the client shows the lossy mark until the sharp one is there.
    pub is_lossless: bool,
}

impl PictureHeader {
    /// The binary message of this header and these encoded bytes.
    pub fn frame(&self, picture: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
        let header = serde_json::to_vec(self)?;
        let length = u32::try_from(header.len()).unwrap_or(u32::MAX);
        let mut message = Vec::with_capacity(4 + header.len() + picture.len());
        message.extend_from_slice(&length.to_le_bytes());
        message.extend_from_slice(&header);
        message.extend_from_slice(picture);
        Ok(message)
    }
}
