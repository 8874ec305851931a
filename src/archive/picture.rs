//! Pictures: rendered and encoded frames, and what names them in the cache.

use std::sync::Arc;

use bytes::Bytes;
use thiserror::Error;

use crate::imaging::{
    ContentHash, Document, FrameFacts, FrameNumber, PictureFormat, Presentation, Quality, Surface, View,
    VoiChoice,
};

/// An encoded picture of exactly its surface's size.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    pub bytes: Bytes,
    pub format: PictureFormat,
    pub width: u32,
    pub height: u32,
    /// Made from all of the frame's resolution; else it is a first look, and the same request again gives the whole one.
    pub is_whole: bool,
    /// What the frame tells of itself.
    pub facts: Arc<FrameFacts>,
}

/// What an object that is no picture is shown as.
#[derive(Clone, Debug, PartialEq)]
pub enum ShownContent {
    Text(Document),
    /// The bytes of a PDF.
    Pages(Bytes),
    /// A sound file and its media type.
    Sound(Bytes, String),
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
    voi: (u8, u64, u64),
    is_inverted: bool,
    has_overlays: bool,
    has_shutters: bool,
    is_subtracted: bool,
    state: Option<ContentHash>,
    range: Option<(u64, u64)>,
    view: [u64; 3],
    turn: (u8, bool),
    surface: Surface,
    quality: Quality,
}

impl From<&PictureRequest> for PictureKey {
    fn from(request: &PictureRequest) -> Self {
        let PictureRequest { content, frame, presentation, view, surface, quality } = *request;
        let Presentation { voi, is_inverted, has_overlays, has_shutters, is_subtracted, state, range } =
            presentation;
        let voi = match voi {
            VoiChoice::Object => (0, 0, 0),
            VoiChoice::Window(window) => (1, window.center.to_bits(), window.width.to_bits()),
            VoiChoice::Alternative(number) => (2, u64::from(number), 0),
        };
        let range = range.map(|(low, high)| (low.to_bits(), high.to_bits()));
        let turn = (view.quarter_turns, view.is_flipped);
        let view = [view.zoom.to_bits(), view.center.0.to_bits(), view.center.1.to_bits()];
        Self {
            content,
            frame,
            voi,
            is_inverted,
            has_overlays,
            has_shutters,
            is_subtracted,
            state,
            range,
            view,
            turn,
            surface,
            quality,
        }
    }
}
