//! JPEG XL (ISO/IEC 18181, PS3.5 section A.4.12), whatever it was made from: its samples come as RGB or as they are.

use super::{Coded, check_effort, same_size};
use crate::imaging::color::Color;
use crate::imaging::pixels::{DecodeError, PixelFormat};

/// What the decoder may use beside the frame, and how often the samples as single floats.
const SPARE_BYTES: usize = 48 << 20;
const COPIES: usize = 6;
const MAX_BYTES: usize = 768 << 20;

pub(super) fn decode(frame: &[u8], format: &PixelFormat) -> Result<Coded, DecodeError> {
    let fault = |error: &dyn std::fmt::Display| DecodeError::Codec(format!("JPEG XL: {error}"));
    check_effort(frame, format)?;
    let samples = format.pixels() * usize::from(format.samples);
    let limit = MAX_BYTES.min(samples * size_of::<f32>() * COPIES + SPARE_BYTES);
    let image = jxl_oxide::JxlImage::builder()
        .pool(jxl_oxide::JxlThreadPool::none())
        .alloc_tracker(jxl_oxide::AllocTracker::with_limit(limit))
        .read(frame)
        .map_err(|error| fault(&error))?;
    let channels = image.pixel_format().channels() as u64;
    same_size(format, image.width().into(), image.height().into(), channels)?;
    let depth = image.image_header().metadata.bit_depth;
    let bits = depth.bits_per_sample();
    if matches!(depth, jxl_oxide::image::BitDepth::FloatSample { .. }) {
        return Err(fault(
            &"its samples are floating point numbers, which this transfer syntax does not have",
        ));
    }
    if !(1..=16).contains(&bits) {
        return Err(fault(&format!("samples of {bits} bits are not decoded here")));
    }
    let render = image.render_frame(0).map_err(|error| fault(&error))?;
    let decoded = render.image_all_channels();
    if (decoded.width(), decoded.height()) != (format.columns as usize, format.rows as usize) {
        return Err(fault(&"the decoded frame has another size than the codestream says"));
    }
    let full_scale = ((1_u32 << bits) - 1) as f32;
    let levels = decoded.buf().iter().map(|tone| (tone * full_scale + 0.5).clamp(0.0, full_scale) as u16);
    let sample_bytes = if bits > 8 { 2 } else { 1 };
    let bytes = match sample_bytes {
        1 => levels.map(|level| level as u8).collect(),
        _ => levels.flat_map(u16::to_le_bytes).collect(),
    };
    let color = (format.samples == 3).then_some(Color::Rgb);
    Ok(Coded { color, bits: Some(bits as u16), ..Coded::new(bytes, sample_bytes, format) })
}

#[cfg(test)]
mod tests {
    use super::super::tests::format;
    use super::*;

    /// 8 x 4 pixels made with libjxl for this test: `place * 132` in 16 bits.
    const GRAY_XL: [u8; 109] = [
        0, 0, 0, 12, 74, 88, 76, 32, 13, 10, 135, 10, 0, 0, 0, 20, 102, 116, 121, 112, 106, 120, 108, 32, 0,
        0, 0, 0, 106, 120, 108, 32, 0, 0, 0, 9, 106, 120, 108, 108, 10, 0, 0, 0, 68, 106, 120, 108, 99, 255,
        10, 24, 112, 252, 0, 69, 139, 8, 4, 1, 0, 184, 0, 75, 24, 139, 21, 82, 108, 4, 209, 234, 14, 52, 177,
        160, 249, 89, 120, 138, 155, 16, 4, 65, 16, 4, 113, 242, 141, 86, 54, 30, 205, 141, 140, 158, 179,
        96, 33, 66, 116, 157, 147, 248, 158, 32, 8, 162, 19,
    ];
    /// The same size in colour: red and blue are `place * 8`, green is 255 less that.
    const COLOR_XL: [u8; 98] = [
        255, 10, 24, 112, 16, 9, 8, 4, 1, 0, 88, 1, 75, 40, 36, 198, 119, 21, 20, 76, 81, 48, 98, 67, 116,
        12, 30, 16, 99, 52, 98, 140, 138, 49, 198, 70, 197, 24, 139, 236, 24, 198, 24, 60, 132, 49, 24, 97,
        12, 14, 93, 32, 60, 0, 244, 111, 246, 90, 88, 101, 241, 80, 125, 21, 224, 103, 21, 240, 237, 39, 0,
        188, 186, 2, 0, 0, 239, 15, 192, 31, 153, 216, 207, 254, 127, 240, 251, 15, 119, 64, 146, 77, 131,
        235, 134, 213, 192, 22,
    ];

    #[test]
    fn jpeg_xl_without_loss_is_exact() {
        let gray = decode(&GRAY_XL, &format(1, 16)).unwrap();
        let expected: Vec<u8> = (0..32_u16).flat_map(|place| (place * 132).to_le_bytes()).collect();
        assert_eq!((gray.bytes, gray.sample_bytes, gray.color), (expected, 2, None));
        let color = decode(&COLOR_XL, &format(3, 8)).unwrap();
        let expected: Vec<u8> = (0..32).flat_map(|place| [place * 8, 255 - place * 8, place * 8]).collect();
        assert_eq!((color.bytes, color.sample_bytes, color.color), (expected, 1, Some(Color::Rgb)));
        assert!(matches!(decode(&GRAY_XL, &format(3, 8)), Err(DecodeError::SizeMismatch { .. })));
        assert!(matches!(decode(&GRAY_XL[..80], &format(1, 16)), Err(DecodeError::Codec(_))));
    }
}
