//! Structured reports and key object selections (PS3.3 A.35): the content tree (PS3.3 C.17.3) as a text that people read.

use std::collections::{BTreeMap, BTreeSet};

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::super::{Reference, dataset, header};
use super::words::{self, Facts, coded, text};
use super::{Document, Section};

/// The deepest part of a tree that is shown.
const MAX_LEVELS: usize = 24;
/// The most items of a tree that are shown.
const MAX_ITEMS: usize = 5_000;
/// The most characters of all items together.
const MAX_CHARACTERS: usize = 400_000;
/// Stands before what belongs to the line above, once a level: no display collapses it.
const INDENT: &str = "\u{2003}";

/// Who the subject is: name, identifier, birth date, mother (PS3.16 TID 1007, TID 1008; scheme DCM).
const SUBJECT: [&str; 4] = ["121029", "121030", "121031", "121036"];

/// Tracking unique identifier, frame of reference, device observer, study instance.
const FOR_MACHINES: [&str; 4] = ["112040", "112227", "121012", "110180"];
/// The list of all images that were read, with their settings (PS3.16 TID 1600).
const IMAGE_LIBRARY: [&str; 1] = ["111028"];

/// The text of a report.
pub(super) fn report(set: &InMemDicomObject) -> Document {
    let mut tree = Tree::new(set);
    let mut root = tree.container(set, String::new(), 0);
    let context = tree.context(set);
    let title = Some(coded(set, tags::CONCEPT_NAME_CODE_SEQUENCE)).filter(|title| !title.is_empty());
    let mut facts = Facts(words::facts(set));
    facts.add("completion", text(set, tags::COMPLETION_FLAG));
    facts.add("description", text(set, tags::COMPLETION_FLAG_DESCRIPTION));
    facts.add("preliminary", text(set, tags::PRELIMINARY_FLAG));
    facts.add("verification", text(set, tags::VERIFICATION_FLAG));
    for observer in dataset::items(set, tags::VERIFYING_OBSERVER_SEQUENCE).iter().take(20) {
        facts.add(
            "verified_by",
            observer_words(observer, tags::VERIFYING_OBSERVER_NAME, tags::VERIFYING_ORGANIZATION),
        );
    }
    for author in dataset::items(set, tags::AUTHOR_OBSERVER_SEQUENCE).iter().take(20) {
        facts.add("author", observer_words(author, tags::PERSON_NAME, tags::INSTITUTION_NAME));
    }
    let images = tree.images.len();
    if images > 0 {
        facts.add("images", images.to_string());
    }
    let mut sections = Vec::new();
    let own = Section { sections: Vec::new(), ..root.clone() };
    if !own.text.is_empty() || !own.references.is_empty() {
        sections.push(own);
    }
    sections.append(&mut root.sections);
    sections.extend(context);
    if tree.left_out > 0 {
        let left_out = words::count(tree.left_out, "item of this report is", "items of this report are");
        sections.push(Section {
            text: format!("{left_out} not shown here: it is too long or too deep."),
            ..Section::default()
        });
    }
    Document {
        title: title.unwrap_or_else(|| words::class_name(&header::class_uid(set))),
        facts: facts.0,
        sections,
    }
}

/// Who, of which house, when.
fn observer_words(observer: &InMemDicomObject, name: Tag, organization: Tag) -> String {
    let when = words::date_time(&text(observer, tags::VERIFICATION_DATE_TIME));
    let words = [words::person(observer, name), text(observer, organization), when];
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ")
}

/// What an item is to the one above it (PS3.3 C.17.3.2.4).
fn relationship(item: &InMemDicomObject) -> String {
    dataset::text(item, tags::RELATIONSHIP_TYPE)
}

fn children(item: &InMemDicomObject) -> &[InMemDicomObject] {
    dataset::items(item, tags::CONTENT_SEQUENCE)
}

fn is_container(item: &InMemDicomObject) -> bool {
    dataset::text(item, tags::VALUE_TYPE) == "CONTAINER"
}

