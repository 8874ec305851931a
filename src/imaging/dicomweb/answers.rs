//! Answers of QIDO-RS, in the JSON of PS3.18 annex F: what is wanted of them, and what of it may be offered.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Deserialize;
use serde::de::IgnoredAny;
use thiserror::Error;

use crate::secret::Pii;

/// The most studies, or series, that are read of one answer.
const MOST: usize = 500;
/// The longest identifier, in characters (PS3.5 section 9.1).
const MAX_UID: usize = 64;
/// The longest text of an answer that is kept, in characters.
const LONGEST: usize = 200;

/// Why an answer tells nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AnswerFault {
    #[error("it is no list of objects in the JSON of DICOM")]
    NotDicomJson,
}

/// Of whom was asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Patient ID (0010,0020).
    pub number: &'a str,
    /// Issuer of Patient ID (0010,0021); empty: whoever's.
    pub domain: &'a str,
    /// Study Instance UID (0020,000D), if one alone is wanted.
    pub study: Option<&'a str>,
}

/// A study as an archive describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundStudy {
    pub uid: String,
    pub date: Option<NaiveDate>,
    pub description: String,
    /// `CT`, `SR`: of its series, each once.
    pub modalities: Vec<String>,
    /// How many images and other objects; not every archive counts them.
    pub instances: Option<u32>,
    /// As a person reads it.
    pub patient_name: Pii<String>,
    patient_id: Pii<String>,
    /// Who gave the number: by name (0010,0021) and by universal identifier (0040,0032).
    issuers: Vec<String>,
}

/// A series of a study.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundSeries {
    pub uid: String,
    pub instances: Option<u32>,
}

/// What may be offered of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offered {
    /// The newest first.
    pub studies: Vec<FoundStudy>,
    /// How many others the archive told of, which nobody asked for.
    pub dropped: usize,
    /// There are more than are read.
    pub is_cut: bool,
}

/// Whether an answer is one of DICOMweb at all.
///
/// # Errors
/// If not.
pub fn is_dicomweb(json: &[u8]) -> Result<(), AnswerFault> {
    read::<BTreeMap<String, IgnoredAny>>(json).map(|_| ())
}

/// The studies of an answer that are of whom was asked for. `json`: the body, at most a few MiB; empty where nothing was found.
///
/// # Errors
/// If it is no answer of QIDO-RS.
pub fn dicomweb_studies(json: &[u8], asked: Asked<'_>) -> Result<Offered, AnswerFault> {
    let answers = read::<StudyAnswer>(json)?;
    let is_cut = answers.len() > MOST;
    let mut offered = Offered { is_cut, ..Offered::default() };
    let mut seen = BTreeSet::new();
    for answer in answers.into_iter().take(MOST) {
        match found_study(answer).filter(|study| is_of(study, asked)) {
            // A study that is told twice is one.
            Some(study) if seen.insert(study.uid.clone()) => offered.studies.push(study),
            Some(_) => {}
            None => offered.dropped += 1,
        }
    }
    offered.studies.sort_by(|a, b| b.date.cmp(&a.date).then_with(|| a.uid.cmp(&b.uid)));
    Ok(offered)
}

/// The series of a study.
///
/// # Errors
/// If it is no answer of QIDO-RS.
pub fn dicomweb_series(json: &[u8]) -> Result<Vec<FoundSeries>, AnswerFault> {
    let mut seen = BTreeSet::new();
    let found = read::<SeriesAnswer>(json)?.into_iter().take(MOST).filter_map(|answer| {
        let uid = answer.uid.text();
        (is_dicom_uid(&uid) && seen.insert(uid.clone()))
            .then(|| FoundSeries { uid, instances: answer.instances.number() })
    });
    Ok(found.collect())
}

/// Whether an archive that was asked for somebody answers with them. A number of another domain is somebody else's, though it be the same.
fn is_of(study: &FoundStudy, asked: Asked<'_>) -> bool {
    let is_domain = asked.domain.is_empty()
        || study.issuers.is_empty()
        || study.issuers.iter().any(|issuer| issuer == asked.domain);
    let is_study = asked.study.is_none_or(|uid| uid == study.uid);
    !asked.number.is_empty() && study.patient_id.expose() == asked.number && is_domain && is_study
}

