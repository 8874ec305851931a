//! Stored values of a frame: masked to the stored bits and sign-extended (PS3.5 section 8.1.1), samples interleaved.

use std::borrow::Cow;
use std::sync::Arc;

use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::codec::{self, Coded};
use super::color::{Color, Palette};
use super::lut::{LookupTable, Modality, PresentationLut};
use super::overlay::Overlay;
use super::read::{Object, OpenError};
use super::scan::PixelElement;
use super::shutter::Shutters;
use super::window::WindowFunction;
use super::{FrameNumber, WindowPreset, dataset, fragments, header, plain};

/// The most bytes that one decoded frame may have.
const MAX_FRAME_BYTES: u64 = 256 << 20;

/// Why a frame cannot be decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("{0}")]
    Open(#[from] OpenError),
    #[error("the object has no pixel data")]
    NoPixels,
    #[error("{name} is missing")]
    Missing { name: &'static str },
    #[error("{name} is {value}, which is not possible here")]
    Impossible { name: &'static str, value: i64 },
    #[error("a frame of {columns} x {rows} pixels with {samples} samples is larger than is decoded here")]
    TooLarge { rows: u32, columns: u32, samples: u16 },
    #[error("there is no frame {frame}: the object has {frames}")]
    NoSuchFrame { frame: u32, frames: u32 },
    #[error("the pixel data ends early: {need} bytes are needed and {have} are there")]
    PixelsMissing { need: u64, have: u64 },
    #[error("{frames} frames cannot be found in {fragments} fragments without an offset table")]
    FramesNotFound { frames: u32, fragments: u32 },
    /// Columns, rows and samples.
    #[error(
        "the header says {header:?} and the compressed frame says {codestream:?} (columns, rows, samples)"
    )]
    SizeMismatch { header: (u64, u64, u64), codestream: (u64, u64, u64) },
    #[error("transfer syntax {0} cannot be decoded")]
    UnknownSyntax(String),
    #[error("photometric interpretation {0} cannot be shown")]
    UnknownColor(String),
    #[error("the palette is missing or damaged")]
    NoPalette,
    #[error("{0}")]
    Codec(String),
}

