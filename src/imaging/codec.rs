//! Compressed frames: what the codecs give, checked against the header before they may allocate anything.
//!
//! Places kept for what is missing: video, reduced resolutions.

use std::io::Read;

use dicom_dictionary_std::uids;

use super::color::Color;
use super::pixels::{DecodeError, PixelFormat};
use super::{jpeg, rle};

/// The syntax whose frames [`inflate`] opens.
pub(super) const DEFLATED_FRAMES: &str = "1.2.840.10008.1.2.8.1";

/// What a JPEG XL decoder may use.
const MAX_JPEG_XL_BYTES: usize = 768 << 20;

/// Decoded samples, interleaved, words in little endian.
pub(super) struct Coded {
    pub(super) bytes: Vec<u8>,
    pub(super) sample_bytes: usize,
    /// What the samples mean, where the codestream says so and not the header (PS3.5 section 8.2).
    pub(super) color: Option<Color>,
}

/// Decodes one frame of an encapsulated syntax.
pub(super) fn decode(frame: &[u8], syntax_uid: &str, format: &PixelFormat) -> Result<Coded, DecodeError> {
    let jpeg_process =
        syntax_uid.strip_prefix("1.2.840.10008.1.2.4.").and_then(|rest| rest.parse::<u16>().ok());
    match jpeg_process {
        // Retired processes too: the codestream names its process itself.
        Some(50..=70) => jpeg(frame, format),
        Some(110..=112) => jpeg_xl(frame, format),
        Some(80 | 81) => jpeg_ls(frame, format),
        Some(90..=93 | 201..=203) => jpeg_2000(frame, format),
        _ if syntax_uid == uids::RLE_LOSSLESS => {
            let sample_bytes = usize::from(format.bits_allocated).div_ceil(8);
            if format.bits_allocated < 8 {
                return Err(DecodeError::Codec("RLE of single bits is not defined".to_owned()));
            }
            let bytes = rle::decode(frame, format.pixels(), usize::from(format.samples), sample_bytes)?;
            Ok(Coded { bytes, sample_bytes, color: None })
        }
        _ => Err(DecodeError::UnknownSyntax(syntax_uid.to_owned())),
    }
}

fn same_size(format: &PixelFormat, width: u64, height: u64, samples: u64) -> Result<(), DecodeError> {
    let expected = (u64::from(format.columns), u64::from(format.rows), u64::from(format.samples));
    if (width, height, samples) == expected {
        return Ok(());
    }
    Err(DecodeError::SizeMismatch { header: expected, codestream: (width, height, samples) })
}

fn jpeg(frame: &[u8], format: &PixelFormat) -> Result<Coded, DecodeError> {
    let fault = |error: jpeg_decoder::Error| DecodeError::Codec(format!("JPEG: {error}"));
    let marks = JpegMarks::read(frame)
        .ok_or_else(|| DecodeError::Codec("JPEG: there is no frame header".to_owned()))?;
    same_size(format, marks.width.into(), marks.height.into(), marks.component_ids.len() as u64)?;
    if !marks.is_lossless && marks.bits == 8 && format.samples == 1 {
        // The library that most others decode with: a level of difference is many where a window is narrow.
        if let Ok(bytes) = gray_jpeg(frame, format) {
            return Ok(Coded { bytes, sample_bytes: 1, color: None });
        }
    }
    if !marks.is_lossless && marks.bits == 12 {
        let decoded = jpeg::decode(frame).map_err(|why| DecodeError::Codec(format!("JPEG: {why}")))?;
        let bytes = decoded.samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        return Ok(Coded { bytes, sample_bytes: 2, color: marks.color(format) });
    }
    let mut decoder = jpeg_decoder::Decoder::new(frame);
    // Components as they are stored, side by side; colour is a stage of its own.
    decoder.set_color_transform(match format.samples {
        1 => jpeg_decoder::ColorTransform::Grayscale,
        3 => jpeg_decoder::ColorTransform::RGB,
        _ => jpeg_decoder::ColorTransform::CMYK,
    });
    let bytes = decoder.decode().map_err(fault)?;
    let info =
        decoder.info().ok_or_else(|| DecodeError::Codec("JPEG: there is no frame header".to_owned()))?;
    let is_wide = info.pixel_format == jpeg_decoder::PixelFormat::L16;
    let bytes = if is_wide {
        // The decoder writes words in the order of the machine.
        bytes.chunks_exact(2).flat_map(|pair| u16::from_ne_bytes([pair[0], pair[1]]).to_le_bytes()).collect()
    } else {
        bytes
    };
    Ok(Coded { bytes, sample_bytes: if is_wide { 2 } else { 1 }, color: marks.color(format) })
}

