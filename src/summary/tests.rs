use chrono::{NaiveDate, TimeZone, Utc};

use super::{SummaryContent, SummaryError, SummaryPicture, summary};
use crate::clinical::Language;
use crate::paper::layout::{self, Shape, Sheet};
use crate::paper::typeface::Faces;
use crate::paper::{PaperError, PictureMark};

/// A gradient of these many pixels as PNG.
fn png(width: u32, height: u32, is_gray: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(if is_gray { png::ColorType::Grayscale } else { png::ColorType::Rgb });
    let samples = if is_gray { 1 } else { 3 };
    let pixels: Vec<u8> =
        (0..width * height * samples).map(|place| (place / samples % width) as u8).collect();
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    bytes
}

fn picture(caption: &str) -> SummaryPicture {
    let mark = PictureMark {
        lines: vec![vec![(0.2, 0.3), (0.6, 0.7)]],
        label: Some(("12.3 mm".into(), (0.6, 0.7))),
    };
    SummaryPicture {
        png: png(120, 90, caption.len().is_multiple_of(2)),
        caption: caption.into(),
        modality: "CT".to_owned(),
        title: "Thorax".into(),
        marks: vec![mark],
    }
}

fn content(sentences: &[&str], pictures: usize) -> SummaryContent {
    SummaryContent {
        hospital: "Hôpital Saint-Michel".to_owned(),
        telephone: "01 23 45 67 89".to_owned(),
        date: NaiveDate::from_ymd_opt(2026, 11, 27).unwrap(),
        sentences: sentences.iter().map(|words| (*words).into()).collect(),
        pictures: (0..pictures).map(|place| picture(&format!("Le nodule, vue {}", place + 1))).collect(),
        made_at: Utc.with_ymd_and_hms(2026, 11, 27, 10, 30, 0).unwrap(),
    }
}

fn sheets(content: &SummaryContent, language: Language) -> Vec<Sheet> {
    let sizes: Vec<_> = content.pictures.iter().map(|_| (120, 90)).collect();
    layout::lay_out(&super::words::blocks(content, &sizes, language).unwrap(), &Faces::new().unwrap())
}

fn text(sheets: &[Sheet]) -> String {
    let lines = sheets.iter().flatten().filter_map(|piece| match &piece.shape {
        Shape::Line { text, .. } => Some(format!("{text}\n")),
        Shape::Picture { .. } => None,
    });
    lines.collect::<String>().replace(" \n", " ")
}

/// The document in both languages, as it lies in `fixtures/summary/`, where the client's reader of PDF opens it too.
#[test]
fn the_documents_of_the_fixtures_come_out_as_they_are() {
    let french = SummaryContent {
        sentences: vec![
            "Le scanner montre un petit nodule du poumon, déjà là l'année dernière.".into(),
            "Il n'y a pas d'épanchement. Nous ferons un contrôle dans 12 mois, où vous viendrez à jeun."
                .into(),
        ],
        ..content(&[], 2)
    };
    let english = SummaryContent {
        sentences: vec!["There is a small cyst in the left kidney. It is harmless.".into()],
        ..content(&[], 2)
    };
    for (name, content, language) in [("fr", &french, Language::French), ("en", &english, Language::English)]
    {
        let made = summary(content, language).unwrap();
        assert_eq!(made, summary(content, language).unwrap(), "the same again");
        let path = format!("fixtures/summary/{name}.pdf");
        #[expect(clippy::disallowed_methods, reason = "how somebody asks a test to write its files")]
        let is_update = std::env::var_os("UPDATE").is_some();
        if is_update {
            std::fs::write(&path, &made).unwrap();
        }
        let kept = std::fs::read(&path).unwrap();
        assert!(kept == made, "{path} is another document: UPDATE=1 writes it anew, then look at it");
    }
}

#[test]
fn nobody_is_named_in_what_describes_the_document() {
    let mut content = content(&["Madame Durand va bien."], 1);
    content.pictures[0].caption = "Durand".into();
    let bytes = summary(&content, Language::French).unwrap();
    let words = String::from_utf8_lossy(&bytes);
    let metadata =
        words.split("<x:xmpmeta").nth(1).and_then(|rest| rest.split("</x:xmpmeta>").next()).unwrap();
    assert!(metadata.contains("Résumé de votre consultation") && metadata.contains("Parvis"));
    assert!(
        metadata.contains(">2</pdfaid:part>") && metadata.contains(">A</pdfaid:conformance>"),
        "{metadata}"
    );
    assert!(!metadata.contains("Durand") && !metadata.contains("Saint-Michel"));
    assert!(words.contains("/Lang(fr)") || words.contains("/Lang (fr)"), "the language");
}

