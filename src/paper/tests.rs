use chrono::NaiveDate;

use super::layout::{broken, lay_out};
use super::typeface::{Faces, Weight};
use super::{Block, PaperError, date, writable};
use crate::clinical::Language;

#[test]
fn lines_fit_whatever_the_words_are_and_lose_no_letter() {
    let faces = Faces::new().unwrap();
    let long = "anticonstitutionnellement".repeat(12);
    let words = format!("Début {long} œuf, été\u{A0}: « oui ». {long}");
    for width in [40.0, 120.0, 483.0] {
        let lines = broken(&words, faces.of(Weight::Regular), 12.0, width);
        for line in &lines {
            assert!(faces.of(Weight::Regular).width(line.trim_end(), 12.0) <= width + 0.01, "{line}");
        }
        assert_eq!(lines.concat(), words);
    }
    // Also where not even a letter fits.
    let narrow = broken("mm", faces.of(Weight::Bold), 12.0, 1.0);
    assert_eq!(narrow, ["m", "m"]);
    assert!(broken(" \n ", faces.of(Weight::Regular), 12.0, 100.0).is_empty());
}

#[test]
fn a_heading_is_not_left_alone_at_the_end_of_a_page() {
    let faces = Faces::new().unwrap();
    for lines in 30..60 {
        let mut blocks: Vec<Block> = (0..lines).map(|_| Block::Paragraph("Une ligne.".to_owned())).collect();
        blocks.push(Block::Heading("Titre".to_owned()));
        blocks.push(Block::Picture { place: 0, size: (400, 400), caption: "Image".to_owned() });
        for sheet in lay_out(&blocks, &faces) {
            assert!(sheet.last().is_none_or(|piece| piece.block != lines), "{lines}");
        }
    }
}

#[test]
fn signs_that_the_fonts_do_not_have_are_refused_by_name() {
    assert_eq!(writable("bien \u{1F600}"), Err(PaperError::NoLetter('\u{1F600}')));
    assert_eq!(PaperError::NoLetter('漢').to_string(), "there is no letter for '漢' (U+6F22)");
    assert_eq!(writable("\u{7}"), Err(PaperError::NoLetter('\u{7}')));
}

#[test]
fn the_first_of_a_month_is_written_as_people_say_it() {
    let day = |day| NaiveDate::from_ymd_opt(2026, 8, day).unwrap();
    assert_eq!(date(day(1), Language::French), "1er\u{A0}août 2026");
    assert_eq!(date(day(1), Language::English), "1\u{A0}August 2026");
    assert_eq!(date(day(27), Language::French), "27\u{A0}août 2026");
}
