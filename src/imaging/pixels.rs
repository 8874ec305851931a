//! Stored values of a frame: masked to the stored bits and sign-extended (PS3.5 section 8.1.1), samples interleaved.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::appearance::{Appearance, appearance};
use super::codec::{self, Coded, Coding};
use super::color::Color;
use super::damage::{Damage, is_enough};
use super::fragments::Fragments;
use super::located::{Located, located};
use super::native::{Order, native_frame, native_values};
use super::overlay::Overlay;
use super::read::{Object, OpenError};
use super::reduced::Reduced;
use super::{FrameAbout, FrameNumber, dataset, header, plain};

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
    #[error("frame {frame} is missing: {declared} frames are declared and {found} are in the pixel data")]
    FrameMissing { frame: u32, declared: u32, found: u32 },
    #[error("the pixel data ends early: {need} bytes are needed and {have} are there")]
    PixelsMissing { need: u64, have: u64 },
    #[error(
        "the transfer syntax is compressed, while the pixel data is not in items and has {have} bytes where its frames without compression have {need}"
    )]
    NotInItems { need: u64, have: u64 },
    #[error("{frames} frames cannot be found in {fragments} fragments: the offset table is missing or wrong")]
    FramesNotFound { frames: u32, fragments: u32 },
    /// Columns, rows and samples.
    #[error(
        "the header says {} and the compressed frame says {}",
        size_sentence(.header),
        size_sentence(.codestream)
    )]
    SizeMismatch { header: (u64, u64, u64), codestream: (u64, u64, u64) },
    #[error("transfer syntax {0} cannot be decoded")]
    UnknownSyntax(String),
    #[error("{0}")]
    Elsewhere(&'static str),
    #[error("the frame cannot be decoded at a reduced resolution")]
    NoReduction,
    #[error("photometric interpretation {0} cannot be shown")]
    UnknownColor(String),
    #[error("the palette is missing or damaged")]
    NoPalette,
    #[error("{0}")]
    Codec(String),
}

fn size_sentence((columns, rows, samples): &(u64, u64, u64)) -> String {
    format!("{columns} x {rows} pixels of {samples} sample{}", if *samples == 1 { "" } else { "s" })
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

    /// The first of them.
    fn head(&self, count: usize) -> Self {
        match self {
            Self::U8(vector) => Self::U8(vector[..count.min(vector.len())].to_vec()),
            Self::I8(vector) => Self::I8(vector[..count.min(vector.len())].to_vec()),
            Self::U16(vector) => Self::U16(vector[..count.min(vector.len())].to_vec()),
            Self::I16(vector) => Self::I16(vector[..count.min(vector.len())].to_vec()),
            Self::U32(vector) => Self::U32(vector[..count.min(vector.len())].to_vec()),
            Self::I32(vector) => Self::I32(vector[..count.min(vector.len())].to_vec()),
            Self::F32(vector) => Self::F32(vector[..count.min(vector.len())].to_vec()),
            Self::F64(vector) => Self::F64(vector[..count.min(vector.len())].to_vec()),
        }
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
    /// What is missing or wrong, if the pixel data is damaged.
    pub damage: Option<Damage>,
    /// Smaller copies of the values, made when they are needed.
    pub reduced: Reduced,
    /// What it tells of itself beside its pixels.
    pub about: Arc<FrameAbout>,
}

/// How samples of chroma lie in native pixel data (PS3.3 C.7.6.3.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chroma {
    /// Every pixel has its own.
    Whole,
    /// Two pixels in a row share it.
    Pairs,
    /// The same, and each line of an odd width is filled up.
    PairsOfRow,
}