/// Whether the concept of an item is one of these, of the scheme DCM (PS3.16 annex D).
fn is_about(item: &InMemDicomObject, codes: &[&str]) -> bool {
    let code = dataset::items(item, tags::CONCEPT_NAME_CODE_SEQUENCE).first();
    code.is_some_and(|code| {
        dataset::text(code, tags::CODING_SCHEME_DESIGNATOR) == "DCM"
            && codes.contains(&dataset::text(code, tags::CODE_VALUE).as_str())
    })
}

/// Whether an item is an identifier by which programs find each other's objects again.
fn is_for_machines(item: &InMemDicomObject) -> bool {
    dataset::text(item, tags::VALUE_TYPE) == "UIDREF" && is_about(item, &FOR_MACHINES)
}

/// Whether the items of a container read on as one paragraph. Some writers say so of lists of measurements, which nobody could read.
fn is_running(item: &InMemDicomObject) -> bool {
    let is_text = |child: &&InMemDicomObject| dataset::text(child, tags::VALUE_TYPE) == "TEXT";
    let children = children(item);
    dataset::text(item, tags::CONTINUITY_OF_CONTENT) == "CONTINUOUS"
        && children.first().as_ref().is_some_and(is_text)
        && children.iter().filter(is_text).count() * 2 >= children.len()
}

fn count_all(item: &InMemDicomObject) -> usize {
    1 + children(item).iter().map(count_all).sum::<usize>()
}

/// Lines and the images that they speak of.
type Told = (Vec<String>, Vec<Reference>);

struct Tree<'a> {
    root: &'a InMemDicomObject,
    /// As the header writes it, never to be shown.
    patient: String,
    /// The series of every object that the report lists as evidence (PS3.3 C.17.2.3).
    series: BTreeMap<String, String>,
    images: BTreeSet<String>,
    items: usize,
    characters: usize,
    left_out: usize,
}

impl<'a> Tree<'a> {
    fn new(root: &'a InMemDicomObject) -> Self {
        let mut series = BTreeMap::new();
        let evidence =
            [tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE, tags::PERTINENT_OTHER_EVIDENCE_SEQUENCE];
        for study in evidence.into_iter().flat_map(|tag| dataset::items(root, tag)) {
            for one in dataset::items(study, tags::REFERENCED_SERIES_SEQUENCE) {
                let uid = dataset::text(one, tags::SERIES_INSTANCE_UID);
                for object in dataset::items(one, tags::REFERENCED_SOP_SEQUENCE) {
                    series.insert(dataset::text(object, tags::REFERENCED_SOP_INSTANCE_UID), uid.clone());
                }
            }
        }
        let patient = words::person(root, tags::PATIENT_NAME);
        Self { root, patient, series, images: BTreeSet::new(), items: 0, characters: 0, left_out: 0 }
    }

    /// A container and what is in it, in its order.
    fn container(&mut self, item: &InMemDicomObject, heading: String, level: usize) -> Section {
        let is_root = level == 0;
        let is_running = is_running(item);
        let mut silent_images = 0;
        let mut section = Section { heading, ..Section::default() };
        // What was found comes before the list of what was looked at.
        let (library, content): (Vec<_>, Vec<_>) =
            children(item).iter().partition(|child| is_root && is_about(child, &IMAGE_LIBRARY));
        for child in content.into_iter().chain(library) {
            let relationship = relationship(child);
            if relationship == "HAS CONCEPT MOD" || (is_root && relationship == "HAS OBS CONTEXT") {
                continue;
            }
            if self.is_subject(child) || is_for_machines(child) {
                continue;
            }
            if !self.take(child, level) {
                continue;
            }
            if is_container(child) {
                let heading = self.concept(child, 0);
                let inner = self.container(child, heading, level + 1);
                if !inner.heading.is_empty()
                    || !inner.text.is_empty()
                    || !inner.references.is_empty()
                    || !inner.sections.is_empty()
                {
                    section.sections.push(inner);
                }
                continue;
            }
            let (lines, references) = self.told(child, 0, level, is_running);
            if lines.is_empty() {
                silent_images += references.len();
                section.references.extend(references);
                continue;
            }
            // What comes behind a part with a heading of its own must not slip before it.
            let target = if section.sections.is_empty() {
                &mut section
            } else {
                if section.sections.last().is_none_or(|last| !last.heading.is_empty()) {
                    section.sections.push(Section::default());
                }
                let Some(last) = section.sections.last_mut() else { continue };
                last
            };
            let joint = if target.text.is_empty() {
                ""
            } else if is_running {
                " "
            } else {
                "\n"
            };
            target.text.push_str(joint);
            target.text.push_str(&lines.join("\n"));
            target.references.extend(references);
        }
        if silent_images > 0 {
            if !section.text.is_empty() {
                section.text.push('\n');
            }
            section.text.push_str(&words::count(silent_images, "image", "images"));
        }
        section
    }

