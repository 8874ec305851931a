//! Objects made here, as the standard writes them, and what becomes of them.

use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};

use super::*;

const SR: &str = "1.2.840.10008.5.1.4.1.1.88.33";

fn set(elements: Vec<(Tag, VR, &str)>) -> InMemDicomObject {
    let mut set = InMemDicomObject::new_empty();
    for (tag, vr, value) in elements {
        set.put(DataElement::new(tag, vr, PrimitiveValue::from(value)));
    }
    set
}

fn with(mut set: InMemDicomObject, tag: Tag, items: Vec<InMemDicomObject>) -> InMemDicomObject {
    set.put(DataElement::new(tag, VR::SQ, DataSetSequence::from(items)));
    set
}

fn code(value: &str, scheme: &str, meaning: &str) -> InMemDicomObject {
    set(vec![
        (tags::CODE_VALUE, VR::SH, value),
        (tags::CODING_SCHEME_DESIGNATOR, VR::SH, scheme),
        (tags::CODE_MEANING, VR::LO, meaning),
    ])
}

/// An item of a content tree.
fn item(relationship: &str, kind: &str, concept: &str, values: Vec<(Tag, VR, &str)>) -> InMemDicomObject {
    let mut all = vec![(tags::RELATIONSHIP_TYPE, VR::CS, relationship), (tags::VALUE_TYPE, VR::CS, kind)];
    all.extend(values);
    let set = set(all);
    if concept.is_empty() {
        return set;
    }
    with(set, tags::CONCEPT_NAME_CODE_SEQUENCE, vec![code("1", "99TEST", concept)])
}

fn text_item(concept: &str, value: &str) -> InMemDicomObject {
    item("CONTAINS", "TEXT", concept, vec![(tags::TEXT_VALUE, VR::UT, value)])
}

fn number_item(concept: &str, value: &str, unit: &str) -> InMemDicomObject {
    let measured = with(
        set(vec![(tags::NUMERIC_VALUE, VR::DS, value)]),
        tags::MEASUREMENT_UNITS_CODE_SEQUENCE,
        vec![code(unit, "UCUM", "the unit in words")],
    );
    with(item("CONTAINS", "NUM", concept, vec![]), tags::MEASURED_VALUE_SEQUENCE, vec![measured])
}

fn container(concept: &str, children: Vec<InMemDicomObject>) -> InMemDicomObject {
    with(item("CONTAINS", "CONTAINER", concept, vec![]), tags::CONTENT_SEQUENCE, children)
}

fn file(class_uid: &str, mut set: InMemDicomObject) -> Vec<u8> {
    set.put(DataElement::new(tags::SOP_CLASS_UID, VR::UI, PrimitiveValue::from(class_uid)));
    set.put(DataElement::new(tags::SOP_INSTANCE_UID, VR::UI, PrimitiveValue::from("1.2.3")));
    set.put(DataElement::new(tags::SPECIFIC_CHARACTER_SET, VR::CS, PrimitiveValue::from("ISO_IR 192")));
    let meta = FileMetaTableBuilder::new()
        .media_storage_sop_class_uid(class_uid)
        .media_storage_sop_instance_uid("1.2.3")
        .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN);
    let mut bytes = Vec::new();
    set.with_meta(meta).unwrap().write_all(&mut bytes).unwrap();
    bytes
}

fn document(class_uid: &str, set: InMemDicomObject) -> Document {
    match content(&file(class_uid, set)).unwrap() {
        Content::Text(document) => document,
        other => panic!("{other:?}"),
    }
}

fn root(children: Vec<InMemDicomObject>) -> InMemDicomObject {
    let root = set(vec![
        (tags::VALUE_TYPE, VR::CS, "CONTAINER"),
        (tags::PATIENT_NAME, VR::PN, "Dupont^Marie"),
        (tags::PATIENT_ID, VR::LO, "4711"),
    ]);
    let root = with(root, tags::CONCEPT_NAME_CODE_SEQUENCE, vec![code("18748-4", "LN", "Imaging report")]);
    with(root, tags::CONTENT_SEQUENCE, children)
}

fn fact<'d>(document: &'d Document, name: &str) -> &'d str {
    assert!(FACTS.contains(&name));
    document.facts.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}

