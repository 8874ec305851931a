//! Objects that are written here: their elements, and what they say so that they are filed with the images that they are about
//! (PS3.3 C.7.1.1, C.7.2.1). Explicit VR little endian, text in UTF-8.

use chrono::{DateTime, FixedOffset, Offset};
use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use uuid::Uuid;

use super::referenced::ReferencedImage;
use crate::secret::Pii;

/// An object could not be put into bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an object of this gateway cannot be written")]
pub struct WriteError;

/// Who writes objects, when, and what for.
#[derive(Clone, Debug)]
pub struct Writing<'w> {
    pub author: &'w Pii<String>,
    /// In the author's own time.
    pub at: DateTime<FixedOffset>,
    /// Of the series and of the objects, for people.
    pub description: &'w str,
}

/// A series of objects that are written together.
#[derive(Clone, Debug)]
pub(super) struct NewSeries {
    pub(super) uid: String,
    pub(super) modality: &'static str,
    /// High, so that it stands behind those of the images.
    pub(super) number: u32,
}

/// An identifier from a UUID (PS3.5 section B.2).
pub(super) fn uid(uuid: Uuid) -> String {
    format!("2.25.{}", uuid.as_u128())
}

/// An object about images, with the modules that all of them have: patient, study, series, equipment, SOP common (PS3.3 C.7.1.1, C.7.2.1,
/// C.7.3.1, C.7.5.1, C.12.1).
pub(super) fn object(
    source: &ReferencedImage,
    class_uid: &str,
    object_uid: &str,
    series: &NewSeries,
    writing: &Writing<'_>,
) -> InMemDicomObject {
    let mut set = InMemDicomObject::new_empty();
    put(&mut set, tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192");
    for (tag, vr, value) in source.filed() {
        put(&mut set, tag, vr, value.expose());
    }
    put(&mut set, tags::SOP_CLASS_UID, VR::UI, class_uid);
    put(&mut set, tags::SOP_INSTANCE_UID, VR::UI, object_uid);
    put(&mut set, tags::SERIES_INSTANCE_UID, VR::UI, &series.uid);
    put(&mut set, tags::MODALITY, VR::CS, series.modality);
    put(&mut set, tags::SERIES_NUMBER, VR::IS, &series.number.to_string());
    put(&mut set, tags::SERIES_DESCRIPTION, VR::LO, &words(writing.description, 64));
    let (date, time) = moment(source, writing.at);
    put(&mut set, tags::SERIES_DATE, VR::DA, &date);
    put(&mut set, tags::SERIES_TIME, VR::TM, &time);
    put(&mut set, tags::INSTANCE_CREATION_DATE, VR::DA, &date);
    put(&mut set, tags::INSTANCE_CREATION_TIME, VR::TM, &time);
    put(&mut set, tags::MANUFACTURER, VR::LO, "Parvis");
    put(&mut set, tags::MANUFACTURER_MODEL_NAME, VR::LO, "Parvis");
    put(&mut set, tags::SOFTWARE_VERSIONS, VR::LO, env!("CARGO_PKG_VERSION"));
    set
}

/// Date and time in the zone in which the source tells its own (PS3.3 C.12.1.1.8), or else as they are.
pub(super) fn moment(source: &ReferencedImage, at: DateTime<FixedOffset>) -> (String, String) {
    let at = at.with_timezone(&source.zone().unwrap_or_else(|| at.offset().fix()));
    (at.format("%Y%m%d").to_string(), at.format("%H%M%S").to_string())
}

/// The bytes of a file.
pub(super) fn file(set: InMemDicomObject) -> Result<Vec<u8>, WriteError> {
    let mut bytes = Vec::new();
    let meta = FileMetaTableBuilder::new().transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN);
    set.with_meta(meta).map_err(|_| WriteError)?.write_all(&mut bytes).map_err(|_| WriteError)?;
    Ok(bytes)
}

