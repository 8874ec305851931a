//! What the marker segments of JPEG and JPEG-LS say before the data (ITU-T T.81 annex B, T.87 annex C, T.871, Adobe TN 5116).

use crate::imaging::color::Color;
use crate::imaging::pixels::PixelFormat;

/// How a JPEG is coded (ITU-T T.81 table B.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Process {
    /// By DCT: baseline, extended or progressive.
    Dct {
        is_arithmetic: bool,
    },
    Lossless {
        is_arithmetic: bool,
    },
    /// Differential frames that refine others.
    Hierarchical,
    /// ISO/IEC 14495.
    JpegLs,
}

/// The header of a frame, and what stands before it.
pub(super) struct JpegMarks {
    pub(super) process: Process,
    /// Of a sample.
    pub(super) bits: u8,
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) component_ids: Vec<u8>,
    /// Components behind the first have fewer samples, across or down.
    is_subsampled: bool,
    has_jfif: bool,
    adobe_transform: Option<u8>,
}

impl JpegMarks {
    pub(super) fn read(frame: &[u8]) -> Option<Self> {
        let (mut has_jfif, mut adobe_transform) = (false, None);
        for (marker, body) in segments(frame) {
            let process = match marker {
                0xE0 if body.starts_with(b"JFIF\0") => {
                    has_jfif = true;
                    continue;
                }
                0xEE if body.starts_with(b"Adobe") => {
                    adobe_transform = body.get(11).copied();
                    continue;
                }
                0xC0..=0xC2 => Process::Dct { is_arithmetic: false },
                0xC3 => Process::Lossless { is_arithmetic: false },
                0xC9 | 0xCA => Process::Dct { is_arithmetic: true },
                0xCB => Process::Lossless { is_arithmetic: true },
                0xC5..=0xC7 | 0xCD..=0xCF | 0xDE => Process::Hierarchical,
                0xF7 => Process::JpegLs,
                0xDA => return None,
                _ => continue,
            };
            let word = |i: usize| Some(u16::from_be_bytes([*body.get(i)?, *body.get(i + 1)?]));
            let components = usize::from(*body.get(5)?);
            let parts = body.get(6..6 + 3 * components)?.as_chunks::<3>().0;
            // Across in the upper half of a byte, down in the lower one (T.81 B.2.2).
            let factors = |[_, both, _]: &[u8; 3]| (both >> 4, both & 15);
            let (across, down) = parts.first().map_or((0, 0), factors);
            return Some(Self {
                process,
                bits: *body.first()?,
                height: word(1)?,
                width: word(3)?,
                component_ids: parts.iter().map(|[id, ..]| *id).collect(),
                is_subsampled: parts.len() > 1
                    && parts[1..].iter().map(factors).all(|(x, y)| x < across || y < down),
                has_jfif,
                adobe_transform,
            });
        }
        None
    }

    /// The codestream is trusted over the header (PS3.5 section 8.2.1); the header decides where it says nothing.
    pub(super) fn color(&self, format: &PixelFormat) -> Option<Color> {
        if self.component_ids.len() != 3 || self.process == Process::JpegLs {
            return None;
        }
        match self.adobe_transform {
            Some(0) => return Some(Color::Rgb),
            Some(_) => return Some(Color::Ybr),
            None => {}
        }
        if self.has_jfif {
            return Some(Color::Ybr);
        }
        let is_lossless = matches!(self.process, Process::Lossless { .. });
        match self.component_ids[..] {
            [b'R', b'G', b'B'] => Some(Color::Rgb),
            // Red, green and blue have as many samples each, whatever the header says (PS3.3 C.7.6.3.1.2).
            _ if self.is_subsampled && format.color != Some(Color::YbrPartial) => Some(Color::Ybr),
            // Lossless processes transform nothing unless the header says that it was done before.
            // Only JFIF and Adobe say that the range is full.
            [1, 2, 3] if !is_lossless && format.color == Some(Color::YbrPartial) => Some(Color::YbrPartial),
            [1, 2, 3] if !is_lossless && format.color != Some(Color::Rgb) => Some(Color::Ybr),
            _ => None,
        }
    }
}

/// The most scans of a JPEG of so many pixels: each may cost a few bytes and touch every pixel. What people exchange has about ten.
pub(super) fn most_scans(pixels: usize) -> u32 {
    ((1 << 30) / pixels.max(1)).clamp(20, 200) as u32
}

/// The marker segments from the start of an image to its first scan, that one included.
pub(super) fn segments(frame: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut at = if frame.starts_with(&[0xFF, 0xD8]) { 2 } else { frame.len() };
    let mut is_over = false;
    std::iter::from_fn(move || {
        if is_over {
            return None;
        }
        // Fill bytes may stand before a marker.
        while frame.get(at) == Some(&0xFF) && frame.get(at + 1) == Some(&0xFF) {
            at += 1;
        }
        if *frame.get(at)? != 0xFF {
            return None;
        }
        let marker = *frame.get(at + 1)?;
        is_over = marker == 0xDA;
        let length = usize::from(u16::from_be_bytes([*frame.get(at + 2)?, *frame.get(at + 3)?]));
        let body = frame.get(at + 4..at + 2 + length)?;
        at += 2 + length;
        Some((marker, body))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn marks_of_any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = JpegMarks::read(&[&[0xFF, 0xD8], &bytes[..]].concat());
        }
    }
}