#[test]
fn a_report_is_read_from_top_to_bottom() {
    let laterality = with(
        item("HAS CONCEPT MOD", "CODE", "Laterality", vec![]),
        tags::CONCEPT_CODE_SEQUENCE,
        vec![code("7771000", "SCT", "Left")],
    );
    let diameter = with(number_item("Diameter", "12.5", "mm"), tags::CONTENT_SEQUENCE, vec![laterality]);
    let inferred = with(
        text_item("Impression", "A cyst."),
        tags::CONTENT_SEQUENCE,
        vec![item("INFERRED FROM", "TEXT", "Finding", vec![(tags::TEXT_VALUE, VR::UT, "Round, no echo")])],
    );
    let report = document(
        SR,
        root(vec![
            text_item("History", "Pain"),
            container(
                "Findings",
                vec![
                    diameter,
                    text_item("Shape", "round"),
                    container("Kidney", vec![number_item("Length", "110", "mm")]),
                ],
            ),
            inferred,
            item("CONTAINS", "DATE", "Seen on", vec![(tags::DATE, VR::DA, "20240301")]),
            item("CONTAINS", "PNAME", "Asked by", vec![(tags::PERSON_NAME, VR::PN, "Martin^Jeanne")]),
        ]),
    );
    assert_eq!(report.title, "Imaging report");
    assert_eq!(report.sections[0].text, "History: Pain");
    assert_eq!(report.sections[1].heading, "Findings");
    assert_eq!(report.sections[1].text, "Diameter (Laterality: Left): 12.5 mm\nShape: round");
    assert_eq!(report.sections[1].sections[0].heading, "Kidney");
    assert_eq!(report.sections[1].sections[0].text, "Length: 110 mm");
    assert_eq!(
        report.sections[2].text,
        "Impression: A cyst.\n\u{2003}– inferred from: Finding: Round, no echo\nSeen on: 2024-03-01\nAsked by: MARTIN Jeanne"
    );
}

#[test]
fn every_type_of_value_says_something() {
    let image = with(
        item("CONTAINS", "IMAGE", "Best view", vec![]),
        tags::REFERENCED_SOP_SEQUENCE,
        vec![set(vec![
            (tags::REFERENCED_SOP_CLASS_UID, VR::UI, "1.2.840.10008.5.1.4.1.1.2"),
            (tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, "1.2.9"),
            (tags::REFERENCED_FRAME_NUMBER, VR::IS, "3\\4"),
        ])],
    );
    let composite = with(
        item("CONTAINS", "COMPOSITE", "Source", vec![]),
        tags::REFERENCED_SOP_SEQUENCE,
        vec![set(vec![(tags::REFERENCED_SOP_CLASS_UID, VR::UI, "1.2.840.10008.5.1.4.1.1.481.3")])],
    );
    let mut wave = set(vec![(tags::REFERENCED_SOP_CLASS_UID, VR::UI, "1.2.840.10008.5.1.4.1.1.9.1.1")]);
    wave.put(DataElement::new(
        tags::REFERENCED_WAVEFORM_CHANNELS,
        VR::US,
        PrimitiveValue::U16([1, 2].into_iter().collect()),
    ));
    let wave = with(item("CONTAINS", "WAVEFORM", "Trace", vec![]), tags::REFERENCED_SOP_SEQUENCE, vec![wave]);
    let mut point = item("CONTAINS", "SCOORD", "Place", vec![(tags::GRAPHIC_TYPE, VR::CS, "POINT")]);
    point.put(DataElement::new(
        tags::GRAPHIC_DATA,
        VR::FL,
        PrimitiveValue::F32([10.0, 20.5].into_iter().collect()),
    ));
    let mut polygon = item("CONTAINS", "SCOORD3D", "Outline", vec![(tags::GRAPHIC_TYPE, VR::CS, "POLYGON")]);
    polygon.put(DataElement::new(
        tags::GRAPHIC_DATA,
        VR::FL,
        PrimitiveValue::F32([0.0; 12].into_iter().collect()),
    ));
    let times = item(
        "CONTAINS",
        "TCOORD",
        "When",
        vec![
            (tags::TEMPORAL_RANGE_TYPE, VR::CS, "SEGMENT"),
            (tags::REFERENCED_TIME_OFFSETS, VR::DS, "0.5\\1.25"),
        ],
    );
    let missing = with(
        item("CONTAINS", "NUM", "Flow", vec![]),
        tags::NUMERIC_VALUE_QUALIFIER_CODE_SEQUENCE,
        vec![code("114009", "DCM", "Value indeterminate")],
    );
    let report = document(
        SR,
        root(vec![
            item("CONTAINS", "TIME", "Time", vec![(tags::TIME, VR::TM, "134510")]),
            item("CONTAINS", "DATETIME", "Moment", vec![(tags::DATE_TIME, VR::DT, "20240301134510")]),
            item("CONTAINS", "UIDREF", "Study", vec![(tags::UID, VR::UI, "1.2.3.4")]),
            image,
            composite,
            wave,
            point,
            polygon,
            times,
            missing,
            number_item("Ratio", "0.5", "1"),
            number_item("Temperature", "37", "Cel"),
            number_item("Score", "3", "{score}"),
        ]),
    );
    let lines: Vec<&str> = report.sections[0].text.lines().collect();
    assert_eq!(
        lines,
        [
            "Time: 13:45:10",
            "Moment: 2024-03-01 13:45:10",
            "Study: 1.2.3.4",
            "Best view: image, frames 3, 4",
            "Source: RT Structure Set",
            "Trace: 12-lead ECG Waveform, channels 1.2",
            "Place: point at 10, 20.5",
            "Outline: polygon of 4 points",
            "When: segment at 0.5, 1.25 s",
            "Flow: Value indeterminate",
            "Ratio: 0.5",
            "Temperature: 37 °C",
            "Score: 3 the unit in words",
        ]
    );
    assert_eq!(report.sections[0].references[0].frames, [3, 4]);
    assert_eq!(fact(&report, "images"), "1");
}

