//! The table of contents of a medium (DICOMDIR, PS3.3 annex F): its studies and series. Patients are counted, not named.

use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::super::dataset;
use super::words::{self, Lines, text};
use super::{Document, Section};

/// The most studies, and the most series, that are listed.
const MAX_LISTED: usize = 500;

pub(super) fn directory(set: &InMemDicomObject) -> Document {
    let mut sections: Vec<Section> = Vec::new();
    let (mut patients, mut studies, mut series, mut objects) = (0, 0, 0, 0);
    let mut lines: Vec<String> = Vec::new();
    let mut of_series = 0;
    let close = |lines: &mut Vec<String>, of_series: &mut usize| {
        if let Some(last) = lines.last_mut() {
            last.push_str(&format!(" ({})", words::count(*of_series, "object", "objects")));
        }
        *of_series = 0;
    };
    let end = |sections: &mut Vec<Section>, lines: &mut Vec<String>| {
        let text = std::mem::take(lines).join("\n");
        if let Some(section) = sections.last_mut() {
            section.text = text;
        }
    };
    // Records are written in the order of the tree; where they are not, only the grouping is lost.
    for record in dataset::items(set, tags::DIRECTORY_RECORD_SEQUENCE) {
        match text(record, tags::DIRECTORY_RECORD_TYPE).as_str() {
            "PATIENT" => patients += 1,
            "STUDY" => {
                studies += 1;
                close(&mut lines, &mut of_series);
                end(&mut sections, &mut lines);
                if studies <= MAX_LISTED {
                    let date = words::date(&text(record, tags::STUDY_DATE));
                    let heading = format!("{date} {}", text(record, tags::STUDY_DESCRIPTION));
                    let heading = Some(heading.trim().to_owned()).filter(|heading| !heading.is_empty());
                    sections.push(Section {
                        heading: heading.unwrap_or_else(|| "Study".to_owned()),
                        ..Section::default()
                    });
                }
            }
            "SERIES" => {
                series += 1;
                close(&mut lines, &mut of_series);
                if series <= MAX_LISTED {
                    let words = [text(record, tags::MODALITY), text(record, tags::SERIES_DESCRIPTION)];
                    lines.push(words.join(" ").trim().to_owned());
                }
            }
            "" => {}
            _ => {
                objects += 1;
                of_series += 1;
            }
        }
    }
    close(&mut lines, &mut of_series);
    end(&mut sections, &mut lines);
    let mut content = Lines::default();
    let counts = [
        words::count(patients, "patient", "patients"),
        words::count(studies, "study", "studies"),
        words::count(series, "series", "series"),
        words::count(objects, "object", "objects"),
    ];
    content.add("", format!("The table of contents of a medium: {}.", counts.join(", ")));
    content.add("", "The images themselves are in the other files of the medium.");
    if studies > MAX_LISTED || series > MAX_LISTED {
        content.add("", format!("The first {MAX_LISTED} are listed."));
    }
    sections.splice(0..0, content.section(""));
    Document { title: "Media Storage Directory".to_owned(), facts: words::facts(set), sections }
}
