//! Compressed frames: what the codecs give, checked against the header before they may allocate anything.

mod dct;
mod huffman;
mod jpeg_2000;
mod jpeg_ls;
mod jpeg_xl;
mod lossless;
mod marks;
mod turbo;
pub(super) mod walk;

use std::io::Read;

use dicom_dictionary_std::uids;

use self::marks::{JpegMarks, Process};
use super::color::Color;
use super::damage::{Damage, is_enough};
use super::pixels::{DecodeError, PixelFormat};
use super::rle;

/// Decoded samples, interleaved, words in little endian.
pub(super) struct Coded {
    pub(super) bytes: Vec<u8>,
    pub(super) sample_bytes: usize,
    /// Pixels, which are fewer than the header says where a reduced resolution was asked for.
    pub(super) columns: usize,
    pub(super) rows: usize,
    /// Precision of a sample, where the codestream says it.
    pub(super) bits: Option<u16>,
    /// What the samples mean, where the codestream says so and not the header (PS3.5 section 8.2).
    pub(super) color: Option<Color>,
    pub(super) damage: Option<Damage>,
}

impl Coded {
    /// A whole frame at the size of the header.
    fn new(bytes: Vec<u8>, sample_bytes: usize, format: &PixelFormat) -> Self {
        let (columns, rows) = (format.columns as usize, format.rows as usize);
        Self { bytes, sample_bytes, columns, rows, bits: None, color: None, damage: None }
    }
}

/// How a frame is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Jpeg,
    JpegLs,
    Jpeg2000,
    JpegXl,
    Rle,
    /// Deflated Image Frame Compression (PS3.5 section A.4.13): the deflated bytes of a native frame.
    Deflated,
    /// Encapsulated Uncompressed (PS3.5 section A.4.11): the bytes of a native frame.
    Native,
}

/// Samples that take four bytes or more each while they are decoded.
const MAX_WIDE_SAMPLES: u64 = 100_000_000;
/// A frame of nothing takes a few bytes, whatever its size: so much is decoded on trust, and so much more for each byte.
const TRUSTED_SAMPLES: u64 = 40_000_000;
const SAMPLES_A_BYTE: u64 = 4096;

/// Refuses a frame that would take far more to decode than its bytes make likely.
fn check_effort(frame: &[u8], format: &PixelFormat) -> Result<(), DecodeError> {
    let samples = format.pixels() as u64 * u64::from(format.samples);
    if samples > MAX_WIDE_SAMPLES || samples > TRUSTED_SAMPLES + SAMPLES_A_BYTE * frame.len() as u64 {
        let PixelFormat { rows, columns, samples, .. } = *format;
        return Err(DecodeError::TooLarge { rows, columns, samples });
    }
    Ok(())
}

/// The size of a side at the `2^reduce`th part.
pub(super) fn reduced(side: u32, reduce: u8) -> usize {
    (side as usize).div_ceil(1 << reduce.min(31))
}

/// How the frames of a transfer syntax are coded. `None`: it does not say.
pub(super) fn declared_coding(syntax_uid: &str) -> Option<Coding> {
    let jpeg_process =
        syntax_uid.strip_prefix("1.2.840.10008.1.2.4.").and_then(|rest| rest.parse::<u16>().ok());
    match jpeg_process {
        // Retired processes too: the codestream names its process itself.
        Some(50..=70) => Some(Coding::Jpeg),
        Some(80 | 81) => Some(Coding::JpegLs),
        Some(90..=93 | 201..=203) => Some(Coding::Jpeg2000),
        Some(110..=112) => Some(Coding::JpegXl),
        _ if syntax_uid == uids::RLE_LOSSLESS => Some(Coding::Rle),
        _ if syntax_uid == "1.2.840.10008.1.2.8.1" => Some(Coding::Deflated),
        _ if syntax_uid == "1.2.840.10008.1.2.1.98" => Some(Coding::Native),
        _ => None,
    }
}