#[test]
fn flags_and_observers_are_facts() {
    let mut report = root(vec![text_item("Finding", "none")]);
    for (tag, value) in [(tags::COMPLETION_FLAG, "COMPLETE"), (tags::VERIFICATION_FLAG, "VERIFIED")] {
        report.put(DataElement::new(tag, VR::CS, PrimitiveValue::from(value)));
    }
    let observer = set(vec![
        (tags::VERIFYING_ORGANIZATION, VR::LO, "Hospital"),
        (tags::VERIFICATION_DATE_TIME, VR::DT, "20240301120000"),
        (tags::VERIFYING_OBSERVER_NAME, VR::PN, "Martin^Jeanne"),
    ]);
    let report = document(SR, with(report, tags::VERIFYING_OBSERVER_SEQUENCE, vec![observer]));
    assert_eq!(fact(&report, "kind"), "Comprehensive SR");
    assert_eq!(fact(&report, "completion"), "COMPLETE");
    assert_eq!(fact(&report, "verification"), "VERIFIED");
    assert_eq!(fact(&report, "verified_by"), "MARTIN Jeanne, Hospital, 2024-03-01 12:00:00");
}

#[test]
fn the_patient_is_in_no_document() {
    let name = with(
        item("HAS OBS CONTEXT", "PNAME", "", vec![(tags::PERSON_NAME, VR::PN, "Dupont^Marie")]),
        tags::CONCEPT_NAME_CODE_SEQUENCE,
        vec![code("121029", "DCM", "Subject Name")],
    );
    let identifier = with(
        item("HAS OBS CONTEXT", "TEXT", "", vec![(tags::TEXT_VALUE, VR::UT, "4711")]),
        tags::CONCEPT_NAME_CODE_SEQUENCE,
        vec![code("121030", "DCM", "Subject ID")],
    );
    let under_another_code =
        item("CONTAINS", "PNAME", "Somebody", vec![(tags::PERSON_NAME, VR::PN, "DUPONT^Marie")]);
    let observer = item(
        "HAS OBS CONTEXT",
        "PNAME",
        "Person Observer Name",
        vec![(tags::PERSON_NAME, VR::PN, "Martin^Jeanne")],
    );
    let report = document(SR, root(vec![name, identifier, under_another_code, observer]));
    assert_eq!(report.sections.len(), 1);
    assert_eq!(report.sections[0].text, "Person Observer Name: MARTIN Jeanne");
    for class_uid in [
        "1.2.840.10008.5.1.4.1.1.66",
        "1.2.3.4.5",
        "1.2.840.10008.5.1.4.1.1.481.5",
        "1.2.840.10008.5.1.4.1.1.9.1.1",
        "1.2.840.10008.5.1.4.1.1.11.1",
    ] {
        let shown = format!("{:?}", document(class_uid, root(vec![])));
        assert!(!shown.to_lowercase().contains("dupont") && !shown.contains("4711"), "{shown}");
    }
}

