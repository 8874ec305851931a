//! Who people were found to be: checks as steps, and the national health identity of patients. Rows are added, never changed.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::audit::{append, done_by};
use super::db::{in_transaction, micros, on, words};
use super::sealed::{INS_BIRTH_DATE, INS_BIRTH_NAME, INS_BIRTH_PLACE, INS_GIVEN_NAMES, INS_NUMBER};
use super::{Error, Store};
use crate::audit::{Deed, Record, Subject, Who};
use crate::clinical::{
    AppointmentId, DocumentKind, IdentityCheck, IdentityCheckId, IdentityFindings, IdentityMeans, InsNumber,
    InsRecord, InsRecordId, InsRegister, InsStatus, InsTraits, InseeCode, ParticipantId, PractitionerId, Sex,
};
use crate::secret::Pii;

#[derive(FromRow)]
struct CheckRow {
    id: Uuid,
    participant_id: Uuid,
    practitioner_id: Uuid,
    at: DateTime<Utc>,
    means: String,
    document: Option<String>,
    is_name_right: bool,
    is_birth_date_right: bool,
}

#[derive(FromRow)]
struct InsRow {
    id: Uuid,
    participant_id: Uuid,
    practitioner_id: Uuid,
    at: DateTime<Utc>,
    birth_name: String,
    given_names: String,
    birth_date_sealed: Option<String>,
    sex: String,
    birth_place: String,
    number: Option<String>,
    register: Option<String>,
    status: String,
}

words!(document_to_word, document_from_word, DocumentKind {
    DocumentKind::IdentityCard => "identity_card",
    DocumentKind::Passport => "passport",
    DocumentKind::ResidencePermit => "residence_permit",
    DocumentKind::DrivingLicence => "driving_licence",
    DocumentKind::HealthCard => "health_card",
    DocumentKind::Other => "other",
});

words!(sex_to_word, sex_from_word, Sex {
    Sex::Female => "female",
    Sex::Male => "male",
    Sex::Indeterminate => "indeterminate",
});

words!(register_to_word, register_from_word, InsRegister {
    InsRegister::Nir => "nir",
    InsRegister::Nia => "nia",
    InsRegister::NirTest => "nir_test",
    InsRegister::NirDemo => "nir_demo",
});

words!(status_to_word, status_from_word, InsStatus {
    InsStatus::Provisional => "provisional",
    InsStatus::Retrieved => "retrieved",
    InsStatus::Validated => "validated",
    InsStatus::Qualified => "qualified",
});

impl Store {
    /// Keeps that somebody was looked at. Written again with the same identifier it is the same check.
    pub async fn add_identity_check(
        &self,
        appointment: AppointmentId,
        check: &IdentityCheck,
    ) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO identity_check
            (id, appointment_id, participant_id, practitioner_id, at, means, document, is_name_right,
            is_birth_date_right) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING";
        let (means, document) = match check.findings.means {
            IdentityMeans::Document(kind) => ("document", Some(document_to_word(kind))),
            IdentityMeans::KnownToMe => ("known_to_me", None),
            IdentityMeans::Recognised => ("recognised", None),
            IdentityMeans::Said => ("said", None),
        };
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(check.id.uuid())
                .bind(appointment.uuid())
                .bind(check.participant.uuid())
                .bind(check.by.uuid())
                .bind(micros(check.at))
                .bind(means)
                .bind(document)
                .bind(check.findings.is_name_right)
                .bind(check.findings.is_birth_date_right)
                .execute(&mut *tx)
                .await?;
            let record = Record {
                subject_id: Some(check.participant.to_string()),
                ..Record::new(check.id.uuid(), check.at, Who::Nobody, Deed::Create, Subject::Identity)
            };
            let record = Record {
                who: Who::Staff(check.by),
                ..done_by!(tx, appointment, check.participant, record)
            };
            append!(self, tx, &[record]);
        });
        Ok(())
    }

    /// The checks of one appointment, in the order of time.
    pub async fn identity_checks_of(&self, appointment: AppointmentId) -> Result<Vec<IdentityCheck>, Error> {
        const SQL: &str = "SELECT id, participant_id, practitioner_id, at, means, document, is_name_right,
            is_birth_date_right FROM identity_check WHERE appointment_id = $1 ORDER BY id";
        let rows: Vec<CheckRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        rows.into_iter().map(IdentityCheck::try_from).collect()
    }

    /// Keeps the national health identity of a patient as it is known now.
    pub async fn add_ins_record(&self, appointment: AppointmentId, record: &InsRecord) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO ins_record
            (id, appointment_id, participant_id, practitioner_id, at, birth_name, given_names, birth_date, birth_date_sealed, sex,
            birth_place, number, register, status)
            VALUES ($1, $2, $3, $4, $5, $6, $7, '1900-01-01', $8, $9, $10, $11, $12, $13) ON CONFLICT (id) DO NOTHING";
        let (traits, id) = (&record.traits, record.id.uuid());
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(id)
                .bind(appointment.uuid())
                .bind(record.participant.uuid())
                .bind(record.by.uuid())
                .bind(micros(record.at))
                .bind(self.seal(INS_BIRTH_NAME, id, traits.birth_name.expose()))
                .bind(self.seal(INS_GIVEN_NAMES, id, traits.given_names.expose()))
                .bind(self.seal_date(INS_BIRTH_DATE, id, *traits.birth_date.expose()))
                .bind(sex_to_word(traits.sex))
                .bind(self.seal(INS_BIRTH_PLACE, id, traits.birth_place.expose()))
                .bind(traits.number.as_ref().map(|number| self.seal(INS_NUMBER, id, number.expose())))
                .bind(traits.number.as_ref().map(|number| register_to_word(number.register)))
                .bind(status_to_word(traits.status))
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// The national health identities that were kept with one appointment, in the order of time: the last one of a person counts.
    pub async fn ins_records_of(&self, appointment: AppointmentId) -> Result<Vec<InsRecord>, Error> {
        const SQL: &str =
            "SELECT id, participant_id, practitioner_id, at, birth_name, given_names, birth_date_sealed,
            sex, birth_place, number, register, status FROM ins_record WHERE appointment_id = $1 ORDER BY id";
        let rows: Vec<InsRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        rows.into_iter().map(|row| self.opened_ins(row)).collect()
    }
}