/// The values of a frame, row by row, samples of a pixel together.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    U8(Vec<u8>),
    I8(Vec<i8>),
    U16(Vec<u16>),
    I16(Vec<i16>),
    U32(Vec<u32>),
    I32(Vec<i32>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

/// Runs an expression over the vector, whatever its type.
macro_rules! each {
    ($values:expr, $vector:ident => $body:expr) => {
        match $values {
            $crate::imaging::Values::U8($vector) => $body,
            $crate::imaging::Values::I8($vector) => $body,
            $crate::imaging::Values::U16($vector) => $body,
            $crate::imaging::Values::I16($vector) => $body,
            $crate::imaging::Values::U32($vector) => $body,
            $crate::imaging::Values::I32($vector) => $body,
            $crate::imaging::Values::F32($vector) => $body,
            $crate::imaging::Values::F64($vector) => $body,
        }
    };
}
pub(super) use each;

impl Values {
    /// How many values.
    pub fn len(&self) -> usize {
        each!(self, vector => vector.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Size in memory, in bytes.
    pub fn bytes(&self) -> usize {
        each!(self, vector => std::mem::size_of_val(&vector[..]))
    }

    /// The type as numpy writes it: `u1`, `i2`, `f4`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::U8(_) => "u1",
            Self::I8(_) => "i1",
            Self::U16(_) => "u2",
            Self::I16(_) => "i2",
            Self::U32(_) => "u4",
            Self::I32(_) => "i4",
            Self::F32(_) => "f4",
            Self::F64(_) => "f8",
        }
    }

    /// As bytes in little endian.
    pub fn to_le_bytes(&self) -> Cow<'_, [u8]> {
        match self {
            Self::U8(vector) => Cow::Borrowed(vector),
            Self::I8(vector) => vector.iter().map(|value| *value as u8).collect(),
            Self::U16(vector) => vector.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Self::I16(vector) => vector.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Self::U32(vector) => vector.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Self::I32(vector) => vector.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Self::F32(vector) => vector.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Self::F64(vector) => vector.iter().flat_map(|value| value.to_le_bytes()).collect(),
        }
    }

    /// The inverse of [`Self::kind`] and [`Self::to_le_bytes`].
    pub fn from_le_bytes(kind: &str, bytes: Vec<u8>) -> Option<Self> {
        fn read<T, const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> T) -> Vec<T> {
            bytes.as_chunks::<N>().0.iter().map(|chunk| value(*chunk)).collect()
        }
        Some(match kind {
            "u1" => Self::U8(bytes),
            "i1" => Self::I8(read(&bytes, i8::from_le_bytes)),
            "u2" => Self::U16(read(&bytes, u16::from_le_bytes)),
            "i2" => Self::I16(read(&bytes, i16::from_le_bytes)),
            "u4" => Self::U32(read(&bytes, u32::from_le_bytes)),
            "i4" => Self::I32(read(&bytes, i32::from_le_bytes)),
            "f4" => Self::F32(read(&bytes, f32::from_le_bytes)),
            "f8" => Self::F64(read(&bytes, f64::from_le_bytes)),
            _ => return None,
        })
    }

    /// The value at a place.
    pub fn at(&self, place: usize) -> Option<f64> {
        match self {
            Self::U8(vector) => vector.get(place).map(|value| f64::from(*value)),
            Self::I8(vector) => vector.get(place).map(|value| f64::from(*value)),
            Self::U16(vector) => vector.get(place).map(|value| f64::from(*value)),
            Self::I16(vector) => vector.get(place).map(|value| f64::from(*value)),
            Self::U32(vector) => vector.get(place).map(|value| f64::from(*value)),
            Self::I32(vector) => vector.get(place).map(|value| f64::from(*value)),
            Self::F32(vector) => vector.get(place).map(|value| f64::from(*value)),
            Self::F64(vector) => vector.get(place).copied(),
        }
    }
}

/// What the header says about how a frame is to look.
#[derive(Clone, Debug, PartialEq)]
pub struct Appearance {
    /// `Err` names an interpretation that cannot be shown, while its values can still be read.
    pub color: Result<Color, String>,
    pub bits_stored: u8,
    pub modality: Modality,
    /// Alternatives for the whole image, the first is the default.
    pub windows: Vec<WindowPreset>,
    pub window_function: WindowFunction,
    /// VOI LUT Sequence: alternatives.
    pub voi_tables: Vec<LookupTable>,
    /// Stored values that are no image, lowest and highest (PS3.3 C.7.5.1.1.2).
    pub padding: Option<(f64, f64)>,
    /// After the values of interest; `None` where the object does not say.
    pub presentation_lut: Option<PresentationLut>,
    pub overlays: Vec<Overlay>,
    pub shutters: Option<Shutters>,
    pub palette: Option<Palette>,
    /// Height of a pixel divided by its width, from spacing or aspect ratio (PS3.3 C.7.6.3.1.7).
    pub pixel_aspect: f64,
    pub is_lossy: bool,
}

/// A decoded frame: stored values and what is needed to show them.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredFrame {
    pub rows: u32,
    pub columns: u32,
    /// Samples a pixel: 1 or 3 (4 for retired interpretations, which are not shown).
    pub samples: u8,
    /// Shared: the same values under another appearance cost nothing.
    pub values: Arc<Values>,
    /// Lowest and highest stored value.
    pub extent: (f64, f64),
    /// The same without padding.
    pub shown_extent: (f64, f64),
    pub appearance: Appearance,
}

