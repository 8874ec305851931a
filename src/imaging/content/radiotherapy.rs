//! Plans, structures, doses and records of radiotherapy (PS3.3 A.18 to A.20 and A.29): what they say in words.

use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::super::{dataset, header};
use super::words::{self, Facts, Lines, coded, text};
use super::{Document, Section};

/// The most lines of a list.
const MAX_LINES: usize = 300;

/// Whether a class is of radiotherapy.
pub(super) fn is_radiotherapy(class_uid: &str) -> bool {
    class_uid.starts_with("1.2.840.10008.5.1.4.1.1.481.")
}

pub(super) fn radiotherapy(set: &InMemDicomObject) -> Document {
    let mut facts = Facts(words::facts(set));
    let first =
        |tags: [dicom_core::Tag; 2]| tags.into_iter().map(|tag| text(set, tag)).find(|word| !word.is_empty());
    facts.add("label", first([tags::RT_PLAN_LABEL, tags::STRUCTURE_SET_LABEL]).unwrap_or_default());
    facts.add(
        "description",
        first([tags::RT_PLAN_DESCRIPTION, tags::STRUCTURE_SET_DESCRIPTION]).unwrap_or_default(),
    );
    facts.add("status", text(set, tags::APPROVAL_STATUS).to_lowercase());
    facts.add("verified_by", words::person(set, tags::REVIEWER_NAME));
    let sections =
        [plan(set), doses(set), fractions(set), beams(set), structures(set), dose_grid(set), treatment(set)];
    let mut sections: Vec<Section> = sections.into_iter().flatten().collect();
    if sections.is_empty() {
        let text = "An object of radiotherapy that says nothing more about itself.".to_owned();
        sections.push(Section { text, ..Section::default() });
    }
    Document { title: words::class_name(&header::class_uid(set)), facts: facts.0, sections }
}

/// PS3.3 C.8.8.9.
fn plan(set: &InMemDicomObject) -> Option<Section> {
    let mut lines = Lines::default();
    lines.add("Name", text(set, tags::RT_PLAN_NAME));
    lines.add("Date", words::date(&text(set, tags::RT_PLAN_DATE)));
    lines.add("Intent", text(set, tags::PLAN_INTENT).to_lowercase());
    lines.add("Protocol", text(set, tags::TREATMENT_PROTOCOLS));
    lines.add("Geometry", text(set, tags::RT_PLAN_GEOMETRY).to_lowercase());
    lines.add("Prescription", text(set, tags::PRESCRIPTION_DESCRIPTION));
    lines.section("Plan")
}

/// PS3.3 C.8.8.10.
fn doses(set: &InMemDicomObject) -> Option<Section> {
    let mut lines = Lines::default();
    for dose in dataset::items(set, tags::DOSE_REFERENCE_SEQUENCE).iter().take(MAX_LINES) {
        let names = [
            text(dose, tags::DOSE_REFERENCE_DESCRIPTION),
            text(dose, tags::DOSE_REFERENCE_TYPE).to_lowercase(),
        ];
        let name = names.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
        let grays = [
            ("prescribed", tags::TARGET_PRESCRIPTION_DOSE),
            ("at least", tags::TARGET_MINIMUM_DOSE),
            ("at most", tags::TARGET_MAXIMUM_DOSE),
            ("limit", tags::ORGAN_AT_RISK_MAXIMUM_DOSE),
        ];
        let grays = grays.into_iter().filter_map(|(word, tag)| {
            dataset::number(dose, tag).map(|dose| format!("{word} {} Gy", words::plain_number(dose)))
        });
        let value = grays.collect::<Vec<_>>().join(", ");
        lines.add(&name, if value.is_empty() { "no dose given".to_owned() } else { value });
    }
    lines.section("Doses")
}

/// PS3.3 C.8.8.13.
fn fractions(set: &InMemDicomObject) -> Option<Section> {
    let mut lines = Lines::default();
    for group in dataset::items(set, tags::FRACTION_GROUP_SEQUENCE).iter().take(MAX_LINES) {
        let number = text(group, tags::FRACTION_GROUP_NUMBER);
        let count = |tag| dataset::integer(group, tag).filter(|count| *count > 0);
        let words = [
            count(tags::NUMBER_OF_FRACTIONS_PLANNED).map(|count| format!("{count} fractions planned")),
            count(tags::NUMBER_OF_BEAMS).map(|count| format!("{count} beams")),
            count(tags::NUMBER_OF_BRACHY_APPLICATION_SETUPS).map(|count| format!("{count} applications")),
        ];
        let dose: f64 = dataset::items(group, tags::REFERENCED_BEAM_SEQUENCE)
            .iter()
            .filter_map(|beam| dataset::number(beam, tags::BEAM_DOSE))
            .sum();
        let mut words: Vec<String> = words.into_iter().flatten().collect();
        if dose > 0.0 {
            words.push(format!("{} Gy a fraction", words::plain_number(dose)));
        }
        lines.add(&format!("Fraction group {number}"), words.join(", "));
    }
    lines.section("Fractions")
}