/// How the pixels of an object are written (PS3.3 C.7.6.3), checked for sense and size.
#[derive(Clone, Debug)]
pub(super) struct PixelFormat {
    pub(super) rows: u32,
    pub(super) columns: u32,
    pub(super) samples: u16,
    pub(super) bits_allocated: u16,
    pub(super) bits_stored: u16,
    high_bit: u16,
    pub(super) is_signed: bool,
    pub(super) is_planar: bool,
    /// In native pixel data.
    pub(super) chroma: Chroma,
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
        if !(1..=4).contains(&samples) {
            return Err(DecodeError::Impossible { name: "SamplesPerPixel", value: samples });
        }
        let bits_allocated = need(tags::BITS_ALLOCATED, "BitsAllocated")?;
        if !matches!(bits_allocated, 1..=32 | 64) {
            return Err(DecodeError::Impossible { name: "BitsAllocated", value: bits_allocated });
        }
        // Some writers leave more stored bits than there are, or a high bit that is none.
        let bits_stored =
            dataset::integer(set, tags::BITS_STORED).filter(|bits| (1..=bits_allocated).contains(bits));
        let bits_stored = bits_stored.unwrap_or(bits_allocated);
        let high_bit = dataset::integer(set, tags::HIGH_BIT)
            .filter(|bit| (bits_stored - 1..bits_allocated).contains(bit));
        let high_bit = high_bit.unwrap_or(bits_stored - 1);
        let photometric = dataset::text(set, tags::PHOTOMETRIC_INTERPRETATION).to_ascii_uppercase();
        let is_subsampled = matches!(photometric.as_str(), "YBR_FULL_422" | "YBR_PARTIAL_422");
        let format = Self {
            rows,
            columns,
            samples: samples as u16,
            bits_allocated: bits_allocated as u16,
            bits_stored: bits_stored as u16,
            high_bit: high_bit as u16,
            is_signed: dataset::integer(set, tags::PIXEL_REPRESENTATION) == Some(1),
            is_planar: dataset::integer(set, tags::PLANAR_CONFIGURATION) == Some(1),
            chroma: if samples == 3 && is_subsampled { Chroma::Pairs } else { Chroma::Whole },
            color: color(&photometric, samples as u16),
            photometric,
        };
        format.check_size()?;
        Ok(format)
    }

    fn check_size(&self) -> Result<(), DecodeError> {
        let bytes =
            (self.pixels() * usize::from(self.samples)) as u64 * u64::from(self.bits_allocated.div_ceil(8));
        if bytes > MAX_FRAME_BYTES {
            let Self { rows, columns, samples, .. } = *self;
            return Err(DecodeError::TooLarge { rows, columns, samples });
        }
        Ok(())
    }

    /// The same with another number of samples, if the interpretation goes with it.
    fn with_samples(&self, samples: u16) -> Option<Self> {
        let color = color(&self.photometric, samples).filter(|_| self.color.is_none())?;
        let format = Self { samples, color: Some(color), ..self.clone() };
        format.check_size().ok().map(|()| format)
    }

    /// What the length of native pixel data says where the header contradicts itself or leaves a choice.
    pub(super) fn of_native(self, pixel_bytes: u64, frames: u32) -> Result<Self, DecodeError> {
        let whole = |samples: u64| {
            // Sizes and frames as they are declared: together they may need more than 64 bits.
            let bits = u128::from(self.pixels() as u64 * samples * u64::from(self.bits_allocated));
            u128::from(pixel_bytes) >= (bits * u128::from(frames)).div_ceil(8)
        };
        if self.photometric == "YBR_PARTIAL_420" && !whole(3) {
            return Err(DecodeError::Codec(
                "native pixel data cannot share chroma between lines (YBR_PARTIAL_420)".to_owned(),
            ));
        }
        if self.chroma != Chroma::Whole {
            let samples_of_row = u64::from(self.columns).div_ceil(2) * 4;
            let padded_bits = u128::from(u64::from(self.rows) * samples_of_row)
                * u128::from(self.bits_allocated)
                * u128::from(frames);
            let is_odd = self.columns % 2 == 1;
            let chroma = match () {
                // Decompressed by somebody who left the old interpretation.
                () if whole(3) => Chroma::Whole,
                () if is_odd && u128::from(pixel_bytes) >= padded_bits.div_ceil(8) => Chroma::PairsOfRow,
                () => Chroma::Pairs,
            };
            return Ok(Self { chroma, ..self });
        }
        let other = match self.samples {
            1 if whole(3) => 3,
            3 if !whole(3) && whole(1) => 1,
            _ => return Ok(self),
        };
        Ok(self.with_samples(other).unwrap_or(self))
    }

    pub(super) fn pixels(&self) -> usize {
        self.rows as usize * self.columns as usize
    }

    /// Bits of a frame in a native syntax (PS3.5 section 8.1.1, and C.7.6.3.1.2 for chroma shared by two pixels).
    pub(super) fn native_frame_bits(&self) -> u64 {
        let pixels = self.pixels() as u64;
        let samples = match self.chroma {
            Chroma::Whole => pixels * u64::from(self.samples),
            Chroma::Pairs => pixels.div_ceil(2) * 4,
            Chroma::PairsOfRow => u64::from(self.rows) * u64::from(self.columns).div_ceil(2) * 4,
        };
        samples * u64::from(self.bits_allocated)
    }

    /// The same for samples of a codestream of a precision: it knows where its highest bit is.
    fn of_codestream(&self, bits: Option<u16>) -> Self {
        let is_lower = bits.is_some_and(|bits| bits <= self.high_bit);
        Self { high_bit: if is_lower { self.bits_stored - 1 } else { self.high_bit }, ..self.clone() }
    }

    /// An interpretation that cannot be shown, and with what it does not go.
    fn contradiction(&self) -> String {
        let is_known = [1, 3].iter().any(|samples| color(&self.photometric, *samples).is_some());
        if is_known {
            let plural = if self.samples == 1 { "" } else { "s" };
            format!("{} with {} sample{plural} a pixel", self.photometric, self.samples)
        } else {
            self.photometric.clone()
        }
    }

    /// Rows of a native frame that `bytes` of it hold.
    pub(super) fn whole_rows(&self, bytes: u64) -> u32 {
        let (bits, rows) = (bytes * 8, u64::from(self.rows));
        let frame_bits = self.native_frame_bits();
        let whole = if self.is_planar && self.samples > 1 && self.chroma == Chroma::Whole {
            // All planes but the last must be there.
            let plane_bits = frame_bits / u64::from(self.samples);
            bits.saturating_sub(frame_bits - plane_bits) * rows / plane_bits.max(1)
        } else {
            bits * rows / frame_bits.max(1)
        };
        whole.min(rows) as u32
    }
}

