//! What guests answered before the visit, who is with them, and what their device test found; and the texts that services tell.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::db::{in_transaction, micros, on, text, words};
use super::sealed::COMPANY_WHO;
use super::{Error, Store};
use crate::clinical::{
    AppointmentId, Company, Consent, ConsentAnswer, ConsentText, DeviceState, HeardSound, Language,
    NetworkFound, ParticipantId, PractitionerId, Rehearsal, ServiceId,
};
use crate::secret::Pii;

words!(answer_to_word, answer_from_word, ConsentAnswer {
    ConsentAnswer::Given => "given",
    ConsentAnswer::Refused => "refused",
});

words!(language_to_word, language_from_word, Language {
    Language::French => "fr",
    Language::English => "en",
});

words!(device_to_word, device_from_word, DeviceState {
    DeviceState::Works => "works",
    DeviceState::Refused => "refused",
    DeviceState::Missing => "missing",
    DeviceState::InUse => "in_use",
    DeviceState::Off => "off",
});

words!(sound_to_word, sound_from_word, HeardSound {
    HeardSound::Heard => "heard",
    HeardSound::NotHeard => "not_heard",
    HeardSound::NotTried => "not_tried",
});

words!(network_to_word, network_from_word, NetworkFound {
    NetworkFound::Good => "good",
    NetworkFound::Detour => "detour",
    NetworkFound::Blocked => "blocked",
    NetworkFound::NotTried => "not_tried",
});

#[derive(FromRow)]
struct TextRow {
    service_id: Uuid,
    version: i64,
    text_fr: String,
    text_en: String,
}

#[derive(FromRow)]
struct ConsentRow {
    id: Uuid,
    participant_id: Uuid,
    answer: String,
    version: i64,
    language: String,
    at: DateTime<Utc>,
}

#[derive(FromRow)]
struct CompanyRow {
    id: Uuid,
    participant_id: Uuid,
    is_accompanied: bool,
    who: String,
    at: DateTime<Utc>,
}

#[derive(FromRow)]
struct RehearsalRow {
    participant_id: Uuid,
    at: DateTime<Utc>,
    camera: String,
    microphone: String,
    sound: String,
    network: String,
}