#[test]
fn a_summary_of_nothing_says_so_and_one_of_twelve_images_has_them_all_with_their_captions() {
    let none = content(&[], 0);
    assert!(text(&sheets(&none, Language::French)).contains("Rien n'a été gardé de cette consultation."));
    assert!(summary(&none, Language::French).unwrap().starts_with(b"%PDF-1.7"));
    let many = content(&["Tout va bien."], 12);
    let sheets = sheets(&many, Language::French);
    for sheet in &sheets {
        assert!(!sheet.is_empty());
        for piece in sheet {
            let (top, bottom) = match &piece.shape {
                Shape::Line { y, size, .. } => (y - size, *y),
                Shape::Picture { y, height, .. } => (*y, y + height),
            };
            assert!(top >= layout::MARGIN - 1.0 && bottom <= layout::HEIGHT - 70.0, "{piece:?}");
        }
    }
    let places = sheets.iter().flatten().filter_map(|piece| match piece.shape {
        Shape::Picture { place, .. } => Some(place),
        Shape::Line { .. } => None,
    });
    assert_eq!(places.collect::<Vec<_>>(), (0..12).collect::<Vec<_>>());
    // Each stands on the page of its caption.
    for sheet in &sheets {
        for (piece, next) in sheet.iter().zip(sheet.iter().skip(1)) {
            if matches!(piece.shape, Shape::Picture { .. }) {
                assert!(
                    matches!(&next.shape, Shape::Line { text, .. } if text.starts_with("Image")),
                    "{next:?}"
                );
            }
        }
    }
    assert!(text(&sheets).contains("Image\u{A0}12 (Scanner)\u{A0}: Le nodule, vue 12"));
    let bytes = summary(&many, Language::French).unwrap();
    assert!(bytes.len() > summary(&content(&["Tout va bien."], 0), Language::French).unwrap().len());
}

#[test]
fn words_are_explained_in_the_language_of_the_summary() {
    let french = text(&sheets(&content(&["Un petit kyste du rein."], 1), Language::French));
    for words in
        ["Les mots expliqués", "Scanner", "Kyste", "Nodule", "Rein", "Thorax", "27\u{A0}novembre 2026"]
    {
        assert!(french.contains(words), "{words}: {french}");
    }
    let english = text(&sheets(&content(&["A small cyst."], 1), Language::English));
    for words in ["Words explained", "CT scan", "Cyst", "27\u{A0}November 2026", "not for diagnosis"] {
        assert!(english.contains(words), "{words}: {english}");
    }
    assert!(!english.contains("Kyste"));
}

#[test]
fn signs_that_the_fonts_do_not_have_are_written_otherwise_or_refused_by_name() {
    let content = content(&["e\u{301}te\u{301} → 5 µm, α ≥ 2,\u{202F}ﬁn"], 0);
    let written = text(&sheets(&content, Language::French));
    assert!(written.contains("été -> 5 μm, alpha ≥ 2,\u{A0}fin"), "{written}");
    let smile = super::SummaryContent { sentences: vec!["bien \u{1F600}".into()], ..content };
    assert_eq!(summary(&smile, Language::French), Err(PaperError::NoLetter('\u{1F600}').into()));
}

#[test]
fn what_cannot_be_shown_is_refused_and_tells_which_it_is() {
    let mut bad = content(&[], 3);
    bad.pictures[1].png = b"no picture".to_vec();
    assert_eq!(summary(&bad, Language::French), Err(SummaryError::Paper(PaperError::BadPicture(1))));
    let mut cut = content(&[], 3);
    let length = cut.pictures[2].png.len();
    cut.pictures[2].png.truncate(length / 2);
    assert_eq!(summary(&cut, Language::French), Err(SummaryError::Paper(PaperError::BadPicture(2))));
    assert_eq!(summary(&content(&[&"é".repeat(2001)], 0), Language::French), Err(SummaryError::TooMuch));
    assert_eq!(summary(&content(&["x"; 61], 0), Language::French), Err(SummaryError::TooMuch));
}
