//! Studies, series and instances received for appointments: what their headers say. The objects are in the archive.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use chrono::{NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use super::db::{in_transaction, on, text, words};
use super::sealed::{
    INSTANCE_DETAILS, SERIES_DESCRIPTION, STUDY_BIRTH_DATE, STUDY_DESCRIPTION, STUDY_PATIENT_ID,
    STUDY_PATIENT_NAME, SealedJson,
};
use super::{Constraint, Error, Store};
use crate::clinical::{AppointmentId, InstanceId, SeriesId, StudyId};
use crate::clock::Clock;
use crate::imaging::{
    ContentHash, InstanceDetails, InstanceFacts, ObjectKind, PatientFacts, Received, SeriesFacts, StudyFacts,
    Window, WindowPreset,
};

/// A study as received for one appointment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredStudy {
    pub id: StudyId,
    pub facts: StudyFacts,
    /// Whose it says it is, in the first object that came.
    pub patient: PatientFacts,
    /// By number, those without one last.
    pub series: Vec<StoredSeries>,
}

/// One series of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSeries {
    pub id: SeriesId,
    pub facts: SeriesFacts,
    /// How many objects it has.
    pub instances: u64,
    /// Frames of all of them, together.
    pub frames: u64,
    /// Their size in bytes, together.
    pub bytes: u64,
    /// The earliest moment of acquisition that an object with a date tells, by the clock of its device.
    pub acquired: Option<NaiveDateTime>,
    /// What kinds of object there are, each once.
    pub kinds: Vec<ObjectKind>,
}

words!(kind_to_word, kind_from_word, ObjectKind {
    ObjectKind::Image => "image",
    ObjectKind::Video => "video",
    ObjectKind::Report => "report",
    ObjectKind::Document => "document",
    ObjectKind::Presentation => "presentation",
    ObjectKind::KeyObjects => "key_objects",
    ObjectKind::Waveform => "waveform",
    ObjectKind::Other => "other",
});

#[derive(FromRow)]
struct StudyRow {
    id: Uuid,
    uid: String,
    study_date: Option<NaiveDate>,
    description: String,
    patient_name: String,
    patient_id: String,
    patient_birth_date_sealed: Option<String>,
}

#[derive(FromRow)]
struct SeriesRow {
    id: Uuid,
    study_id: Uuid,
    uid: String,
    modality: String,
    number: Option<i32>,
    description: String,
}

#[derive(FromRow)]
struct CountRow {
    series_id: Uuid,
    kind: String,
    instances: i64,
    frames: i64,
    bytes: i64,
    acquired: Option<String>,
}

#[derive(FromRow)]
struct InstanceRow {
    id: Uuid,
    uid: String,
    class_uid: String,
    transfer_syntax_uid: String,
    kind: String,
    frame_count: i64,
    row_count: i64,
    column_count: i64,
    number: Option<i32>,
    geometry: Json<GeometryColumn>,
    is_lossy: bool,
    byte_count: i64,
    content: Vec<u8>,
    details: Json<SealedJson>,
}

/// Numbers are decimal strings, as in DICOM: the shortest that reads back as the same number. JSON's own numbers
/// would not all come back the same.
#[derive(Serialize, Deserialize)]
struct GeometryColumn {
    position: Option<Vec<String>>,
    orientation: Option<Vec<String>>,
    windows: Vec<WindowColumn>,
}

#[derive(Serialize, Deserialize)]
struct WindowColumn {
    center: String,
    width: String,
    explanation: String,
}