fn color(photometric: &str, samples: u16) -> Option<Color> {
    match (photometric, samples) {
        ("MONOCHROME1", 1) => Some(Color::Monochrome1),
        ("MONOCHROME2" | "MONOCHROME" | "", 1) => Some(Color::Monochrome2),
        ("PALETTE COLOR", 1) => Some(Color::Palette),
        ("RGB" | "YBR_ICT" | "YBR_RCT" | "", 3) => Some(Color::Rgb),
        ("YBR_FULL" | "YBR_FULL_422", 3) => Some(Color::Ybr),
        ("YBR_PARTIAL_422" | "YBR_PARTIAL_420", 3) => Some(Color::YbrPartial),
        _ => None,
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
    decode_reduced(object, frame, 0)
}

/// Decodes one frame at a part of its resolution: each side divided by `2^reduce`, rounded up. The values are stored values,
/// and what they look like is that of the whole frame.
///
/// # Errors
/// [`DecodeError::NoReduction`] if `reduce` is more than [`reductions`] says; whatever else stops the decoding.
pub fn decode_reduced(
    object: &Object<'_>,
    frame: FrameNumber,
    reduce: u8,
) -> Result<StoredFrame, DecodeError> {
    let set = object.dataset();
    let frames = header::declared_frames(set);
    if frame.number() > frames {
        // What is wrong with the object is told first.
        located(object)?;
        return Err(DecodeError::NoSuchFrame { frame: frame.number(), frames });
    }
    let Decoded { values, color, damage, columns, rows, format, embedded } = match located(object)? {
        Located::Native { tag, bytes, order, format } => {
            if reduce > 0 {
                return Err(DecodeError::NoReduction);
            }
            let native = native_frame(bytes, &format, frame, order)?;
            // Before masking, which takes them away.
            let sample_bytes = usize::from(format.bits_allocated / 8);
            let embedded = match order {
                Order::Big if sample_bytes > 1 && Overlay::has_embedded(set) => {
                    let mut words = native.to_vec();
                    words.chunks_exact_mut(sample_bytes).for_each(<[u8]>::reverse);
                    Overlay::read_embedded(set, &words, sample_bytes)
                }
                _ => Overlay::read_embedded(set, &native, sample_bytes),
            };
            let (values, damage) = native_values(native, &format, order, tag != tags::PIXEL_DATA)?;
            Decoded { embedded, ..Decoded::whole(values, damage, format) }
        }
        Located::Encapsulated { fragments, offset_table, format } => {
            decode_encapsulated(object, &fragments, offset_table, format, frame, reduce)?
        }
    };
    let color = color.or(format.color).ok_or_else(|| format.contradiction());
    let appearance = appearance(set, object.transfer_syntax_uid(), &format, frame.index(), color, embedded);
    let mut values = values;
    if let Some(Damage::MissingRows { first, .. }) = &damage {
        let whole = *first as usize * columns as usize * usize::from(format.samples);
        darken(&mut values, whole, &appearance);
    }
    let extent = extent(&values, None);
    let mut appearance = appearance;
    if frames == 1 && extent.0 == extent.1 {
        // Nothing is to be told apart in it; in a clip it is as dark as it is.
        appearance.default_range = None;
    }
    let shown_extent = appearance.padding.map_or(extent, |padding| self::extent(&values, Some(padding)));
    Ok(StoredFrame {
        rows,
        columns,
        samples: format.samples as u8,
        values: Arc::new(values),
        extent,
        shown_extent,
        appearance,
        damage,
        reduced: Reduced::default(),
        about: Arc::new(FrameAbout::read(object, frame)),
    })
}

/// How often the sides of the frames of an object can be halved while they are decoded; 0: not at all.
pub fn reductions(object: &Object<'_>) -> u8 {
    let Ok(Located::Encapsulated { fragments, offset_table, format }) = located(object) else { return 0 };
    let declared = header::declared_frames(object.dataset()) as usize;
    let place = Fragments { object, offset_table, fragments: &fragments, declared, format: Some(&format) };
    let Ok(bytes) = place.frame(0) else { return 0 };
    codec::coding(&bytes, object.transfer_syntax_uid(), u64::MAX)
        .map_or(0, |coding| codec::reductions(&bytes, coding))
}

/// Whether the object is one that has a picture: without a size, or with next to nothing in its pixel data, it has none.
pub(super) fn has_picture(object: &Object<'_>) -> bool {
    match located(object) {
        Ok(Located::Encapsulated { fragments, .. }) => fragments.iter().any(|fragment| !fragment.is_empty()),
        Ok(Located::Native { bytes, format, .. }) => {
            is_enough(bytes.len() as u64 * 8, format.native_frame_bits())
        }
        Err(DecodeError::Missing { .. } | DecodeError::NoPixels | DecodeError::Elsewhere(_)) => false,
        // One that cannot be decoded is still a picture, and says why.
        Err(_) => true,
    }
}

/// How many frames the pixel data of an object holds, whatever it declares; one that ends early counts if it can be shown.
pub(super) fn held_frames(object: &Object<'_>) -> u64 {
    match located(object) {
        Ok(Located::Native { bytes, format, .. }) => {
            let (bits, frame_bits) = (bytes.len() as u64 * 8, format.native_frame_bits().max(1));
            bits / frame_bits + u64::from(is_enough(bits % frame_bits, frame_bits))
        }
        Ok(Located::Encapsulated { fragments, offset_table, format }) => {
            let declared = header::declared_frames(object.dataset()) as usize;
            let place =
                Fragments { object, offset_table, fragments: &fragments, declared, format: Some(&format) };
            place.count() as u64
        }
        Err(_) => 0,
    }
}

struct Decoded {
    values: Values,
    color: Option<Color>,
    damage: Option<Damage>,
    columns: u32,
    rows: u32,
    format: PixelFormat,
    /// Overlay planes in bits of the samples that hold no value.
    embedded: Vec<Overlay>,
}

impl Decoded {
    fn whole(values: Values, damage: Option<Damage>, format: PixelFormat) -> Self {
        let (columns, rows) = (format.columns, format.rows);
        Self { values, color: None, damage, columns, rows, format, embedded: Vec::new() }
    }
}

fn decode_encapsulated(
    object: &Object<'_>,
    fragments: &[Range<usize>],
    offset_table: Range<usize>,
    format: PixelFormat,
    frame: FrameNumber,
    reduce: u8,
) -> Result<Decoded, DecodeError> {
    let declared = header::declared_frames(object.dataset()) as usize;
    let place = Fragments { object, offset_table, fragments, declared, format: Some(&format) };
    let bytes = place.frame(frame.index())?;
    let native_bytes = format.native_frame_bits().div_ceil(8);
    let coding = codec::coding(&bytes, object.transfer_syntax_uid(), native_bytes)?;
    if matches!(coding, Coding::Native | Coding::Deflated) {
        if reduce > 0 {
            return Err(DecodeError::NoReduction);
        }
        // Every frame by itself is written as a native one.
        let native = match coding {
            Coding::Deflated => Cow::Owned(codec::inflate(&bytes, &format)?),
            _ => Cow::Borrowed(&bytes[..bytes.len().min(native_bytes as usize)]),
        };
        let sample_bytes = usize::from(format.bits_allocated / 8);
        let embedded = Overlay::read_embedded(object.dataset(), &native, sample_bytes);
        let (values, damage) = native_values(native, &format, Order::Little, false)?;
        return Ok(Decoded { embedded, ..Decoded::whole(values, damage, format) });
    }
    // Where the header contradicts itself the codestream knows how many samples there are.
    let samples = codec::components(&bytes, coding).filter(|samples| *samples != format.samples);
    let format = samples.and_then(|samples| format.with_samples(samples)).unwrap_or(format);
    let Coded { bytes, sample_bytes, columns, rows, bits, color, damage } =
        codec::decode(&bytes, coding, &format, reduce)?;
    let need = columns * rows * usize::from(format.samples) * sample_bytes;
    if bytes.len() < need {
        return Err(DecodeError::PixelsMissing { need: need as u64, have: bytes.len() as u64 });
    }
    let values = stored(&bytes[..need], sample_bytes, &format.of_codestream(bits));
    let embedded = match reduce {
        0 => Overlay::read_embedded(object.dataset(), &bytes[..need], sample_bytes),
        _ => Vec::new(),
    };
    Ok(Decoded { values, color, damage, columns: columns as u32, rows: rows as u32, format, embedded })
}

/// Fills what is missing so that it does not look like an image: padding if there is such a value, else what is shown darkest.
fn darken(values: &mut Values, whole: usize, appearance: &Appearance) {
    let middle = 2_f64.powi(i32::from(appearance.bits_stored) - 1);
    let filler: [f64; 3] = match (&appearance.color, appearance.padding) {
        (Ok(Color::Ybr), _) => [0.0, middle, middle],
        (Ok(Color::YbrPartial), _) => [middle / 8.0, middle, middle],
        (Ok(Color::Monochrome1 | Color::Monochrome2), Some((low, _))) => [low; 3],
        (Ok(Color::Monochrome1), None) => [extent(&values.head(whole), None).1; 3],
        (Ok(Color::Monochrome2), None) => [extent(&values.head(whole), None).0; 3],
        _ => [0.0; 3],
    };
    each!(values, vector => {
        for (place, value) in vector.iter_mut().enumerate().skip(whole) {
            *value = filler[place % 3] as _;
        }
    });
}

/// Takes the stored bits of every sample; the others may hold retired overlays or anything (PS3.5 section 8.1.1).
pub(super) fn stored(bytes: &[u8], sample_bytes: usize, format: &PixelFormat) -> Values {
    if sample_bytes == 3 {
        let wide: Vec<u8> = bytes.as_chunks::<3>().0.iter().flat_map(|&[a, b, c]| [a, b, c, 0]).collect();
        return stored(&wide, 4, format);
    }
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

/// Lowest and highest value, without those in `padding`, without NaN and infinity; (0, 0) when nothing is left.
fn extent(values: &Values, padding: Option<(f64, f64)>) -> (f64, f64) {
    fn of<T: Copy + PartialOrd + Into<f64>>(values: &[T], padding: Option<(f64, f64)>) -> Option<(f64, f64)> {
        let Some((low, high)) = padding else {
            let first = *values.iter().find(|value| value.partial_cmp(value).is_some())?;
            let (low, high) = values.iter().fold((first, first), |(low, high), &value| {
                (if value < low { value } else { low }, if value > high { value } else { high })
            });
            let (low, high) = (low.into(), high.into());
            if low.is_finite() && high.is_finite() {
                return Some((low, high));
            }
            return of(values, Some((f64::NAN, f64::NAN)));
        };
        let mut shown = values
            .iter()
            .map(|&value| value.into())
            .filter(|value| value.is_finite() && !(low..=high).contains(value));
        let first: f64 = shown.next()?;
        Some(shown.fold((first, first), |(low, high), value| (low.min(value), high.max(value))))
    }
    each!(values, vector => of(vector, padding)).unwrap_or((0.0, 0.0))
}

#[cfg(test)]
mod tests;
