//! Of whom an archive of images (PACS) is asked, and at whose visits. An archive never tells what it holds of anybody else: it is asked for one
//! number, and what it says of others is dropped (`imaging::dicomweb`).

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::{InsRecord, InsRegister, InsStatus, ParticipantId, PatientNumberId, PractitionerId, ServiceId};
use crate::secret::Pii;

/// The number by which archives know a patient: Patient ID (0010,0020) with whose number it is, Issuer of Patient ID (0010,0021).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatientNumber {
    value: Pii<String>,
    /// Empty: the hospital's own.
    pub domain: String,
}

/// A number as somebody wrote it down for an appointment. Of one domain the newest counts, those before are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatientNumberRecord {
    pub id: PatientNumberId,
    pub participant: ParticipantId,
    pub by: PractitionerId,
    pub at: DateTime<Utc>,
    pub number: PatientNumber,
}

/// Why a number is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NumberRefusal {
    #[error("a number has 1 to {} characters, and none that stands for others: * ? \\", PatientNumber::MAX)]
    Value,
    #[error("a domain has at most {} characters", PatientNumber::MAX)]
    Domain,
}

impl PatientNumber {
    /// The longest number and the longest domain, in characters: a value of the kind LO (PS3.5 section 6.2).
    pub const MAX: usize = 64;

    /// Takes a number as somebody typed it. What an archive would take for a pattern is none (PS3.4 section C.2.2.2.4).
    ///
    /// # Errors
    /// If it is not of that form.
    pub fn new(value: &str, domain: &str) -> Result<Self, NumberRefusal> {
        let (value, domain) = (value.trim(), domain.trim());
        let is_bad = |c: char| c.is_control() || matches!(c, '*' | '?' | '\\');
        if value.is_empty() || value.chars().count() > Self::MAX || value.contains(is_bad) {
            return Err(NumberRefusal::Value);
        }
        if !is_domain(domain) {
            return Err(NumberRefusal::Domain);
        }
        Ok(Self::kept(value.to_owned(), domain.to_owned()))
    }

    /// Takes a number that was checked when it was kept.
    pub fn kept(value: String, domain: String) -> Self {
        Self { value: value.into(), domain }
    }

    /// The number, for a screen, a row or a question.
    pub fn expose(&self) -> &str {
        self.value.expose()
    }
}

/// Whether this can be the name of a domain; an empty one is the hospital's own.
pub fn is_domain(text: &str) -> bool {
    text.chars().count() <= PatientNumber::MAX && !text.contains(|c: char| c.is_control() || c == '\\')
}

/// The number by which an archive of that domain is asked for the patient: the last one that was written down; for a register of the national
/// health identity its number, once it is qualified, as nothing else may be filed under it (RNIV 1.5 section 3.3). `None`: nobody knows it.
/// `numbers` and `ins`: of this patient alone, in the order of time.
pub fn number_for(domain: &str, numbers: &[PatientNumberRecord], ins: &[InsRecord]) -> Option<PatientNumber> {
    let typed = numbers.iter().rev().find(|record| record.number.domain == domain);
    if let Some(record) = typed {
        return Some(record.number.clone());
    }
    let register = InsRegister::of_oid(domain)?;
    let last = ins.last().filter(|record| record.traits.status == InsStatus::Qualified)?;
    let number = last.traits.number.as_ref().filter(|number| number.register == register)?;
    Some(PatientNumber::kept(number.expose().to_owned(), domain.to_owned()))
}

/// Whether an archive is asked for appointments of that service; one that names no services is there for all.
pub fn serves(services: &[ServiceId], of: Option<ServiceId>) -> bool {
    services.is_empty() || of.is_some_and(|of| services.contains(&of))
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use uuid::Uuid;

    use super::*;
    use crate::clinical::{InsNumber, InsRecordId, InsTraits, InseeCode, Sex};

    fn record(value: &str, domain: &str) -> PatientNumberRecord {
        PatientNumberRecord {
            id: PatientNumberId::new(Uuid::nil()),
            participant: ParticipantId::new(Uuid::nil()),
            by: PractitionerId::new(Uuid::nil()),
            at: DateTime::UNIX_EPOCH,
            number: PatientNumber::new(value, domain).unwrap(),
        }
    }

    fn ins(status: InsStatus, register: InsRegister) -> InsRecord {
        InsRecord {
            id: InsRecordId::new(Uuid::nil()),
            participant: ParticipantId::new(Uuid::nil()),
            by: PractitionerId::new(Uuid::nil()),
            at: DateTime::UNIX_EPOCH,
            traits: InsTraits {
                birth_name: "X".into(),
                given_names: "Y".into(),
                birth_date: Pii::new(NaiveDate::from_ymd_opt(1950, 1, 1).unwrap()),
                sex: Sex::Female,
                birth_place: InseeCode::new("75056").unwrap(),
                number: Some(InsNumber::new("255081416802538", register).unwrap()),
                status,
            },
        }
    }

    #[test]
    fn a_number_is_no_pattern() {
        assert_eq!(PatientNumber::new(" IPP 123 ", "").unwrap().expose(), "IPP 123");
        for wrong in ["", "  ", "*", "IPP*", "IPP?23", "a\\b", "a\nb", &"1".repeat(65)] {
            assert_eq!(PatientNumber::new(wrong, ""), Err(NumberRefusal::Value), "{wrong}");
        }
        assert_eq!(PatientNumber::new("1", "a\\b"), Err(NumberRefusal::Domain));
    }

    #[test]
    fn the_last_number_of_the_domain_counts_and_that_of_another_never() {
        let numbers = [record("1", ""), record("2", "CHU"), record("3", "")];
        let asked = |domain| number_for(domain, &numbers, &[]).map(|number| number.expose().to_owned());
        assert_eq!(asked("").as_deref(), Some("3"));
        assert_eq!(asked("CHU").as_deref(), Some("2"));
        assert_eq!(asked("CENTRE"), None);
    }

    #[test]
    fn a_national_number_is_asked_for_once_it_is_qualified_and_where_it_belongs() {
        let (nir, nia) = (InsRegister::Nir.oid(), InsRegister::Nia.oid());
        let qualified = [ins(InsStatus::Qualified, InsRegister::Nir)];
        let found = number_for(nir, &[], &qualified).unwrap();
        assert_eq!((found.expose(), found.domain.as_str()), ("255081416802538", nir));
        assert_eq!(number_for(nia, &[], &qualified), None);
        assert_eq!(number_for("", &[], &qualified), None);
        let again = [qualified[0].clone(), ins(InsStatus::Retrieved, InsRegister::Nir)];
        assert_eq!(number_for(nir, &[], &again), None, "the last word counts");
    }

    #[test]
    fn an_archive_of_some_services_is_not_there_for_others() {
        let of = |n: u128| ServiceId::new(Uuid::from_u128(n));
        assert!(serves(&[], None) && serves(&[], Some(of(1))));
        assert!(serves(&[of(1), of(2)], Some(of(2))));
        assert!(!serves(&[of(1)], Some(of(2))) && !serves(&[of(1)], None));
    }
}
