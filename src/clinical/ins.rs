//! The French national health identity (INS) of a patient: five traits, a number, and how far the identity is proven. Sources: Référentiel
//! national d'identitovigilance (RNIV) 1.5, Référentiel Identifiant National de Santé 2.0, article R. 1111-8-1 of the Code de la santé publique.

use chrono::{DateTime, NaiveDate, Utc};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::{InsRecordId, ParticipantId, PractitionerId};
use crate::secret::Pii;

/// How far an identity is proven (RNIV 1.5 section 3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InsStatus {
    /// "Provisoire": said, and neither checked nor retrieved.
    Provisional,
    /// "Récupérée": the number and the traits came from the national service (INSi); no document was seen.
    Retrieved,
    /// "Validée": a document of high trust was seen; the number was not retrieved.
    Validated,
    /// "Qualifiée": both.
    Qualified,
}

impl InsStatus {
    /// Whether the number came with it.
    pub fn may_have_number(self) -> bool {
        matches!(self, Self::Retrieved | Self::Qualified)
    }
}

/// The sex that the civil register has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sex {
    Female,
    Male,
    Indeterminate,
}

/// Which register a number is of, by its object identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InsRegister {
    Nir,
    Nia,
    /// Numbers of the test bench.
    NirTest,
    NirDemo,
}

impl InsRegister {
    /// Every register.
    pub const ALL: [Self; 4] = [Self::Nir, Self::Nia, Self::NirTest, Self::NirDemo];

    /// Its object identifier (Référentiel INS 2.0, annex).
    pub fn oid(self) -> &'static str {
        match self {
            Self::Nir => "1.2.250.1.213.1.4.8",
            Self::Nia => "1.2.250.1.213.1.4.9",
            Self::NirTest => "1.2.250.1.213.1.4.10",
            Self::NirDemo => "1.2.250.1.213.1.4.11",
        }
    }

    /// The register with that object identifier.
    pub fn of_oid(oid: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|register| register.oid() == oid)
    }
}

/// The number ("matricule INS"): thirteen characters and a key of two digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsNumber {
    digits: Pii<String>,
    pub register: InsRegister,
}

/// Where somebody was born: the code of the commune or the country (INSEE, code officiel géographique), five characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InseeCode(Pii<String>);

/// The identity of a patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsTraits {
    pub birth_name: Pii<String>,
    pub given_names: Pii<String>,
    pub birth_date: Pii<NaiveDate>,
    pub sex: Sex,
    pub birth_place: InseeCode,
    pub number: Option<InsNumber>,
    pub status: InsStatus,
}

/// The identity as somebody wrote it down for an appointment. The newest one counts, those before are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsRecord {
    pub id: InsRecordId,
    pub participant: ParticipantId,
    pub by: PractitionerId,
    pub at: DateTime<Utc>,
    pub traits: InsTraits,
}

/// Why an identity is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InsRefusal {
    #[error("a name has 1 to {} letters, blanks, hyphens and apostrophes", InsTraits::MAX_NAME)]
    Name,
    #[error("nobody is born in the future, or more than 150 years ago")]
    BirthDate,
    #[error("a place of birth is a code of five characters, such as 75056, 2A004 or 99109")]
    BirthPlace,
    #[error("a number has thirteen characters and a key of two digits")]
    NumberForm,
    #[error("the key does not fit the number")]
    NumberKey,
    #[error("a number comes with an identity that was retrieved or qualified, and with no other")]
    NumberNotAllowed,
    #[error("an identity that was retrieved or qualified has its number")]
    NumberMissing,
}