fn gray_jpeg(frame: &[u8], format: &PixelFormat) -> turbojpeg::Result<Vec<u8>> {
    let mut pixels = vec![0; format.pixels()];
    let image = turbojpeg::Image {
        pixels: &mut pixels[..],
        width: format.columns as usize,
        pitch: format.columns as usize,
        height: format.rows as usize,
        format: turbojpeg::PixelFormat::GRAY,
    };
    turbojpeg::Decompressor::new()?.decompress(frame, image)?;
    Ok(pixels)
}

/// What the markers of a JPEG say before its data (ITU-T T.81 annex B, T.871, Adobe TN 5116).
struct JpegMarks {
    /// Of a sample.
    bits: u8,
    width: u16,
    height: u16,
    component_ids: Vec<u8>,
    is_lossless: bool,
    has_jfif: bool,
    adobe_transform: Option<u8>,
}

impl JpegMarks {
    fn read(frame: &[u8]) -> Option<Self> {
        let (mut has_jfif, mut adobe_transform) = (false, None);
        for (marker, body) in segments(frame) {
            match marker {
                0xE0 if body.starts_with(b"JFIF\0") => has_jfif = true,
                0xEE if body.starts_with(b"Adobe") => adobe_transform = body.get(11).copied(),
                // Start of frame, every process; C4, C8 and CC are other things.
                0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                    let word = |i: usize| Some(u16::from_be_bytes([*body.get(i)?, *body.get(i + 1)?]));
                    let components = usize::from(*body.get(5)?);
                    return Some(Self {
                        bits: *body.first()?,
                        height: word(1)?,
                        width: word(3)?,
                        component_ids: body.get(6..6 + 3 * components)?.iter().step_by(3).copied().collect(),
                        is_lossless: marker & 3 == 3,
                        has_jfif,
                        adobe_transform,
                    });
                }
                _ => {}
            }
        }
        None
    }

    /// The codestream is trusted over the header (PS3.5 section 8.2.1); the header decides where it says nothing.
    fn color(&self, format: &PixelFormat) -> Option<Color> {
        if self.component_ids.len() != 3 {
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
        match self.component_ids[..] {
            [b'R', b'G', b'B'] => Some(Color::Rgb),
            // Lossless processes transform nothing unless the header says that it was done before.
            [1, 2, 3] if !self.is_lossless && format.color != Some(Color::Rgb) => Some(Color::Ybr),
            _ => None,
        }
    }
}

/// The marker segments from the start of an image to its first scan.
fn segments(frame: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut at = if frame.starts_with(&[0xFF, 0xD8]) { 2 } else { frame.len() };
    std::iter::from_fn(move || {
        // Fill bytes may stand before a marker.
        while frame.get(at) == Some(&0xFF) && frame.get(at + 1) == Some(&0xFF) {
            at += 1;
        }
        if *frame.get(at)? != 0xFF {
            return None;
        }
        let marker = *frame.get(at + 1)?;
        let length = usize::from(u16::from_be_bytes([*frame.get(at + 2)?, *frame.get(at + 3)?]));
        let body = frame.get(at + 4..at + 2 + length)?;
        at += 2 + length;
        Some((marker, body))
    })
}

fn jpeg_ls(frame: &[u8], format: &PixelFormat) -> Result<Coded, DecodeError> {
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
    Ok(Coded { bytes, sample_bytes, color: None })
}

