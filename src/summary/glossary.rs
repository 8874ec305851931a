//! What words of an examination mean, said so that a patient understands. Only what the words mean: never what was found.

mod english;
mod french;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::clinical::Language;

/// A word, how it may stand in a sentence (small letters, without accents, singular), and what it means.
pub(super) struct Entry {
    pub term: &'static str,
    pub forms: &'static [&'static str],
    pub meaning: &'static str,
}

fn entries(language: Language) -> &'static [Entry] {
    match language {
        Language::French => french::ENTRIES,
        Language::English => english::ENTRIES,
    }
}

/// What a kind of image is called and how it comes about. `code` is a defined term of Modality, PS3.3 C.7.3.1.1.1.
pub(super) fn modality(code: &str, language: Language) -> Option<(&'static str, &'static str)> {
    let table = match language {
        Language::French => french::MODALITIES,
        Language::English => english::MODALITIES,
    };
    let code = code.trim();
    table.iter().find(|(codes, _, _)| codes.contains(&code)).map(|(_, term, meaning)| (*term, *meaning))
}

/// The words of these texts that are to be explained, in the order of the alphabet, each once.
pub(super) fn found(texts: &[&str], language: Language) -> Vec<(&'static str, &'static str)> {
    let texts: Vec<Vec<String>> = texts.iter().map(|text| folded(text)).collect();
    let stands = |form: &&str| {
        let form: Vec<&str> = form.split(' ').collect();
        let is_it = |words: &[String]| words.iter().zip(&form).all(|(word, form)| is_form(word, form));
        texts.iter().any(|words| words.windows(form.len()).any(is_it))
    };
    let found = entries(language).iter().filter(|entry| entry.forms.iter().any(&stands));
    found.map(|entry| (entry.term, entry.meaning)).collect()
}

/// A word is a form in the singular or the plural.
fn is_form(word: &str, form: &str) -> bool {
    let end = word.strip_prefix(form);
    end.is_some_and(|end| matches!(end, "" | "s" | "x" | "e" | "es"))
        || (form.strip_suffix("al")).is_some_and(|stem| word.strip_prefix(stem) == Some("aux"))
}

/// The words of a text in small letters, without accents.
fn folded(text: &str) -> Vec<String> {
    let plain = text.to_lowercase().replace('œ', "oe").replace('æ', "ae");
    let plain: String = plain.nfd().filter(|c| !is_combining_mark(*c)).collect();
    plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str, language: Language) -> Vec<&'static str> {
        found(&[text], language).into_iter().map(|(term, _)| term).collect()
    }

    #[test]
    fn words_are_found_in_the_plural_with_accents_and_in_capitals() {
        assert_eq!(
            terms("Deux NODULES pulmonaires, sans épanchement.", Language::French),
            ["Épanchement", "Nodule", "Pulmonaire"]
        );
        assert_eq!(terms("There are two small cysts in the Liver.", Language::English), ["Cyst", "Liver"]);
        assert_eq!(terms("Pas d'œdème.", Language::French), ["Œdème"]);
        assert_eq!(terms("Injection d’un produit de contraste", Language::French), ["Produit de contraste"]);
    }

    #[test]
    fn a_part_of_a_word_is_not_the_word() {
        assert!(terms("Elle est kystérique.", Language::French).is_empty());
        assert!(terms("a noduleless place", Language::English).is_empty());
        assert!(terms("", Language::French).is_empty());
    }

    #[test]
    fn each_word_is_explained_once_in_a_fixed_order_and_all_can_be_printed() {
        for language in [Language::French, Language::English] {
            let sorted: Vec<Vec<String>> = entries(language).iter().map(|entry| folded(entry.term)).collect();
            assert!(sorted.is_sorted(), "{:?}", sorted.windows(2).find(|pair| pair[0] > pair[1]));
            let mut forms: Vec<&str> =
                entries(language).iter().flat_map(|entry| entry.forms).copied().collect();
            let count = forms.len();
            forms.sort_unstable();
            forms.dedup();
            assert_eq!(forms.len(), count);
            for entry in entries(language) {
                assert!(
                    entry.meaning.ends_with('.') && entry.meaning.chars().count() <= 200,
                    "{}",
                    entry.term
                );
                assert!(crate::paper::writable(entry.term).is_ok());
                assert!(crate::paper::writable(entry.meaning).is_ok());
                for form in entry.forms {
                    assert_eq!(folded(form).join(" "), *form);
                }
            }
        }
        let modalities = |table: &[(&[&'static str], &str, &str)]| -> Vec<&'static str> {
            table.iter().flat_map(|(codes, _, _)| codes.iter().copied()).collect()
        };
        assert_eq!(modalities(french::MODALITIES), modalities(english::MODALITIES));
        assert_eq!(modality("CT", Language::French).unwrap().0, "Scanner");
        assert_eq!(modality("??", Language::French), None);
    }
}
