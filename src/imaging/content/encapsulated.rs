//! Documents inside of objects (PS3.3 A.45, C.24): a PDF, a clinical document, a model to be printed.

use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::super::{dataset, header};
use super::words::{self, Facts, Lines, coded, text};
use super::{Content, ContentError, Document, cda};

/// How far a PDF may begin behind the start of its bytes, as readers allow.
const PDF_SEARCH: usize = 1024;

fn damaged(why: impl Into<String>) -> ContentError {
    ContentError::Damaged(why.into())
}

/// The bytes of a PDF from its mark on (ISO 32000-1 section 7.5.2).
pub(in crate::imaging) fn pdf(bytes: &[u8]) -> Result<&[u8], ContentError> {
    let start = bytes.windows(5).take(PDF_SEARCH).position(|window| window == b"%PDF-");
    let start = start.ok_or_else(|| damaged("the document should be a PDF and does not begin like one"))?;
    let pages = &bytes[start..];
    if pages.windows(5).rev().all(|window| window != b"%%EOF") {
        return Err(damaged("the PDF is cut: its end is missing"));
    }
    Ok(pages)
}

/// What is in an object of the encapsulated kinds.
pub(super) fn encapsulated(set: &InMemDicomObject) -> Result<Content, ContentError> {
    let media_type = text(set, tags::MIME_TYPE_OF_ENCAPSULATED_DOCUMENT).to_lowercase();
    let bytes = document_bytes(set)?;
    // The bytes count: some writers leave the type away, or write another.
    let head = &bytes[..bytes.len().min(PDF_SEARCH)];
    let is_pdf = head.windows(5).any(|window| window == b"%PDF-");
    if is_pdf || media_type == "application/pdf" {
        return pdf(&bytes).map(|pages| Content::Pages(pages.to_vec()));
    }
    if matches!(media_type.as_str(), "text/xml" | "application/xml" | "text/cda+xml") || looks_like_xml(head)
    {
        return cda::clinical_document(&bytes, facts(set));
    }
    Ok(Content::Text(described(set, &media_type, bytes.len())))
}

fn looks_like_xml(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{FEFF}').trim_start();
    text.starts_with("<?xml") || text.starts_with("<ClinicalDocument")
}

/// Encapsulated Document (0042,0011) without its padding (PS3.5 section 6.2: OB has an even length).
fn document_bytes(set: &InMemDicomObject) -> Result<Vec<u8>, ContentError> {
    let mut bytes = dataset::bytes(set, tags::ENCAPSULATED_DOCUMENT).unwrap_or_default();
    if bytes.is_empty() {
        return Err(damaged("the object should hold a document and holds none"));
    }
    let declared = dataset::integer(set, tags::ENCAPSULATED_DOCUMENT_LENGTH);
    match declared.and_then(|length| usize::try_from(length).ok()) {
        Some(length) if length > bytes.len() => {
            let have = bytes.len();
            return Err(damaged(format!(
                "the document says that it has {length} bytes, and {have} are there"
            )));
        }
        Some(length) if length + 1 == bytes.len() => bytes.truncate(length),
        _ if bytes.last() == Some(&0) => {
            bytes.pop();
        }
        _ => {}
    }
    Ok(bytes)
}

fn facts(set: &InMemDicomObject) -> Vec<(String, String)> {
    let mut facts = Facts(words::facts(set));
    facts.add("label", text(set, tags::DOCUMENT_TITLE));
    facts.add("description", coded(set, tags::CONCEPT_NAME_CODE_SEQUENCE));
    facts.add("verification", text(set, tags::VERIFICATION_FLAG));
    facts.0
}

/// A page that says what it is: models of surfaces and their materials.
fn described(set: &InMemDicomObject, media_type: &str, length: usize) -> Document {
    let class_uid = header::class_uid(set);
    let mut facts = Facts(facts(set));
    facts.add("media_type", media_type);
    facts.add("bytes", length.to_string());
    let mut lines = Lines::default();
    let is_model =
        ["3", "4"].iter().any(|last| class_uid.strip_prefix("1.2.840.10008.5.1.4.1.1.104.") == Some(last));
    lines.add(
        "",
        if is_model {
            "A model of a surface, for printing or for a program that shows models. It is not drawn here."
        } else {
            "A document of a kind that is not shown here."
        },
    );
    lines.add(
        "Unit",
        dataset::items(set, tags::MEASUREMENT_UNITS_CODE_SEQUENCE)
            .first()
            .map(words::unit)
            .unwrap_or_default(),
    );
    lines.add("Purpose", coded(set, tags::MODEL_USAGE_CODE_SEQUENCE));
    let title = Some(text(set, tags::DOCUMENT_TITLE)).filter(|title| !title.is_empty());
    Document {
        title: title.unwrap_or_else(|| words::class_name(&class_uid)),
        facts: facts.0,
        sections: lines.section("").into_iter().collect(),
    }
}
