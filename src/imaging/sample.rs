//! Small data sets for tests.

use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_object::mem::InMemElement;
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};

/// An element of text; several values are separated by backslashes.
pub(super) fn text(tag: Tag, vr: VR, value: &str) -> InMemElement {
    DataElement::new(tag, vr, PrimitiveValue::from(value))
}

pub(super) fn words(tag: Tag, vr: VR, values: &[u16]) -> InMemElement {
    DataElement::new(tag, vr, PrimitiveValue::U16(values.into()))
}

pub(super) fn longs(tag: Tag, values: &[i32]) -> InMemElement {
    DataElement::new(tag, VR::SL, PrimitiveValue::I32(values.into()))
}

pub(super) fn floats(tag: Tag, values: &[f32]) -> InMemElement {
    DataElement::new(tag, VR::FL, PrimitiveValue::F32(values.into()))
}

pub(super) fn doubles(tag: Tag, values: &[f64]) -> InMemElement {
    DataElement::new(tag, VR::FD, PrimitiveValue::F64(values.into()))
}

/// A data set, or an item of a sequence.
pub(super) fn item(elements: impl IntoIterator<Item = InMemElement>) -> InMemDicomObject {
    InMemDicomObject::from_element_iter(elements)
}

pub(super) fn sequence(tag: Tag, items: impl IntoIterator<Item = InMemDicomObject>) -> InMemElement {
    DataElement::new(tag, VR::SQ, DataSetSequence::from(items.into_iter().collect::<Vec<_>>()))
}

/// A sequence of one item, as functional groups have them.
pub(super) fn groups(tag: Tag, elements: impl IntoIterator<Item = InMemElement>) -> InMemElement {
    sequence(tag, [item(elements)])
}

/// The bytes of a file in explicit VR little endian.
pub(super) fn file(mut set: InMemDicomObject, class_uid: &str, uid: &str) -> Vec<u8> {
    use dicom_dictionary_std::{tags, uids};
    set.put(text(tags::SOP_CLASS_UID, VR::UI, class_uid));
    set.put(text(tags::SOP_INSTANCE_UID, VR::UI, uid));
    let mut bytes = Vec::new();
    let meta = FileMetaTableBuilder::new().transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN);
    set.with_meta(meta).unwrap().write_all(&mut bytes).unwrap();
    bytes
}

/// An image of 16 bits in native form.
pub(super) fn image(columns: u16, rows: u16, values: &[u16]) -> InMemDicomObject {
    use dicom_dictionary_std::tags;
    let numbers = [
        (tags::SAMPLES_PER_PIXEL, 1),
        (tags::ROWS, rows),
        (tags::COLUMNS, columns),
        (tags::BITS_ALLOCATED, 16),
        (tags::BITS_STORED, 16),
        (tags::HIGH_BIT, 15),
        (tags::PIXEL_REPRESENTATION, 0),
    ];
    let mut set = item(numbers.map(|(tag, number)| words(tag, VR::US, &[number])));
    set.put(text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"));
    set.put(words(tags::PIXEL_DATA, VR::OW, values));
    set
}
