//! Plain files that open beside DICOM objects: photographs, PDFs, sounds, clips. Told by their bytes alone.

use std::io::Cursor;
use std::sync::Arc;

use image::metadata::Orientation;
use image::{DynamicImage, ImageBuffer};
use turbojpeg::{Colorspace, Decompressor, PixelFormat};

use super::color::Color;
use super::content::encapsulated;
use super::lut::Modality;
use super::reduced::Reduced;
use super::window::WindowFunction;
use super::{
    Appearance, ContentHash, DecodeError, FrameAbout, FrameNumber, Inspection, InstanceDetails,
    InstanceFacts, ObjectKind, OpenError, PatientFacts, Received, SeriesFacts, StoredFrame, StudyFacts,
    Values,
};

/// The most pixels of a picture: 8 bits and three samples each, several times in memory while it is turned.
const MAX_PIXELS: u64 = 64_000_000;
/// The most bytes that the pixels of a PNG may need.
const MAX_PNG_BYTES: u64 = MAX_PIXELS * 8;
/// The most scans of a progressive JPEG; the formats that people exchange have about ten.
const MAX_SCANS: u32 = 200;
/// The study of all plain files: within an appointment they lie together (PS3.5 section B.2: from a UUID of its own).
const STUDY_UID: &str = "2.25.282305187339384216873411890417542013673";

/// What a plain file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plain {
    Jpeg,
    Png,
    Pdf,
    /// Its media type.
    Sound(&'static str),
    /// A container of ISO/IEC 14496-12, as cameras and telephones write.
    Video,
}

impl Plain {
    /// The media type, which stands in the place of the transfer syntax.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Pdf => "application/pdf",
            Self::Sound(media_type) => media_type,
            Self::Video => "video/mp4",
        }
    }

    /// There is no kind for sounds: a sound is a waveform, as in DICOM.
    fn kind(self) -> ObjectKind {
        match self {
            Self::Jpeg | Self::Png => ObjectKind::Image,
            Self::Pdf => ObjectKind::Document,
            Self::Sound(_) => ObjectKind::Waveform,
            Self::Video => ObjectKind::Video,
        }
    }

    /// PS3.3 C.7.3.1.1.1: photography by a camera outside of the body, document, audio.
    fn modality(self) -> &'static str {
        match self {
            Self::Jpeg | Self::Png | Self::Video => "XC",
            Self::Pdf => "DOC",
            Self::Sound(_) => "AU",
        }
    }
}

/// Whether the instance is a plain file: its transfer syntax is a media type.
pub fn is_plain(facts: &InstanceFacts) -> bool {
    facts.transfer_syntax_uid.contains('/')
}

/// Tells plain files from their first bytes. `None` for DICOM objects, whatever stands in their preamble, and for all else.
pub fn recognise(bytes: &[u8]) -> Option<Plain> {
    if bytes.get(128..132) == Some(b"DICM") {
        return None;
    }
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => Some(Plain::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(Plain::Png),
        [b'%', b'P', b'D', b'F', b'-', ..] => Some(Plain::Pdf),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some(Plain::Sound("audio/wav")),
        [b'I', b'D', b'3', 2..=4, ..] => Some(Plain::Sound("audio/mpeg")),
        [0xFF, 0xFB | 0xF3 | 0xF2 | 0xFA, ..] if is_mpeg_audio(bytes) => Some(Plain::Sound("audio/mpeg")),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match brand.get(..4)? {
            b"M4A " | b"M4B " => Some(Plain::Sound("audio/mp4")),
            // Still pictures in the same container.
            b"heic" | b"heix" | b"hevc" | b"heim" | b"heis" | b"mif1" | b"msf1" | b"avif" | b"avis" => None,
            _ => Some(Plain::Video),
        },
        _ => None,
    }
}