impl Store {
    /// Keeps what objects say of themselves, all or nothing, and answers with their identifiers in the same order. An object that
    /// is there (same study, series and object UID for this appointment) keeps its identifier and its facts. A study that was
    /// withdrawn and is brought again is there again.
    ///
    /// A study belongs to one patient: objects whose Patient ID (0010,0020) is another than the one of the study that is there
    /// are refused. An appointment that is not there is [`Constraint::UnknownReference`].
    pub async fn add_received(
        &self,
        appointment: AppointmentId,
        received: &[Received],
        clock: &Clock,
    ) -> Result<Vec<InstanceId>, Error> {
        /// Changes nothing, but makes the next batch for the same appointment wait for this one.
        const HOLD: &str = "UPDATE appointment SET service = service WHERE id = $1";
        const STUDY: &str = "INSERT INTO study (id, appointment_id, uid, study_date, description, patient_name, patient_id,
            patient_birth_date_sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (appointment_id, uid) DO NOTHING";
        const BRING_BACK: &str = "UPDATE study SET withdrawn_at = NULL
            WHERE appointment_id = $1 AND uid = $2 AND withdrawn_at IS NOT NULL";
        const FIND_STUDY: &str = "SELECT id, patient_id FROM study WHERE appointment_id = $1 AND uid = $2";
        const SERIES: &str = "INSERT INTO series (id, study_id, uid, modality, number, description)
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (study_id, uid) DO NOTHING";
        const FIND_SERIES: &str = "SELECT id FROM series WHERE study_id = $1 AND uid = $2";
        const INSTANCE: &str = "INSERT INTO instance (id, series_id, uid, class_uid, transfer_syntax_uid, kind, frame_count,
            row_count, column_count, number, geometry, is_lossy, byte_count, content, details)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT (series_id, uid) DO NOTHING";
        const FIND_INSTANCE: &str = "SELECT id FROM instance WHERE series_id = $1 AND uid = $2";
        let appointment = appointment.uuid();
        let ids = in_transaction!(self, tx => {
            if sqlx::query(HOLD).bind(appointment).execute(&mut *tx).await?.rows_affected() == 0 {
                return Err(Error::Constraint(Constraint::UnknownReference));
            }
            let mut studies = HashMap::<&str, (Uuid, String)>::new();
            let mut series_ids = HashMap::<(Uuid, &str), Uuid>::new();
            let mut ids = Vec::with_capacity(received.len());
            for object in received {
                let Received { patient, study, series, instance } = object;
                if !studies.contains_key(study.uid.as_str()) {
                    let id = clock.new_uuid();
                    let birth_date =
                        patient.birth_date.as_ref().map(|date| self.seal_date(STUDY_BIRTH_DATE, id, *date.expose()));
                    sqlx::query(STUDY)
                        .bind(id)
                        .bind(appointment)
                        .bind(text(&study.uid))
                        .bind(study.date)
                        .bind(self.seal(STUDY_DESCRIPTION, id, &study.description))
                        .bind(self.seal(STUDY_PATIENT_NAME, id, patient.name.expose()))
                        .bind(self.seal(STUDY_PATIENT_ID, id, patient.id.expose()))
                        .bind(birth_date)
                        .execute(&mut *tx)
                        .await?;
                    let query = sqlx::query(BRING_BACK).bind(appointment).bind(text(&study.uid));
                    query.execute(&mut *tx).await?;
                    let query = sqlx::query_as(FIND_STUDY).bind(appointment).bind(text(&study.uid));
                    let (id, sealed): (Uuid, String) = query.fetch_one(&mut *tx).await?;
                    let known = self.open_cell(STUDY_PATIENT_ID, id, &sealed)?;
                    studies.insert(&study.uid, (id, known));
                }
                let (study_id, known_patient) = &studies[study.uid.as_str()];
                let patient_id = text(patient.id.expose());
                if !patient_id.is_empty() && !known_patient.is_empty() && patient_id != *known_patient {
                    return Err(Error::StudyOfAnotherPatient { uid: study.uid.clone() });
                }
                let series_key = (*study_id, series.uid.as_str());
                let series_id = match series_ids.entry(series_key) {
                    Entry::Occupied(known) => *known.get(),
                    Entry::Vacant(new) => {
                        let id = clock.new_uuid();
                        sqlx::query(SERIES)
                            .bind(id)
                            .bind(*study_id)
                            .bind(text(&series.uid))
                            .bind(text(&series.modality))
                            .bind(series.number)
                            .bind(self.seal(SERIES_DESCRIPTION, id, &series.description))
                            .execute(&mut *tx)
                            .await?;
                        let query = sqlx::query_as(FIND_SERIES).bind(*study_id).bind(text(&series.uid));
                        let (id,): (Uuid,) = query.fetch_one(&mut *tx).await?;
                        *new.insert(id)
                    }
                };
                let new_id = clock.new_uuid();
                let details = self.seal_json(INSTANCE_DETAILS, new_id, &cleaned(&instance.details))?;
                let added = sqlx::query(INSTANCE)
                    .bind(new_id)
                    .bind(series_id)
                    .bind(text(&instance.uid))
                    .bind(text(&instance.class_uid))
                    .bind(text(&instance.transfer_syntax_uid))
                    .bind(kind_to_word(instance.kind))
                    .bind(i64::from(instance.frames))
                    .bind(i64::from(instance.rows))
                    .bind(i64::from(instance.columns))
                    .bind(instance.number)
                    .bind(Json(GeometryColumn::from(instance)))
                    .bind(instance.is_lossy)
                    .bind(i64::try_from(instance.bytes).unwrap_or(i64::MAX))
                    .bind(instance.content.0.to_vec())
                    .bind(details)
                    .execute(&mut *tx)
                    .await?
                    .rows_affected();
                let id = if added == 1 {
                    new_id
                } else {
                    let query = sqlx::query_as(FIND_INSTANCE).bind(series_id).bind(text(&instance.uid));
                    let (id,): (Uuid,) = query.fetch_one(&mut *tx).await?;
                    id
                };
                ids.push(InstanceId::new(id));
            }
            ids
        });
        Ok(ids)
    }

    /// The studies of an appointment with their series, in the order in which they came; not those that were withdrawn, nor
    /// selections that newer ones replaced.
    pub async fn studies_of(&self, appointment: AppointmentId) -> Result<Vec<StoredStudy>, Error> {
        const STUDIES: &str =
            "SELECT id, uid, study_date, description, patient_name, patient_id, patient_birth_date_sealed
            FROM study WHERE appointment_id = $1 AND withdrawn_at IS NULL ORDER BY id";
        const SERIES: &str =
            "SELECT e.id, e.study_id, e.uid, e.modality, e.number, e.description FROM series e
            JOIN study s ON s.id = e.study_id WHERE s.appointment_id = $1 AND e.superseded_at IS NULL ORDER BY e.id";
        const COUNTS: &str = "SELECT i.series_id, i.kind, COUNT(*) AS instances,
            CAST(SUM(i.frame_count) AS BIGINT) AS frames, CAST(SUM(i.byte_count) AS BIGINT) AS bytes,
            MIN(CASE WHEN LENGTH(i.details->'order'->>'acquired') > 13 THEN i.details->'order'->>'acquired' END) AS acquired
            FROM instance i JOIN series e ON e.id = i.series_id JOIN study s ON s.id = e.study_id
            WHERE s.appointment_id = $1 GROUP BY i.series_id, i.kind";
        let id = appointment.uuid();
        // Of moments without a date the time alone is kept, in 13 signs: they are left out.
        // Counts first: a series that comes in between is shown empty, never one that is counted and not shown.
        let (counts, studies, series): (Vec<CountRow>, Vec<StudyRow>, Vec<SeriesRow>) = on!(self, pool => (
            sqlx::query_as(COUNTS).bind(id).fetch_all(pool).await?,
            sqlx::query_as(STUDIES).bind(id).fetch_all(pool).await?,
            sqlx::query_as(SERIES).bind(id).fetch_all(pool).await?,
        ));
        let mut stored: Vec<StoredStudy> =
            studies.into_iter().map(|row| self.opened_study(row)).collect::<Result<_, _>>()?;
        for row in series {
            let study_id = StudyId::new(row.study_id);
            let Some(study) = stored.iter_mut().find(|study| study.id == study_id) else { continue };
            let mut one = self.opened_series(row)?;
            for count in counts.iter().filter(|count| count.series_id == one.id.uuid()) {
                let wrong = |what| Error::Inconsistent { table: "instance", id: count.series_id, what };
                one.kinds.push(kind_from_word(&count.kind).ok_or_else(|| wrong("an unknown kind"))?);
                one.instances += u64::try_from(count.instances).map_err(|_| wrong("a negative count"))?;
                one.frames += u64::try_from(count.frames).map_err(|_| wrong("a negative count"))?;
                one.bytes += u64::try_from(count.bytes).map_err(|_| wrong("a negative size"))?;
                let acquired = count.acquired.as_deref().and_then(moment);
                one.acquired = one.acquired.into_iter().chain(acquired).min();
            }
            one.kinds.sort_by_key(|kind| *kind as u8);
            study.series.push(one);
        }
        for study in &mut stored {
            study
                .series
                .sort_by_key(|series| (series.facts.number.is_none(), series.facts.number, series.id));
        }
        Ok(stored)
    }

    /// The objects of a series, in the order in which they came. To show them, sort them by what they are.
    pub async fn instances_of(&self, series: SeriesId) -> Result<Vec<(InstanceId, InstanceFacts)>, Error> {
        const SQL: &str =
            "SELECT id, uid, class_uid, transfer_syntax_uid, kind, frame_count, row_count, column_count,
            number, geometry, is_lossy, byte_count, content, details FROM instance WHERE series_id = $1 ORDER BY id";
        let rows: Vec<InstanceRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(series.uuid()).fetch_all(pool).await?);
        rows.into_iter().map(|row| self.opened_instance(row)).collect()
    }

    /// The presentation states and key object selections of an appointment, in the order in which they came: what refers to the objects
    /// of other series. Not those of studies that were withdrawn, nor selections that newer ones replaced.
    pub async fn referring_of(
        &self,
        appointment: AppointmentId,
    ) -> Result<Vec<(InstanceId, InstanceFacts)>, Error> {
        const SQL: &str =
            "SELECT i.id, i.uid, i.class_uid, i.transfer_syntax_uid, i.kind, i.frame_count, i.row_count, i.column_count,
            i.number, i.geometry, i.is_lossy, i.byte_count, i.content, i.details FROM instance i
            JOIN series e ON e.id = i.series_id JOIN study s ON s.id = e.study_id
            WHERE s.appointment_id = $1 AND s.withdrawn_at IS NULL AND e.superseded_at IS NULL AND i.kind IN ('presentation', 'key_objects') ORDER BY i.id";
        let rows: Vec<InstanceRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        rows.into_iter().map(|row| self.opened_instance(row)).collect()
    }

    /// For which appointment a series came, if its study was not withdrawn: whoever asks for its images must be in that one.
    pub async fn appointment_of_series(&self, series: SeriesId) -> Result<Option<AppointmentId>, Error> {
        const SQL: &str = "SELECT s.appointment_id FROM study s JOIN series e ON e.study_id = s.id
            WHERE e.id = $1 AND s.withdrawn_at IS NULL";
        let row: Option<(Uuid,)> =
            on!(self, pool => sqlx::query_as(SQL).bind(series.uuid()).fetch_optional(pool).await?);
        Ok(row.map(|(id,)| AppointmentId::new(id)))
    }
}