/// How the pixels of an object are written (PS3.3 C.7.6.3), checked for sense and size.
#[derive(Clone, Debug)]
pub(super) struct PixelFormat {
    pub(super) rows: u32,
    pub(super) columns: u32,
    pub(super) samples: u16,
    pub(super) bits_allocated: u16,
    bits_stored: u16,
    high_bit: u16,
    is_signed: bool,
    is_planar: bool,
    photometric: String,
    /// `None`: an interpretation that is not shown.
    pub(super) color: Option<Color>,
}

impl PixelFormat {
    pub(super) fn read(set: &InMemDicomObject) -> Result<Self, DecodeError> {
        let need = |tag, name: &'static str| dataset::integer(set, tag).ok_or(DecodeError::Missing { name });
        let ranged = |value: i64, name: &'static str, low: i64, high: i64| {
            if (low..=high).contains(&value) {
                Ok(value)
            } else {
                Err(DecodeError::Impossible { name, value })
            }
        };
        let rows = ranged(need(tags::ROWS, "Rows")?, "Rows", 1, 65_535)? as u32;
        let columns = ranged(need(tags::COLUMNS, "Columns")?, "Columns", 1, 65_535)? as u32;
        let samples = dataset::integer(set, tags::SAMPLES_PER_PIXEL).unwrap_or(1);
        if !matches!(samples, 1 | 3 | 4) {
            return Err(DecodeError::Impossible { name: "SamplesPerPixel", value: samples });
        }
        let bits_allocated = need(tags::BITS_ALLOCATED, "BitsAllocated")?;
        if !matches!(bits_allocated, 1 | 8 | 16 | 32 | 64) {
            return Err(DecodeError::Impossible { name: "BitsAllocated", value: bits_allocated });
        }
        let bits_stored = dataset::integer(set, tags::BITS_STORED).unwrap_or(bits_allocated);
        let bits_stored = ranged(bits_stored, "BitsStored", 1, bits_allocated)?;
        let high_bit = dataset::integer(set, tags::HIGH_BIT).unwrap_or(bits_stored - 1);
        let high_bit = ranged(high_bit, "HighBit", bits_stored - 1, bits_allocated - 1)?;
        let photometric = dataset::text(set, tags::PHOTOMETRIC_INTERPRETATION);
        let color = match (photometric.as_str(), samples) {
            ("MONOCHROME1", 1) => Some(Color::Monochrome1),
            ("MONOCHROME2" | "", 1) => Some(Color::Monochrome2),
            ("PALETTE COLOR", 1) => Some(Color::Palette),
            ("RGB" | "YBR_ICT" | "YBR_RCT" | "", 3) => Some(Color::Rgb),
            ("YBR_FULL" | "YBR_FULL_422" | "YBR_PARTIAL_422" | "YBR_PARTIAL_420", 3) => Some(Color::Ybr),
            _ => None,
        };
        let format = Self {
            rows,
            columns,
            samples: samples as u16,
            bits_allocated: bits_allocated as u16,
            bits_stored: bits_stored as u16,
            high_bit: high_bit as u16,
            is_signed: dataset::integer(set, tags::PIXEL_REPRESENTATION) == Some(1),
            is_planar: dataset::integer(set, tags::PLANAR_CONFIGURATION) == Some(1),
            photometric,
            color,
        };
        if (format.pixels() * usize::from(format.samples)) as u64
            * u64::from(format.bits_allocated.div_ceil(8))
            > MAX_FRAME_BYTES
        {
            return Err(DecodeError::TooLarge { rows, columns, samples: format.samples });
        }
        Ok(format)
    }

    pub(super) fn pixels(&self) -> usize {
        self.rows as usize * self.columns as usize
    }

    fn is_subsampled(&self) -> bool {
        self.samples == 3 && matches!(self.photometric.as_str(), "YBR_FULL_422" | "YBR_PARTIAL_422")
    }

    /// Bits of a frame in a native syntax (PS3.5 section 8.1.1, and C.7.6.3.1.2 for chroma shared by two pixels).
    pub(super) fn native_frame_bits(&self) -> u64 {
        let samples = if self.is_subsampled() { 2 } else { u64::from(self.samples) };
        self.pixels() as u64 * samples * u64::from(self.bits_allocated)
    }
}