/// Whether a second frame follows the first (ISO/IEC 11172-3 section 2.4.2.3, layer III).
fn is_mpeg_audio(bytes: &[u8]) -> bool {
    const KILOBITS: [[u32; 15]; 2] = [
        [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ];
    let Some(&[_, version, rates, _]) = bytes.get(..4) else { return false };
    let is_low = version & 0x08 == 0;
    let hertz = [44_100, 48_000, 32_000]
        .get(usize::from(rates >> 2 & 3))
        .map(|hertz| if is_low { hertz / 2 } else { *hertz });
    let kilobits = KILOBITS[usize::from(is_low)].get(usize::from(rates >> 4)).copied().unwrap_or(0);
    let Some(hertz) = hertz.filter(|_| kilobits > 0) else { return false };
    let length = (if is_low { 72_000 } else { 144_000 }) * kilobits / hertz + u32::from(rates >> 1 & 1);
    matches!(bytes.get(length as usize..length as usize + 2), Some([0xFF, next]) if *next == version)
}

/// The facts of a plain file. `name` of the file is not known here: the series has no description yet.
pub(super) fn received(bytes: &[u8], plain: Plain, hash: ContentHash) -> Result<Received, OpenError> {
    let fault = |error: DecodeError| OpenError::Unfit(error.to_string());
    let (columns, rows) = match plain {
        Plain::Jpeg => {
            let (columns, rows, _) = jpeg_size(bytes).map_err(fault)?;
            if swaps_sides(jpeg_orientation(bytes)) { (rows, columns) } else { (columns, rows) }
        }
        Plain::Png => {
            let reader = png_reader(bytes).map_err(fault)?;
            let info = reader.info();
            if swaps_sides(png_orientation(info)) {
                (info.height, info.width)
            } else {
                (info.width, info.height)
            }
        }
        Plain::Pdf => {
            encapsulated::pdf(bytes).map_err(|why| OpenError::Unfit(why.to_string()))?;
            (0, 0)
        }
        Plain::Sound(_) | Plain::Video => (0, 0),
    };
    let half = hash.0.iter().take(16).fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    let kind = plain.kind();
    Ok(Received {
        patient: PatientFacts::default(),
        study: StudyFacts { uid: STUDY_UID.to_owned(), ..StudyFacts::default() },
        series: SeriesFacts {
            uid: format!("2.25.{half}"),
            modality: plain.modality().to_owned(),
            ..SeriesFacts::default()
        },
        instance: InstanceFacts {
            uid: format!("2.25.{half}"),
            class_uid: String::new(),
            transfer_syntax_uid: plain.media_type().to_owned(),
            kind,
            frames: u32::from(matches!(kind, ObjectKind::Image | ObjectKind::Video)),
            rows,
            columns,
            number: None,
            position: None,
            orientation: None,
            windows: Vec::new(),
            is_lossy: matches!(plain, Plain::Jpeg | Plain::Video),
            bytes: bytes.len() as u64,
            content: hash,
            details: InstanceDetails::default(),
        },
    })
}

/// The same as what is said of objects.
pub(super) fn inspection(bytes: &[u8], plain: Plain, hash: ContentHash) -> Result<Inspection, OpenError> {
    let received = received(bytes, plain, hash)?;
    let is_picture = received.instance.kind == ObjectKind::Image;
    Ok(Inspection {
        received,
        photometric: if is_picture { "RGB".to_owned() } else { String::new() },
        bits_stored: is_picture.then_some(8),
        samples: is_picture.then_some(3),
        is_cut: false,
    })
}

/// The pixels of a plain picture, upright. `None`: it is no plain picture.
pub fn decode(bytes: &[u8], frame: FrameNumber) -> Option<Result<StoredFrame, DecodeError>> {
    let picture = match recognise(bytes)? {
        Plain::Jpeg => jpeg,
        Plain::Png => png,
        Plain::Pdf | Plain::Sound(_) => return Some(Err(DecodeError::NoPixels)),
        Plain::Video => {
            return Some(Err(DecodeError::Codec("the frames of a clip are not decoded here".to_owned())));
        }
    };
    if frame != FrameNumber::FIRST {
        return Some(Err(DecodeError::NoSuchFrame { frame: frame.number(), frames: 1 }));
    }
    Some(picture(bytes))
}

/// A frame of 8-bit RGB, row by row. `None` when the bytes do not fill it.
pub fn rgb_frame(columns: u32, rows: u32, pixels: Vec<u8>, is_lossy: bool) -> Option<StoredFrame> {
    if pixels.len() as u64 != u64::from(columns) * u64::from(rows) * 3 || pixels.is_empty() {
        return None;
    }
    Some(StoredFrame {
        rows,
        columns,
        samples: 3,
        values: Arc::new(Values::U8(pixels)),
        extent: (0.0, 255.0),
        shown_extent: (0.0, 255.0),
        appearance: Appearance {
            color: Ok(Color::Rgb),
            bits_stored: 8,
            modality: Modality::IDENTITY,
            windows: Vec::new(),
            window_function: WindowFunction::default(),
            voi_tables: Vec::new(),
            padding: None,
            presentation_lut: None,
            overlays: Vec::new(),
            shutters: None,
            palette: None,
            icc: None,
            default_range: None,
            pixel_aspect: 1.0,
            is_lossy,
        },
        damage: None,
        reduced: Reduced::default(),
        about: Arc::new(FrameAbout::plain(is_lossy)),
    })
}

fn codec(what: &str, why: impl std::fmt::Display) -> DecodeError {
    DecodeError::Codec(format!("{what}: {why}").replace(['\n', '\r'], " "))
}

fn too_large(columns: u32, rows: u32) -> Result<(), DecodeError> {
    if u64::from(columns) * u64::from(rows) > MAX_PIXELS {
        return Err(DecodeError::TooLarge { rows, columns, samples: 3 });
    }
    Ok(())
}

fn jpeg_size(bytes: &[u8]) -> Result<(u32, u32, Colorspace), DecodeError> {
    let header = turbojpeg::read_header(bytes).map_err(|error| codec("JPEG", error))?;
    let side = |length: usize| u32::try_from(length).map_err(|_| codec("JPEG", "its size makes no sense"));
    let (columns, rows) = (side(header.width)?, side(header.height)?);
    too_large(columns, rows)?;
    Ok((columns, rows, header.colorspace))
}

fn jpeg(bytes: &[u8]) -> Result<StoredFrame, DecodeError> {
    let (columns, rows, colors) = jpeg_size(bytes)?;
    let is_print = matches!(colors, Colorspace::CMYK | Colorspace::YCCK);
    let format = if is_print { PixelFormat::CMYK } else { PixelFormat::RGB };
    let pitch = columns as usize * format.size();
    let mut pixels = vec![0; pitch * rows as usize];
    let target = turbojpeg::Image {
        pixels: &mut pixels[..],
        width: columns as usize,
        pitch,
        height: rows as usize,
        format,
    };
    let mut decoder = Decompressor::new().map_err(|error| codec("JPEG", error))?;
    decoder.set_scan_limit(MAX_SCANS).map_err(|error| codec("JPEG", error))?;
    decoder.decompress(bytes, target).map_err(|error| codec("JPEG", error))?;
    if is_print {
        // Adobe writes ink as what is left of the light.
        pixels = pixels
            .as_chunks::<4>()
            .0
            .iter()
            .flat_map(|[c, m, y, k]| [c, m, y].map(|ink| (u16::from(*ink) * u16::from(*k) / 255) as u8))
            .collect();
    }
    upright(columns, rows, pixels, jpeg_orientation(bytes), true)
}

fn png_reader(bytes: &[u8]) -> Result<png::Reader<Cursor<&[u8]>>, DecodeError> {
    let limits = png::Limits { bytes: MAX_PNG_BYTES as usize };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let reader = decoder.read_info().map_err(|error| codec("PNG", error))?;
    // Three bytes a colour, at most 256 of them (PNG 1.2 section 4.1.2): what applies it takes that for granted.
    let is_palette = |palette: &[u8]| palette.len().is_multiple_of(3) && (3..=768).contains(&palette.len());
    if reader.info().palette.as_ref().is_some_and(|palette| !is_palette(palette)) {
        return Err(codec("PNG", "its palette is no list of colours"));
    }
    too_large(reader.info().width, reader.info().height)?;
    Ok(reader)
}

fn png(bytes: &[u8]) -> Result<StoredFrame, DecodeError> {
    let mut reader = png_reader(bytes)?;
    let size = reader.output_buffer_size().ok_or_else(|| codec("PNG", "its size makes no sense"))?;
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels).map_err(|error| codec("PNG", error))?;
    pixels.truncate(frame.buffer_size());
    // What is transparent shows paper: drawings and scans are made for it.
    let over_paper =
        |value: &u8, alpha: &u8| (u16::from(*value) * u16::from(*alpha) / 255) as u8 + (255 - alpha);
    let pixels: Vec<u8> = match frame.color_type {
        png::ColorType::Rgb => pixels,
        png::ColorType::Grayscale => pixels.iter().flat_map(|gray| [*gray; 3]).collect(),
        png::ColorType::GrayscaleAlpha => {
            pixels.as_chunks::<2>().0.iter().flat_map(|[gray, alpha]| [over_paper(gray, alpha); 3]).collect()
        }
        png::ColorType::Rgba => pixels
            .as_chunks::<4>()
            .0
            .iter()
            .flat_map(|[r, g, b, alpha]| [r, g, b].map(|value| over_paper(value, alpha)))
            .collect(),
        png::ColorType::Indexed => return Err(codec("PNG", "its palette was not applied")),
    };
    upright(frame.width, frame.height, pixels, png_orientation(reader.info()), false)
}