impl Store {
    fn opened_study(&self, row: StudyRow) -> Result<StoredStudy, Error> {
        let open = |cell, sealed: &str| self.open_cell(cell, row.id, sealed);
        let date = row.patient_birth_date_sealed.as_deref();
        let birth_date = date.map(|sealed| self.open_date(STUDY_BIRTH_DATE, row.id, sealed)).transpose()?;
        Ok(StoredStudy {
            id: StudyId::new(row.id),
            facts: StudyFacts {
                description: open(STUDY_DESCRIPTION, &row.description)?,
                uid: row.uid,
                date: row.study_date,
            },
            patient: PatientFacts {
                name: open(STUDY_PATIENT_NAME, &row.patient_name)?.into(),
                id: open(STUDY_PATIENT_ID, &row.patient_id)?.into(),
                birth_date: birth_date.map(crate::secret::Pii::new),
            },
            series: Vec::new(),
        })
    }

    fn opened_series(&self, row: SeriesRow) -> Result<StoredSeries, Error> {
        Ok(StoredSeries {
            id: SeriesId::new(row.id),
            facts: SeriesFacts {
                description: self.open_cell(SERIES_DESCRIPTION, row.id, &row.description)?,
                uid: row.uid,
                modality: row.modality,
                number: row.number,
            },
            instances: 0,
            frames: 0,
            bytes: 0,
            acquired: None,
            kinds: Vec::new(),
        })
    }

