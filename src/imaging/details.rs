//! What an object says about its order among others, and about the objects that it refers to.

mod frames;

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::{InstanceDetails, ObjectKind, OrderFacts, Reference, cine, dataset, segmentation};

/// The most references that are kept of one object.
const MAX_REFERENCES: usize = 10_000;
/// The most frame numbers of one reference.
const MAX_FRAMES: usize = 100_000;
/// The deepest item of a content tree that is read; the data set itself is not nested deeper.
const MAX_DEPTH: usize = 64;

/// Of an object of this kind with so many frames.
pub(super) fn read(set: &InMemDicomObject, kind: ObjectKind, frames: u32) -> InstanceDetails {
    InstanceDetails {
        order: order(set, frames),
        cine: cine::read(set, frames),
        label: label(set, kind),
        references: references(set, kind),
    }
}

fn order(set: &InMemDicomObject, frames: u32) -> OrderFacts {
    let group = |sequence| dataset::functional_group(set, 0, sequence).unwrap_or(set);
    let whole = |set: &InMemDicomObject, tag| {
        dataset::integer(set, tag).and_then(|number| i32::try_from(number).ok())
    };
    let measured =
        |set: &InMemDicomObject, tag| dataset::number(set, tag).filter(|number| number.is_finite());
    let spacing = dataset::numbers(group(tags::PIXEL_MEASURES_SEQUENCE), tags::PIXEL_SPACING);
    let (positions, normals) = frames::planes(set, frames);
    OrderFacts {
        image_type: dataset::texts(set, tags::IMAGE_TYPE).into_iter().take(16).collect(),
        acquisition: whole(set, tags::ACQUISITION_NUMBER),
        acquired: acquired(set),
        temporal: whole(set, tags::TEMPORAL_POSITION_IDENTIFIER)
            .or_else(|| whole(group(tags::FRAME_CONTENT_SEQUENCE), tags::TEMPORAL_POSITION_INDEX)),
        echo_time: measured(set, tags::ECHO_TIME)
            .or_else(|| measured(group(tags::MR_ECHO_SEQUENCE), tags::EFFECTIVE_ECHO_TIME)),
        trigger_time: measured(set, tags::TRIGGER_TIME),
        b_value: b_value(set, group(tags::MR_DIFFUSION_SEQUENCE)),
        spacing: match spacing[..] {
            [rows, columns, ..] if rows > 0.0 && columns > 0.0 && rows.is_finite() && columns.is_finite() => {
                Some([rows, columns])
            }
            _ => None,
        },
        frame_of_reference: dataset::text(set, tags::FRAME_OF_REFERENCE_UID),
        positions,
        normals,
        stacks: frames::stacks(set, frames),
    }
}

/// Diffusion b-Value (0018,9087), s/mm2; where the object does not have it, the private element of a vendor that is known for it.
fn b_value(set: &InMemDicomObject, diffusion: &InMemDicomObject) -> Option<f64> {
    /// Group, element in the block, and creator of the block.
    const PRIVATE: [(u16, u16, &str); 4] = [
        (0x0019, 0x0C, "SIEMENS MR HEADER"),
        (0x0043, 0x39, "GEMS_PARM_01"),
        (0x2001, 0x03, "Philips Imaging DD 001"),
        (0x0065, 0x09, "Image Private Header"),
    ];
    let standard = [diffusion, set].into_iter().find_map(|set| dataset::number(set, tags::DIFFUSION_B_VALUE));
    let private = || {
        PRIVATE.iter().find_map(|(group, element, creator)| {
            let block = (0x10_u16..0x20)
                .find(|block| dataset::text(set, Tag(*group, *block)).eq_ignore_ascii_case(creator))?;
            dataset::number(set, Tag(*group, block << 8 | element))
        })
    };
    // One vendor adds 10^9 to say that the value is valid.
    standard.or_else(private).map(|value| value % 1e9).filter(|value| (0.0..1e6).contains(value))
}

/// Date and time of acquisition, else of content, as `YYYYMMDDhhmmss.ffffff`; empty when unknown.
fn acquired(set: &InMemDicomObject) -> String {
    let moment = dataset::text(set, tags::ACQUISITION_DATE_TIME);
    if !moment.is_empty() {
        let moment = moment.split(['+', '-', '&']).next().unwrap_or("");
        let (date, time) = moment.split_at_checked(8).unwrap_or((moment, ""));
        return format!("{}{}", digits(date), time_text(time));
    }
    [(tags::ACQUISITION_DATE, tags::ACQUISITION_TIME), (tags::CONTENT_DATE, tags::CONTENT_TIME)]
        .into_iter()
        .map(|(date, time)| (digits(&dataset::text(set, date)), time_text(&dataset::text(set, time))))
        .find(|(_, time)| !time.is_empty())
        .map(|(date, time)| format!("{date}{time}"))
        .unwrap_or_default()
}