    /// What the root says about observers, procedure and language.
    fn context(&mut self, root: &InMemDicomObject) -> Option<Section> {
        let mut section = Section { heading: "Observation context".to_owned(), ..Section::default() };
        let mut lines = Vec::new();
        for child in children(root) {
            let is_context = matches!(relationship(child).as_str(), "HAS OBS CONTEXT" | "HAS CONCEPT MOD");
            let is_left_out = self.is_subject(child) || is_for_machines(child);
            if !is_context || is_left_out || !self.take(child, 0) {
                continue;
            }
            let (more, references) = self.told(child, 0, 0, false);
            lines.extend(more);
            section.references.extend(references);
        }
        section.text = lines.join("\n");
        (!section.text.is_empty()).then_some(section)
    }

    /// Counts an item; `false` when it, and all below it, is more than is shown.
    fn take(&mut self, item: &InMemDicomObject, level: usize) -> bool {
        if level >= MAX_LEVELS || self.items >= MAX_ITEMS || self.characters >= MAX_CHARACTERS {
            self.left_out += count_all(item);
            return false;
        }
        self.items += 1;
        true
    }

    /// Whether an item says who the patient is.
    fn is_subject(&self, item: &InMemDicomObject) -> bool {
        let name = words::person(item, tags::PERSON_NAME);
        is_about(item, &SUBJECT) || (!name.is_empty() && name == self.patient)
    }

    /// What an item is about, with what modifies the concept: `Finding (Laterality: Left)`.
    fn concept(&mut self, item: &InMemDicomObject, level: usize) -> String {
        let name = coded(item, tags::CONCEPT_NAME_CODE_SEQUENCE);
        let mut modifiers = Vec::new();
        for child in children(item) {
            if relationship(child) == "HAS CONCEPT MOD" && level < 4 && self.take(child, level) {
                let (lines, _) = self.line(child, level + 1);
                modifiers.extend(lines);
            }
        }
        if modifiers.is_empty() {
            name
        } else {
            format!("{name} ({})", modifiers.join("; ")).trim().to_owned()
        }
    }

    /// The line of one item without what is below it.
    fn line(&mut self, item: &InMemDicomObject, level: usize) -> (Option<String>, Vec<Reference>) {
        let identifier = dataset::integers(item, tags::REFERENCED_CONTENT_ITEM_IDENTIFIER);
        if !identifier.is_empty() {
            return (self.pointed_at(&identifier, level), Vec::new());
        }
        let concept = self.concept(item, level);
        let (value, references) = self.value(item);
        for reference in &references {
            self.images.insert(reference.uid.clone());
        }
        let line = match (concept.is_empty(), value.is_empty()) {
            (true, true) => None,
            (true, false) => Some(value),
            (false, true) => Some(concept),
            (false, false) if value.contains('\n') => Some(format!("{concept}:\n{value}")),
            (false, false) => Some(format!("{concept}: {value}")),
        };
        self.characters += line.as_ref().map_or(0, String::len);
        (line, references)
    }

