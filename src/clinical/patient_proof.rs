//! Whether somebody who proved at an identity provider who they are is the patient who was booked, and what opens the documents after a
//! visit. What cannot be compared is said to be so and lets nobody in.

use chrono::NaiveDate;

use super::identity::name_parts;
use super::{DocumentDoor, InsTraits};
use crate::secret::Pii;

/// What a provider says of a person (OpenID Connect Core 1.0 section 5.1; FranceConnect calls it the pivot identity): what it does not
/// say, or only in part, is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProvenIdentity {
    /// The name at birth (`family_name`).
    pub family_name: Option<Pii<String>>,
    /// A name that is used instead (`preferred_username`).
    pub used_name: Option<Pii<String>>,
    /// The first of the given names.
    pub given_name: Option<Pii<String>>,
    /// A whole date: where only the year is known, there is none.
    pub birth_date: Option<Pii<NaiveDate>>,
}

/// What is known here of the patient of an appointment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookedIdentity {
    /// As it was typed: given names and family names in any order.
    pub name: Pii<String>,
    pub birth_date: Option<Pii<NaiveDate>>,
    /// The identity of the national register, where staff wrote it down.
    pub register: Option<InsTraits>,
    /// Whether the person at the provider is the one who matched before; `None`: nobody did.
    pub bound: Option<bool>,
}

/// Whether they are one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Likeness {
    Same,
    Other,
    /// The booking has no date of birth to compare with.
    NotBooked,
    /// The provider does not say enough.
    NotSaid,
}

impl BookedIdentity {
    /// Whether there is something that a stranger with the same name would not have.
    pub fn is_comparable(&self) -> bool {
        self.register.is_some() || self.birth_date.is_some() || self.bound.is_some()
    }
}

/// Compares who proved themself with who was booked: the name at birth, the first given name and the date of birth, whatever the case,
/// the accents, hyphens and blanks. A booking has one name: there it may also be the one that is used.
pub fn likeness(said: &ProvenIdentity, booked: &BookedIdentity) -> Likeness {
    if booked.bound == Some(false) {
        return Likeness::Other;
    }
    let (Some(family), Some(given), Some(born)) = (&said.family_name, &said.given_name, &said.birth_date)
    else {
        return Likeness::NotSaid;
    };
    let (family, given) = (name_parts(family.expose()), name_parts(given.expose()));
    if family.is_empty() || given.is_empty() {
        return Likeness::NotSaid;
    }
    if let Some(known) = &booked.register {
        let is_family = name_parts(known.birth_name.expose()).concat() == family.concat();
        let is_given = name_parts(known.given_names.expose()).starts_with(&given);
        let is_same = is_family && is_given && known.birth_date == *born;
        return if is_same { Likeness::Same } else { Likeness::Other };
    }
    let name = name_parts(booked.name.expose());
    let used = said.used_name.as_ref().map(|used| name_parts(used.expose())).unwrap_or_default();
    let has = |wanted: &[String]| !wanted.is_empty() && wanted.iter().all(|part| name.contains(part));
    if !has(&given) || !(has(&family) || has(&used)) {
        return Likeness::Other;
    }
    match &booked.birth_date {
        Some(known) if known == born => Likeness::Same,
        Some(_) => Likeness::Other,
        None if booked.bound == Some(true) => Likeness::Same,
        None => Likeness::NotBooked,
    }
}

/// By what a service lets patients at their documents, besides the link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DocumentNeed {
    /// A code, or a sign-in at a provider of patients.
    #[default]
    Either,
    /// A sign-in alone.
    Provider,
    /// Both.
    Both,
}

/// What is asked for now: a sign-in is not where there is no provider, nor where nothing is known to compare the person with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DocumentAsk {
    Code,
    Either,
    Provider,
    Both,
}

impl DocumentNeed {
    /// What is asked for, where there is a provider of patients and the booking can be compared, or not.
    pub fn ask(self, has_provider: bool, is_comparable: bool) -> DocumentAsk {
        match self {
            _ if !has_provider || !is_comparable => DocumentAsk::Code,
            Self::Either => DocumentAsk::Either,
            Self::Provider => DocumentAsk::Provider,
            Self::Both => DocumentAsk::Both,
        }
    }
}