/// PS3.3 C.8.8.14, C.8.8.25 and C.8.8.15.
fn beams(set: &InMemDicomObject) -> Option<Section> {
    let mut lines = Lines::default();
    let beams =
        [tags::BEAM_SEQUENCE, tags::ION_BEAM_SEQUENCE].into_iter().flat_map(|tag| dataset::items(set, tag));
    for beam in beams.take(MAX_LINES) {
        let number = text(beam, tags::BEAM_NUMBER);
        let names = [text(beam, tags::BEAM_NAME), text(beam, tags::BEAM_DESCRIPTION)];
        let name = names.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
        let controls = [tags::CONTROL_POINT_SEQUENCE, tags::ION_CONTROL_POINT_SEQUENCE];
        let first = controls.into_iter().find_map(|tag| dataset::items(beam, tag).first());
        let energy = first.and_then(|point| dataset::number(point, tags::NOMINAL_BEAM_ENERGY));
        let gantry = first.and_then(|point| dataset::number(point, tags::GANTRY_ANGLE));
        let machine = text(beam, tags::TREATMENT_MACHINE_NAME);
        let words = [
            text(beam, tags::RADIATION_TYPE).to_lowercase(),
            energy.map(|energy| format!("{} MeV", words::plain_number(energy))).unwrap_or_default(),
            text(beam, tags::BEAM_TYPE).to_lowercase(),
            gantry.map(|angle| format!("gantry {}°", words::plain_number(angle))).unwrap_or_default(),
            if machine.is_empty() { machine } else { format!("machine {machine}") },
        ];
        let words: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).collect();
        lines.add(format!("{number} {name}").trim(), words.join(", "));
    }
    for setup in dataset::items(set, tags::APPLICATION_SETUP_SEQUENCE).iter().take(MAX_LINES) {
        let number = text(setup, tags::APPLICATION_SETUP_NUMBER);
        lines.add(&format!("Application {number}"), text(setup, tags::APPLICATION_SETUP_TYPE).to_lowercase());
    }
    lines.section("Beams")
}

/// PS3.3 C.8.8.5, C.8.8.6 and C.8.8.8.
fn structures(set: &InMemDicomObject) -> Option<Section> {
    let mut lines = Lines::default();
    let regions = dataset::items(set, tags::STRUCTURE_SET_ROI_SEQUENCE);
    for region in regions.iter().take(MAX_LINES) {
        let number = dataset::integer(region, tags::ROI_NUMBER);
        let of_region = |sequence| {
            dataset::items(set, sequence)
                .iter()
                .find(|item| dataset::integer(item, tags::REFERENCED_ROI_NUMBER) == number)
        };
        let kind =
            of_region(tags::RTROI_OBSERVATIONS_SEQUENCE).map(|item| text(item, tags::RTROI_INTERPRETED_TYPE));
        let contours = of_region(tags::ROI_CONTOUR_SEQUENCE)
            .map_or(0, |item| dataset::items(item, tags::CONTOUR_SEQUENCE).len());
        let volume = dataset::number(region, tags::ROI_VOLUME).filter(|volume| *volume > 0.0);
        let words = [
            kind.unwrap_or_default().to_lowercase(),
            volume.map(|volume| format!("{} cm³", words::plain_number(volume))).unwrap_or_default(),
            words::count(contours, "contour", "contours"),
        ];
        let words: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).collect();
        lines.add(&text(region, tags::ROI_NAME), words.join(", "));
    }
    if regions.len() > MAX_LINES {
        lines.add("", format!("{} more structures are not listed", regions.len() - MAX_LINES));
    }
    lines.section("Structures")
}

/// PS3.3 C.8.8.3: the object without its pixels.
fn dose_grid(set: &InMemDicomObject) -> Option<Section> {
    let mut lines = Lines::default();
    lines.add("Unit", text(set, tags::DOSE_UNITS));
    lines.add("Type", text(set, tags::DOSE_TYPE).to_lowercase());
    lines.add("Of", text(set, tags::DOSE_SUMMATION_TYPE).to_lowercase());
    lines.add("Comment", text(set, tags::DOSE_COMMENT));
    let histograms = dataset::items(set, tags::DVH_SEQUENCE).len();
    if histograms > 0 {
        lines.number("Dose volume histograms", Some(histograms as f64), "");
    }
    lines.section("Dose")
}

/// PS3.3 C.8.8.17.
fn treatment(set: &InMemDicomObject) -> Option<Section> {
    let mut lines = Lines::default();
    lines.add("Date", words::date(&text(set, tags::TREATMENT_DATE)));
    let delivered = dataset::items(set, tags::TREATMENT_SESSION_BEAM_SEQUENCE);
    for beam in delivered.iter().take(MAX_LINES) {
        let name = text(beam, tags::BEAM_NAME);
        let fraction = text(beam, tags::CURRENT_FRACTION_NUMBER);
        let status = text(beam, tags::TREATMENT_TERMINATION_STATUS).to_lowercase();
        lines.add(&name, format!("fraction {fraction}, {status}"));
    }
    lines.add("Technique", coded(set, tags::RT_TREATMENT_TECHNIQUE_CODE_SEQUENCE));
    lines.section("Treatment")
}