impl TryFrom<CheckRow> for IdentityCheck {
    type Error = Error;

    fn try_from(row: CheckRow) -> Result<Self, Error> {
        let wrong = |what| Error::Inconsistent { table: "identity_check", id: row.id, what };
        let means = match (row.means.as_str(), row.document.as_deref()) {
            ("document", Some(kind)) => {
                IdentityMeans::Document(document_from_word(kind).ok_or(wrong("an unknown document"))?)
            }
            ("known_to_me", None) => IdentityMeans::KnownToMe,
            ("recognised", None) => IdentityMeans::Recognised,
            ("said", None) => IdentityMeans::Said,
            _ => return Err(wrong("its means")),
        };
        Ok(Self {
            id: IdentityCheckId::new(row.id),
            participant: ParticipantId::new(row.participant_id),
            by: PractitionerId::new(row.practitioner_id),
            at: row.at,
            findings: IdentityFindings {
                means,
                is_name_right: row.is_name_right,
                is_birth_date_right: row.is_birth_date_right,
            },
        })
    }
}

impl Store {
    fn opened_ins(&self, row: InsRow) -> Result<InsRecord, Error> {
        let wrong = |what| Error::Inconsistent { table: "ins_record", id: row.id, what };
        let open = |cell, sealed: &str| self.open_cell(cell, row.id, sealed);
        let birth_date = row.birth_date_sealed.as_deref().ok_or(wrong("its birth date"))?;
        let number = match (row.number.as_deref(), row.register.as_deref()) {
            (Some(number), Some(register)) => {
                let register = register_from_word(register).ok_or(wrong("an unknown register"))?;
                Some(InsNumber::kept(open(INS_NUMBER, number)?, register))
            }
            (None, None) => None,
            _ => return Err(wrong("its number and its register")),
        };
        Ok(InsRecord {
            id: InsRecordId::new(row.id),
            participant: ParticipantId::new(row.participant_id),
            by: PractitionerId::new(row.practitioner_id),
            at: row.at,
            traits: InsTraits {
                birth_name: open(INS_BIRTH_NAME, &row.birth_name)?.into(),
                given_names: open(INS_GIVEN_NAMES, &row.given_names)?.into(),
                birth_date: Pii::new(self.open_date(INS_BIRTH_DATE, row.id, birth_date)?),
                sex: sex_from_word(&row.sex).ok_or(wrong("an unknown sex"))?,
                birth_place: InseeCode::kept(open(INS_BIRTH_PLACE, &row.birth_place)?),
                number,
                status: status_from_word(&row.status).ok_or(wrong("an unknown status"))?,
            },
        })
    }
}
