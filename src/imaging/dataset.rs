//! Reading values of a parsed data set, leniently: a value that is missing or cannot be read is absent.

use std::borrow::Cow;

use dicom_core::{DataDictionary, DicomValue, Tag, VR};
use dicom_dictionary_std::{StandardDataDictionary, tags};
use dicom_object::InMemDicomObject;

use super::charset;

/// The text of an element, without padding; empty when it is absent.
pub fn text(dataset: &InMemDicomObject, tag: Tag) -> String {
    let Some(element) = dataset.get(tag) else { return String::new() };
    let text = match element.vr() {
        // The writer did not know what it wrote.
        VR::UN | VR::OB => element.to_bytes().map(|bytes| charset::guessed(&bytes)).ok(),
        _ => element.to_str().map(Cow::into_owned).ok(),
    };
    text.map(|text| text.trim_matches([' ', '\0']).to_owned()).unwrap_or_default()
}

/// The first number of an element.
pub fn number(dataset: &InMemDicomObject, tag: Tag) -> Option<f64> {
    numbers(dataset, tag).first().copied()
}

/// All numbers of an element; those that cannot be read are dropped with all that follow.
pub fn numbers(dataset: &InMemDicomObject, tag: Tag) -> Vec<f64> {
    let Some(element) = dataset.get(tag) else { return Vec::new() };
    if matches!(element.vr(), VR::UN | VR::OB) {
        // The writer did not know what it wrote.
        return element.to_bytes().map(|bytes| unknown_numbers(&bytes, tag)).unwrap_or_default();
    }
    if let Ok(numbers) = element.to_multi_float64() {
        return numbers;
    }
    element.to_str().map(|text| text_numbers(&text)).unwrap_or_default()
}

/// Numbers written as text, also with a decimal comma.
fn text_numbers(text: &str) -> Vec<f64> {
    let number = |part: &str| part.trim_matches([' ', '\0']).replace(',', ".").parse().ok();
    text.split('\\').map_while(number).collect()
}

/// Numbers of an element without a value representation: as the dictionary says, else as text.
fn unknown_numbers(bytes: &[u8], tag: Tag) -> Vec<f64> {
    fn all<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f64) -> Vec<f64> {
        bytes.as_chunks::<N>().0.iter().map(|chunk| number(*chunk)).collect()
    }
    match StandardDataDictionary.by_tag(tag).map(|entry| entry.vr.relaxed()) {
        Some(VR::US | VR::OW) => all(bytes, |bytes| u16::from_le_bytes(bytes).into()),
        Some(VR::SS) => all(bytes, |bytes| i16::from_le_bytes(bytes).into()),
        Some(VR::UL) => all(bytes, |bytes| u32::from_le_bytes(bytes).into()),
        Some(VR::SL) => all(bytes, |bytes| i32::from_le_bytes(bytes).into()),
        Some(VR::FL) => all(bytes, |bytes| f32::from_le_bytes(bytes).into()),
        Some(VR::FD) => all(bytes, f64::from_le_bytes),
        _ => std::str::from_utf8(bytes).map(text_numbers).unwrap_or_default(),
    }
}

/// The first whole number of an element.
pub fn integer(dataset: &InMemDicomObject, tag: Tag) -> Option<i64> {
    number(dataset, tag).filter(|number| number.is_finite()).map(|number| number as i64)
}

/// All whole numbers of an element.
pub fn integers(dataset: &InMemDicomObject, tag: Tag) -> Vec<i64> {
    let Some(element) = dataset.get(tag) else { return Vec::new() };
    let is_known = !matches!(element.vr(), VR::UN | VR::OB);
    let numbers = if is_known { element.to_multi_int().ok() } else { None };
    let lenient = || {
        self::numbers(dataset, tag)
            .into_iter()
            .filter(|number| number.is_finite())
            .map(|number| number as i64)
    };
    numbers.unwrap_or_else(|| lenient().collect())
}

/// All texts of an element, without padding.
pub fn texts(dataset: &InMemDicomObject, tag: Tag) -> Vec<String> {
    let whole = text(dataset, tag);
    if whole.is_empty() { Vec::new() } else { whole.split('\\').map(|part| part.trim().to_owned()).collect() }
}

/// The items of a sequence; none when it is absent.
pub fn items(dataset: &InMemDicomObject, tag: Tag) -> &[InMemDicomObject] {
    match dataset.get(tag).map(|element| element.value()) {
        Some(DicomValue::Sequence(sequence)) => sequence.items(),
        _ => &[],
    }
}

/// The value as bytes, words in little endian.
pub fn bytes(dataset: &InMemDicomObject, tag: Tag) -> Option<Vec<u8>> {
    dataset.get(tag)?.to_bytes().ok().map(|bytes| bytes.into_owned())
}

/// A macro of the functional groups that holds for a frame: its own first, then the shared one (PS3.3 C.7.6.16.2).
pub fn functional_group(
    dataset: &InMemDicomObject,
    frame_index: usize,
    group: Tag,
) -> Option<&InMemDicomObject> {
    let own = items(dataset, tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE).get(frame_index);
    let shared = items(dataset, tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE).first();
    [own, shared].into_iter().flatten().find_map(|groups| items(groups, group).first())
}

#[cfg(test)]
mod tests {
    use dicom_core::{DataElement, PrimitiveValue};

    use super::*;
    use crate::imaging::sample::{item, text as element};

    fn unknown(tag: Tag, bytes: &[u8]) -> InMemDicomObject {
        item([DataElement::new(tag, VR::UN, PrimitiveValue::U8(bytes.into()))])
    }

    #[test]
    fn numbers_are_read_whatever_the_writer_called_them() {
        let read = |set: InMemDicomObject, tag| numbers(&set, tag);
        assert_eq!(read(item([element(tags::ROWS, VR::IS, "512 ")]), tags::ROWS), [512.0]);
        assert_eq!(
            read(item([element(tags::PIXEL_SPACING, VR::DS, "0,5\\0,25")]), tags::PIXEL_SPACING),
            [0.5, 0.25]
        );
        assert_eq!(
            read(item([element(tags::PIXEL_SPACING, VR::LO, "0.5\\x\\1")]), tags::PIXEL_SPACING),
            [0.5]
        );
        assert_eq!(read(unknown(tags::ROWS, &[0x30, 0x31]), tags::ROWS), [12592.0]);
        assert_eq!(read(unknown(tags::PIXEL_SPACING, b"0.5\\0.5 "), tags::PIXEL_SPACING), [0.5, 0.5]);
        assert_eq!(integers(&unknown(tags::ROWS, &[1, 2]), tags::ROWS), [513]);
        assert!(read(unknown(tags::PIXEL_SPACING, &[0xFF, 1]), tags::PIXEL_SPACING).is_empty());
        assert_eq!(text(&unknown(tags::MODALITY, b"CT\0"), tags::MODALITY), "CT");
        assert_eq!(
            texts(&unknown(tags::IMAGE_TYPE, b"DERIVED \\AXIAL"), tags::IMAGE_TYPE),
            ["DERIVED", "AXIAL"]
        );
    }
}
