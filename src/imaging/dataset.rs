//! Reading values of a parsed data set, leniently: a value that is missing or cannot be read is absent.

use dicom_core::{DicomValue, Tag};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

/// The text of an element, without padding; empty when it is absent.
pub fn text(dataset: &InMemDicomObject, tag: Tag) -> String {
    dataset
        .get(tag)
        .and_then(|element| element.to_str().ok())
        .map(|text| text.trim_matches([' ', '\0']).to_owned())
        .unwrap_or_default()
}

/// The first number of an element.
pub fn number(dataset: &InMemDicomObject, tag: Tag) -> Option<f64> {
    numbers(dataset, tag).first().copied()
}

/// All numbers of an element; those that cannot be read are dropped with all that follow.
pub fn numbers(dataset: &InMemDicomObject, tag: Tag) -> Vec<f64> {
    let Some(element) = dataset.get(tag) else { return Vec::new() };
    if let Ok(numbers) = element.to_multi_float64() {
        return numbers;
    }
    let Ok(text) = element.to_str() else { return Vec::new() };
    text.split('\\').map_while(|part| part.trim_matches([' ', '\0']).parse().ok()).collect()
}

/// The first whole number of an element.
pub fn integer(dataset: &InMemDicomObject, tag: Tag) -> Option<i64> {
    number(dataset, tag).filter(|number| number.is_finite()).map(|number| number as i64)
}

/// All whole numbers of an element.
pub fn integers(dataset: &InMemDicomObject, tag: Tag) -> Vec<i64> {
    dataset.get(tag).and_then(|element| element.to_multi_int().ok()).unwrap_or_default()
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
