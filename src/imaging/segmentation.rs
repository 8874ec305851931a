//! Segmentations (PS3.3 A.51, C.8.20): frames whose values say where something is. They are shown as they are, with a sentence,
//! because nobody is to take them for pictures of the patient.

use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;

use super::{FrameNumber, dataset};

/// Label Map Segmentation Storage.
const LABEL_MAP: &str = "1.2.840.10008.5.1.4.1.1.66.7";
/// Segments that are named in one sentence, and letters of a name.
const MOST_NAMES: usize = 4;
const MOST_LETTERS: usize = 64;

fn is_segmentation(set: &InMemDicomObject) -> bool {
    let class_uid = dataset::text(set, tags::SOP_CLASS_UID);
    class_uid == uids::SEGMENTATION_STORAGE || class_uid == LABEL_MAP
}

/// What a frame is a segmentation of: one sentence in English; `None` where it is none.
pub(super) fn notice(set: &InMemDicomObject, frame: FrameNumber) -> Option<String> {
    if !is_segmentation(set) {
        return None;
    }
    let kind = dataset::text(set, tags::SEGMENTATION_TYPE).to_lowercase();
    let what = match kind.as_str() {
        "binary" => "a segmentation: white is where something was marked",
        "fractional" => "a segmentation: the lighter, the more of something was marked",
        _ => "a segmentation: its levels are numbers of what was marked",
    };
    let segments = dataset::items(set, tags::SEGMENT_SEQUENCE);
    let number = dataset::functional_group(set, frame.index(), tags::SEGMENT_IDENTIFICATION_SEQUENCE)
        .and_then(|group| dataset::integer(group, tags::REFERENCED_SEGMENT_NUMBER));
    let is_of_frame = |item: &&InMemDicomObject| {
        number.is_none_or(|_| dataset::integer(item, tags::SEGMENT_NUMBER) == number)
    };
    let found: Vec<&InMemDicomObject> = segments.iter().filter(is_of_frame).collect();
    let mut names: Vec<String> = found.iter().take(MOST_NAMES).map(|item| named(item)).collect();
    if found.len() > MOST_NAMES {
        names.push(format!("and {} more", found.len() - MOST_NAMES));
    }
    let names = if names.is_empty() { String::new() } else { format!("; {}", names.join(", ")) };
    Some(format!("this is no picture of the patient, it is {what}{names}"))
}

/// Number, label, what it is by its code, and who made it.
fn named(item: &InMemDicomObject) -> String {
    let short = |text: String| text.chars().take(MOST_LETTERS).collect::<String>();
    let label = short(dataset::text(item, tags::SEGMENT_LABEL));
    let code = dataset::items(item, tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE)
        .first()
        .map(|code| short(dataset::text(code, tags::CODE_MEANING)))
        .filter(|meaning| !meaning.is_empty() && *meaning != label);
    let by = match dataset::text(item, tags::SEGMENT_ALGORITHM_TYPE).as_str() {
        "AUTOMATIC" => Some("made by a program".to_owned()),
        "SEMIAUTOMATIC" => Some("made by a person with a program".to_owned()),
        "MANUAL" => Some("made by hand".to_owned()),
        _ => None,
    };
    let number =
        dataset::integer(item, tags::SEGMENT_NUMBER).map_or("?".to_owned(), |number| number.to_string());
    let more: Vec<String> = [code, by].into_iter().flatten().collect();
    let more = if more.is_empty() { String::new() } else { format!(" ({})", more.join(", ")) };
    format!("segment {number} \"{label}\"{more}")
}

/// The stored values that are black and white, the same in all frames; `None` for numbers of segments, or where it is no segmentation.
pub(super) fn range(set: &InMemDicomObject) -> Option<(f64, f64)> {
    if !is_segmentation(set) {
        return None;
    }
    match dataset::text(set, tags::SEGMENTATION_TYPE).as_str() {
        "BINARY" => Some((0.0, 1.0)),
        "FRACTIONAL" => {
            let most = dataset::integer(set, tags::MAXIMUM_FRACTIONAL_VALUE).unwrap_or(255);
            (most > 0).then_some((0.0, most as f64))
        }
        _ => None,
    }
}

/// The labels of its segments, for lists; empty where it is no segmentation.
pub(super) fn label(set: &InMemDicomObject) -> String {
    if !is_segmentation(set) {
        return String::new();
    }
    let labels = dataset::items(set, tags::SEGMENT_SEQUENCE).iter().take(MOST_NAMES);
    labels.map(|item| dataset::text(item, tags::SEGMENT_LABEL)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use dicom_core::VR;

    use super::*;
    use crate::imaging::sample::{groups, item, sequence, text, words};

    fn segment(number: u16, label: &str, by: &str) -> InMemDicomObject {
        item([
            words(tags::SEGMENT_NUMBER, VR::US, &[number]),
            text(tags::SEGMENT_LABEL, VR::LO, label),
            text(tags::SEGMENT_ALGORITHM_TYPE, VR::CS, by),
            groups(
                tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE,
                [text(tags::CODE_MEANING, VR::LO, "Neoplasm")],
            ),
        ])
    }

    fn of(kind: &str) -> InMemDicomObject {
        let frame = |number: u16| {
            item([groups(
                tags::SEGMENT_IDENTIFICATION_SEQUENCE,
                [words(tags::REFERENCED_SEGMENT_NUMBER, VR::US, &[number])],
            )])
        };
        item([
            text(tags::SOP_CLASS_UID, VR::UI, uids::SEGMENTATION_STORAGE),
            text(tags::SEGMENTATION_TYPE, VR::CS, kind),
            sequence(
                tags::SEGMENT_SEQUENCE,
                [segment(1, "Liver", "MANUAL"), segment(2, "Lesion", "AUTOMATIC")],
            ),
            sequence(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, [frame(1), frame(2)]),
        ])
    }

    /// A segmentation was a bare black and white picture.
    #[test]
    fn a_frame_of_a_segmentation_says_what_it_is() {
        let set = of("BINARY");
        assert_eq!(
            notice(&set, FrameNumber::new(2).unwrap()).unwrap(),
            "this is no picture of the patient, it is a segmentation: white is where something was marked; \
             segment 2 \"Lesion\" (Neoplasm, made by a program)"
        );
        assert_eq!((range(&set), label(&set).as_str()), (Some((0.0, 1.0)), "Liver, Lesion"));
        assert!(notice(&of("FRACTIONAL"), FrameNumber::FIRST).unwrap().contains("segment 1 \"Liver\""));
        assert_eq!(range(&of("FRACTIONAL")), Some((0.0, 255.0)));
        let ct = item([text(tags::SOP_CLASS_UID, VR::UI, uids::CT_IMAGE_STORAGE)]);
        assert_eq!((notice(&ct, FrameNumber::FIRST), range(&ct)), (None, None));
    }
}