/// Text; several values are separated by backslashes.
pub(super) fn put(set: &mut InMemDicomObject, tag: Tag, vr: VR, value: &str) {
    set.put(DataElement::new(tag, vr, PrimitiveValue::from(value)));
}

pub(super) fn put_shorts(set: &mut InMemDicomObject, tag: Tag, vr: VR, values: &[u16]) {
    set.put(DataElement::new(tag, vr, PrimitiveValue::U16(values.into())));
}

pub(super) fn put_longs(set: &mut InMemDicomObject, tag: Tag, values: &[i32]) {
    set.put(DataElement::new(tag, VR::SL, PrimitiveValue::I32(values.into())));
}

pub(super) fn put_floats(set: &mut InMemDicomObject, tag: Tag, values: &[f32]) {
    set.put(DataElement::new(tag, VR::FL, PrimitiveValue::F32(values.into())));
}

pub(super) fn put_items(set: &mut InMemDicomObject, tag: Tag, items: Vec<InMemDicomObject>) {
    set.put(DataElement::new(tag, VR::SQ, DataSetSequence::from(items)));
}

/// An item of some elements of text.
pub(super) fn item(elements: &[(Tag, VR, &str)]) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    elements.iter().for_each(|(tag, vr, value)| put(&mut item, *tag, *vr, value));
    item
}

/// A code of the DICOM Controlled Terminology (PS3.16 annex D).
pub(super) fn code(value: &str, meaning: &str) -> InMemDicomObject {
    item(&[
        (tags::CODE_VALUE, VR::SH, value),
        (tags::CODING_SCHEME_DESIGNATOR, VR::SH, "DCM"),
        (tags::CODE_MEANING, VR::LO, meaning),
    ])
}

/// Words for an element of one line: without what has a meaning of its own there, and not longer than it may be, in characters.
pub(super) fn words(text: &str, most: usize) -> String {
    let plain = |c: char| if c.is_control() || c == '\\' { ' ' } else { c };
    text.chars().map(plain).take(most).collect::<String>().trim().to_owned()
}

/// Words for an element of several lines (PS3.5 section 6.2: ST, UT).
pub(super) fn lines(text: &str, most: usize) -> String {
    let lines: Vec<String> =
        text.lines().map(|line| line.chars().filter(|c| !c.is_control()).collect()).collect();
    lines.join("\r\n").chars().take(most).collect::<String>().trim().to_owned()
}

/// The name of a person as it is shown, as a PN value: signs that part a name are taken out of it.
pub(super) fn person(name: &str) -> String {
    words(&name.replace(['^', '='], " "), 64)
}

/// A DS value: at most 16 characters (PS3.5 section 6.2).
pub(super) fn decimal(number: f64) -> String {
    let plain = number.to_string();
    if plain.len() <= 16 {
        return plain;
    }
    let shorter = (0..=14).rev().map(|digits| format!("{number:.digits$e}"));
    shorter.into_iter().find(|text| text.len() <= 16).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fit_into_their_elements() {
        for (number, text) in [
            (-1024.0, "-1024"),
            (0.1 + 0.2, "3.00000000000e-1"),
            (1.0 / 3.0, "3.33333333333e-1"),
            (-1.234_567_890_123_456e-300, "-1.23456789e-300"),
            (0.0, "0"),
        ] {
            assert_eq!(decimal(number), text);
            assert!((text.parse::<f64>().unwrap() - number).abs() <= 1e-7 * number.abs());
        }
    }

    #[test]
    fn words_stay_in_their_element() {
        assert_eq!(words(" Foie\\rate\n \u{7}", 64), "Foie rate");
        assert_eq!(words("é".repeat(99).as_str(), 64).chars().count(), 64);
        assert_eq!(lines("a\\b\nc\u{1b}\r\n", 1024), "a\\b\r\nc");
        assert_eq!(person("Dr^Claire=Martin"), "Dr Claire Martin");
        assert_eq!(uid(Uuid::from_u128(7)), "2.25.7");
    }
}