/// Decodes one frame of an object.
pub fn decode_frame(bytes: &[u8], frame: FrameNumber) -> Result<StoredFrame, DecodeError> {
    if let Some(decoded) = plain::decode(bytes, frame) {
        return decoded;
    }
    decode(&Object::open(bytes)?, frame)
}

/// Decodes one frame of an opened object.
pub fn decode(object: &Object<'_>, frame: FrameNumber) -> Result<StoredFrame, DecodeError> {
    let set = object.dataset();
    let pixels = match (object.pixels(), object.cut()) {
        (Some(pixels), _) => pixels,
        (None, Some(cut)) => return Err(cut.clone().into()),
        (None, None) => return Err(DecodeError::NoPixels),
    };
    let format = PixelFormat::read(set)?;
    let frames = header::declared_frames(set);
    if frame.number() > frames {
        return Err(DecodeError::NoSuchFrame { frame: frame.number(), frames });
    }
    let (values, color) = match pixels {
        PixelElement::Native { tag, bytes, is_word, .. } => {
            let order = match (object.is_big_endian(), is_word) {
                (false, _) => Order::Little,
                (true, true) => Order::BigWords,
                (true, false) => Order::Big,
            };
            let native = native_frame(&object.bytes()[bytes.clone()], &format, frame, order)?;
            let is_float = *tag != tags::PIXEL_DATA;
            (native_values(native, &format, order, is_float)?, None)
        }
        PixelElement::Encapsulated { offset_table, fragments, .. } => {
            let coded =
                fragments::frame_bytes(object, offset_table, fragments, frames as usize, frame.index())?;
            if object.transfer_syntax_uid() == codec::DEFLATED_FRAMES {
                // Every frame by itself is written as a native one.
                let native = codec::inflate(&coded, &format)?;
                (native_values(Cow::Owned(native), &format, Order::Little, false)?, None)
            } else {
                let Coded { bytes, sample_bytes, color } =
                    codec::decode(&coded, object.transfer_syntax_uid(), &format)?;
                let need = format.pixels() * usize::from(format.samples) * sample_bytes;
                if bytes.len() < need {
                    return Err(DecodeError::PixelsMissing { need: need as u64, have: bytes.len() as u64 });
                }
                (stored(&bytes[..need], sample_bytes, &format), color)
            }
        }
    };
    let color = color.or(format.color).ok_or_else(|| format.photometric.clone());
    let appearance = appearance(object, &format, frame.index(), color);
    let extent = extent(&values, None);
    let shown_extent = appearance.padding.map_or(extent, |padding| self::extent(&values, Some(padding)));
    Ok(StoredFrame {
        rows: format.rows,
        columns: format.columns,
        samples: format.samples as u8,
        values: Arc::new(values),
        extent,
        shown_extent,
        appearance,
    })
}

/// How the samples of native pixel data are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Little,
    /// Every sample by itself, the highest byte first.
    Big,
    /// As words of 16 bits (VR OW), whatever they hold: the highest byte of a word first, the lowest word of a sample first.
    BigWords,
}

/// The bytes of a native frame; words are put in order, single bits are moved to the start of a byte.
fn native_frame<'a>(
    bytes: &'a [u8],
    format: &PixelFormat,
    frame: FrameNumber,
    order: Order,
) -> Result<Cow<'a, [u8]>, DecodeError> {
    let bits = format.native_frame_bits();
    let start = bits * frame.index() as u64;
    let need = (start + bits).div_ceil(8);
    if need > bytes.len() as u64 {
        return Err(DecodeError::PixelsMissing { need, have: bytes.len() as u64 });
    }
    let (first, last) = ((start / 8) as usize, need as usize);
    let part = if order == Order::BigWords {
        // Words begin at the start of the element, wherever the frame does.
        let words_from = first & !1;
        let mut words = bytes[words_from..bytes.len().min(last.next_multiple_of(2))].to_vec();
        words.as_chunks_mut::<2>().0.iter_mut().for_each(|word| word.swap(0, 1));
        words.truncate(last - words_from);
        words.drain(..first - words_from);
        Cow::Owned(words)
    } else {
        Cow::Borrowed(&bytes[first..last])
    };
    let shift = start % 8;
    if shift == 0 {
        return Ok(part);
    }
    let moved = (0..part.len()).map(|i| {
        let next = part.get(i + 1).copied().unwrap_or(0);
        (u16::from_le_bytes([part[i], next]) >> shift) as u8
    });
    Ok(Cow::Owned(moved.collect()))
}

