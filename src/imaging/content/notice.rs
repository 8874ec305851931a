//! A page that says what an object is: for the kinds that are neither pictures nor texts, and for those that nobody knows.

use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry, VirtualVr};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::{StandardDataDictionary, tags};
use dicom_object::InMemDicomObject;

use super::super::read::Object;
use super::super::{ObjectKind, dataset, header};
use super::words::{self, Facts, Lines, coded, text};
use super::{Document, Section};

/// The most lines of a list.
const MAX_LINES: usize = 200;
/// The most lines of the header that are listed for a kind that is not known.
const MAX_HEADER_LINES: usize = 60;
/// The longest value of the header that is listed.
const MAX_HEADER_VALUE: usize = 120;

/// What can be said about an object.
pub(super) fn notice(object: &Object<'_>, class_uid: &str) -> Document {
    let set = object.dataset();
    let mut facts = Facts(words::facts(set));
    facts.add("label", text(set, tags::CONTENT_LABEL));
    facts.add("description", text(set, tags::CONTENT_DESCRIPTION));
    let storage = class_uid.strip_prefix("1.2.840.10008.5.1.4.").unwrap_or("");
    let known = match storage {
        "1.1.66" => sentence("Raw data of a device. Only the device's own programs can read them."),
        "1.1.66.1" | "1.1.66.3" => registration(set),
        "1.1.66.2" => fiducials(set),
        "1.1.66.5" => surfaces(set),
        "1.1.67" => real_world_values(set),
        "1.1.4.2" => spectroscopy(set),
        "1.1.91.1" => annotations(set),
        "39.1" => palette(set),
        "38.1" => hanging_protocol(set),
        _ => Vec::new(),
    };
    let sections = if known.is_empty() { unknown(object, class_uid) } else { known };
    Document { title: title(class_uid), facts: facts.0, sections }
}

fn title(class_uid: &str) -> String {
    match class_uid {
        "" => "An object without a kind".to_owned(),
        _ => Some(words::class_name(class_uid))
            .filter(|name| name != class_uid)
            .unwrap_or_else(|| "An object of a kind that is not known here".to_owned()),
    }
}

fn section(heading: &str, text: String) -> Section {
    Section { heading: heading.to_owned(), text, ..Section::default() }
}

fn sentence(text: &str) -> Vec<Section> {
    vec![section("", text.to_owned())]
}

/// PS3.3 C.20.2 and C.20.3.
fn registration(set: &InMemDicomObject) -> Vec<Section> {
    let mut lines = Lines::default();
    lines.add(
        "",
        "How images of different examinations lie over each other. There is no picture of its own in it.",
    );
    let items = [tags::REGISTRATION_SEQUENCE, tags::DEFORMABLE_REGISTRATION_SEQUENCE];
    let items: Vec<_> = items.into_iter().flat_map(|tag| dataset::items(set, tag)).collect();
    lines.add("", words::count(items.len(), "set of images is aligned", "sets of images are aligned"));
    for item in items.iter().take(MAX_LINES) {
        let matrices = dataset::items(item, tags::MATRIX_REGISTRATION_SEQUENCE).iter();
        let kinds = matrices.flat_map(|matrix| dataset::items(matrix, tags::MATRIX_SEQUENCE));
        for matrix in kinds.take(MAX_LINES) {
            lines.add(
                "Transformation",
                text(matrix, tags::FRAME_OF_REFERENCE_TRANSFORMATION_MATRIX_TYPE).to_lowercase(),
            );
        }
        lines.add("Comment", text(item, tags::FRAME_OF_REFERENCE_TRANSFORMATION_COMMENT));
    }
    lines.section("").into_iter().collect()
}

/// PS3.3 C.21.2.
fn fiducials(set: &InMemDicomObject) -> Vec<Section> {
    let mut lines = Lines::default();
    let sets = dataset::items(set, tags::FIDUCIAL_SET_SEQUENCE);
    for one in sets.iter().flat_map(|one| dataset::items(one, tags::FIDUCIAL_SEQUENCE)).take(MAX_LINES) {
        let words = [text(one, tags::FIDUCIAL_DESCRIPTION), text(one, tags::FIDUCIAL_IDENTIFIER)];
        let name = words.into_iter().find(|word| !word.is_empty()).unwrap_or_default();
        lines.add(&name, text(one, tags::SHAPE_TYPE).to_lowercase());
    }
    let mut sections = sentence("Marked places in images, for aligning them.");
    sections.extend(lines.section("Marks"));
    sections
}

/// PS3.3 C.27.1.
fn surfaces(set: &InMemDicomObject) -> Vec<Section> {
    let mut lines = Lines::default();
    for one in dataset::items(set, tags::SEGMENT_SEQUENCE).iter().take(MAX_LINES) {
        lines.add(&text(one, tags::SEGMENT_LABEL), coded(one, tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE));
    }
    let mut sections = sentence("Surfaces of segmented structures. They are not drawn here.");
    sections.extend(lines.section("Structures"));
    sections
}

