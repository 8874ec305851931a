//! What an object says of itself: the facts that list it, sort it and name its kind.

use chrono::NaiveDate;
use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;

use super::clip::MAX_FRAMES;
use super::read::{Object, OpenError};
use super::scan::PixelElement;
use super::{
    ContentHash, InstanceFacts, ObjectKind, PatientFacts, Received, SeriesFacts, StudyFacts, Window,
    WindowPreset, dataset, details, lossy, pixels, plain,
};
use crate::secret::Pii;

/// An object as `inspect` shows it: the facts, and how its pixels are written.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    pub received: Received,
    /// Photometric Interpretation (0028,0004); empty without pixels.
    pub photometric: String,
    pub bits_stored: Option<u16>,
    pub samples: Option<u16>,
    /// The object ends too early: these facts are from what is there.
    pub is_cut: bool,
}

/// The facts of an object, which must be whole up to its pixels. `hash` is that of all its bytes.
pub fn read_header(bytes: &[u8], hash: ContentHash) -> Result<Received, OpenError> {
    if let Some(plain) = plain::recognise(bytes) {
        return plain::received(bytes, plain, hash);
    }
    let object = Object::open(bytes)?;
    match object.cut() {
        Some(cut) => Err(cut.clone()),
        None => Ok(describe(&object, bytes.len() as u64, hash).received),
    }
}

/// The facts of an object and how its pixels are written. `hash` is that of all its bytes.
pub fn inspect(bytes: &[u8], hash: ContentHash) -> Result<Inspection, OpenError> {
    if let Some(plain) = plain::recognise(bytes) {
        return plain::inspection(bytes, plain, hash);
    }
    let object = Object::open(bytes)?;
    Ok(describe(&object, bytes.len() as u64, hash))
}

fn describe(object: &Object<'_>, bytes: u64, hash: ContentHash) -> Inspection {
    let set = object.dataset();
    let small = |tag| dataset::integer(set, tag).and_then(|value| u16::try_from(value).ok());
    Inspection {
        received: Received {
            patient: patient(set),
            study: StudyFacts {
                uid: dataset::text(set, tags::STUDY_INSTANCE_UID),
                date: date(set, tags::STUDY_DATE),
                description: dataset::text(set, tags::STUDY_DESCRIPTION),
            },
            series: SeriesFacts {
                uid: dataset::text(set, tags::SERIES_INSTANCE_UID),
                modality: dataset::text(set, tags::MODALITY),
                number: whole(set, tags::SERIES_NUMBER),
                description: dataset::text(set, tags::SERIES_DESCRIPTION),
            },
            instance: instance(object, bytes, hash),
        },
        photometric: dataset::text(set, tags::PHOTOMETRIC_INTERPRETATION),
        bits_stored: small(tags::BITS_STORED),
        samples: small(tags::SAMPLES_PER_PIXEL),
        is_cut: object.cut().is_some(),
    }
}

fn patient(set: &InMemDicomObject) -> PatientFacts {
    PatientFacts {
        name: Pii::new(person_name(&dataset::text(set, tags::PATIENT_NAME))),
        id: Pii::new(dataset::text(set, tags::PATIENT_ID)),
        birth_date: date(set, tags::PATIENT_BIRTH_DATE).map(Pii::new),
    }
}

fn instance(object: &Object<'_>, bytes: u64, hash: ContentHash) -> InstanceFacts {
    let set = object.dataset();
    let class_uid = class_uid(set);
    let mut uid = dataset::text(set, tags::SOP_INSTANCE_UID);
    if uid.is_empty() {
        // From its content (PS3.5 section B.2), so that different objects stay different.
        let half = hash.0.iter().take(16).fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
        uid = format!("2.25.{half}");
    }
    let kind = kind(object, &class_uid);
    let has_frames = matches!(kind, ObjectKind::Image | ObjectKind::Video);
    let size = |tag| {
        let size = dataset::integer(set, tag).and_then(|value| u32::try_from(value).ok());
        size.filter(|_| has_frames).unwrap_or(0)
    };
    let position = dataset::functional_group(set, 0, tags::PLANE_POSITION_SEQUENCE).unwrap_or(set);
    let orientation = dataset::functional_group(set, 0, tags::PLANE_ORIENTATION_SEQUENCE).unwrap_or(set);
    let voi = dataset::functional_group(set, 0, tags::FRAME_VOILUT_SEQUENCE).unwrap_or(set);
    InstanceFacts {
        uid,
        transfer_syntax_uid: object.transfer_syntax_uid().to_owned(),
        kind,
        frames: if has_frames { frames(object) } else { 0 },
        rows: size(tags::ROWS),
        columns: size(tags::COLUMNS),
        number: whole(set, tags::INSTANCE_NUMBER),
        position: array(&dataset::numbers(position, tags::IMAGE_POSITION_PATIENT)),
        orientation: array(&dataset::numbers(orientation, tags::IMAGE_ORIENTATION_PATIENT)),
        windows: windows(voi),
        is_lossy: is_lossy(set, object.transfer_syntax_uid()),
        bytes,
        content: hash,
        details: details::read(set, kind, if has_frames { frames(object) } else { 0 }),
        class_uid,
    }
}

