//! How a frame lies in the patient: letters for its edges, side of the body, and view.

use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::{Edges, dataset};

/// From this size on a second component of a direction is told: about 6 degrees.
const SECOND: f64 = 0.1;
/// From this size on a third one is.
const THIRD: f64 = 0.25;

/// Letters of the axes of the patient, towards higher and lower coordinates (PS3.3 C.7.6.2.1.1): x, y, z.
const BIPED: [(&str, &str); 3] = [("L", "R"), ("P", "A"), ("H", "F")];
/// The same for animals on four legs, with the codes of PS3.3 C.7.6.1.1.1.
const QUADRUPED: [(&str, &str); 3] = [("LE", "RT"), ("D", "V"), ("CR", "CD")];

/// Codes of quadrupeds and their opposites (PS3.3 C.7.6.1.1.1); those of two letters are looked for first.
const QUADRUPED_OPPOSITES: [(&str, &str); 15] = [
    ("LE", "RT"),
    ("RT", "LE"),
    ("CR", "CD"),
    ("CD", "CR"),
    ("PR", "DI"),
    ("DI", "PR"),
    ("PA", "D"),
    ("PL", "D"),
    ("D", "V"),
    ("V", "D"),
    ("R", "CD"),
    ("M", "L"),
    ("L", "M"),
    ("H", "F"),
    ("F", "H"),
];

/// What lies at the edges of a frame, index from 0: from direction cosines, else from Patient Orientation (0020,0020), else unknown.
pub(super) fn edges(set: &InMemDicomObject, frame_index: usize) -> Option<Edges> {
    let is_quadruped = dataset::text(set, tags::ANATOMICAL_ORIENTATION_TYPE) == "QUADRUPED";
    let plane = dataset::functional_group(set, frame_index, tags::PLANE_ORIENTATION_SEQUENCE).unwrap_or(set);
    let cosines = dataset::numbers(plane, tags::IMAGE_ORIENTATION_PATIENT);
    if let Some(edges) = cosines.get(..6).and_then(|cosines| from_cosines(cosines, is_quadruped)) {
        return Some(edges);
    }
    let in_frame = dataset::functional_group(set, frame_index, tags::PATIENT_ORIENTATION_IN_FRAME_SEQUENCE);
    let codes = dataset::texts(in_frame.unwrap_or(set), tags::PATIENT_ORIENTATION);
    from_codes(&codes, is_quadruped)
}

/// From the direction cosines of the row, which lead to the right edge, and of the column, which lead to the bottom.
fn from_cosines(cosines: &[f64], is_quadruped: bool) -> Option<Edges> {
    let (row, column) = cosines.split_at_checked(3)?;
    let length = |v: &[f64]| v.iter().map(|part| part * part).sum::<f64>().sqrt();
    let dot: f64 = row.iter().zip(column).map(|(a, b)| a * b).sum();
    let is_unit = |v: &[f64]| (0.9..1.1).contains(&length(v));
    if !is_unit(row) || !is_unit(column) || dot.abs() > 0.1 {
        return None;
    }
    let axes = if is_quadruped { QUADRUPED } else { BIPED };
    let towards = |v: &[f64], sign: f64| {
        let mut parts: Vec<(f64, &str)> = v
            .iter()
            .zip(axes)
            .map(|(part, (high, low))| (part.abs(), if part * sign >= 0.0 { high } else { low }))
            .collect();
        // Largest first; equal ones in the order of the axes.
        parts.sort_by(|a, b| b.0.total_cmp(&a.0));
        let least = [0.0, SECOND, THIRD];
        parts
            .iter()
            .zip(least)
            .filter(|((size, _), least)| size >= least)
            .map(|((_, letter), _)| *letter)
            .collect()
    };
    Some(Edges {
        left: towards(row, -1.0),
        right: towards(row, 1.0),
        top: towards(column, -1.0),
        bottom: towards(column, 1.0),
    })
}

/// From Patient Orientation: what lies where rows go to, and where columns go to.
fn from_codes(codes: &[String], is_quadruped: bool) -> Option<Edges> {
    let code = |place: usize| codes.get(place).map(|code| code.trim().to_uppercase()).unwrap_or_default();
    let (right, bottom) = (code(0), code(1));
    if right.is_empty() && bottom.is_empty() {
        return None;
    }
    Some(Edges { left: opposite(&right, is_quadruped), top: opposite(&bottom, is_quadruped), right, bottom })
}

/// The opposite of a code of one or more letters; empty where it is not known.
fn opposite(code: &str, is_quadruped: bool) -> String {
    let letter = |letter: char| {
        let pair = BIPED.iter().find(|(high, low)| high.starts_with(letter) || low.starts_with(letter))?;
        Some(if pair.0.starts_with(letter) { pair.1 } else { pair.0 })
    };
    if !is_quadruped && let Some(letters) = code.chars().map(letter).collect::<Option<String>>() {
        return letters;
    }
    let mut rest = code;
    let mut opposite = String::new();
    while !rest.is_empty() {
        let Some((known, other)) = QUADRUPED_OPPOSITES.iter().find(|(known, _)| rest.starts_with(known))
        else {
            return String::new();
        };
        opposite.push_str(other);
        rest = &rest[known.len()..];
    }
    opposite
}

/// Side of the body: of the frame (PS3.3 C.7.6.16.2.8), of the image (0020,0062), of the series (0020,0060); empty when none says it.
pub(super) fn laterality(set: &InMemDicomObject, frame_index: usize) -> String {
    let frame = dataset::functional_group(set, frame_index, tags::FRAME_ANATOMY_SEQUENCE);
    let said = [
        frame.map(|item| dataset::text(item, tags::FRAME_LATERALITY)),
        Some(dataset::text(set, tags::IMAGE_LATERALITY)),
        Some(dataset::text(set, tags::LATERALITY)),
    ];
    said.into_iter().flatten().find(|side| !side.is_empty()).unwrap_or_default()
}