impl Store {
    /// The newest text of a service; `None` where it has none of its own.
    pub async fn consent_text(&self, service: ServiceId) -> Result<Option<ConsentText>, Error> {
        const SQL: &str = "SELECT service_id, version, text_fr, text_en FROM consent_text
            WHERE service_id = $1 ORDER BY version DESC LIMIT 1";
        let row: Option<TextRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(service.uuid()).fetch_optional(pool).await?);
        row.map(ConsentText::try_from).transpose()
    }

    /// Adds a version of a service's text; answers with its number. What its `version` says is passed over.
    pub async fn add_consent_text(
        &self,
        service: ServiceId,
        words: &ConsentText,
        by: PractitionerId,
        at: DateTime<Utc>,
    ) -> Result<u32, Error> {
        /// Changes nothing, but makes whoever writes the next version wait for this transaction.
        const HOLD: &str = "UPDATE service SET name = name WHERE id = $1";
        const NEXT: &str = "SELECT COALESCE(MAX(version), 0) + 1 FROM consent_text WHERE service_id = $1";
        const ADD: &str = "INSERT INTO consent_text
            (service_id, version, text_fr, text_en, written_by, written_at) VALUES ($1, $2, $3, $4, $5, $6)";
        let version = in_transaction!(self, tx => {
            sqlx::query(HOLD).bind(service.uuid()).execute(&mut *tx).await?;
            let (version,): (i64,) = sqlx::query_as(NEXT).bind(service.uuid()).fetch_one(&mut *tx).await?;
            sqlx::query(ADD)
                .bind(service.uuid())
                .bind(version)
                .bind(text(&words.french))
                .bind(text(&words.english))
                .bind(by.uuid())
                .bind(micros(at))
                .execute(&mut *tx)
                .await?;
            version
        });
        u32::try_from(version).map_err(|_| Error::Inconsistent {
            table: "consent_text",
            id: service.uuid(),
            what: "its version is out of range",
        })
    }

    /// Keeps an answer.
    pub async fn add_consent(
        &self,
        id: Uuid,
        appointment: AppointmentId,
        consent: &Consent,
    ) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO consent
            (id, appointment_id, participant_id, answer, version, language, at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(id)
                .bind(appointment.uuid())
                .bind(consent.participant.uuid())
                .bind(answer_to_word(consent.answer))
                .bind(i64::from(consent.version))
                .bind(language_to_word(consent.language))
                .bind(micros(consent.at))
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// All answers of an appointment's guests, oldest first.
    pub async fn consents_of(&self, appointment: AppointmentId) -> Result<Vec<Consent>, Error> {
        const SQL: &str = "SELECT id, participant_id, answer, version, language, at FROM consent
            WHERE appointment_id = $1 ORDER BY at, id";
        let rows: Vec<ConsentRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        rows.into_iter().map(Consent::try_from).collect()
    }

    /// Keeps who is with a guest.
    pub async fn add_company(
        &self,
        id: Uuid,
        appointment: AppointmentId,
        company: &Company,
    ) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO company (id, appointment_id, participant_id, is_accompanied, who, at)
            VALUES ($1, $2, $3, $4, $5, $6)";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(id)
                .bind(appointment.uuid())
                .bind(company.participant.uuid())
                .bind(company.is_accompanied)
                .bind(self.seal(COMPANY_WHO, id, company.who.expose()))
                .bind(micros(company.at))
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// Who was with the guests of an appointment, as they said, oldest first.
    pub async fn companies_of(&self, appointment: AppointmentId) -> Result<Vec<Company>, Error> {
        const SQL: &str = "SELECT id, participant_id, is_accompanied, who, at FROM company
            WHERE appointment_id = $1 ORDER BY at, id";
        let rows: Vec<CompanyRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        let company = |row: CompanyRow| {
            Ok(Company {
                participant: ParticipantId::new(row.participant_id),
                is_accompanied: row.is_accompanied,
                who: Pii::new(self.open_cell(COMPANY_WHO, row.id, &row.who)?),
                at: row.at,
            })
        };
        rows.into_iter().map(company).collect()
    }

    /// Keeps what a device test found, in the place of the one before.
    pub async fn put_rehearsal(&self, appointment: AppointmentId, found: &Rehearsal) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO rehearsal
            (participant_id, appointment_id, at, camera, microphone, sound, network)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (participant_id) DO UPDATE
            SET at = $3, camera = $4, microphone = $5, sound = $6, network = $7";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(found.participant.uuid())
                .bind(appointment.uuid())
                .bind(micros(found.at))
                .bind(device_to_word(found.camera))
                .bind(device_to_word(found.microphone))
                .bind(sound_to_word(found.sound))
                .bind(network_to_word(found.network))
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// What the last device tests of an appointment's guests found.
    pub async fn rehearsals_of(&self, appointment: AppointmentId) -> Result<Vec<Rehearsal>, Error> {
        const SQL: &str = "SELECT participant_id, at, camera, microphone, sound, network FROM rehearsal
            WHERE appointment_id = $1 ORDER BY at, participant_id";
        let rows: Vec<RehearsalRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        rows.into_iter().map(Rehearsal::try_from).collect()
    }
}

impl TryFrom<TextRow> for ConsentText {
    type Error = Error;

    fn try_from(row: TextRow) -> Result<Self, Error> {
        let version = u32::try_from(row.version).map_err(|_| Error::Inconsistent {
            table: "consent_text",
            id: row.service_id,
            what: "its version is out of range",
        })?;
        Ok(Self { version, french: row.text_fr, english: row.text_en })
    }
}

impl TryFrom<ConsentRow> for Consent {
    type Error = Error;

    fn try_from(row: ConsentRow) -> Result<Self, Error> {
        let wrong = |what| Error::Inconsistent { table: "consent", id: row.id, what };
        Ok(Self {
            participant: ParticipantId::new(row.participant_id),
            answer: answer_from_word(&row.answer).ok_or_else(|| wrong("an unknown answer"))?,
            version: u32::try_from(row.version).map_err(|_| wrong("its version is out of range"))?,
            language: language_from_word(&row.language).ok_or_else(|| wrong("an unknown language"))?,
            at: row.at,
        })
    }
}

impl TryFrom<RehearsalRow> for Rehearsal {
    type Error = Error;

    fn try_from(row: RehearsalRow) -> Result<Self, Error> {
        let unknown =
            || Error::Inconsistent { table: "rehearsal", id: row.participant_id, what: "an unknown word" };
        Ok(Self {
            participant: ParticipantId::new(row.participant_id),
            at: row.at,
            camera: device_from_word(&row.camera).ok_or_else(unknown)?,
            microphone: device_from_word(&row.microphone).ok_or_else(unknown)?,
            sound: sound_from_word(&row.sound).ok_or_else(unknown)?,
            network: network_from_word(&row.network).ok_or_else(unknown)?,
        })
    }
}