    fn opened_instance(&self, mut row: InstanceRow) -> Result<(InstanceId, InstanceFacts), Error> {
        let details = std::mem::replace(&mut row.details, Json(SealedJson::default()));
        let details = self.open_json(INSTANCE_DETAILS, row.id, details)?;
        row.into_instance(details)
    }
}

impl From<&InstanceFacts> for GeometryColumn {
    fn from(facts: &InstanceFacts) -> Self {
        let decimals = |values: &[f64]| values.iter().map(f64::to_string).collect::<Vec<_>>();
        let window = |preset: &WindowPreset| WindowColumn {
            center: preset.window.center.to_string(),
            width: preset.window.width.to_string(),
            explanation: text(&preset.explanation).into_owned(),
        };
        Self {
            position: facts.position.as_ref().map(|values| decimals(values)),
            orientation: facts.orientation.as_ref().map(|values| decimals(values)),
            windows: facts.windows.iter().map(window).collect(),
        }
    }
}

/// Without the characters that no database keeps, and without numbers that JSON has not.
fn cleaned(details: &InstanceDetails) -> InstanceDetails {
    let mut details = details.clone();
    let words = details.order.image_type.iter_mut().chain([&mut details.label, &mut details.order.acquired]);
    let references = details.references.iter_mut();
    words
        .chain(references.flat_map(|one| [&mut one.uid, &mut one.series_uid, &mut one.words]))
        .for_each(|word| *word = text(word).into_owned());
    details.cine = details.cine.filter(|cine| {
        cine.frame_ms.is_finite() && cine.frames_ms.iter().all(|interval| interval.is_finite())
    });
    let order = &mut details.order;
    for number in [&mut order.echo_time, &mut order.trigger_time, &mut order.b_value] {
        *number = number.filter(|number| number.is_finite());
    }
    order.spacing = order.spacing.filter(|spacing| spacing.iter().all(|side| side.is_finite()));
    details
}