/// View Position (0018,5101), else the meaning of the view's code and of what modifies it.
pub(super) fn view_position(set: &InMemDicomObject) -> String {
    let position = dataset::text(set, tags::VIEW_POSITION);
    if !position.is_empty() {
        return position;
    }
    let meaning = |item: &InMemDicomObject| dataset::text(item, tags::CODE_MEANING);
    let views = dataset::items(set, tags::VIEW_CODE_SEQUENCE);
    let modifiers =
        views.iter().flat_map(|view| dataset::items(view, tags::VIEW_MODIFIER_CODE_SEQUENCE)).map(meaning);
    let words: Vec<String> = views.iter().take(1).map(meaning).chain(modifiers.take(3)).collect();
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use dicom_core::VR;

    use super::*;
    use crate::imaging::sample::{groups, item, text};

    fn seen(set: &InMemDicomObject, frame: usize) -> String {
        edges(set, frame).map_or("-".to_owned(), |edges| {
            format!("{} {} {} {}", edges.left, edges.right, edges.top, edges.bottom)
        })
    }

    /// PS3.3 C.7.6.2.1.1: x grows to the left, y to the back, z to the head.
    #[test]
    fn cosines_give_letters_with_the_largest_first() {
        for (cosines, letters) in [
            ("1\\0\\0\\0\\1\\0", "R L A P"),
            ("-1\\0\\0\\0\\-1\\0", "L R P A"),
            ("0\\1\\0\\0\\0\\-1", "A P H F"),
            ("1\\0\\0\\0\\0\\-1", "R L H F"),
            // Rounding noise gives no letter.
            ("0.99999\\0.0004\\-0.003\\-0.0004\\0.99999\\0.001", "R L A P"),
            // Oblique by 30 degrees, and by as much about two axes.
            ("0.866\\0.5\\0\\0\\0\\-1", "RA LP H F"),
            ("0.577\\0.577\\-0.577\\0.707\\-0.707\\0", "RAH LPF RP LA"),
        ] {
            assert_eq!(
                seen(&item([text(tags::IMAGE_ORIENTATION_PATIENT, VR::DS, cosines)]), 0),
                letters,
                "{cosines}"
            );
        }
    }

    #[test]
    fn nothing_is_guessed_from_cosines_that_span_no_plane() {
        for cosines in ["0\\0\\0\\0\\0\\0", "1\\0\\0\\1\\0\\0", "1\\0\\0", "x", "NaN\\0\\0\\0\\1\\0"] {
            assert_eq!(
                seen(&item([text(tags::IMAGE_ORIENTATION_PATIENT, VR::DS, cosines)]), 0),
                "-",
                "{cosines}"
            );
        }
        assert_eq!(seen(&item([]), 0), "-");
    }

    /// PS3.3 C.7.6.1.1.1: the first value is where rows go to, the second where columns go to.
    #[test]
    fn patient_orientation_is_taken_where_there_are_no_cosines() {
        for (codes, letters) in [
            ("L\\F", "R L H F"),
            ("AL\\FP", "PR AL HA FP"),
            ("A", "P A  "),
            ("LE\\CD", "RT LE CR CD"),
            ("RTV\\D", "LED RTV V D"),
            // Not a code that is known: shown as it is, without an opposite.
            ("XY\\F", " XY H F"),
        ] {
            assert_eq!(seen(&item([text(tags::PATIENT_ORIENTATION, VR::CS, codes)]), 0), letters, "{codes}");
        }
        let horse = item([
            text(tags::ANATOMICAL_ORIENTATION_TYPE, VR::CS, "QUADRUPED"),
            text(tags::PATIENT_ORIENTATION, VR::CS, "R\\V"),
        ]);
        assert_eq!(seen(&horse, 0), "CD R D V");
    }

    #[test]
    fn every_frame_has_its_own_plane_and_side() {
        let plane = |cosines| {
            groups(tags::PLANE_ORIENTATION_SEQUENCE, [text(tags::IMAGE_ORIENTATION_PATIENT, VR::DS, cosines)])
        };
        let side = |side| groups(tags::FRAME_ANATOMY_SEQUENCE, [text(tags::FRAME_LATERALITY, VR::CS, side)]);
        let frames =
            [item([plane("1\\0\\0\\0\\1\\0"), side("L")]), item([plane("0\\1\\0\\0\\0\\-1"), side("R")])];
        let set = item([
            crate::imaging::sample::sequence(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, frames),
            text(tags::IMAGE_LATERALITY, VR::CS, "B"),
        ]);
        assert_eq!((seen(&set, 0), seen(&set, 1)), ("R L A P".to_owned(), "A P H F".to_owned()));
        assert_eq!(
            (laterality(&set, 0), laterality(&set, 1), laterality(&set, 2)),
            ("L".into(), "R".into(), "B".into())
        );
    }

    #[test]
    fn the_view_is_named_by_word_or_code() {
        let code = |meaning| item([text(tags::CODE_MEANING, VR::LO, meaning)]);
        let mut view = code("cranio-caudal");
        view.put(crate::imaging::sample::sequence(
            tags::VIEW_MODIFIER_CODE_SEQUENCE,
            [code("Magnification")],
        ));
        let mut set = item([crate::imaging::sample::sequence(tags::VIEW_CODE_SEQUENCE, [view])]);
        assert_eq!(view_position(&set), "cranio-caudal, Magnification");
        set.put(text(tags::VIEW_POSITION, VR::CS, "MLO"));
        assert_eq!(view_position(&set), "MLO");
        assert_eq!(view_position(&item([])), "");
    }
}