fn found_study(answer: StudyAnswer) -> Option<FoundStudy> {
    let uid = answer.uid.text();
    if !is_dicom_uid(&uid) {
        return None;
    }
    let qualifiers = answer.qualifiers.values.into_iter().flatten().next();
    let universal = qualifiers.map(|qualifier| qualifier.universal.text()).unwrap_or_default();
    let issuers = [answer.issuer.text(), universal];
    let mut modalities = Vec::new();
    for modality in answer.modalities.texts().filter(|text| !text.is_empty()).take(20) {
        if !modalities.contains(&modality) {
            modalities.push(modality);
        }
    }
    Some(FoundStudy {
        uid,
        date: NaiveDate::parse_from_str(&answer.date.text(), "%Y%m%d").ok(),
        description: answer.description.text(),
        modalities,
        instances: answer.instances.number(),
        patient_name: answer.patient_name.text().replace('^', " ").trim().to_owned().into(),
        patient_id: answer.patient_id.text().into(),
        issuers: issuers.into_iter().filter(|issuer| !issuer.is_empty()).collect(),
    })
}

/// Whether a text is an identifier (PS3.5 section 9.1): what stands in an address later holds nothing else.
pub fn is_dicom_uid(text: &str) -> bool {
    let is_good = |c: u8| c.is_ascii_digit() || c == b'.';
    !text.is_empty() && text.len() <= MAX_UID && text.bytes().all(is_good) && !text.contains("..")
}