/// As the camera was held.
fn upright(
    columns: u32,
    rows: u32,
    pixels: Vec<u8>,
    orientation: Orientation,
    is_lossy: bool,
) -> Result<StoredFrame, DecodeError> {
    let missing = || codec("the picture", "pixels are missing");
    let mut pixels = pixels;
    let (mut columns, mut rows) = (columns, rows);
    if orientation != Orientation::NoTransforms {
        let mut turned =
            DynamicImage::ImageRgb8(ImageBuffer::from_raw(columns, rows, pixels).ok_or_else(missing)?);
        turned.apply_orientation(orientation);
        (columns, rows) = (turned.width(), turned.height());
        pixels = turned.into_rgb8().into_raw();
    }
    rgb_frame(columns, rows, pixels, is_lossy).ok_or_else(missing)
}

fn swaps_sides(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}

fn png_orientation(info: &png::Info<'_>) -> Orientation {
    let exif = info.exif_metadata.as_deref();
    exif.and_then(Orientation::from_exif_chunk).unwrap_or(Orientation::NoTransforms)
}

/// Orientation (Exif 2.32, tag 0x0112) of the first APP1 segment that has one. Nothing else of it is looked at: it says where and by whom
/// the picture was taken.
fn jpeg_orientation(bytes: &[u8]) -> Orientation {
    let mut at = 2;
    while let Some(&[0xFF, marker, high, low]) = bytes.get(at..at + 4) {
        // The scan begins: no more segments of the header.
        if marker == 0xDA {
            break;
        }
        let end = at + 2 + usize::from(u16::from_be_bytes([high, low])).max(2);
        let segment = bytes.get(at + 4..end).unwrap_or_default();
        if marker == 0xE1
            && let Some(exif) = segment.strip_prefix(b"Exif\0\0")
            && let Some(found) = Orientation::from_exif_chunk(exif)
        {
            return found;
        }
        at = end;
    }
    Orientation::NoTransforms
}

#[cfg(test)]
mod tests;
