//! Where a guest of an appointment can be reached.

use chrono::{Datelike, NaiveDate};
use thiserror::Error;

use crate::secret::Pii;

/// An address that mail can be sent to (RFC 5321 section 4.1.2, without quoted local parts and address literals).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailAddress(Pii<String>);

/// A telephone number in the form of ITU-T E.164: `+` and 8 to 15 digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TelephoneNumber(Pii<String>);

/// How a guest is reached, and their date of birth. All of it may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    pub email: Option<EmailAddress>,
    pub telephone: Option<TelephoneNumber>,
    pub birth_date: Option<Pii<NaiveDate>>,
}

/// Why a contact cannot be kept. Names no value: they are personal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ContactFault {
    #[error("this is no e-mail address")]
    Email,
    #[error(
        "this is no telephone number: write it with its country, as +33 6 12 34 56 78, or as a French one"
    )]
    Telephone,
    #[error("this is no date of birth")]
    BirthDate,
}

impl EmailAddress {
    /// RFC 5321 section 4.5.3.1.3, less the angle brackets.
    const MAX: usize = 254;

    /// Reads an address as it was typed; space around it does not count.
    pub fn parse(typed: &str) -> Result<Self, ContactFault> {
        let typed = typed.trim();
        let (local, domain) = typed.rsplit_once('@').ok_or(ContactFault::Email)?;
        let is_atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
        let is_local = (1..=64).contains(&local.len())
            && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom));
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if typed.len() > Self::MAX || !is_local || !domain.split('.').all(is_label) {
            return Err(ContactFault::Email);
        }
        Ok(Self(typed.to_owned().into()))
    }

    /// The address, to write to.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl TelephoneNumber {
    /// Reads a number as it was typed: with `+` or `00` and its country, or ten digits of a French one. Spaces, dots, hyphens
    /// and brackets do not count.
    pub fn parse(typed: &str) -> Result<Self, ContactFault> {
        let mut digits = String::new();
        for (place, c) in typed.trim().chars().enumerate() {
            match c {
                '0'..='9' => digits.push(c),
                '+' if place == 0 => digits.push(c),
                c if c.is_whitespace() || ".-()/".contains(c) => {}
                _ => return Err(ContactFault::Telephone),
            }
        }
        let international = match digits.strip_prefix('+') {
            Some(digits) => digits.strip_prefix("330").map_or(digits.to_owned(), |rest| format!("33{rest}")),
            None => match (digits.strip_prefix("00"), digits.strip_prefix('0')) {
                (Some(digits), _) => digits.to_owned(),
                (None, Some(national)) if national.len() == 9 => format!("33{national}"),
                _ => return Err(ContactFault::Telephone),
            },
        };
        if !(8..=15).contains(&international.len()) || international.starts_with('0') {
            return Err(ContactFault::Telephone);
        }
        Ok(Self(format!("+{international}").into()))
    }

    /// The number with `+`, to send to.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The last two digits, by which somebody knows their own number again.
    pub fn last_digits(&self) -> &str {
        let number = self.0.expose();
        &number[number.len().saturating_sub(2)..]
    }
}

impl Contact {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Reads a date of birth, `1950-02-28`, of somebody who can be alive `today`.
    pub fn birth_date(typed: &str, today: NaiveDate) -> Result<Pii<NaiveDate>, ContactFault> {
        let date =
            NaiveDate::parse_from_str(typed.trim(), "%Y-%m-%d").map_err(|_| ContactFault::BirthDate)?;
        if date > today || date.year() < today.year() - 130 {
            return Err(ContactFault::BirthDate);
        }
        Ok(Pii::new(date))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_write_them_become_one_form() {
        for typed in [
            "06 12 34 56 78",
            "+33 6.12.34.56.78",
            "0033 612345678",
            "+33 (0)6 12 34 56 78",
            " 06-12-34-56-78 ",
        ] {
            let number = TelephoneNumber::parse(typed).unwrap_or_else(|fault| panic!("{typed}: {fault}"));
            assert_eq!(number.expose(), "+33612345678", "{typed}");
            assert_eq!(number.last_digits(), "78");
        }
        assert_eq!(
            TelephoneNumber::parse("+32 470 12 34 56").map(|n| n.expose().to_owned()),
            Ok("+32470123456".into())
        );
        for wrong in [
            "",
            "12",
            "6 12 34 56 78",
            "+0612345678",
            "06 12 34 56 78 ext 2",
            "+1234567890123456",
            "06+12345678",
        ] {
            assert_eq!(TelephoneNumber::parse(wrong), Err(ContactFault::Telephone), "{wrong}");
        }
    }

    #[test]
    fn an_address_has_both_parts() {
        for right in ["a@b", "helene.lefevre+visite@example.org", " o'brien@mail.example.org "] {
            assert!(EmailAddress::parse(right).is_ok(), "{right}");
        }
        for wrong in ["", "@b", "a@", "a b@c", "a@b..c", ".a@b", "a@-b", "a@b\r\nBcc: c@d", "a@b@", "é@b"] {
            assert_eq!(EmailAddress::parse(wrong), Err(ContactFault::Email), "{wrong}");
        }
        assert!(EmailAddress::parse(&format!("{}@b", "a".repeat(65))).is_err());
    }

    #[test]
    fn a_date_of_birth_is_a_day_of_the_past() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 29).unwrap_or_default();
        assert!(Contact::birth_date("1944-02-29", today).is_ok());
        for wrong in ["2026-11-30", "1945-02-29", "29/02/1944", "1890-01-01", ""] {
            assert_eq!(Contact::birth_date(wrong, today), Err(ContactFault::BirthDate), "{wrong}");
        }
    }

    #[test]
    fn a_contact_cannot_be_logged() {
        let contact = Contact {
            email: EmailAddress::parse("helene@example.org").ok(),
            telephone: TelephoneNumber::parse("0612345678").ok(),
            birth_date: None,
        };
        let told = format!("{contact:?}");
        assert!(!told.contains("helene") && !told.contains("612345678"), "{told}");
    }
}