fn jpeg_2000(frame: &[u8], format: &PixelFormat) -> Result<Coded, DecodeError> {
    let fault = |what: &str| DecodeError::Codec(format!("JPEG 2000: {what}"));
    let marks = J2kMarks::read(frame).ok_or_else(|| fault("there is no image size"))?;
    same_size(format, marks.width, marks.height, marks.components)?;
    let image = jpeg2k::Image::from_bytes(frame).map_err(|error| fault(&error.to_string()))?;
    let components = image.components();
    let (columns, rows) = (format.columns as usize, format.rows as usize);
    if components.len() != usize::from(format.samples) {
        return Err(fault(&format!("{} components were decoded", components.len())));
    }
    let precision = components.iter().map(|component| component.precision()).max().unwrap_or(8);
    let sample_bytes = match precision {
        0..=8 => 1,
        9..=16 => 2,
        _ => 4,
    };
    let stride = components.len() * sample_bytes;
    let mut bytes = vec![0; columns * rows * stride];
    for (place, component) in components.iter().enumerate() {
        let (width, height) = (component.width() as usize, component.height() as usize);
        let data = component.data();
        if width == 0 || height == 0 || data.len() < width * height {
            return Err(fault("a component is empty"));
        }
        for (row, line) in bytes.chunks_exact_mut(columns * stride).enumerate() {
            // Components may have fewer samples than the image (chroma).
            let source = &data[(row * height / rows) * width..][..width];
            for (column, pixel) in line.chunks_exact_mut(stride).enumerate() {
                let value = source[if width == columns { column } else { column * width / columns }];
                pixel[place * sample_bytes..][..sample_bytes]
                    .copy_from_slice(&value.to_le_bytes()[..sample_bytes]);
            }
        }
    }
    // The decoder undoes the component transform; without one the header decides.
    let color = (marks.has_component_transform && format.samples == 3).then_some(Color::Rgb);
    Ok(Coded { bytes, sample_bytes, color })
}

/// ISO/IEC 18181, whatever it was made from (PS3.5 section A.4.12): its samples come as RGB or as they are.
fn jpeg_xl(frame: &[u8], format: &PixelFormat) -> Result<Coded, DecodeError> {
    let fault = |error: &dyn std::fmt::Display| DecodeError::Codec(format!("JPEG XL: {error}"));
    let image = jxl_oxide::JxlImage::builder()
        .alloc_tracker(jxl_oxide::AllocTracker::with_limit(MAX_JPEG_XL_BYTES))
        .read(frame)
        .map_err(|error| fault(&error))?;
    let channels = image.pixel_format().channels() as u64;
    same_size(format, image.width().into(), image.height().into(), channels)?;
    let bits = image.image_header().metadata.bit_depth.bits_per_sample();
    if !(1..=16).contains(&bits) {
        return Err(fault(&format!("samples of {bits} bits")));
    }
    let render = image.render_frame(0).map_err(|error| fault(&error))?;
    let decoded = render.image_all_channels();
    let full_scale = ((1_u32 << bits) - 1) as f32;
    let levels = decoded.buf().iter().map(|tone| (tone * full_scale + 0.5).clamp(0.0, full_scale) as u16);
    let sample_bytes = if bits > 8 { 2 } else { 1 };
    let bytes = match sample_bytes {
        1 => levels.map(|level| level as u8).collect(),
        _ => levels.flat_map(u16::to_le_bytes).collect(),
    };
    Ok(Coded { bytes, sample_bytes, color: (format.samples == 3).then_some(Color::Rgb) })
}

/// SIZ and COD of the main header (ISO/IEC 15444-1 A.5.1, A.6.1).
struct J2kMarks {
    width: u64,
    height: u64,
    components: u64,
    has_component_transform: bool,
}

impl J2kMarks {
    fn read(frame: &[u8]) -> Option<Self> {
        // Inside a JP2 file the codestream starts later.
        let start = frame.windows(4).take(4096).position(|four| four == [0xFF, 0x4F, 0xFF, 0x51])?;
        let long = |i: usize| {
            Some(u64::from(u32::from_be_bytes(frame.get(start + i..start + i + 4)?.try_into().ok()?)))
        };
        let word = |i: usize| Some(u16::from_be_bytes(frame.get(start + i..start + i + 2)?.try_into().ok()?));
        let (width, height) = (long(8)?.checked_sub(long(16)?)?, long(12)?.checked_sub(long(20)?)?);
        let components = u64::from(word(40)?);
        let mut at = 2;
        let mut has_component_transform = false;
        // Until the first tile.
        while let Some(marker) = word(at).filter(|&marker| marker != 0xFF90) {
            if marker == 0xFF52 {
                has_component_transform = frame.get(start + at + 8).copied() == Some(1);
            }
            at += 2 + usize::from(word(at + 2)?);
        }
        Some(Self { width, height, components, has_component_transform })
    }
}