impl InsNumber {
    /// Takes a number with its key; blanks are passed over.
    ///
    /// # Errors
    /// If it is not of that form, or the key is wrong. The key is 97 minus the number modulo 97; in Corsica 2A counts as 19 and 2B as 18.
    pub fn new(text: &str, register: InsRegister) -> Result<Self, InsRefusal> {
        let digits: String =
            text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
        let (Some(number), Some(key)) = (digits.get(..13), digits.get(13..15)) else {
            return Err(InsRefusal::NumberForm);
        };
        if digits.len() != 15
            || !matches!(number.as_bytes().first(), Some(b'1' | b'2' | b'3' | b'4' | b'7' | b'8'))
        {
            return Err(InsRefusal::NumberForm);
        }
        let counted = match number.get(5..7) {
            Some("2A") => format!("{}19{}", &number[..5], &number[7..]),
            Some("2B") => format!("{}18{}", &number[..5], &number[7..]),
            _ => number.to_owned(),
        };
        if !counted.bytes().chain(key.bytes()).all(|c| c.is_ascii_digit()) {
            return Err(InsRefusal::NumberForm);
        }
        let counted: u64 = counted.parse().map_err(|_| InsRefusal::NumberForm)?;
        let key: u64 = key.parse().map_err(|_| InsRefusal::NumberForm)?;
        if key != 97 - counted % 97 {
            return Err(InsRefusal::NumberKey);
        }
        Ok(Self { digits: digits.into(), register })
    }

    /// Takes a number that was checked when it was kept.
    pub fn kept(digits: String, register: InsRegister) -> Self {
        Self { digits: digits.into(), register }
    }

    /// Number and key, for a screen or a row.
    pub fn expose(&self) -> &str {
        self.digits.expose()
    }
}

impl InseeCode {
    /// Takes the code of a commune, or of a country (99...).
    ///
    /// # Errors
    /// If it is not of that form.
    pub fn new(text: &str) -> Result<Self, InsRefusal> {
        let code = text.trim().to_ascii_uppercase();
        let rest = match code.strip_prefix("2A").or_else(|| code.strip_prefix("2B")) {
            Some(rest) => (rest, 3),
            None => (code.as_str(), 5),
        };
        if rest.0.len() != rest.1 || !rest.0.bytes().all(|c| c.is_ascii_digit()) {
            return Err(InsRefusal::BirthPlace);
        }
        Ok(Self(code.into()))
    }

