//! Pictures: rendered and encoded frames, and what names them in the cache.

use bytes::Bytes;
use thiserror::Error;

use crate::imaging::{ContentHash, FrameNumber, PictureFormat, Presentation, Quality, Surface, View, Window};

/// An encoded picture of exactly its surface's size.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    pub bytes: Bytes,
    pub format: PictureFormat,
    pub width: u32,
    pub height: u32,
    /// The window that was used; `None` for colour.
    pub window: Option<Window>,
    /// Height over width of the frame as displayed.
    pub aspect: f64,
}

/// Why a frame is not shown: one sentence, without anything personal.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PictureError {
    /// The object says something that cannot be shown.
    #[error("{0}")]
    CannotShow(String),
    /// The child process died or was stopped on this object; the next request finds a new one.
    #[error("the decoder stopped: {0}")]
    DecoderStopped(String),
    #[error("the decoder cannot be started")]
    NoDecoder,
}

/// Everything that makes a picture what it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PictureRequest {
    pub content: ContentHash,
    pub frame: FrameNumber,
    pub presentation: Presentation,
    pub view: View,
    pub surface: Surface,
    pub quality: Quality,
}

/// A request as the cache knows it. Numbers are compared bit by bit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PictureKey {
    content: ContentHash,
    frame: FrameNumber,
    window: Option<(u64, u64)>,
    is_inverted: bool,
    view: [u64; 3],
    surface: Surface,
    quality: Quality,
}

impl From<&PictureRequest> for PictureKey {
    fn from(request: &PictureRequest) -> Self {
        let PictureRequest { content, frame, presentation, view, surface, quality } = *request;
        let window = presentation.window.map(|window| (window.center.to_bits(), window.width.to_bits()));
        let view = [view.zoom.to_bits(), view.center.0.to_bits(), view.center.1.to_bits()];
        Self { content, frame, window, is_inverted: presentation.is_inverted, view, surface, quality }
    }
}
