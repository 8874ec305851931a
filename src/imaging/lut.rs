//! Lookup tables and the modality stage (PS3.3 C.11.1): stored values to values with a meaning, such as HU.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::dataset;

/// A table over whole numbers, clamped at both ends (PS3.3 C.11.1.1.1, C.11.2.1.1).
#[derive(Clone, Debug, PartialEq)]
pub struct LookupTable {
    /// The first value mapped.
    pub first: i32,
    /// Never empty.
    pub entries: Vec<u16>,
    /// Bits of an entry, 1..=16.
    pub bits: u8,
}

impl LookupTable {
    /// Reads descriptor and data of one table. `is_signed`: the values that it maps may be negative.
    pub fn read(item: &InMemDicomObject, descriptor: Tag, data: Tag, is_signed: bool) -> Option<Self> {
        let descriptor = dataset::integers(item, descriptor);
        let [count, first, bits] = *descriptor.get(..3)? else { return None };
        // 65536 entries are written as 0, in 16 bits with or without a sign.
        let count = match count as u16 {
            0 => 65_536,
            count => usize::from(count),
        };
        let first = if is_signed { i32::from(first as u16 as i16) } else { i32::from(first as u16) };
        let bytes = dataset::bytes(item, data)?;
        let entries = if bytes.len() >= count * 2 || bits > 8 {
            words(&bytes).take(count).collect()
        } else {
            bytes.into_iter().take(count).map(u16::from).collect::<Vec<_>>()
        };
        Self::new(first, entries, bits.clamp(1, 16) as u8)
    }

    /// `None` when there is no entry.
    pub fn new(first: i32, entries: Vec<u16>, bits: u8) -> Option<Self> {
        (!entries.is_empty() && (1..=16).contains(&bits)).then_some(Self { first, entries, bits })
    }

    /// The entry for a value.
    pub fn at(&self, value: f64) -> u16 {
        let place = (value - f64::from(self.first)).round().clamp(0.0, (self.entries.len() - 1) as f64);
        // NaN becomes 0.
        self.entries[place as usize]
    }

    /// The largest entry that its bits allow.
    pub fn full_scale(&self) -> f64 {
        f64::from((1_u32 << self.bits) - 1)
    }
}

pub(super) fn words(bytes: &[u8]) -> impl Iterator<Item = u16> + '_ {
    bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
}

/// What is done with tones after the values of interest (PS3.3 C.11.4, C.11.6).
#[derive(Clone, Debug, Default, PartialEq)]
pub enum PresentationLut {
    #[default]
    Identity,
    /// Black becomes white.
    Inverse,
    Table(LookupTable),
}

impl PresentationLut {
    /// Of an image or a presentation state; `None` when it says nothing.
    pub(super) fn read(set: &InMemDicomObject) -> Option<Self> {
        let table = dataset::items(set, tags::PRESENTATION_LUT_SEQUENCE).first();
        if let Some(table) =
            table.and_then(|item| LookupTable::read(item, tags::LUT_DESCRIPTOR, tags::LUT_DATA, false))
        {
            return Some(Self::Table(table));
        }
        match dataset::text(set, tags::PRESENTATION_LUT_SHAPE).as_str() {
            "IDENTITY" => Some(Self::Identity),
            "INVERSE" => Some(Self::Inverse),
            _ => None,
        }
    }
}

/// The modality stage of a frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Modality {
    /// slope x value + intercept (PS3.3 C.11.1.1.2).
    Rescale {
        slope: f64,
        intercept: f64,
    },
    Table(LookupTable),
}

impl Modality {
    /// Changes nothing.
    pub const IDENTITY: Self = Self::Rescale { slope: 1.0, intercept: 0.0 };

    /// For a frame: its own transformation first (PS3.3 C.7.6.16.2.9), then the object's.
    pub(super) fn read(set: &InMemDicomObject, frame_index: usize, is_signed: bool) -> Self {
        let item = dataset::functional_group(set, frame_index, tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE);
        if item.is_none() {
            let table = dataset::items(set, tags::MODALITY_LUT_SEQUENCE)
                .first()
                .and_then(|item| LookupTable::read(item, tags::LUT_DESCRIPTOR, tags::LUT_DATA, is_signed));
            if let Some(table) = table {
                return Self::Table(table);
            }
        }
        let source = item.unwrap_or(set);
        let slope =
            dataset::number(source, tags::RESCALE_SLOPE).filter(|slope| slope.is_finite() && *slope != 0.0);
        let intercept = dataset::number(source, tags::RESCALE_INTERCEPT).filter(|value| value.is_finite());
        Self::Rescale { slope: slope.unwrap_or(1.0), intercept: intercept.unwrap_or(0.0) }
    }

    /// The value after the stage.
    pub fn apply(&self, stored: f64) -> f64 {
        match self {
            Self::Rescale { slope, intercept } => slope * stored + intercept,
            Self::Table(table) => f64::from(table.at(stored)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_clamps_at_both_ends() {
        let table = LookupTable::new(-2, vec![10, 20, 30], 8).unwrap();
        for (value, entry) in [(-1000.0, 10), (-2.0, 10), (-1.0, 20), (0.0, 30), (7.0, 30), (f64::NAN, 10)] {
            assert_eq!(table.at(value), entry, "{value}");
        }
        assert_eq!(LookupTable::new(0, vec![], 8), None);
    }

    #[test]
    fn rescale_is_linear() {
        let hu = Modality::Rescale { slope: 2.0, intercept: -1024.0 };
        assert_eq!(hu.apply(512.0), 0.0);
        assert_eq!(Modality::IDENTITY.apply(-3.0), -3.0);
    }
}