#[test]
fn an_item_that_points_at_another_shows_it_and_a_circle_ends() {
    let mut pointer = set(vec![(tags::RELATIONSHIP_TYPE, VR::CS, "INFERRED FROM")]);
    pointer.put(DataElement::new(
        tags::REFERENCED_CONTENT_ITEM_IDENTIFIER,
        VR::UL,
        PrimitiveValue::U32([1, 1].into_iter().collect()),
    ));
    let mut circle = pointer.clone();
    circle.put(DataElement::new(
        tags::REFERENCED_CONTENT_ITEM_IDENTIFIER,
        VR::UL,
        PrimitiveValue::U32([1, 2, 1].into_iter().collect()),
    ));
    let mut nowhere = pointer.clone();
    nowhere.put(DataElement::new(
        tags::REFERENCED_CONTENT_ITEM_IDENTIFIER,
        VR::UL,
        PrimitiveValue::U32([1, 9, 9].into_iter().collect()),
    ));
    let conclusion =
        with(text_item("Conclusion", "benign"), tags::CONTENT_SEQUENCE, vec![pointer, circle, nowhere]);
    let report = document(SR, root(vec![text_item("Finding", "round"), conclusion]));
    assert_eq!(
        report.sections[0].text,
        "Finding: round\nConclusion: benign\n\u{2003}– inferred from: see Finding: round"
    );
}

#[test]
fn a_report_that_is_too_deep_or_too_long_says_what_is_left_out() {
    let mut deep = container("The bottom", vec![text_item("Lost", "lost")]);
    for _ in 0..40 {
        deep = container("Level", vec![deep]);
    }
    let report = document(SR, root(vec![deep]));
    assert_eq!(
        report.sections.last().unwrap().text,
        "18 items of this report are not shown here: it is too long or too deep."
    );
    let report = document(SR, root((0..6_000).map(|_| text_item("Line", "x")).collect()));
    assert_eq!(
        report.sections.last().unwrap().text,
        "1000 items of this report are not shown here: it is too long or too deep."
    );
}

#[test]
fn images_without_a_word_are_counted_and_identifiers_of_programs_left_out() {
    let image = || {
        let object = set(vec![(tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, "1.2.9")]);
        with(item("CONTAINS", "IMAGE", "", vec![]), tags::REFERENCED_SOP_SEQUENCE, vec![object])
    };
    let library = with(
        container("", vec![image(), image()]),
        tags::CONCEPT_NAME_CODE_SEQUENCE,
        vec![code("111028", "DCM", "Image Library")],
    );
    let tracking = with(
        item("HAS OBS CONTEXT", "UIDREF", "", vec![(tags::UID, VR::UI, "1.2.3.4")]),
        tags::CONCEPT_NAME_CODE_SEQUENCE,
        vec![code("112040", "DCM", "Tracking Unique Identifier")],
    );
    let mut group = container(
        "Measurement Group",
        vec![tracking, number_item("Volume", "3", "ml"), number_item("SUV", "6", "{SUVbw}g/ml")],
    );
    // Not a paragraph, whatever it says.
    group.put(DataElement::new(tags::CONTINUITY_OF_CONTENT, VR::CS, PrimitiveValue::from("CONTINUOUS")));
    let report = document(SR, root(vec![library, group]));
    assert_eq!(report.sections[0].text, "Volume: 3 ml\nSUV: 6 g/ml");
    assert_eq!(
        (report.sections[1].heading.as_str(), report.sections[1].text.as_str()),
        ("Image Library", "2 images")
    );
    assert_eq!(report.sections[1].references.len(), 2);
}

#[test]
fn running_text_is_one_paragraph() {
    let mut running = container(
        "Story",
        vec![text_item("", "It began"), number_item("Temperature", "39", "Cel"), text_item("", "and ended.")],
    );
    running.put(DataElement::new(tags::CONTINUITY_OF_CONTENT, VR::CS, PrimitiveValue::from("CONTINUOUS")));
    let report = document(SR, root(vec![running]));
    assert_eq!(report.sections[0].text, "It began Temperature: 39 °C and ended.");
}