/// The frames that the object really has: never more than it declares, nor than its pixel data can hold.
pub(super) fn frames(object: &Object<'_>) -> u32 {
    let declared = declared_frames(object.dataset());
    let possible = match object.pixels() {
        // A stream lies in fragments as it likes (PS3.5 section A.4.5 and following).
        Some(PixelElement::Encapsulated { fragments, .. }) if is_video(object) => {
            let bytes = fragments.iter().map(|part| part.len() as u64).sum::<u64>();
            (bytes / 4).min(MAX_FRAMES.into())
        }
        _ => pixels::held_frames(object),
    };
    // A single frame that cannot be shown is still one frame: decoding it says what is missing.
    u64::from(declared).min(possible.max(1)) as u32
}

/// Number of Frames (0028,0008), at least 1.
pub(super) fn declared_frames(set: &InMemDicomObject) -> u32 {
    dataset::integer(set, tags::NUMBER_OF_FRAMES)
        .and_then(|value| u32::try_from(value).ok())
        .unwrap_or(1)
        .max(1)
}

/// SOP Class UID (0008,0016); that of a directory where only its records say so.
pub(super) fn class_uid(set: &InMemDicomObject) -> String {
    let class_uid = dataset::text(set, tags::SOP_CLASS_UID);
    if class_uid.is_empty() && set.get(tags::DIRECTORY_RECORD_SEQUENCE).is_some() {
        return uids::MEDIA_STORAGE_DIRECTORY_STORAGE.to_owned();
    }
    class_uid
}

pub(super) fn kind(object: &Object<'_>, class_uid: &str) -> ObjectKind {
    let storage = class_uid.strip_prefix("1.2.840.10008.5.1.4.1.1.").unwrap_or("");
    if object.has_pixels() {
        if is_video(object) {
            return ObjectKind::Video;
        }
        if pixels::has_picture(object) {
            return ObjectKind::Image;
        }
    }
    match storage {
        "88.59" => ObjectKind::KeyObjects,
        _ if storage.starts_with("88.") => ObjectKind::Report,
        _ if storage.starts_with("11.") => ObjectKind::Presentation,
        _ if storage.starts_with("104.") => ObjectKind::Document,
        _ if storage.starts_with("9.") => ObjectKind::Waveform,
        _ => ObjectKind::Other,
    }
}

/// PS3.5 section A.4.5 to A.4.8: MPEG and HEVC streams.
fn is_video(object: &Object<'_>) -> bool {
    is_video_syntax(object.transfer_syntax_uid())
}

pub(super) fn is_video_syntax(transfer_syntax_uid: &str) -> bool {
    let syntax = transfer_syntax_uid.strip_prefix("1.2.840.10008.1.2.4.").unwrap_or("");
    matches!(syntax.get(..3), Some("100" | "101" | "102" | "103" | "104" | "105" | "106" | "107" | "108"))
}

/// Once lossy, always lossy (PS3.3 C.7.6.1.1.5), whatever it is stored as now.
pub(super) fn is_lossy(set: &InMemDicomObject, transfer_syntax_uid: &str) -> bool {
    lossy::lossy(set, transfer_syntax_uid).is_some()
}

/// The windows that an object or its frame offers (PS3.3 C.11.2.1.2): alternatives for the whole image.
pub(super) fn windows(voi: &InMemDicomObject) -> Vec<WindowPreset> {
    let centers = dataset::numbers(voi, tags::WINDOW_CENTER);
    let widths = dataset::numbers(voi, tags::WINDOW_WIDTH);
    let mut explanations = dataset::texts(voi, tags::WINDOW_CENTER_WIDTH_EXPLANATION).into_iter();
    centers
        .into_iter()
        .zip(widths)
        .map(|(center, width)| WindowPreset {
            window: Window { center, width },
            explanation: explanations.next().unwrap_or_default(),
        })
        .filter(|preset| {
            preset.window.center.is_finite() && preset.window.width.is_finite() && preset.window.width > 0.0
        })
        .collect()
}

/// A PN value (PS3.5 section 6.2.1) as a person reads it: family name in capitals, then the given names.
pub(super) fn person_name(value: &str) -> String {
    // Alphabetic, ideographic, phonetic: the first that says something.
    let group =
        value.split('=').map(str::trim).find(|group| !group.trim_matches('^').is_empty()).unwrap_or("");
    let mut parts = group.split('^').map(str::trim);
    let family = parts.next().unwrap_or("").to_uppercase();
    let mut words = vec![family];
    words.extend(parts.take(2).map(str::to_owned));
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

/// DA (PS3.5 section 6.2), also in the old form with dots, with dashes or with a time behind it.
fn date(set: &InMemDicomObject, tag: Tag) -> Option<NaiveDate> {
    let digits: String = dataset::text(set, tag).chars().filter(char::is_ascii_digit).take(8).collect();
    NaiveDate::parse_from_str(&digits, "%Y%m%d").ok()
}

fn whole(set: &InMemDicomObject, tag: Tag) -> Option<i32> {
    dataset::integer(set, tag).and_then(|value| i32::try_from(value).ok())
}

pub(super) fn array<const N: usize>(numbers: &[f64]) -> Option<[f64; N]> {
    numbers.get(..N)?.try_into().ok().filter(|array: &[f64; N]| array.iter().all(|number| number.is_finite()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_people_read_them() {
        for (value, shown) in [
            ("Dupont^Marie", "DUPONT Marie"),
            ("Dupont^Marie^Anne^Dr^", "DUPONT Marie Anne"),
            ("Yamada^Tarou=山田^太郎=やまだ^たろう", "YAMADA Tarou"),
            ("=山田^太郎", "山田 太郎"),
            ("^^^^", ""),
            ("", ""),
            ("Anonymous", "ANONYMOUS"),
        ] {
            assert_eq!(person_name(value), shown, "{value}");
        }
    }
}