/// `YYYYMMDDhhmmss.ffffff` to the second. What is no moment, such as an hour 25, is none.
fn moment(text: &str) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(text.get(..14)?, "%Y%m%d%H%M%S").ok()
}

fn numbers<const N: usize>(decimals: &[String]) -> Option<[f64; N]> {
    let values: Vec<f64> = decimals.iter().map(|decimal| decimal.parse().ok()).collect::<Option<_>>()?;
    values.try_into().ok()
}

impl WindowColumn {
    fn into_preset(self) -> Option<WindowPreset> {
        let window = Window { center: self.center.parse().ok()?, width: self.width.parse().ok()? };
        Some(WindowPreset { window, explanation: self.explanation })
    }
}

impl InstanceRow {
    fn into_instance(self, details: InstanceDetails) -> Result<(InstanceId, InstanceFacts), Error> {
        let id = self.id;
        let wrong = |what| Error::Inconsistent { table: "instance", id, what };
        let count = |value: i64| u32::try_from(value).map_err(|_| wrong("a count out of range"));
        let Json(geometry) = self.geometry;
        let position = geometry.position.map(|values| numbers(&values).ok_or_else(|| wrong("its position")));
        let orientation =
            geometry.orientation.map(|values| numbers(&values).ok_or_else(|| wrong("its orientation")));
        let windows = geometry.windows.into_iter().map(WindowColumn::into_preset).collect::<Option<_>>();
        let facts = InstanceFacts {
            uid: self.uid,
            class_uid: self.class_uid,
            transfer_syntax_uid: self.transfer_syntax_uid,
            kind: kind_from_word(&self.kind).ok_or_else(|| wrong("an unknown kind"))?,
            frames: count(self.frame_count)?,
            rows: count(self.row_count)?,
            columns: count(self.column_count)?,
            number: self.number,
            position: position.transpose()?,
            orientation: orientation.transpose()?,
            windows: windows.ok_or_else(|| wrong("its windows"))?,
            is_lossy: self.is_lossy,
            bytes: u64::try_from(self.byte_count).map_err(|_| wrong("a negative size"))?,
            content: ContentHash(
                self.content.try_into().map_err(|_| wrong("its digest is not of 32 bytes"))?,
            ),
            details,
        };
        Ok((InstanceId::new(id), facts))
    }
}
