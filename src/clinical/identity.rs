//! Whether two spellings of a name can be one person's. It decides a warning, never an access.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Whether a name in the headers of images can be the name that was booked: every part of the shorter one is in the longer one,
/// whatever the order, the case and the accents. An empty name is nobody's.
pub fn is_same_name(one: &str, other: &str) -> bool {
    let (one, other) = (parts(one), parts(other));
    let (few, many) = if one.len() <= other.len() { (&one, &other) } else { (&other, &one) };
    !few.is_empty() && few.iter().all(|part| many.contains(part))
}

/// Capital letters and digits without accents, split at everything else.
fn parts(name: &str) -> Vec<String> {
    let plain: String = name.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_uppercase).collect();
    let mut parts: Vec<_> = plain
        .split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect();
    // Titles are no names.
    parts.retain(|part| !matches!(part.as_str(), "M" | "MME" | "MR" | "MRS" | "MS" | "MLLE"));
    parts
}

#[cfg(test)]
mod tests {
    use super::is_same_name;

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
    fn another_person_is_another_person() {
        for (booked, header) in
            [("Jean Martin", "MARTIN Paul"), ("Jean Martin", ""), ("", ""), ("Mme", "Mme")]
        {
            assert!(!is_same_name(booked, header), "{booked} / {header}");
        }
    }
}