impl DocumentAsk {
    /// By what the documents are open, for somebody who has shown `code` and is signed in or not. The stronger of two counts.
    pub fn opened_by(self, code: Option<DocumentDoor>, is_signed_in: bool) -> Option<DocumentDoor> {
        let provider = is_signed_in.then_some(DocumentDoor::Provider);
        match self {
            Self::Code => code,
            Self::Either => provider.or(code),
            Self::Provider => provider,
            Self::Both => code.and(provider),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{InsStatus, InseeCode, Sex};
    use super::*;

    fn born(day: u32) -> Pii<NaiveDate> {
        Pii::new(NaiveDate::from_ymd_opt(1962, 8, day).unwrap())
    }

    fn said(family: &str, given: &str, day: u32) -> ProvenIdentity {
        ProvenIdentity {
            family_name: Some(family.to_owned().into()),
            used_name: None,
            given_name: Some(given.to_owned().into()),
            birth_date: Some(born(day)),
        }
    }

    fn booked(name: &str, day: Option<u32>) -> BookedIdentity {
        BookedIdentity {
            name: name.to_owned().into(),
            birth_date: day.map(born),
            register: None,
            bound: None,
        }
    }

    fn registered(family: &str, given: &str, day: u32) -> BookedIdentity {
        let register = InsTraits {
            birth_name: family.to_owned().into(),
            given_names: given.to_owned().into(),
            birth_date: born(day),
            sex: Sex::Female,
            birth_place: InseeCode::new("75056").unwrap(),
            number: None,
            status: InsStatus::Provisional,
        };
        BookedIdentity { register: Some(register), ..booked("Somebody Else", None) }
    }

    #[test]
    fn one_person_is_written_in_many_ways() {
        for (family, given, name) in [
            ("LEFEVRE", "Hélène", "Mme Hélène Lefèvre"),
            ("LE GOFF", "Anne-Marie", "anne marie LE GOFF"),
            ("D'ALMEIDA", "Loïc", "Loic d’Almeida"),
            ("ŒUVRARD", "Lætitia", "LAETITIA OEUVRARD"),
        ] {
            assert_eq!(likeness(&said(family, given, 24), &booked(name, Some(24))), Likeness::Same, "{name}");
        }
        let married =
            ProvenIdentity { used_name: Some("Durand".to_owned().into()), ..said("LEFEVRE", "Hélène", 24) };
        assert_eq!(likeness(&married, &booked("Hélène Durand", Some(24))), Likeness::Same);
        assert_eq!(
            likeness(&said("LEGOFF", "Jean", 24), &registered("LE GOFF", "JEAN MARIE", 24)),
            Likeness::Same
        );
    }

    #[test]
    fn another_person_is_another_person() {
        for other in [
            said("LEFEVRE", "Hélène", 25),
            said("LEFEVRE", "Luc", 24),
            said("MARTIN", "Hélène", 24),
            said("LEFEVRE-MARTIN", "Hélène", 24),
        ] {
            assert_eq!(likeness(&other, &booked("Hélène Lefèvre", Some(24))), Likeness::Other, "{other:?}");
        }
        // A name that is used is none of the register, and Jean is not Jeanne.
        let register = registered("LE GOFF", "JEANNE", 24);
        assert_eq!(likeness(&said("LE GOFF", "Jean", 24), &register), Likeness::Other);
        assert_eq!(likeness(&said("LE GOFF", "Jeanne", 23), &register), Likeness::Other);
        let used =
            ProvenIdentity { used_name: Some("LE GOFF".to_owned().into()), ..said("ROUX", "Jeanne", 24) };
        assert_eq!(likeness(&used, &register), Likeness::Other);
    }

    #[test]
    fn what_cannot_be_compared_lets_nobody_in() {
        let helene = said("LEFEVRE", "Hélène", 24);
        assert_eq!(likeness(&helene, &booked("Hélène Lefèvre", None)), Likeness::NotBooked);
        assert_eq!(likeness(&said("MARTIN", "Hélène", 24), &booked("Hélène Lefèvre", None)), Likeness::Other);
        for part in [
            ProvenIdentity { birth_date: None, ..helene.clone() },
            ProvenIdentity { family_name: None, ..helene.clone() },
            ProvenIdentity { given_name: Some("-".to_owned().into()), ..helene.clone() },
            ProvenIdentity::default(),
        ] {
            assert_eq!(likeness(&part, &booked("Hélène Lefèvre", Some(24))), Likeness::NotSaid);
        }
    }

    #[test]
    fn whoever_matched_once_matches_again_and_nobody_else_does() {
        let helene = said("LEFEVRE", "Hélène", 24);
        let bound = |is| BookedIdentity { bound: Some(is), ..booked("Hélène Lefèvre", None) };
        assert_eq!(likeness(&helene, &bound(true)), Likeness::Same);
        assert_eq!(likeness(&helene, &bound(false)), Likeness::Other);
        let known = BookedIdentity { bound: Some(false), ..booked("Hélène Lefèvre", Some(24)) };
        assert_eq!(
            likeness(&helene, &known),
            Likeness::Other,
            "another account of somebody with all the same"
        );
        assert!(bound(true).is_comparable() && !booked("x", None).is_comparable());
    }

    #[test]
    fn a_service_says_what_opens_documents() {
        use DocumentDoor::{Pin, Provider};
        let opened =
            |need: DocumentNeed, code, is_signed_in| need.ask(true, true).opened_by(code, is_signed_in);
        for (need, expected) in [
            (DocumentNeed::Either, [None, Some(Pin), Some(Provider), Some(Provider)]),
            (DocumentNeed::Provider, [None, None, Some(Provider), Some(Provider)]),
            (DocumentNeed::Both, [None, None, None, Some(Provider)]),
        ] {
            let all = [(None, false), (Some(Pin), false), (None, true), (Some(Pin), true)];
            assert_eq!(all.map(|(code, is)| opened(need, code, is)), expected, "{need:?}");
            for (has_provider, is_comparable) in [(false, true), (true, false), (false, false)] {
                let ask = need.ask(has_provider, is_comparable);
                assert_eq!(ask, DocumentAsk::Code, "else nobody would ever have them");
                assert_eq!(ask.opened_by(None, true), None);
                assert_eq!(ask.opened_by(Some(Pin), false), Some(Pin));
            }
        }
    }

    proptest! {
        #[test]
        fn another_day_of_birth_never_matches(
            family in "[A-Za-zéèœ' -]{0,12}", given in "[A-Za-zéèœ' -]{0,12}", name in "[A-Za-zéèœ' -]{0,24}",
        ) {
            let person = said(&family, &given, 24);
            prop_assert_ne!(likeness(&person, &booked(&name, Some(25))), Likeness::Same);
            prop_assert_ne!(likeness(&person, &registered(&family, &given, 25)), Likeness::Same);
        }
    }
}