/// Without the dots and colons of old forms (PS3.5 section 6.2).
fn digits(value: &str) -> String {
    value.chars().filter(char::is_ascii_digit).take(8).collect()
}

/// A TM value in full length, so that texts compare as times do.
fn time_text(value: &str) -> String {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let whole = digits(whole);
    if whole.len() < 2 {
        return String::new();
    }
    let fraction = digits(fraction);
    format!("{whole:0<6}.{:0<6}", fraction.get(..6).unwrap_or(&fraction))
}

fn label(set: &InMemDicomObject, kind: ObjectKind) -> String {
    let concept = || {
        let name = dataset::items(set, tags::CONCEPT_NAME_CODE_SEQUENCE).first();
        name.map(|name| dataset::text(name, tags::CODE_MEANING)).unwrap_or_default()
    };
    let words = match kind {
        ObjectKind::Presentation => {
            [dataset::text(set, tags::CONTENT_DESCRIPTION), dataset::text(set, tags::CONTENT_LABEL)]
        }
        ObjectKind::Document => [dataset::text(set, tags::DOCUMENT_TITLE), concept()],
        ObjectKind::KeyObjects | ObjectKind::Report => [concept(), String::new()],
        _ => return segmentation::label(set),
    };
    words.into_iter().find(|words| !words.is_empty()).unwrap_or_default()
}

pub(super) fn references(set: &InMemDicomObject, kind: ObjectKind) -> Vec<Reference> {
    let mut found = Vec::new();
    match kind {
        ObjectKind::Presentation => {
            of_series(set, tags::REFERENCED_IMAGE_SEQUENCE, &mut found);
            // Blending (PS3.3 C.11.14) refers to each of the two in an item of its own.
            for item in dataset::items(set, tags::BLENDING_SEQUENCE) {
                of_series(item, tags::REFERENCED_IMAGE_SEQUENCE, &mut found);
            }
        }
        ObjectKind::KeyObjects => {
            let mut evidence = Vec::new();
            for item in dataset::items(set, tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE) {
                of_series(item, tags::REFERENCED_SOP_SEQUENCE, &mut evidence);
            }
            of_content(set, 0, &mut found);
            for reference in &mut found {
                let known = evidence.iter().find(|one| one.uid == reference.uid);
                reference.series_uid = known.map(|one| one.series_uid.clone()).unwrap_or_default();
            }
            if found.is_empty() {
                found = evidence;
            }
        }
        _ => {}
    }
    found.truncate(MAX_REFERENCES);
    found
}

/// Adds what a Referenced Series Sequence (0008,1115) names.
fn of_series(set: &InMemDicomObject, images: Tag, found: &mut Vec<Reference>) {
    for series in dataset::items(set, tags::REFERENCED_SERIES_SEQUENCE) {
        let series_uid = dataset::text(series, tags::SERIES_INSTANCE_UID);
        for image in dataset::items(series, images) {
            if found.len() >= MAX_REFERENCES {
                return;
            }
            found.extend(reference(image, &series_uid));
        }
    }
}

/// Adds what the items of a content tree (PS3.3 C.17.3) name, in their order.
fn of_content(set: &InMemDicomObject, depth: usize, found: &mut Vec<Reference>) {
    for item in dataset::items(set, tags::CONTENT_SEQUENCE) {
        if depth >= MAX_DEPTH || found.len() >= MAX_REFERENCES {
            return;
        }
        let named = dataset::items(item, tags::REFERENCED_SOP_SEQUENCE);
        found.extend(named.iter().filter_map(|image| reference(image, "")));
        of_content(item, depth + 1, found);
    }
}

/// An image and its frames (PS3.3 table 10-3).
pub(super) fn reference(item: &InMemDicomObject, series_uid: &str) -> Option<Reference> {
    let uid = dataset::text(item, tags::REFERENCED_SOP_INSTANCE_UID);
    if uid.is_empty() {
        return None;
    }
    let frames = dataset::numbers(item, tags::REFERENCED_FRAME_NUMBER);
    let frames = frames.into_iter().take(MAX_FRAMES).filter(|number| (1.0..=4e9).contains(number));
    Some(Reference {
        uid,
        series_uid: series_uid.to_owned(),
        frames: frames.map(|number| number as u32).collect(),
        words: String::new(),
    })
}

#[cfg(test)]
mod tests;
