//! Words that all kinds of documents are made of: codes, dates, measures, and the facts that any object has.

use dicom_core::Tag;
use dicom_core::dictionary::UidDictionary;
use dicom_dictionary_std::{StandardSopClassDictionary, tags};
use dicom_object::InMemDicomObject;

use super::super::{dataset, header};
use super::Section;

/// The most characters of one value that are shown.
const MAX_VALUE: usize = 20_000;

/// A value that is put into a document: without control characters that no display knows, and not endless.
pub(super) fn text(set: &InMemDicomObject, tag: Tag) -> String {
    tidy(&dataset::text(set, tag))
}

/// Line ends as one character, no other control characters, and an end.
pub(super) fn tidy(value: &str) -> String {
    let value = value.replace("\r\n", "\n").replace('\r', "\n");
    let mut shown: String =
        value.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).take(MAX_VALUE).collect();
    if value.chars().nth(MAX_VALUE).is_some() {
        shown.push_str(" [...]");
    }
    shown.trim().to_owned()
}

/// What a code means (PS3.3 section 8.8), the code itself where it does not say.
pub(super) fn meaning(code: &InMemDicomObject) -> String {
    let words = [tags::CODE_MEANING, tags::CODE_VALUE, tags::LONG_CODE_VALUE, tags::URN_CODE_VALUE];
    words.into_iter().map(|tag| text(code, tag)).find(|word| !word.is_empty()).unwrap_or_default()
}

/// The meaning of the first code of a sequence; empty without one.
pub(super) fn coded(set: &InMemDicomObject, sequence: Tag) -> String {
    dataset::items(set, sequence).first().map(meaning).unwrap_or_default()
}

/// UCUM section 2.5.1: what stands in braces changes nothing of a unit.
fn without_annotations(unit: &str) -> String {
    let mut depth = 0_usize;
    let mut kept = String::new();
    for letter in unit.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(letter),
            _ => {}
        }
    }
    kept
}

/// A unit as it is printed (UCUM, PS3.3 section 8.8): nothing for numbers without one.
pub(super) fn unit(code: &InMemDicomObject) -> String {
    let value = without_annotations(&text(code, tags::CODE_VALUE));
    let is_ucum = text(code, tags::CODING_SCHEME_DESIGNATOR) == "UCUM";
    match value.as_str() {
        "1" if is_ucum => String::new(),
        "Cel" if is_ucum => "°C".to_owned(),
        "%" => value,
        // Annotations and customary units are written for machines.
        _ if is_ucum && !value.is_empty() && !value.contains(['{', '[', '*']) => {
            value.strip_prefix('u').map_or(value.clone(), |rest| format!("µ{rest}"))
        }
        _ => meaning(code),
    }
}

/// DA as `2024-03-01`; what is no date stays as it is.
pub(super) fn date(value: &str) -> String {
    let digits: String = value.chars().filter(|c| *c != '.').collect();
    if digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..]);
    }
    value.to_owned()
}

/// TM as `13:45` or `13:45:10`; what is no time stays as it is.
pub(super) fn time(value: &str) -> String {
    let whole = value.split('.').next().unwrap_or_default();
    if !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return value.to_owned();
    }
    match whole.len() {
        4 => format!("{}:{}", &whole[..2], &whole[2..]),
        6 => format!("{}:{}:{}", &whole[..2], &whole[2..4], &whole[4..]),
        _ => value.to_owned(),
    }
}