fn native_values(
    mut bytes: Cow<'_, [u8]>,
    format: &PixelFormat,
    order: Order,
    is_float: bool,
) -> Result<Values, DecodeError> {
    if format.bits_allocated == 1 {
        // PS3.5 section 8.1.1: the first pixel is the lowest bit.
        let bits = bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1));
        return Ok(Values::U8(bits.take(format.pixels() * usize::from(format.samples)).collect()));
    }
    let sample_bytes = usize::from(format.bits_allocated / 8);
    if order == Order::Big && sample_bytes > 1 {
        bytes.to_mut().chunks_exact_mut(sample_bytes).for_each(<[u8]>::reverse);
    }
    if is_float {
        let kind = if format.bits_allocated == 64 { "f8" } else { "f4" };
        return Values::from_le_bytes(kind, bytes.into_owned())
            .ok_or(DecodeError::Missing { name: "a known type of pixels" });
    }
    if format.is_subsampled() {
        if sample_bytes != 1 {
            return Err(DecodeError::Impossible {
                name: "BitsAllocated",
                value: format.bits_allocated.into(),
            });
        }
        // Two pixels are Y Y Cb Cr.
        let pairs =
            bytes.chunks_exact(4).flat_map(|four| [four[0], four[2], four[3], four[1], four[2], four[3]]);
        return Ok(stored(&pairs.collect::<Vec<_>>(), 1, format));
    }
    if format.is_planar && format.samples > 1 {
        bytes = Cow::Owned(codec::interleave(&bytes, usize::from(format.samples), sample_bytes));
    }
    Ok(stored(&bytes, sample_bytes, format))
}

/// Takes the stored bits of every sample; the others may hold retired overlays or anything (PS3.5 section 8.1.1).
fn stored(bytes: &[u8], sample_bytes: usize, format: &PixelFormat) -> Values {
    let width = sample_bytes as u32 * 8;
    let bits = u32::from(format.bits_stored).min(width);
    let high = u32::from(format.high_bit).min(width - 1).max(bits - 1);
    let (left, right) = (width - 1 - high, width - bits);
    macro_rules! take {
        ($unsigned:ty, $signed:ty, $size:literal, $to_unsigned:path, $to_signed:path) => {{
            let words = bytes.as_chunks::<$size>().0.iter().map(|chunk| <$unsigned>::from_le_bytes(*chunk));
            if format.is_signed {
                $to_signed(words.map(|word| ((word << left) as $signed) >> right).collect())
            } else {
                $to_unsigned(words.map(|word| (word << left) >> right).collect())
            }
        }};
    }
    match sample_bytes {
        1 => take!(u8, i8, 1, Values::U8, Values::I8),
        2 => take!(u16, i16, 2, Values::U16, Values::I16),
        4 => take!(u32, i32, 4, Values::U32, Values::I32),
        // 64-bit whole numbers have no use in display; as double they keep 53 bits.
        _ => Values::F64(
            bytes.as_chunks::<8>().0.iter().map(|chunk| u64::from_le_bytes(*chunk) as f64).collect(),
        ),
    }
}