    /// An item, indented, and all below it.
    fn told(&mut self, item: &InMemDicomObject, indent: usize, level: usize, is_running: bool) -> Told {
        let (line, mut references) = if is_running && dataset::text(item, tags::VALUE_TYPE) == "TEXT" {
            let value = text(item, tags::TEXT_VALUE);
            self.characters += value.len();
            (Some(value), Vec::new())
        } else {
            self.line(item, 0)
        };
        let mut lines = Vec::new();
        let mut inner_indent = indent;
        if let Some(line) = line {
            let before = match relationship(item).as_str() {
                "INFERRED FROM" => "inferred from: ",
                "HAS OBS CONTEXT" if indent > 0 => "observation context: ",
                _ => "",
            };
            let mark =
                if indent == 0 { String::new() } else { format!("{}– {before}", INDENT.repeat(indent)) };
            lines.push(format!("{mark}{line}"));
            inner_indent += 1;
        }
        for child in children(item) {
            if relationship(child) == "HAS CONCEPT MOD" || self.is_subject(child) || is_for_machines(child) {
                continue;
            }
            if !self.take(child, level + 1) {
                continue;
            }
            let (more, further) = self.told(child, inner_indent, level + 1, false);
            lines.extend(more);
            references.extend(further);
        }
        // An image without a word about it is only counted.
        if lines.len() == 1
            && dataset::text(item, tags::VALUE_TYPE) == "IMAGE"
            && references.iter().all(|reference| reference.words.is_empty() && reference.frames.is_empty())
        {
            lines.clear();
        }
        (lines, references)
    }

    /// An item that stands elsewhere in the tree (PS3.3 C.17.3.2.5): by its places, the root's being 1.
    fn pointed_at(&mut self, identifier: &[i64], level: usize) -> Option<String> {
        let mut item = self.root;
        for place in identifier.iter().skip(1) {
            let index = usize::try_from(place.checked_sub(1)?).ok()?;
            item = children(item).get(index)?;
        }
        let is_reference = item.get(tags::REFERENCED_CONTENT_ITEM_IDENTIFIER).is_some();
        // One that points at another that points back would never end.
        if is_reference || level > 4 || self.is_subject(item) {
            return None;
        }
        self.line(item, level + 1).0.map(|line| format!("see {line}"))
    }

    /// The value of an item as words, and the images in it (PS3.3 C.17.3.2 and C.18).
    fn value(&self, item: &InMemDicomObject) -> (String, Vec<Reference>) {
        let none = Vec::new();
        match dataset::text(item, tags::VALUE_TYPE).as_str() {
            "TEXT" => (text(item, tags::TEXT_VALUE), none),
            "CODE" => (coded(item, tags::CONCEPT_CODE_SEQUENCE), none),
            "NUM" => (number(item), none),
            "DATE" => (words::date(&text(item, tags::DATE)), none),
            "TIME" => (words::time(&text(item, tags::TIME)), none),
            "DATETIME" => (words::date_time(&text(item, tags::DATE_TIME)), none),
            "PNAME" => (words::person(item, tags::PERSON_NAME), none),
            "UIDREF" => (text(item, tags::UID), none),
            "IMAGE" => self.image(item),
            "COMPOSITE" => (self.composite(item), none),
            "WAVEFORM" => (waveform(item), none),
            "SCOORD" => (coordinates(item, 2), none),
            "SCOORD3D" => (coordinates(item, 3), none),
            "TCOORD" => (times(item), none),
            _ => (String::new(), none),
        }
    }

    fn image(&self, item: &InMemDicomObject) -> (String, Vec<Reference>) {
        let words = coded(item, tags::CONCEPT_NAME_CODE_SEQUENCE);
        let mut references = Vec::new();
        for object in dataset::items(item, tags::REFERENCED_SOP_SEQUENCE) {
            let uid = dataset::text(object, tags::REFERENCED_SOP_INSTANCE_UID);
            if uid.is_empty() {
                continue;
            }
            let frames = dataset::integers(object, tags::REFERENCED_FRAME_NUMBER);
            let frames = frames.into_iter().filter_map(|frame| u32::try_from(frame).ok()).collect();
            let series_uid = self.series.get(&uid).cloned().unwrap_or_default();
            references.push(Reference { uid, series_uid, frames, words: words.clone() });
        }
        let frames: Vec<String> =
            references.iter().flat_map(|reference| &reference.frames).take(20).map(u32::to_string).collect();
        let value = match (references.len(), frames.len()) {
            (0, _) => String::new(),
            (_, 0) => "image".to_owned(),
            (_, 1) => format!("image, frame {}", frames[0]),
            _ => format!("image, frames {}", frames.join(", ")),
        };
        (value, references)
    }