/// PS3.3 C.7.6.16.2.11.
fn real_world_values(set: &InMemDicomObject) -> Vec<Section> {
    let mut lines = Lines::default();
    let images = dataset::items(set, tags::REFERENCED_IMAGE_REAL_WORLD_VALUE_MAPPING_SEQUENCE);
    let maps = images.iter().flat_map(|one| dataset::items(one, tags::REAL_WORLD_VALUE_MAPPING_SEQUENCE));
    for map in maps.take(MAX_LINES) {
        let names = [text(map, tags::LUT_EXPLANATION), text(map, tags::LUT_LABEL)];
        let name = names.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
        let unit = coded(map, tags::MEASUREMENT_UNITS_CODE_SEQUENCE);
        let slope = dataset::number(map, tags::REAL_WORLD_VALUE_SLOPE);
        let intercept = dataset::number(map, tags::REAL_WORLD_VALUE_INTERCEPT).unwrap_or(0.0);
        let rule = match slope {
            Some(slope) => format!("stored value x {slope} + {} in {unit}", words::plain_number(intercept)),
            None => format!("by a table, in {unit}"),
        };
        lines.add(&name, rule);
    }
    let mut sections = sentence(
        "What the stored values of images mean in units of measure. There is no picture of its own in it.",
    );
    sections.extend(lines.section("Values"));
    sections
}

/// PS3.3 C.8.14.
fn spectroscopy(set: &InMemDicomObject) -> Vec<Section> {
    let mut lines = Lines::default();
    lines.add("Nuclei", dataset::texts(set, tags::RESONANT_NUCLEUS).join(", "));
    lines.number("Spectral width", dataset::number(set, tags::SPECTRAL_WIDTH), "Hz");
    lines.number("Points of a spectrum", dataset::number(set, tags::DATA_POINT_COLUMNS), "");
    lines.add("Volume", text(set, tags::VOLUME_LOCALIZATION_TECHNIQUE).to_lowercase());
    let frames = dataset::number(set, tags::NUMBER_OF_FRAMES);
    lines.number("Frames", frames, "");
    let mut sections = sentence("Spectra of magnetic resonance. They are not drawn here.");
    sections.extend(lines.section("Acquisition"));
    sections
}

/// PS3.3 C.37.1.
fn annotations(set: &InMemDicomObject) -> Vec<Section> {
    let mut lines = Lines::default();
    for group in dataset::items(set, tags::ANNOTATION_GROUP_SEQUENCE).iter().take(MAX_LINES) {
        let count = dataset::integer(group, tags::NUMBER_OF_ANNOTATIONS).unwrap_or(0);
        let kind = coded(group, tags::ANNOTATION_PROPERTY_TYPE_CODE_SEQUENCE);
        let shape = text(group, tags::GRAPHIC_TYPE).to_lowercase();
        let words = [kind, format!("{count} x {shape}"), text(group, tags::ANNOTATION_GROUP_DESCRIPTION)];
        let words: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).collect();
        lines.add(&text(group, tags::ANNOTATION_GROUP_LABEL), words.join(", "));
    }
    let mut sections = sentence("Marks on an image of a microscope. They are not drawn here.");
    sections.extend(lines.section("Groups"));
    sections
}

/// PS3.3 C.7.9.
fn palette(set: &InMemDicomObject) -> Vec<Section> {
    let mut lines = Lines::default();
    lines.add(
        "",
        "A table of colours that can be laid over grey images. There is no picture of its own in it.",
    );
    let entries = dataset::integers(set, tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR).first().copied();
    lines.number("Colours", entries.map(|entries| if entries == 0 { 65_536.0 } else { entries as f64 }), "");
    lines.section("").into_iter().collect()
}

/// PS3.3 C.23.1.
fn hanging_protocol(set: &InMemDicomObject) -> Vec<Section> {
    let mut lines = Lines::default();
    lines.add("", "How a workplace arranges images on its screens. There is no picture in it.");
    lines.add("Name", text(set, tags::HANGING_PROTOCOL_NAME));
    lines.add("Description", text(set, tags::HANGING_PROTOCOL_DESCRIPTION));
    lines.add("Level", text(set, tags::HANGING_PROTOCOL_LEVEL).to_lowercase());
    for definition in dataset::items(set, tags::HANGING_PROTOCOL_DEFINITION_SEQUENCE).iter().take(20) {
        let anatomy = coded(definition, tags::ANATOMIC_REGION_SEQUENCE);
        lines.add("For", format!("{} {anatomy}", text(definition, tags::MODALITY)));
    }
    lines.number("Screens", dataset::number(set, tags::NUMBER_OF_SCREENS), "");
    lines.section("").into_iter().collect()
}

