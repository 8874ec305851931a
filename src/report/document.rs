//! The report as a document for people.

use chrono::{DateTime, Utc};

use super::SignedReport;
use super::words::{Group, Section, SectionKind, grouped, moment, named, sections};
use crate::clinical::{Language, ReportStatus};
use crate::paper::{self, Block, Footer, PaperError, PictureMark, PrintedPicture, Work, date, writable};

/// A key image of a report, as it is printed.
#[derive(Clone, Debug)]
pub struct ReportPicture {
    /// PNG, without transparency.
    pub png: Vec<u8>,
    pub marks: Vec<PictureMark>,
}

/// What the document is called; holds nothing of the person.
pub(super) const fn title(language: Language) -> &'static str {
    match language {
        Language::French => "Compte rendu de téléconsultation",
        Language::English => "Report of a video consultation",
    }
}

const fn not_for_diagnosis(language: Language) -> &'static str {
    match language {
        Language::French => {
            "Ces images sont un souvenir de la consultation. Elles ne servent pas à poser un diagnostic."
        }
        Language::English => "These images are a reminder of the consultation. They are not for diagnosis.",
    }
}

/// The report as the bytes of a PDF. `pictures` are those of `facts.images`, in their order.
///
/// # Errors
/// If words hold a character that the fonts do not have, or a picture is none.
pub fn document(
    signed: &SignedReport<'_>,
    pictures: &[ReportPicture],
    made_at: DateTime<Utc>,
) -> Result<Vec<u8>, PaperError> {
    let language = signed.report.body.language;
    let printed: Vec<PrintedPicture> = pictures
        .iter()
        .map(|picture| PrintedPicture { png: picture.png.clone(), marks: picture.marks.clone() })
        .collect();
    let blocks = blocks(signed, &paper::sizes(&printed)?)?;
    let footer = Footer {
        notice: writable(&standing(signed))?,
        hospital: writable(&signed.facts.hospital.replace('\n', " "))?,
        page: "page",
    };
    let work = Work {
        title: title(language),
        language,
        made_at,
        blocks: &blocks,
        pictures: &printed,
        footer: &footer,
    };
    paper::print(&work)
}

/// Whether it is signed, by whom and when, in one line.
fn standing(signed: &SignedReport<'_>) -> String {
    let language = signed.report.body.language;
    let number = signed.report.number;
    match (&signed.signed, language) {
        (None, Language::French) => "Brouillon\u{A0}: ce document n'est pas signé.".to_owned(),
        (None, Language::English) => "Draft: this document is not signed.".to_owned(),
        (Some(by), Language::French) => {
            format!("Version {number}, signée par {} le {}.", by.name.expose(), moment(by.at, language))
        }
        (Some(by), Language::English) => {
            format!("Version {number}, signed by {}, {}.", by.name.expose(), moment(by.at, language))
        }
    }
}

/// The document from its beginning to its end. `sizes` are those of the pictures, pixels.
pub(super) fn blocks(signed: &SignedReport<'_>, sizes: &[(u32, u32)]) -> Result<Vec<Block>, PaperError> {
    let (facts, language) = (signed.facts, signed.report.body.language);
    let paragraph = |words: &str| writable(words).map(Block::Paragraph);
    let day = date(facts.planned.from.date_naive(), language);
    let place = match language {
        Language::French => format!("{}, {}, consultation vidéo du {day}", facts.hospital, facts.service),
        Language::English => format!("{}, {}, video consultation of {day}", facts.hospital, facts.service),
    };
    let mut blocks = vec![Block::Title(title(language).to_owned()), paragraph(&place)?];
    if let Some(patient) = facts.patient() {
        let who = match language {
            Language::French => format!("Patient\u{A0}: {}", named(patient, language)),
            Language::English => format!("Patient: {}", named(patient, language)),
        };
        blocks.push(Block::Notice(writable(&who)?));
    }
    blocks.push(Block::Notice(writable(&standing(signed))?));
    if signed.report.number > 1 && !signed.report.why.is_blank() {
        let why = signed.report.why.expose();
        blocks.push(paragraph(&match (signed.status(), language) {
            (ReportStatus::Draft, Language::French) => {
                format!("Corrigera la version précédente\u{A0}: {why}")
            }
            (ReportStatus::Draft, Language::English) => format!("Will amend the version before: {why}"),
            (_, Language::French) => format!("Corrige la version précédente\u{A0}: {why}"),
            (_, Language::English) => format!("Amends the version before: {why}"),
        })?);
    }
    for Section { kind, title, lines } in sections(facts, &signed.report.body, language) {
        blocks.push(Block::Heading(title.to_owned()));
        for group in grouped(&lines) {
            let item = |label: String, text: &str| writable(text).map(|text| Block::Item { label, text });
            match group {
                Group::Paragraph(line) => blocks.push(paragraph(line)?),
                Group::Bullets(items) => {
                    for text in items {
                        blocks.push(item("•".to_owned(), text)?);
                    }
                }
                Group::Numbered(items) => {
                    for (place, text) in items.into_iter().enumerate() {
                        blocks.push(item(format!("{}.", place + 1), text)?);
                    }
                }
            }
        }
        if kind == SectionKind::Images && !sizes.is_empty() {
            blocks.push(Block::Notice(not_for_diagnosis(language).to_owned()));
            for (place, (image, size)) in facts.images.iter().zip(sizes).enumerate() {
                let name = format!("Image\u{A0}{} ({})", place + 1, image.modality);
                let caption = image.caption.expose().trim();
                let caption = match (caption, language) {
                    ("", _) => name,
                    (caption, Language::French) => format!("{name}\u{A0}: {caption}"),
                    (caption, Language::English) => format!("{name}: {caption}"),
                };
                blocks.push(Block::Picture { place, size: *size, caption: writable(&caption)? });
            }
        }
    }
    if !facts.telephone.trim().is_empty() {
        let question = match language {
            Language::French => format!("Une question\u{A0}? Appelez le {}.", facts.telephone.trim()),
            Language::English => format!("A question? Call {}.", facts.telephone.trim()),
        };
        blocks.push(paragraph(&question)?);
    }
    Ok(blocks)
}
