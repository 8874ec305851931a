//! Whether two spellings of a name can be one person's. It decides a warning, never an access; `patient_proof.rs` decides that.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Whether a name in the headers of images can be the name that was booked: every part of the shorter one is in the longer one,
/// whatever the order, the case and the accents. An empty name is nobody's.
pub fn is_same_name(one: &str, other: &str) -> bool {
    let (one, other) = (parts(one), parts(other));
    let (few, many) = if one.len() <= other.len() { (&one, &other) } else { (&other, &one) };
    !few.is_empty() && few.iter().all(|part| many.contains(part))
}

/// Whether a name is among those that somebody looks for: each part of what they typed begins a part of the name, whatever the order, the
/// case and the accents. Nothing is found by nothing.
pub fn is_sought(name: &str, wanted: &str) -> bool {
    let (name, wanted) = (parts(name), parts(wanted));
    !wanted.is_empty() && wanted.iter().all(|part| name.iter().any(|of| of.starts_with(part.as_str())))
}

/// Whether objects name somebody else than the patient who is expected. Photographs and letters that are no DICOM name nobody.
pub fn is_other_patient(booked: &str, written: &str) -> bool {
    !written.is_empty() && !is_same_name(booked, written)
}

/// Which studies are priors: older than the newest one of the same person. `studies`: the name that each carries and its date. One without a
/// date is none, and studies that name nobody are no one person's.
pub fn priors<D: Ord>(studies: &[(&str, Option<D>)]) -> Vec<bool> {
    let is_older = |name: &str, date: &D| {
        studies.iter().any(|(other, newer)| {
            is_same_name(name, other) && newer.as_ref().is_some_and(|newer| newer > date)
        })
    };
    studies.iter().map(|(name, date)| date.as_ref().is_some_and(|date| is_older(name, date))).collect()
}

/// Capital letters and digits without accents, split at everything else.
pub(super) fn name_parts(name: &str) -> Vec<String> {
    let letters = name.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_uppercase);
    let mut plain = String::with_capacity(name.len());
    for c in letters {
        match c {
            'Œ' => plain.push_str("OE"),
            'Æ' => plain.push_str("AE"),
            'Ø' => plain.push('O'),
            'Ł' => plain.push('L'),
            'Đ' | 'Ð' => plain.push('D'),
            other => plain.push(other),
        }
    }
    plain.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The same, without titles.
fn parts(name: &str) -> Vec<String> {
    let mut parts = name_parts(name);
    // Titles are no names.
    parts.retain(|part| !matches!(part.as_str(), "M" | "MME" | "MR" | "MRS" | "MS" | "MLLE"));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priors_are_older_than_the_newest_of_the_same_person() {
        let studies = [
            ("LEFEVRE^HELENE", Some(3)),
            ("LEFEVRE^HELENE", Some(1)),
            ("Lefèvre Hélène", Some(3)),
            ("DURAND^PAUL", Some(2)),
            ("LEFEVRE^HELENE", None),
            ("", Some(1)),
            ("", Some(2)),
        ];
        assert_eq!(priors(&studies), [false, true, false, false, false, false, false]);
    }

    #[test]
    fn one_person_is_written_in_many_ways() {
        for (booked, header) in [
            ("Hélène Lefèvre", "LEFEVRE Helene"),
            ("Jean-Paul Martin", "MARTIN^JEAN PAUL"),
            ("Mme Awa Diallo", "Diallo Awa"),
            ("Anne Marie Dupont", "DUPONT Anne"),
        ] {
            assert!(is_same_name(booked, header), "{booked} / {header}");
        }
    }

    #[test]
    fn a_name_is_found_by_the_beginnings_of_its_parts() {
        for wanted in ["lef", "Hélène", "helene lefevre", "LEFÈVRE h", "M. Lefevre"] {
            assert!(is_sought("Hélène Lefèvre", wanted), "{wanted}");
        }
        for wanted in ["", "  ", "efevre", "helene martin", "Mme"] {
            assert!(!is_sought("Hélène Lefèvre", wanted), "{wanted}");
        }
    }

    #[test]
    fn a_letter_without_a_name_is_not_of_another_patient() {
        assert!(!is_other_patient("MARTIN Jean", ""));
        assert!(is_other_patient("MARTIN Jean", "DURAND Anne"));
    }

    #[test]
    fn another_person_is_another_person() {
        for (booked, header) in
            [("Jean Martin", "MARTIN Paul"), ("Jean Martin", ""), ("", ""), ("Mme", "Mme")]
        {
            assert!(!is_same_name(booked, header), "{booked} / {header}");
        }
    }
}
