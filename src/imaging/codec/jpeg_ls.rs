//! JPEG-LS (ISO/IEC 14495-1, PS3.5 section A.4.3).

use super::marks::segments;
use super::{Coded, interleave, same_size};
use crate::imaging::pixels::{DecodeError, PixelFormat};

pub(super) fn decode(frame: &[u8], format: &PixelFormat) -> Result<Coded, DecodeError> {
    let fault = |error: &dyn std::fmt::Display| DecodeError::Codec(format!("JPEG-LS: {error}"));
    let mut codec = charls::CharLS::default();
    let info = codec.get_frame_info(frame).map_err(|error| fault(&error))?;
    same_size(format, info.width.into(), info.height.into(), info.component_count.try_into().unwrap_or(0))?;
    // Without an end mark behind its last scan (ISO/IEC 14495-1 C.1.1) the stream is cut, and CharLS computes without end behind the cut.
    let last = |marker| frame.windows(2).rposition(|pair| pair == [0xFF, marker]);
    if last(0xD9) <= last(0xDA) {
        return Err(fault(&"the stream ends too early"));
    }
    let sample_bytes = if info.bits_per_sample > 8 { 2 } else { 1 };
    let bytes = charls::CharLS::default().decode(frame).map_err(|error| fault(&error))?;
    // Interleave mode of the first scan (ISO/IEC 14495-1 C.2.3): 0 gives one plane after the other.
    let mode = segments(frame)
        .find(|(marker, _)| *marker == 0xDA)
        .and_then(|(_, scan)| Some(*scan.get(1 + 2 * usize::from(*scan.first()?) + 1)?));
    let samples = usize::from(format.samples);
    let is_planar = samples > 1 && mode == Some(0);
    let bytes = if is_planar { interleave(&bytes, samples, sample_bytes) } else { bytes };
    let bits = u16::try_from(info.bits_per_sample).ok();
    Ok(Coded { bits, ..Coded::new(bytes, sample_bytes, format) })
}