/// A kind that is not known, or one of pictures without a picture.
fn unknown(object: &Object<'_>, class_uid: &str) -> Vec<Section> {
    let set = object.dataset();
    let is_of_pictures = dataset::integer(set, tags::ROWS).is_some() || class_uid_is_of_images(class_uid);
    let text = match header::kind(object, class_uid) {
        ObjectKind::Image | ObjectKind::Video => "This object holds a picture: it is shown as such.",
        ObjectKind::Other if is_of_pictures => {
            "This object should hold a picture, and there are no pixels in it."
        }
        _ if class_uid.is_empty() => "The object does not say what it is.",
        _ => "This kind of object is not shown here.",
    };
    let mut sections = sentence(text);
    sections.extend(header_lines(set).section("Header"));
    sections
}

/// By name: the list of kinds grows with every edition of the standard.
fn class_uid_is_of_images(class_uid: &str) -> bool {
    words::class_name(class_uid).ends_with(" Image")
}

/// What the header says, in its own words: nothing of who the patient is, and no identifiers, which would lead to them.
fn header_lines(set: &InMemDicomObject) -> Lines {
    let mut lines = Lines::default();
    let listed = set.iter().filter(|element| may_be_listed(element.header().tag, element.vr()));
    for element in listed.take(MAX_HEADER_LINES) {
        let tag = element.header().tag;
        let Some(entry) = StandardDataDictionary.by_tag(tag) else { continue };
        let value = text(set, tag).replace('\\', ", ");
        if value.chars().count() > MAX_HEADER_VALUE {
            continue;
        }
        lines.add(&spaced(entry.alias()), value);
    }
    lines
}

fn may_be_listed(tag: Tag, vr: VR) -> bool {
    let is_harmless_kind = matches!(
        vr,
        VR::CS | VR::DS | VR::IS | VR::LO | VR::SH | VR::US | VR::SS | VR::UL | VR::SL | VR::FL | VR::FD
    );
    let is_of_the_device =
        matches!(tag.group(), 0x0008 | 0x0018 | 0x0020 | 0x0022 | 0x0054 | 0x0070) && tag.element() != 0;
    // Numbers of orders and identifiers lead to a patient; words about them may name one.
    let is_identifying = matches!(
        tag,
        tags::ACCESSION_NUMBER
            | tags::STUDY_ID
            | tags::MODALITY
            | tags::STUDY_DESCRIPTION
            | tags::SERIES_DESCRIPTION
            | tags::SPECIFIC_CHARACTER_SET
            | tags::MANUFACTURER
            | tags::MANUFACTURER_MODEL_NAME
            | tags::INSTITUTION_NAME
            | tags::STATION_NAME
            | tags::DEVICE_SERIAL_NUMBER
            | tags::CONTENT_LABEL
            | tags::CONTENT_DESCRIPTION
            | tags::ADMITTING_DIAGNOSES_DESCRIPTION
            | tags::CLINICAL_TRIAL_SUBJECT_ID
    );
    // Some writers give a name another type.
    let is_name =
        StandardDataDictionary.by_tag(tag).is_some_and(|entry| entry.vr() == VirtualVr::Exact(VR::PN));
    is_harmless_kind && is_of_the_device && !is_identifying && !is_name
}

/// `SliceThickness` as `Slice thickness`.
fn spaced(keyword: &str) -> String {
    let mut words = String::new();
    let letters: Vec<char> = keyword.chars().collect();
    for (place, letter) in letters.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|before| letters.get(before));
        let is_start = letter.is_uppercase() && before.is_some_and(|before| before.is_lowercase());
        let is_word = letters.get(place + 1).is_some_and(|next| next.is_lowercase());
        if is_start || (letter.is_uppercase() && place > 0 && is_word) {
            words.push(' ');
            words.extend(if is_word { letter.to_lowercase().collect::<Vec<_>>() } else { vec![*letter] });
        } else {
            words.push(*letter);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_become_words() {
        assert_eq!(spaced("SliceThickness"), "Slice thickness");
        assert_eq!(spaced("KVP"), "KVP");
        assert_eq!(spaced("MRAcquisitionType"), "MR acquisition type");
        assert_eq!(spaced("PatientID"), "Patient ID");
    }

    #[test]
    fn nothing_that_names_the_patient_may_be_listed() {
        for tag in [
            tags::PATIENT_NAME,
            tags::PATIENT_ID,
            tags::PATIENT_BIRTH_DATE,
            tags::ACCESSION_NUMBER,
            tags::REFERRING_PHYSICIAN_NAME,
        ] {
            assert!(!may_be_listed(tag, VR::LO), "{tag}");
        }
        assert!(!may_be_listed(tags::OPERATORS_NAME, VR::PN));
        assert!(may_be_listed(tags::SLICE_THICKNESS, VR::DS));
    }
}