fn appearance(
    object: &Object<'_>,
    format: &PixelFormat,
    frame_index: usize,
    color: Result<Color, String>,
) -> Appearance {
    let set = object.dataset();
    let voi = dataset::functional_group(set, frame_index, tags::FRAME_VOILUT_SEQUENCE).unwrap_or(set);
    let modality = Modality::read(set, frame_index, format.is_signed);
    // The input of a VOI table may be negative only when the output of the modality stage may.
    let is_signed = match &modality {
        Modality::Rescale { intercept, .. } => format.is_signed || *intercept < 0.0,
        Modality::Table(_) => false,
    };
    let overlays = Overlay::read(set, frame_index);
    Appearance {
        presentation_lut: PresentationLut::read(set),
        shutters: Shutters::read(set, &overlays),
        overlays,
        bits_stored: format.bits_stored as u8,
        windows: header::windows(voi),
        window_function: WindowFunction::read(voi),
        voi_tables: dataset::items(voi, tags::VOILUT_SEQUENCE)
            .iter()
            .filter_map(|item| LookupTable::read(item, tags::LUT_DESCRIPTOR, tags::LUT_DATA, is_signed))
            .collect(),
        modality,
        padding: padding(set, format),
        palette: if color == Ok(Color::Palette) { Palette::read(set, format.is_signed) } else { None },
        pixel_aspect: pixel_aspect(set, frame_index),
        is_lossy: header::is_lossy(set, object.transfer_syntax_uid()),
        color,
    }
}

fn padding(set: &InMemDicomObject, format: &PixelFormat) -> Option<(f64, f64)> {
    // The sign follows PixelRepresentation whatever the VR says.
    let value = |tag| {
        let value = dataset::integer(set, tag)?;
        Some(f64::from(if format.is_signed {
            i32::from(value as u16 as i16)
        } else {
            i32::from(value as u16)
        }))
    };
    let one = value(tags::PIXEL_PADDING_VALUE)?;
    let other = value(tags::PIXEL_PADDING_RANGE_LIMIT).unwrap_or(one);
    Some((one.min(other), one.max(other)))
}

fn pixel_aspect(set: &InMemDicomObject, frame_index: usize) -> f64 {
    let measures = dataset::functional_group(set, frame_index, tags::PIXEL_MEASURES_SEQUENCE).unwrap_or(set);
    let spacings = [
        dataset::numbers(measures, tags::PIXEL_SPACING),
        dataset::numbers(set, tags::IMAGER_PIXEL_SPACING),
        dataset::numbers(set, tags::NOMINAL_SCANNED_PIXEL_SPACING),
        // Vertical, horizontal.
        dataset::numbers(set, tags::PIXEL_ASPECT_RATIO),
    ];
    spacings
        .iter()
        .find_map(|spacing| match spacing[..] {
            [vertical, horizontal, ..] if vertical > 0.0 && horizontal > 0.0 => Some(vertical / horizontal),
            _ => None,
        })
        .filter(|aspect| (0.01..=100.0).contains(aspect))
        .unwrap_or(1.0)
}

/// Lowest and highest value, without those in `padding` and without NaN; (0, 0) when nothing is left.
fn extent(values: &Values, padding: Option<(f64, f64)>) -> (f64, f64) {
    fn of<T: Copy + PartialOrd + Into<f64>>(values: &[T], padding: Option<(f64, f64)>) -> Option<(f64, f64)> {
        let Some((low, high)) = padding else {
            let first = *values.iter().find(|value| value.partial_cmp(value).is_some())?;
            let (low, high) = values.iter().fold((first, first), |(low, high), &value| {
                (if value < low { value } else { low }, if value > high { value } else { high })
            });
            return Some((low.into(), high.into()));
        };
        let mut shown =
            values.iter().map(|&value| value.into()).filter(|value| !(low..=high).contains(value));
        let first: f64 = shown.find(|value| !value.is_nan())?;
        Some(shown.fold((first, first), |(low, high), value| (low.min(value), high.max(value))))
    }
    each!(values, vector => of(vector, padding)).unwrap_or((0.0, 0.0))
}

#[cfg(test)]
mod tests;