/// How a frame is coded, by the first bytes of its codestream.
pub(super) fn coding_of_content(frame: &[u8]) -> Option<Coding> {
    if frame.starts_with(&[0xFF, 0xD8, 0xFF]) {
        let is_ls = JpegMarks::read(frame).is_some_and(|marks| marks.process == Process::JpegLs);
        return Some(if is_ls { Coding::JpegLs } else { Coding::Jpeg });
    }
    if frame.starts_with(&[0xFF, 0x4F, 0xFF, 0x51]) || frame.starts_with(b"\0\0\0\x0CjP  ") {
        return Some(Coding::Jpeg2000);
    }
    if frame.starts_with(&[0xFF, 0x0A]) || frame.starts_with(b"\0\0\0\x0CJXL ") {
        return Some(Coding::JpegXl);
    }
    None
}

/// How a frame is coded: what it is counts for more than what the transfer syntax says it is.
pub(super) fn coding(frame: &[u8], syntax_uid: &str, native_bytes: u64) -> Result<Coding, DecodeError> {
    let declared = declared_coding(syntax_uid);
    let is_native = frame.len() as u64 >= native_bytes;
    match declared {
        Some(Coding::Deflated) => return Ok(Coding::Deflated),
        Some(Coding::Native) if is_native => return Ok(Coding::Native),
        _ => {}
    }
    if let Some(found) = coding_of_content(frame) {
        return Ok(found);
    }
    match declared {
        Some(coding) => Ok(coding),
        None if is_native && is_uncompressed(syntax_uid) => Ok(Coding::Native),
        None if is_uncompressed(syntax_uid) => Err(DecodeError::Codec(
            "the frames are encapsulated, while the transfer syntax is uncompressed and their bytes are not known"
                .to_owned(),
        )),
        None => Err(why_not(syntax_uid)),
    }
}

fn is_uncompressed(syntax_uid: &str) -> bool {
    syntax_uid
        .strip_prefix("1.2.840.10008.1.2")
        .is_some_and(|rest| matches!(rest, "" | ".1" | ".2" | ".1.99"))
}

/// Why there are no pixels in a transfer syntax.
pub(super) fn why_not(syntax_uid: &str) -> DecodeError {
    let tail = syntax_uid.strip_prefix("1.2.840.10008.1.2.").unwrap_or("");
    match tail {
        "4.94" | "4.95" | "4.204" | "4.205" => DecodeError::Elsewhere(
            "the object holds only a reference to pixels that another system serves (JPIP), which is not followed",
        ),
        "7.1" | "7.2" | "7.3" => {
            DecodeError::Elsewhere("the object describes a live stream (SMPTE ST 2110) and holds no pixels")
        }
        _ => DecodeError::UnknownSyntax(syntax_uid.to_owned()),
    }
}

/// Decodes one frame of a coding that is not native; sides are the `2^reduce`th part where the coding can do so.
pub(super) fn decode(
    frame: &[u8],
    coding: Coding,
    format: &PixelFormat,
    reduce: u8,
) -> Result<Coded, DecodeError> {
    match coding {
        Coding::Jpeg => jpeg(frame, format, reduce),
        Coding::Jpeg2000 => jpeg_2000::decode(frame, format, reduce),
        _ if reduce > 0 => Err(DecodeError::NoReduction),
        Coding::JpegLs => jpeg_ls::decode(frame, format),
        Coding::JpegXl => jpeg_xl::decode(frame, format),
        Coding::Rle => {
            let sample_bytes = usize::from(format.bits_allocated).div_ceil(8);
            if format.bits_allocated < 8 {
                return Err(DecodeError::Codec("RLE of single bits is not defined".to_owned()));
            }
            let rle::Decoded { bytes, damage } =
                rle::decode(frame, format.columns, format.rows, usize::from(format.samples), sample_bytes)?;
            Ok(Coded { damage, ..Coded::new(bytes, sample_bytes, format) })
        }
        Coding::Deflated | Coding::Native => Err(DecodeError::NoReduction),
    }
}

/// How many components a codestream has, where it says so.
pub(super) fn components(frame: &[u8], coding: Coding) -> Option<u16> {
    match coding {
        Coding::Jpeg | Coding::JpegLs => JpegMarks::read(frame).map(|marks| marks.component_ids.len() as u16),
        Coding::Jpeg2000 => jpeg_2000::components(frame),
        _ => None,
    }
}

/// How often the sides of a frame can be halved while it is decoded.
pub(super) fn reductions(frame: &[u8], coding: Coding) -> u8 {
    match coding {
        Coding::Jpeg2000 => jpeg_2000::reductions(frame),
        Coding::Jpeg => match JpegMarks::read(frame) {
            Some(marks) if marks.bits == 8 && matches!(marks.process, Process::Dct { .. }) => 3,
            _ => 0,
        },
        _ => 0,
    }
}