fn encapsulated(
    class_uid: &str,
    bytes: &[u8],
    length: Option<u32>,
    media_type: &str,
) -> Result<Content, ContentError> {
    let mut object = set(vec![
        (tags::MIME_TYPE_OF_ENCAPSULATED_DOCUMENT, VR::LO, media_type),
        (tags::DOCUMENT_TITLE, VR::ST, "Letter"),
    ]);
    object.put(DataElement::new(
        tags::ENCAPSULATED_DOCUMENT,
        VR::OB,
        PrimitiveValue::U8(bytes.iter().copied().collect()),
    ));
    if let Some(length) = length {
        object.put(DataElement::new(
            tags::ENCAPSULATED_DOCUMENT_LENGTH,
            VR::UL,
            PrimitiveValue::from(length),
        ));
    }
    content(&file(class_uid, object))
}

#[test]
fn a_pdf_is_checked_and_its_padding_taken_off() {
    const PDF: &str = "1.2.840.10008.5.1.4.1.1.104.1";
    let pdf = b"%PDF-1.4\n%%EOF\n";
    assert_eq!(pdf.len() % 2, 1);
    for length in [None, Some(15)] {
        assert_eq!(encapsulated(PDF, pdf, length, "application/pdf"), Ok(Content::Pages(pdf.to_vec())));
    }
    for (bytes, length, why) in [
        (&pdf[..], Some(400), "says that it has 400 bytes, and 16 are there"),
        (b"hello world.", None, "does not begin like one"),
        (b"%PDF-1.4 and then nothing", None, "its end is missing"),
        (b"", None, "holds none"),
    ] {
        let error = encapsulated(PDF, bytes, length, "application/pdf").unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn a_clinical_document_and_a_model_are_shown_as_text() {
    let xml = b"<?xml version='1.0'?><ClinicalDocument xmlns='urn:hl7-org:v3'><title>Letter</title></ClinicalDocument>";
    let Ok(Content::Text(letter)) = encapsulated("1.2.840.10008.5.1.4.1.1.104.2", xml, None, "text/XML")
    else {
        panic!()
    };
    assert_eq!(letter.title, "Letter");
    let Ok(Content::Text(model)) =
        encapsulated("1.2.840.10008.5.1.4.1.1.104.3", b"solid x", None, "model/stl")
    else {
        panic!()
    };
    assert!(model.sections[0].text.starts_with("A model of a surface"), "{model:?}");
    assert_eq!((fact(&model, "media_type"), fact(&model, "bytes")), ("model/stl", "7"));
}

#[test]
fn a_plan_and_structures_are_told_in_words() {
    let beam = with(
        set(vec![
            (tags::BEAM_NUMBER, VR::IS, "1"),
            (tags::BEAM_NAME, VR::LO, "Front"),
            (tags::RADIATION_TYPE, VR::CS, "PHOTON"),
            (tags::TREATMENT_MACHINE_NAME, VR::SH, "LINAC2"),
        ]),
        tags::CONTROL_POINT_SEQUENCE,
        vec![set(vec![(tags::NOMINAL_BEAM_ENERGY, VR::DS, "6"), (tags::GANTRY_ANGLE, VR::DS, "180")])],
    );
    let plan = with(
        set(vec![(tags::RT_PLAN_LABEL, VR::SH, "Breast L"), (tags::APPROVAL_STATUS, VR::CS, "APPROVED")]),
        tags::BEAM_SEQUENCE,
        vec![beam],
    );
    let group = set(vec![
        (tags::FRACTION_GROUP_NUMBER, VR::IS, "1"),
        (tags::NUMBER_OF_FRACTIONS_PLANNED, VR::IS, "25"),
    ]);
    let plan =
        document("1.2.840.10008.5.1.4.1.1.481.5", with(plan, tags::FRACTION_GROUP_SEQUENCE, vec![group]));
    assert_eq!((fact(&plan, "label"), fact(&plan, "status")), ("Breast L", "approved"));
    assert_eq!(plan.sections[0].text, "Fraction group 1: 25 fractions planned");
    assert_eq!(plan.sections[1].text, "1 Front: photon, 6 MeV, gantry 180°, machine LINAC2");
    let region = set(vec![(tags::ROI_NUMBER, VR::IS, "4"), (tags::ROI_NAME, VR::LO, "Heart")]);
    let structures = document(
        "1.2.840.10008.5.1.4.1.1.481.3",
        with(set(vec![]), tags::STRUCTURE_SET_ROI_SEQUENCE, vec![region]),
    );
    assert_eq!(structures.sections[0].text, "Heart: 0 contours");
}

fn recording(samples: Vec<u8>, form: &str) -> InMemDicomObject {
    let mut group = set(vec![
        (tags::SAMPLING_FREQUENCY, VR::DS, "8000"),
        (tags::WAVEFORM_SAMPLE_INTERPRETATION, VR::CS, form),
    ]);
    group.put(DataElement::new(tags::NUMBER_OF_WAVEFORM_CHANNELS, VR::US, PrimitiveValue::from(1_u16)));
    group.put(DataElement::new(
        tags::NUMBER_OF_WAVEFORM_SAMPLES,
        VR::UL,
        PrimitiveValue::from(samples.len() as u32),
    ));
    group.put(DataElement::new(tags::WAVEFORM_BITS_ALLOCATED, VR::US, PrimitiveValue::from(8_u16)));
    group.put(DataElement::new(
        tags::WAVEFORM_DATA,
        VR::OB,
        PrimitiveValue::U8(samples.into_iter().collect()),
    ));
    let lead = with(set(vec![]), tags::CHANNEL_SOURCE_SEQUENCE, vec![code("2:1", "MDC", "Lead I")]);
    with(group, tags::CHANNEL_DEFINITION_SEQUENCE, vec![lead])
}

#[test]
fn a_voice_is_played_and_an_ecg_described() {
    let object = with(set(vec![]), tags::WAVEFORM_SEQUENCE, vec![recording(vec![0, 128, 255, 128], "UB")]);
    let Ok(Content::Sound(wav, "audio/wav")) =
        content(&file("1.2.840.10008.5.1.4.1.1.9.4.1", object.clone()))
    else {
        panic!()
    };
    assert_eq!(&wav[44..], [0, 0x80, 0, 0, 0, 0x7F, 0, 0]);
    let ecg = document("1.2.840.10008.5.1.4.1.1.9.1.1", object);
    assert_eq!(ecg.title, "12-lead ECG Waveform");
    assert_eq!(ecg.sections[1].text, "Channels: 1\nSampling: 8000 Hz\nDuration: 0.0005 s\nLeads: Lead I");
    let strange = with(set(vec![]), tags::WAVEFORM_SEQUENCE, vec![recording(vec![0, 1], "XX")]);
    let why = content(&file("1.2.840.10008.5.1.4.1.1.9.4.1", strange)).unwrap_err();
    assert_eq!(why.to_string(), "the sound is written in a way that is not played here");
}

#[test]
fn what_nobody_knows_says_what_it_is() {
    let unknown = document(
        "1.2.3.4.5",
        set(vec![(tags::MODALITY, VR::CS, "OT"), (tags::SCANNING_SEQUENCE, VR::CS, "SE")]),
    );
    assert_eq!(unknown.title, "An object of a kind that is not known here");
    assert_eq!(fact(&unknown, "kind"), "1.2.3.4.5");
    assert_eq!(unknown.sections[0].text, "This kind of object is not shown here.");
    assert_eq!(unknown.sections[1].text, "Scanning sequence: SE");
    let no_pixels = document("1.2.840.10008.5.1.4.1.1.2", set(vec![]));
    assert_eq!(
        no_pixels.sections[0].text,
        "This object should hold a picture, and there are no pixels in it."
    );
}

#[test]
fn an_object_that_is_cut_shows_what_is_there_and_says_so() {
    let mut bytes = file(SR, root(vec![text_item("Finding", "round")]));
    bytes.extend([0x40, 0, 0xF0, 0xA7, b'L', b'O', 100, 0, b'x']);
    let Content::Text(report) = content(&bytes).unwrap() else { panic!() };
    assert_eq!(report.sections[0].text, "Finding: round");
    assert!(report.sections[1].text.starts_with("The object is cut:"), "{report:?}");
}
