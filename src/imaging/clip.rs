//! Where the stream of a video object lies (PS3.5 section 8.2.5 and following), for whoever decodes it. Nothing of the stream is read here.

use dicom_dictionary_std::tags;
use serde::{Deserialize, Serialize};

use super::plain::{self, Plain};
use super::read::Object;
use super::scan::PixelElement;
use super::{ObjectKind, dataset, header};

/// The most frames of a clip: hours of it.
pub const MAX_FRAMES: u32 = 1_000_000;

/// The stream of a clip.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Clip {
    /// The parts of the file that make up the stream, as start and length in bytes. Empty: the whole file.
    pub parts: Vec<(u64, u64)>,
    /// As the object says; `None` for a plain file, whose container says it.
    pub frames: Option<u32>,
    /// From a frame to the next, ms, as the object says.
    pub frame_ms: Option<f64>,
}

/// The clip in the bytes of a plain file; `None` when it is something else.
pub fn plain_clip(bytes: &[u8]) -> Option<Clip> {
    (plain::recognise(bytes) == Some(Plain::Video)).then(Clip::default)
}

/// The clip of an object; `None` when it is no video.
pub fn clip(object: &Object<'_>) -> Option<Clip> {
    let set = object.dataset();
    if header::kind(object, &header::class_uid(set)) != ObjectKind::Video {
        return None;
    }
    let Some(PixelElement::Encapsulated { fragments, .. }) = object.pixels() else { return None };
    let parts: Vec<_> = fragments.iter().map(|part| (part.start as u64, part.len() as u64)).collect();
    // Without any part it would be taken for a plain file.
    if parts.is_empty() {
        return None;
    }
    let per_second = |tag| dataset::number(set, tag).filter(|rate| *rate > 0.0).map(|rate| 1000.0 / rate);
    let frame_ms = dataset::number(set, tags::FRAME_TIME)
        .filter(|ms| *ms > 0.0)
        .or_else(|| per_second(tags::CINE_RATE))
        .or_else(|| per_second(tags::RECOMMENDED_DISPLAY_FRAME_RATE));
    Some(Clip { parts, frames: Some(header::frames(object)), frame_ms })
}