    fn composite(&self, item: &InMemDicomObject) -> String {
        let object = dataset::items(item, tags::REFERENCED_SOP_SEQUENCE).first();
        object
            .map(|object| words::class_name(&dataset::text(object, tags::REFERENCED_SOP_CLASS_UID)))
            .unwrap_or_default()
    }
}

/// A number, its unit, and why there is none (PS3.3 C.18.1).
fn number(item: &InMemDicomObject) -> String {
    let qualifier = coded(item, tags::NUMERIC_VALUE_QUALIFIER_CODE_SEQUENCE);
    let measured = dataset::items(item, tags::MEASURED_VALUE_SEQUENCE).first();
    let value = measured.map(|measured| {
        let value = text(measured, tags::NUMERIC_VALUE);
        let unit = dataset::items(measured, tags::MEASUREMENT_UNITS_CODE_SEQUENCE).first().map(words::unit);
        format!("{value} {}", unit.unwrap_or_default()).trim().to_owned()
    });
    match value.filter(|value| !value.is_empty()) {
        Some(value) if qualifier.is_empty() => value,
        Some(value) => format!("{value} ({qualifier})"),
        None if qualifier.is_empty() => "no value".to_owned(),
        None => qualifier,
    }
}

fn waveform(item: &InMemDicomObject) -> String {
    let object = dataset::items(item, tags::REFERENCED_SOP_SEQUENCE).first();
    let class =
        object.map(|object| words::class_name(&dataset::text(object, tags::REFERENCED_SOP_CLASS_UID)));
    let channels = object
        .map(|object| dataset::integers(object, tags::REFERENCED_WAVEFORM_CHANNELS))
        .unwrap_or_default();
    // Pairs of a multiplex group and a channel in it (PS3.3 C.18.5.1.1).
    let channels: Vec<String> = channels
        .as_chunks::<2>()
        .0
        .iter()
        .take(20)
        .map(|[group, channel]| format!("{group}.{channel}"))
        .collect();
    let class = class.unwrap_or_default();
    if channels.is_empty() { class } else { format!("{class}, channels {}", channels.join(", ")) }
}

/// A shape on an image or in space (PS3.3 C.18.6, C.18.9).
fn coordinates(item: &InMemDicomObject, dimensions: usize) -> String {
    let shape = text(item, tags::GRAPHIC_TYPE).to_lowercase();
    let values = dataset::numbers(item, tags::GRAPHIC_DATA);
    let points = values.len() / dimensions;
    let unit = if dimensions == 3 { " mm" } else { "" };
    if points == 1 {
        let place: Vec<String> =
            values.iter().take(dimensions).map(|value| words::plain_number(*value)).collect();
        return format!("{shape} at {}{unit}", place.join(", "));
    }
    format!("{shape} of {points} points")
}

/// Moments or spans of time (PS3.3 C.18.7).
fn times(item: &InMemDicomObject) -> String {
    let range = text(item, tags::TEMPORAL_RANGE_TYPE).to_lowercase();
    let few = |values: Vec<String>| values.into_iter().take(20).collect::<Vec<_>>().join(", ");
    let samples = dataset::integers(item, tags::REFERENCED_SAMPLE_POSITIONS);
    let offsets = dataset::numbers(item, tags::REFERENCED_TIME_OFFSETS);
    let moments = dataset::texts(item, tags::REFERENCED_DATE_TIME);
    if !samples.is_empty() {
        return format!("{range} at samples {}", few(samples.iter().map(i64::to_string).collect()));
    }
    if !offsets.is_empty() {
        return format!(
            "{range} at {} s",
            few(offsets.iter().map(|offset| words::plain_number(*offset)).collect())
        );
    }
    if moments.is_empty() {
        range
    } else {
        format!("{range} at {}", few(moments.iter().map(|moment| words::date_time(moment)).collect()))
    }
}