/// Deflated Image Frame Compression (PS3.5 section A.4.13): the bytes of a native frame.
pub(super) fn inflate(frame: &[u8], format: &PixelFormat) -> Result<Vec<u8>, DecodeError> {
    let need = format.native_frame_bits().div_ceil(8);
    let mut bytes = Vec::new();
    flate2::read::DeflateDecoder::new(frame)
        .take(need)
        .read_to_end(&mut bytes)
        .map_err(|error| DecodeError::Codec(format!("deflate: {error}")))?;
    if (bytes.len() as u64) < need {
        return Err(DecodeError::PixelsMissing { need, have: bytes.len() as u64 });
    }
    Ok(bytes)
}

/// One plane after the other becomes one pixel after the other.
pub(super) fn interleave(planes: &[u8], samples: usize, sample_bytes: usize) -> Vec<u8> {
    let plane_bytes = planes.len() / samples;
    let mut pixels = vec![0; plane_bytes * samples];
    for (sample, plane) in planes.chunks_exact(plane_bytes.max(1)).take(samples).enumerate() {
        let targets = pixels.chunks_exact_mut(samples * sample_bytes);
        for (pixel, value) in targets.zip(plane.chunks_exact(sample_bytes)) {
            pixel[sample * sample_bytes..][..sample_bytes].copy_from_slice(value);
        }
    }
    pixels
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    fn format(samples: u16, bits: u16) -> PixelFormat {
        use dicom_core::{DataElement, VR, dicom_value};
        use dicom_dictionary_std::tags;
        let mut set = dicom_object::InMemDicomObject::new_empty();
        let numbers = [
            (tags::SAMPLES_PER_PIXEL, samples),
            (tags::ROWS, 4),
            (tags::COLUMNS, 8),
            (tags::BITS_ALLOCATED, bits),
        ];
        for (tag, number) in numbers {
            set.put(DataElement::new(tag, VR::US, dicom_value!(U16, [number])));
        }
        PixelFormat::read(&set).unwrap()
    }

    #[test]
    fn jpeg_xl_without_loss_is_exact() {
        let gray = jpeg_xl(&GRAY_XL, &format(1, 16)).unwrap();
        let expected: Vec<u8> = (0..32_u16).flat_map(|place| (place * 132).to_le_bytes()).collect();
        assert_eq!((gray.bytes, gray.sample_bytes, gray.color), (expected, 2, None));
        let color = jpeg_xl(&COLOR_XL, &format(3, 8)).unwrap();
        let expected: Vec<u8> = (0..32).flat_map(|place| [place * 8, 255 - place * 8, place * 8]).collect();
        assert_eq!((color.bytes, color.sample_bytes, color.color), (expected, 1, Some(Color::Rgb)));
        assert!(matches!(jpeg_xl(&GRAY_XL, &format(3, 8)), Err(DecodeError::SizeMismatch { .. })));
        assert!(matches!(jpeg_xl(&GRAY_XL[..80], &format(1, 16)), Err(DecodeError::Codec(_))));
    }

    #[test]
    fn planes_are_interleaved() {
        assert_eq!(interleave(&[1, 2, 3, 4, 5, 6], 3, 1), [1, 3, 5, 2, 4, 6]);
        assert_eq!(interleave(&[1, 0, 2, 0, 3, 1, 4, 1], 2, 2), [1, 0, 3, 1, 2, 0, 4, 1]);
    }

    proptest! {
        #[test]
        fn marks_of_any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = JpegMarks::read(&[&[0xFF, 0xD8], &bytes[..]].concat());
            let _ = J2kMarks::read(&[&[0xFF, 0x4F, 0xFF, 0x51], &bytes[..]].concat());
        }
    }
}