    /// Takes a code that was checked when it was kept.
    pub fn kept(code: String) -> Self {
        Self(code.into())
    }

    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl InsTraits {
    /// The longest name, in characters.
    pub const MAX_NAME: usize = 100;

    /// Takes an identity. Names become what the register has: capital letters without accents.
    ///
    /// # Errors
    /// If something is not of its form, or if the number and the status do not go together.
    pub fn checked(self, today: NaiveDate) -> Result<Self, InsRefusal> {
        let birth_name = name(self.birth_name.expose())?.into();
        let given_names = name(self.given_names.expose())?.into();
        let oldest = today.checked_sub_months(chrono::Months::new(150 * 12)).unwrap_or(today);
        if !(oldest..=today).contains(self.birth_date.expose()) {
            return Err(InsRefusal::BirthDate);
        }
        match (&self.number, self.status.may_have_number()) {
            (Some(_), false) => Err(InsRefusal::NumberNotAllowed),
            (None, true) => Err(InsRefusal::NumberMissing),
            _ => Ok(Self { birth_name, given_names, ..self }),
        }
    }
}

/// A name as the register writes it.
fn name(text: &str) -> Result<String, InsRefusal> {
    let mut plain = String::new();
    for c in text.trim().nfkd().filter(|c| !is_combining_mark(*c)) {
        match c {
            'œ' | 'Œ' => plain.push_str("OE"),
            'æ' | 'Æ' => plain.push_str("AE"),
            'ß' | 'ẞ' => plain.push_str("SS"),
            'ø' | 'Ø' => plain.push('O'),
            'ł' | 'Ł' => plain.push('L'),
            'đ' | 'Đ' | 'ð' | 'Ð' => plain.push('D'),
            '’' => plain.push('\''),
            c if c.is_ascii_alphabetic() => plain.push(c.to_ascii_uppercase()),
            ' ' | '-' | '\'' => plain.push(c),
            _ => return Err(InsRefusal::Name),
        }
    }
    let has_letter = plain.bytes().any(|c| c.is_ascii_alphabetic());
    if !has_letter || plain.chars().count() > InsTraits::MAX_NAME {
        return Err(InsRefusal::Name);
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn traits(status: InsStatus, number: Option<&str>) -> Result<InsTraits, InsRefusal> {
        let number = number.map(|text| InsNumber::new(text, InsRegister::NirTest)).transpose()?;
        InsTraits {
            birth_name: "Lefèvre-d’Œil".into(),
            given_names: " Hélène Anaïs ".into(),
            birth_date: Pii::new(day(1948, 2, 29)),
            sex: Sex::Female,
            birth_place: InseeCode::new("75056")?,
            number,
            status,
        }
        .checked(day(2026, 11, 25))
    }

    #[test]
    fn the_key_of_a_number_is_checked_also_in_corsica() {
        let of = |text: &str| InsNumber::new(text, InsRegister::Nir).map(|number| number.expose().to_owned());
        // An example that is printed in many places.
        assert_eq!(of("2 55 08 14 168 025 38"), Ok("255081416802538".to_owned()));
        assert_eq!(of("2 55 08 14 168 025 39"), Err(InsRefusal::NumberKey));
        // 2A counts as 19, 2B as 18; reckoned by hand: 97 - 1800119004123 mod 97, 97 - 1800118004123 mod 97.
        let key = |counted: u64| format!("{:02}", 97 - counted % 97);
        assert!(of(&format!("180012A004123{}", key(1_800_119_004_123))).is_ok());
        assert!(of(&format!("180012b004123{}", key(1_800_118_004_123))).is_ok());
        assert_eq!(
            of(&format!("180012A004123{}", key(1_800_118_004_123))),
            Err(InsRefusal::NumberKey),
            "2A is not 2B"
        );
        for wrong in [
            "",
            "25508141680253",
            "2550814168025380",
            "955081416802538",
            "2550814168O2538",
            "25508141680253é",
        ] {
            assert_eq!(of(wrong), Err(InsRefusal::NumberForm), "{wrong}");
        }
    }

    #[test]
    fn a_number_and_its_status_go_together() {
        let number = Some("255081416802538");
        for status in [InsStatus::Provisional, InsStatus::Validated] {
            assert_eq!(traits(status, number), Err(InsRefusal::NumberNotAllowed), "{status:?}");
            assert!(traits(status, None).is_ok(), "{status:?}");
        }
        for status in [InsStatus::Retrieved, InsStatus::Qualified] {
            assert_eq!(traits(status, None), Err(InsRefusal::NumberMissing), "{status:?}");
            assert!(traits(status, number).is_ok(), "{status:?}");
        }
    }

    #[test]
    fn names_are_written_as_the_register_does_and_stay_out_of_logs() {
        let taken = traits(InsStatus::Validated, None).unwrap();
        assert_eq!(taken.birth_name.expose(), "LEFEVRE-D'OEIL");
        assert_eq!(taken.given_names.expose(), "HELENE ANAIS");
        let printed = format!("{:?}", traits(InsStatus::Qualified, Some("255081416802538")).unwrap());
        for secret in ["LEFEVRE", "HELENE", "1948", "75056", "2550814"] {
            assert!(!printed.contains(secret), "{printed}");
        }
        for wrong in ["", " ", "-", "A1", "Ωμέγα", &"A".repeat(101)] {
            assert_eq!(name(wrong), Err(InsRefusal::Name), "{wrong}");
        }
    }

    #[test]
    fn places_and_dates_of_birth_are_possible_ones() {
        for right in ["75056", "2A004", "2b033", "99109", "97411", "99999"] {
            assert!(InseeCode::new(right).is_ok(), "{right}");
        }
        for wrong in ["", "7505", "750566", "2A04", "2C004", "A0001", "7505é"] {
            assert_eq!(InseeCode::new(wrong), Err(InsRefusal::BirthPlace), "{wrong}");
        }
        let born = |birth_date| {
            let of = traits(InsStatus::Provisional, None).unwrap();
            InsTraits { birth_date: Pii::new(birth_date), ..of }.checked(day(2026, 11, 25)).err()
        };
        assert_eq!(born(day(2026, 11, 25)), None);
        assert_eq!(born(day(2026, 11, 26)), Some(InsRefusal::BirthDate));
        assert_eq!(born(day(1876, 11, 24)), Some(InsRefusal::BirthDate));
    }

    #[test]
    fn registers_are_known_by_their_object_identifiers() {
        for register in InsRegister::ALL {
            assert_eq!(InsRegister::of_oid(register.oid()), Some(register));
        }
        assert_eq!(InsRegister::of_oid("1.2.250.1.213.1.4.2"), None);
    }
}