fn read<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Result<Vec<T>, AnswerFault> {
    if json.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_slice(json).map_err(|_| AnswerFault::NotDicomJson)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct StudyAnswer {
    #[serde(rename = "0020000D")]
    uid: Attribute,
    #[serde(rename = "00080020")]
    date: Attribute,
    #[serde(rename = "00081030")]
    description: Attribute,
    #[serde(rename = "00080061")]
    modalities: Attribute,
    #[serde(rename = "00201208")]
    instances: Attribute,
    #[serde(rename = "00100010")]
    patient_name: Attribute,
    #[serde(rename = "00100020")]
    patient_id: Attribute,
    #[serde(rename = "00100021")]
    issuer: Attribute,
    #[serde(rename = "00100024")]
    qualifiers: Items,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SeriesAnswer {
    #[serde(rename = "0020000E")]
    uid: Attribute,
    #[serde(rename = "00201209")]
    instances: Attribute,
}

/// Issuer of Patient ID Qualifiers Sequence.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Items {
    #[serde(rename = "Value")]
    values: Vec<Option<Qualifier>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Qualifier {
    #[serde(rename = "00400032")]
    universal: Attribute,
}

/// An attribute with its values (PS3.18 section F.2.2).
#[derive(Deserialize, Default)]
#[serde(default)]
struct Attribute {
    #[serde(rename = "Value")]
    values: Vec<Option<Value>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    Number(f64),
    Name {
        #[serde(rename = "Alphabetic", default)]
        alphabetic: String,
    },
}

impl Attribute {
    fn texts(&self) -> impl Iterator<Item = String> {
        self.values.iter().flatten().map(|value| {
            let text = match value {
                Value::Text(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                Value::Name { alphabetic } => alphabetic.clone(),
            };
            text.trim().chars().filter(|c| !c.is_control()).take(LONGEST).collect()
        })
    }

    /// The first value.
    fn text(&self) -> String {
        self.texts().next().unwrap_or_default()
    }

    /// A count; some write it as a text.
    fn number(&self) -> Option<u32> {
        self.text().parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked<'_> = Asked { number: "IPP1", domain: "", study: None };

    fn study(uid: &str, patient: &str, issuer: &str) -> String {
        format!(
            r#"{{"0020000D":{{"vr":"UI","Value":["{uid}"]}},"00100020":{{"vr":"LO","Value":["{patient}"]}},
            "00100021":{{"vr":"LO","Value":["{issuer}"]}},"00080020":{{"vr":"DA","Value":["20261103"]}},
            "00080061":{{"vr":"CS","Value":["CT","SR","CT"]}},"00201208":{{"vr":"IS","Value":[12]}},
            "00100010":{{"vr":"PN","Value":[{{"Alphabetic":"LEFÈVRE^Hélène"}}]}},"00081190":{{"vr":"UR","Value":["http://x/"]}}}}"#
        )
    }

    fn list(studies: &[String]) -> Vec<u8> {
        format!("[{}]", studies.join(",")).into_bytes()
    }

    fn uids(offered: &Offered) -> Vec<&str> {
        offered.studies.iter().map(|study| study.uid.as_str()).collect()
    }

    #[test]
    fn a_study_is_told_with_what_stands_in_the_answer() {
        let offered = dicomweb_studies(&list(&[study("1.2", " IPP1 ", "")]), ASKED).unwrap();
        let [found] = offered.studies.as_slice() else { panic!("{offered:?}") };
        assert_eq!(found.modalities, ["CT", "SR"]);
        assert_eq!((found.date, found.instances), (NaiveDate::from_ymd_opt(2026, 11, 3), Some(12)));
        assert_eq!(found.patient_name.expose(), "LEFÈVRE Hélène");
    }

    #[test]
    fn of_a_whole_archive_only_what_was_asked_for_is_left_and_the_rest_is_counted() {
        let all = list(&[
            study("1.2", "IPP1", ""),
            study("1.3", "IPP2", ""),
            study("1.4", "IPP12", ""),
            study("1.5", "ipp1", ""),
            study("1.6", "", ""),
            study("1.2", "IPP1", ""),
            study("../1", "IPP1", ""),
            study("1..2", "IPP1", ""),
            "{}".to_owned(),
        ]);
        let offered = dicomweb_studies(&all, ASKED).unwrap();
        assert_eq!((uids(&offered), offered.dropped), (vec!["1.2"], 7));
        let one = Asked { study: Some("1.9"), ..ASKED };
        assert_eq!(uids(&dicomweb_studies(&all, one).unwrap()), [""; 0]);
        let nobody = Asked { number: "", ..ASKED };
        assert_eq!(uids(&dicomweb_studies(&all, nobody).unwrap()), [""; 0], "nobody is not everybody");
    }

    #[test]
    fn the_same_number_of_another_domain_is_somebody_else() {
        let universal = r#"{"0020000D":{"Value":["1.5"]},"00100020":{"Value":["IPP1"]},
            "00100024":{"vr":"SQ","Value":[{"00400032":{"vr":"UT","Value":["1.2.250"]}}]}}"#;
        let all = list(&[
            study("1.2", "IPP1", "CHU"),
            study("1.3", "IPP1", "CLINIQUE"),
            study("1.4", "IPP1", ""),
            universal.to_owned(),
        ]);
        let of = |domain| dicomweb_studies(&all, Asked { domain, ..ASKED }).unwrap();
        assert_eq!(uids(&of("CHU")), ["1.2", "1.4"]);
        assert_eq!(uids(&of("1.2.250")), ["1.4", "1.5"]);
        assert_eq!(of("").studies.len(), 4);
    }

    #[test]
    fn what_is_no_answer_of_dicomweb_is_said_to_be_none() {
        for wrong in ["<html>", "{}", "[1]", "null", r#"[{"0020000D":"1.2"}]"#, "[", "[{}"] {
            assert_eq!(dicomweb_studies(wrong.as_bytes(), ASKED), Err(AnswerFault::NotDicomJson), "{wrong}");
        }
        for empty in ["", "  ", "[]"] {
            assert_eq!(dicomweb_studies(empty.as_bytes(), ASKED), Ok(Offered::default()));
            assert_eq!(is_dicomweb(empty.as_bytes()), Ok(()));
        }
        for wrong in ["<html>", "[[]]", "{}"] {
            assert_eq!(is_dicomweb(wrong.as_bytes()), Err(AnswerFault::NotDicomJson), "{wrong}");
        }
        assert_eq!(is_dicomweb(&list(&[study("1", "2", "3")])), Ok(()));
        let nulls = r#"[{"0020000D":{"Value":[null]},"00100020":{}}]"#;
        assert_eq!(dicomweb_studies(nulls.as_bytes(), ASKED).unwrap().dropped, 1);
    }

    #[test]
    fn an_answer_without_end_is_cut() {
        let all: Vec<_> = (0..MOST + 5).map(|n| study(&format!("1.{n}"), "IPP1", "")).collect();
        let offered = dicomweb_studies(&list(&all), ASKED).unwrap();
        assert_eq!((offered.studies.len(), offered.is_cut), (MOST, true));
    }

    #[test]
    fn series_are_told_once_with_their_counts() {
        let json = r#"[{"0020000E":{"Value":["1.1"]},"00201209":{"Value":["7"]}},
            {"0020000E":{"Value":["1.1"]}},{"0020000E":{"Value":["x"]}},{"0020000E":{"Value":["1.2"]}}]"#;
        let found = dicomweb_series(json.as_bytes()).unwrap();
        let of = |uid: &str, instances| FoundSeries { uid: uid.to_owned(), instances };
        assert_eq!(found, [of("1.1", Some(7)), of("1.2", None)]);
    }
}
