//! What the document says around what was written of the consultation, in French and in English.

use super::glossary;
use super::{SummaryContent, SummaryError};
use crate::clinical::Language;
use crate::paper::{Block, Footer, date, writable};

struct Phrases {
    title: &'static str,
    said: &'static str,
    images: &'static str,
    not_for_diagnosis: &'static str,
    explained: &'static str,
    nothing: &'static str,
    image: &'static str,
    page: &'static str,
}

const FRENCH: Phrases = Phrases {
    title: "Résumé de votre consultation",
    said: "Ce qui a été dit",
    images: "Les images que vous avez vues",
    not_for_diagnosis: "Ces images sont un souvenir de la consultation. Elles ne servent pas à poser un diagnostic.",
    explained: "Les mots expliqués",
    nothing: "Rien n'a été gardé de cette consultation.",
    image: "Image",
    page: "page",
};

const ENGLISH: Phrases = Phrases {
    title: "Summary of your consultation",
    said: "What was said",
    images: "The images that you saw",
    not_for_diagnosis: "These images are a reminder of the consultation. They are not for diagnosis.",
    explained: "Words explained",
    nothing: "Nothing was kept of this consultation.",
    image: "Image",
    page: "page",
};

const fn phrases(language: Language) -> &'static Phrases {
    match language {
        Language::French => &FRENCH,
        Language::English => &ENGLISH,
    }
}

/// What the document is called; holds nothing of the person.
pub(super) const fn title(language: Language) -> &'static str {
    phrases(language).title
}

/// What stands for an image without a caption: `Image 3`.
pub(super) fn image_name(place: usize, language: Language) -> String {
    format!("{}\u{A0}{}", phrases(language).image, place + 1)
}

pub(super) fn footer(hospital: &str, language: Language) -> Result<Footer, SummaryError> {
    let words = phrases(language);
    Ok(Footer {
        notice: writable(words.not_for_diagnosis)?,
        hospital: writable(&hospital.replace('\n', " "))?,
        page: words.page,
    })
}

/// The document from its beginning to its end. `sizes` are those of the pictures, pixels.
pub(super) fn blocks(
    content: &SummaryContent,
    sizes: &[(u32, u32)],
    language: Language,
) -> Result<Vec<Block>, SummaryError> {
    let words = phrases(language);
    let day = date(content.date, language);
    let place = match language {
        Language::French => format!("{}, consultation vidéo du {day}", content.hospital),
        Language::English => format!("{}, video consultation of {day}", content.hospital),
    };
    let mut blocks = vec![Block::Title(words.title.to_owned()), Block::Paragraph(writable(&place)?)];
    let said = content.sentences.iter().map(|sentence| sentence.expose().trim());
    let said: Vec<&str> = said.filter(|sentence| !sentence.is_empty()).collect();
    if !said.is_empty() {
        blocks.push(Block::Heading(words.said.to_owned()));
        for sentence in &said {
            blocks.push(Block::Paragraph(writable(sentence)?));
        }
    }
    if !content.pictures.is_empty() {
        blocks.push(Block::Heading(words.images.to_owned()));
        blocks.push(Block::Notice(words.not_for_diagnosis.to_owned()));
    }
    for (place, (picture, size)) in content.pictures.iter().zip(sizes).enumerate() {
        let caption = writable(picture.caption.expose())?;
        let name = image_name(place, language);
        let kind = glossary::modality(&picture.modality, language).map(|(term, _)| format!(" ({term})"));
        let colon = if language == Language::French { "\u{A0}: " } else { ": " };
        let caption = if caption.trim().is_empty() {
            format!("{name}{}", kind.unwrap_or_default())
        } else {
            format!("{name}{}{colon}{}", kind.unwrap_or_default(), caption.trim())
        };
        blocks.push(Block::Picture { place, size: *size, caption });
    }
    if said.is_empty() && content.pictures.is_empty() {
        blocks.push(Block::Paragraph(words.nothing.to_owned()));
    }
    let terms = explained(content, language);
    if !terms.is_empty() {
        blocks.push(Block::Heading(words.explained.to_owned()));
        let term = |(term, meaning): (&str, &str)| Block::Term {
            term: term.to_owned(),
            meaning: meaning.to_owned(),
        };
        blocks.extend(terms.into_iter().map(term));
    }
    if !content.telephone.trim().is_empty() {
        let question = match language {
            Language::French => format!("Une question\u{A0}? Appelez le {}.", content.telephone.trim()),
            Language::English => format!("A question? Call {}.", content.telephone.trim()),
        };
        blocks.push(Block::Paragraph(writable(&question)?));
    }
    Ok(blocks)
}

/// The words to be explained: kinds of images first, then what is said, in the order of the alphabet.
fn explained(content: &SummaryContent, language: Language) -> Vec<(&'static str, &'static str)> {
    let mut terms = Vec::new();
    let kinds = content.pictures.iter().filter_map(|picture| glossary::modality(&picture.modality, language));
    let texts = content.sentences.iter().map(|words| words.expose().as_str());
    let captions = content.pictures.iter().map(|picture| picture.caption.expose().as_str());
    let titles = content.pictures.iter().map(|picture| picture.title.expose().as_str());
    let texts: Vec<&str> = texts.chain(captions).chain(titles).collect();
    for term in kinds.chain(glossary::found(&texts, language)) {
        if !terms.contains(&term) {
            terms.push(term);
        }
    }
    terms
}