/// DT as `2024-03-01 13:45:10 +0100`; what is no date stays as it is.
pub(super) fn date_time(value: &str) -> String {
    let (stamp, zone) = match value.find(['+', '-']) {
        Some(at) => value.split_at(at),
        None => (value, ""),
    };
    if stamp.len() < 8 || !stamp.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return value.to_owned();
    }
    let (day, clock) = stamp.split_at(8);
    [date(day), time(clock), zone.to_owned()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A name as people read it.
pub(super) fn person(set: &InMemDicomObject, tag: Tag) -> String {
    header::person_name(&text(set, tag))
}

/// What a SOP class is called, without the word that says that it is stored; the UID of one that has no name.
pub(super) fn class_name(class_uid: &str) -> String {
    match StandardSopClassDictionary.by_uid(class_uid) {
        Some(entry) => {
            let name = entry.name;
            name.rsplit_once(" Storage").map_or(name, |(name, _)| name).to_owned()
        }
        None => class_uid.to_owned(),
    }
}

/// The facts that any object has.
pub(super) fn facts(set: &InMemDicomObject) -> Vec<(String, String)> {
    let mut facts = Facts::default();
    facts.add("kind", class_name(&header::class_uid(set)));
    facts.add("modality", text(set, tags::MODALITY));
    facts.add("study", text(set, tags::STUDY_DESCRIPTION));
    facts.add("series", text(set, tags::SERIES_DESCRIPTION));
    let dates = [
        (tags::CONTENT_DATE, tags::CONTENT_TIME),
        (tags::ACQUISITION_DATE, tags::ACQUISITION_TIME),
        (tags::SERIES_DATE, tags::SERIES_TIME),
        (tags::STUDY_DATE, tags::STUDY_TIME),
    ];
    let day = dates.into_iter().find(|(day, _)| !text(set, *day).is_empty());
    if let Some((day, clock)) = day {
        facts.add("date", format!("{} {}", date(&text(set, day)), time(&text(set, clock))));
    }
    let model = text(set, tags::MANUFACTURER_MODEL_NAME);
    facts.add("manufacturer", format!("{} {model}", text(set, tags::MANUFACTURER)));
    facts.0
}

/// Facts that say something.
#[derive(Default)]
pub(super) struct Facts(pub(super) Vec<(String, String)>);

impl Facts {
    pub(super) fn add(&mut self, name: &str, value: impl AsRef<str>) {
        let value = value.as_ref().trim();
        if !value.is_empty() {
            self.0.push((name.to_owned(), value.to_owned()));
        }
    }
}

/// Lines `name: value`, without those that say nothing.
#[derive(Default)]
pub(super) struct Lines(Vec<String>);

impl Lines {
    pub(super) fn add(&mut self, name: &str, value: impl AsRef<str>) {
        let value = value.as_ref().trim();
        match (name.is_empty(), value.is_empty()) {
            (_, true) => {}
            (true, false) => self.0.push(value.to_owned()),
            (false, false) => self.0.push(format!("{name}: {value}")),
        }
    }

    pub(super) fn number(&mut self, name: &str, value: Option<f64>, unit: &str) {
        if let Some(value) = value.filter(|value| value.is_finite()) {
            self.add(name, format!("{} {unit}", plain_number(value)));
        }
    }

    /// The section of these lines; `None` without a line.
    pub(super) fn section(self, heading: &str) -> Option<Section> {
        (!self.0.is_empty()).then(|| Section {
            heading: heading.to_owned(),
            text: self.0.join("\n"),
            ..Section::default()
        })
    }
}

/// A number with at most four digits behind the point.
pub(super) fn plain_number(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `1 image`, `2 images`.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_written_as_people_read_them() {
        assert_eq!(date("20240301"), "2024-03-01");
        assert_eq!(date("2024.03.01"), "2024-03-01");
        assert_eq!(date("unknown"), "unknown");
        assert_eq!(time("134510.123"), "13:45:10");
        assert_eq!(time("1345"), "13:45");
        assert_eq!(time("13:45"), "13:45");
        assert_eq!(date_time("20240301134510.5+0100"), "2024-03-01 13:45:10 +0100");
        assert_eq!(date_time("2024"), "2024");
        assert_eq!(date_time("äöüäöü"), "äöüäöü");
    }

    #[test]
    fn values_have_no_control_characters_and_an_end() {
        assert_eq!(tidy("a\r\nb\u{7}\rc \0"), "a\nb\nc");
        let long = tidy(&"x".repeat(MAX_VALUE + 5));
        assert_eq!(long.len(), MAX_VALUE + 6);
    }

    #[test]
    fn classes_have_names() {
        assert_eq!(class_name("1.2.840.10008.5.1.4.1.1.88.33"), "Comprehensive SR");
        assert_eq!(class_name("1.2.840.10008.1.3.10"), "Media Storage Directory");
        assert_eq!(class_name("1.2.840.10008.5.1.4.1.1.1.1"), "Digital X-Ray Image");
        assert_eq!(class_name("1.2.3"), "1.2.3");
    }
}
