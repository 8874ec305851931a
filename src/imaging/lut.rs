//! Lookup tables and the modality stage (PS3.3 C.11.1): stored values to values with a meaning, such as HU.

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;

use super::stack::is_localizer;
use super::{ValueUnit, dataset, header};

/// A table over whole numbers, clamped at both ends (PS3.3 C.11.1.1.1, C.11.2.1.1).
#[derive(Clone, Debug, PartialEq)]
pub struct LookupTable {
    /// The first value mapped.
    pub first: i32,
    /// Never empty.
    pub entries: Vec<u16>,
    /// Bits of an entry, 1..=16.
    pub bits: u8,
    /// LUT Explanation (0028,3003); may be empty.
    pub explanation: String,
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
        // Entries of one byte each, two to a word, whatever the descriptor says of their bits.
        let is_packed = bytes.len() == count || bytes.len() == count + 1 && count % 2 == 1;
        let (entries, bits) = if count > 1 && is_packed || bits <= 8 && bytes.len() < count * 2 {
            (bytes.into_iter().take(count).map(u16::from).collect::<Vec<_>>(), bits.min(8))
        } else {
            (words(&bytes).take(count).collect(), bits)
        };
        let table = Self::new(first, entries, bits.clamp(1, 16) as u8)?;
        Some(Self { explanation: dataset::text(item, tags::LUT_EXPLANATION), ..table })
    }

    /// `None` when there is no entry.
    pub fn new(first: i32, entries: Vec<u16>, bits: u8) -> Option<Self> {
        (!entries.is_empty() && (1..=16).contains(&bits)).then_some(Self {
            first,
            entries,
            bits,
            explanation: String::new(),
        })
    }

    /// The entry for a value.
    pub fn at(&self, value: f64) -> u16 {
        let place = (value - f64::from(self.first)).round().clamp(0.0, (self.entries.len() - 1) as f64);
        // NaN becomes 0.
        self.entries[place as usize]
    }

    /// The tone that a presentation table gives a tone, both 0..=1: what comes is spread over the whole input (PS3.3 C.11.6.1).
    pub(super) fn spread(&self, tone: f64) -> f64 {
        let place = f64::from(self.first) + tone * (self.entries.len() - 1) as f64;
        (f64::from(self.at(place)) / self.full_scale()).min(1.0)
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

/// What the values of a frame are after its modality stage (PS3.3 C.11.1.1.2). A CT image that does not name another unit is in HU (C.8.2.1,
/// C.8.15.3.10), but for a localizer.
pub(super) fn value_unit(set: &InMemDicomObject, frame_index: usize) -> ValueUnit {
    let item = dataset::functional_group(set, frame_index, tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE);
    let table = dataset::items(set, tags::MODALITY_LUT_SEQUENCE).first();
    let table = table.filter(|table| item.is_none() && table.get(tags::LUT_DATA).is_some());
    let source = item.unwrap_or(set);
    let unit = match table {
        Some(table) => dataset::text(table, tags::MODALITY_LUT_TYPE),
        // Values that are not rescaled are in no unit, whatever is said of them.
        None if dataset::number(source, tags::RESCALE_INTERCEPT).is_none() => return ValueUnit::Stored,
        None => dataset::text(source, tags::RESCALE_TYPE),
    };
    let is_silent_ct = || {
        let is_ct = matches!(
            header::class_uid(set).as_str(),
            uids::CT_IMAGE_STORAGE
                | uids::ENHANCED_CT_IMAGE_STORAGE
                | uids::LEGACY_CONVERTED_ENHANCED_CT_IMAGE_STORAGE
        );
        is_ct && table.is_none() && !is_localizer(&dataset::texts(set, tags::IMAGE_TYPE))
    };
    match unit.as_str() {
        "HU" => ValueUnit::Hu,
        "" if is_silent_ct() => ValueUnit::Hu,
        _ => ValueUnit::Stored,
    }
}

#[cfg(test)]
mod tests {
    use dicom_core::{DataElement, PrimitiveValue, VR};

    use super::*;

    fn lut(descriptor: [u16; 3], vr: VR, data: PrimitiveValue) -> Option<LookupTable> {
        let item = InMemDicomObject::from_element_iter([
            DataElement::new(tags::LUT_DESCRIPTOR, VR::US, PrimitiveValue::U16(descriptor.as_slice().into())),
            DataElement::new(tags::LUT_EXPLANATION, VR::LO, PrimitiveValue::from("bone")),
            DataElement::new(tags::LUT_DATA, vr, data),
        ]);
        LookupTable::read(&item, tags::LUT_DESCRIPTOR, tags::LUT_DATA, true)
    }

    /// PS3.3 C.11.1.1: entries, first value mapped (with the sign of the pixels), bits.
    #[test]
    fn a_descriptor_is_read_as_the_standard_says() {
        let words = PrimitiveValue::U16((0..=65_535).collect());
        let table = lut([0, 0xFFFE, 16], VR::US, words).unwrap();
        assert_eq!((table.entries.len(), table.first, table.bits), (65_536, -2, 16));
        assert_eq!(table.explanation, "bone");
        // Fewer entries than are announced: the last one goes on.
        let table = lut([4, 0, 12], VR::US, PrimitiveValue::U16([7, 9, 11].as_slice().into())).unwrap();
        assert_eq!((table.at(0.0), table.at(3.0)), (7, 11));
    }

    #[test]
    fn entries_of_eight_bits_may_be_packed_two_to_a_word() {
        for bits in [8, 16] {
            let packed = PrimitiveValue::U8([10, 20, 30, 40].as_slice().into());
            let table = lut([4, 0, bits], VR::OW, packed).unwrap();
            assert_eq!((table.entries.clone(), table.bits), (vec![10, 20, 30, 40], 8));
        }
        let odd = lut([3, 0, 8], VR::OW, PrimitiveValue::U8([10, 20, 30, 0].as_slice().into())).unwrap();
        assert_eq!(odd.entries, [10, 20, 30]);
        let wide = PrimitiveValue::U16([10, 20, 30, 40].as_slice().into());
        assert_eq!(lut([4, 0, 8], VR::OW, wide).unwrap().entries, [10, 20, 30, 40]);
    }

    /// PS3.3 C.11.6.1: what comes is scaled to the input of the table.
    #[test]
    fn a_presentation_table_takes_the_whole_range_of_tones() {
        let table = LookupTable::new(0, vec![255, 0, 51], 8).unwrap();
        assert_eq!([0.0, 0.5, 1.0].map(|tone| table.spread(tone)), [1.0, 0.0, 0.2]);
    }

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

    /// PS3.3 C.11.1.1.2, C.8.2.1 for a CT that says nothing, C.7.6.16.2.9 for a frame of its own.
    #[test]
    fn values_are_in_hounsfield_units_where_the_object_says_so_or_is_a_ct_that_says_nothing() {
        use crate::imaging::sample::{groups, item, sequence, text};
        let of = |class: &str, elements: Vec<dicom_object::mem::InMemElement>| {
            let mut set = item(elements);
            set.put(text(tags::SOP_CLASS_UID, VR::UI, class));
            value_unit(&set, 0)
        };
        let rescaled = |unit: &str| {
            let mut elements =
                vec![text(tags::RESCALE_INTERCEPT, VR::DS, "-1024"), text(tags::RESCALE_SLOPE, VR::DS, "1")];
            if !unit.is_empty() {
                elements.push(text(tags::RESCALE_TYPE, VR::LO, unit));
            }
            elements
        };
        let (ct, mr) = (uids::CT_IMAGE_STORAGE, uids::MR_IMAGE_STORAGE);
        assert_eq!(of(ct, rescaled("HU")), ValueUnit::Hu);
        assert_eq!(of(ct, rescaled("")), ValueUnit::Hu);
        assert_eq!(of(mr, rescaled("HU")), ValueUnit::Hu, "as it says");
        for (class, elements) in [
            (ct, rescaled("US")),
            (ct, rescaled("MGML")),
            (ct, vec![]),
            (mr, rescaled("")),
            (uids::SECONDARY_CAPTURE_IMAGE_STORAGE, rescaled("")),
            (
                ct,
                [rescaled(""), vec![text(tags::IMAGE_TYPE, VR::CS, "ORIGINAL\\PRIMARY\\LOCALIZER")]].concat(),
            ),
        ] {
            assert_eq!(of(class, elements.clone()), ValueUnit::Stored, "{elements:?}");
        }
        let table = |unit| {
            vec![sequence(
                tags::MODALITY_LUT_SEQUENCE,
                [item([
                    text(tags::MODALITY_LUT_TYPE, VR::LO, unit),
                    DataElement::new(tags::LUT_DATA, VR::OW, PrimitiveValue::from(1_u16)),
                ])],
            )]
        };
        assert_eq!((of(mr, table("HU")), of(ct, table("OD"))), (ValueUnit::Hu, ValueUnit::Stored));
        let of_frame = item([groups(tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE, rescaled("US"))]);
        let own =
            [rescaled("HU"), vec![sequence(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, [of_frame])]].concat();
        assert_eq!(of(ct, own), ValueUnit::Stored, "the frame's own comes first");
    }
}
