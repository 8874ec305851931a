//! Binary WebSocket messages: `u32` little-endian length of the header, the header as JSON, then the bytes of a picture, or of
//! a document or sound that is on show. A header with `mediaType` is of the second kind.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::PictureFormatWord;

/// The header of a binary message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct PictureHeader {
    /// Counts the pictures of this connection; `drawn` repeats it. At most two of a viewport are under way.
    pub sequence: u32,
    pub viewport: u8,
    /// Of the view that this person has alone.
    pub is_own: bool,
    /// As `magnify` asked for it; then `width` and `height` are those of the magnifier, and the whole picture is its part.
    pub is_magnified: bool,
    /// As `picture` of what is on show in the viewport.
    pub revision: u32,
    /// Place in the stack, from 0.
    pub index: u32,
    pub width: u32,
    pub height: u32,
    /// The surface that it is for, as the client last told it when the picture was ordered.
    pub surface_width: u32,
    pub surface_height: u32,
    /// What of the picture fills that surface: left, top, width and height in pixels of the picture. It may reach beyond the
    /// picture, where nothing is. Pictures are shared among surfaces that are nearly alike, and scaled down by the client.
    pub part: [f64; 4],
    pub format: PictureFormatWord,
    /// The rendered pixels exactly; otherwise the client shows the lossy mark until the sharp one is there.
    pub is_lossless: bool,
}

/// The header of a binary message that brings a whole file: the pages of a PDF, a sound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct ContentHeader {
    pub viewport: u8,
    pub is_own: bool,
    /// As `picture` of what is on show in the viewport.
    pub revision: u32,
    /// Place in the stack, from 0.
    pub index: u32,
    /// `application/pdf`, `audio/wav`.
    pub media_type: String,
}

impl PictureHeader {
    /// The binary message of this header and these encoded bytes.
    pub fn frame(&self, picture: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
        frame(&serde_json::to_vec(self)?, picture)
    }
}

impl ContentHeader {
    /// The binary message of this header and this file.
    pub fn frame(&self, file: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
        frame(&serde_json::to_vec(self)?, file)
    }
}

fn frame(header: &[u8], bytes: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    let length = u32::try_from(header.len()).unwrap_or(u32::MAX);
    let mut message = Vec::with_capacity(4 + header.len() + bytes.len());
    message.extend_from_slice(&length.to_le_bytes());
    message.extend_from_slice(header);
    message.extend_from_slice(bytes);
    Ok(message)
}