fn same_size(format: &PixelFormat, width: u64, height: u64, samples: u64) -> Result<(), DecodeError> {
    let expected = (u64::from(format.columns), u64::from(format.rows), u64::from(format.samples));
    if (width, height, samples) == expected {
        return Ok(());
    }
    Err(DecodeError::SizeMismatch { header: expected, codestream: (width, height, samples) })
}

fn jpeg(frame: &[u8], format: &PixelFormat, reduce: u8) -> Result<Coded, DecodeError> {
    let fault = |what: &str| DecodeError::Codec(format!("JPEG: {what}"));
    let marks = JpegMarks::read(frame).ok_or_else(|| fault("there is no frame header"))?;
    let components = marks.component_ids.len();
    same_size(format, marks.width.into(), marks.height.into(), components as u64)?;
    let samples = (format.pixels() * components) as u64;
    // A block of 64 samples takes a bit or more in each scan, and without loss a sample does.
    let (least_bytes, is_arithmetic) = match marks.process {
        Process::Dct { is_arithmetic } => (samples / 512 / 2, is_arithmetic),
        Process::Lossless { is_arithmetic } => (samples / 8, is_arithmetic),
        Process::Hierarchical => {
            return Err(fault("hierarchical processes are retired and not decoded here"));
        }
        Process::JpegLs => return jpeg_ls::decode(frame, format),
    };
    if !is_arithmetic && !is_enough(frame.len() as u64, least_bytes) {
        return Err(fault("the compressed data ends early"));
    }
    let color = marks.color(format);
    let bits = Some(u16::from(marks.bits));
    match marks.process {
        Process::Dct { .. } if marks.bits == 8 => {
            if let Some(turbo::Decoded { bytes, columns, rows }) = turbo::decode(frame, components, reduce) {
                return Ok(Coded { columns, rows, bits, color, ..Coded::new(bytes, 1, format) });
            }
        }
        Process::Lossless { is_arithmetic: false } if reduce == 0 => {
            let lossless::Decoded { bytes, sample_bytes, damage } = lossless::decode(frame).map_err(fault)?;
            return Ok(Coded { bits, color, damage, ..Coded::new(bytes, sample_bytes, format) });
        }
        _ => {}
    }
    if reduce > 0 {
        return Err(DecodeError::NoReduction);
    }
    if is_arithmetic {
        return Err(fault("arithmetic coding of these samples is not decoded here"));
    }
    let dct::Decoded { bytes, sample_bytes, damage } = dct::decode(frame).map_err(fault)?;
    Ok(Coded { bits, color, damage, ..Coded::new(bytes, sample_bytes, format) })
}

/// Deflated bytes (PS3.5 section A.5) without the header of zlib (RFC 1950), which some writers leave before them. The checksum behind them
/// disturbs nobody.
pub(super) fn deflated(bytes: &[u8]) -> &[u8] {
    match bytes {
        // Its bits would be a block of bytes as they are (RFC 1951 section 3.2.4), whose length is written twice.
        [0x78, a, b, c, d, ..] if a ^ c == 0xFF && b ^ d == 0xFF => bytes,
        [0x78, flags, rest @ ..] if u16::from_be_bytes([0x78, *flags]).is_multiple_of(31) => rest,
        _ => bytes,
    }
}

/// Deflated Image Frame Compression (PS3.5 section A.4.13): the bytes of a native frame, or as many as there are.
pub(super) fn inflate(frame: &[u8], format: &PixelFormat) -> Result<Vec<u8>, DecodeError> {
    let need = format.native_frame_bits().div_ceil(8);
    // Deflate makes at most 1032 bytes of one.
    if !is_enough(frame.len() as u64 * 1032, need) {
        return Err(DecodeError::PixelsMissing { need, have: frame.len() as u64 });
    }
    let mut bytes = Vec::new();
    let outcome = flate2::read::DeflateDecoder::new(deflated(frame)).take(need).read_to_end(&mut bytes);
    match outcome {
        Err(error) if !is_enough(bytes.len() as u64, need) => {
            Err(DecodeError::Codec(format!("deflate: {error}")))
        }
        _ => Ok(bytes),
    }
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
mod tests;
