//! What is personal in rows: sealed on the way in, opened on the way out, each value for its own row and column. [`CELLS`] is the whole list;
//! whatever is not in it stays readable (docs/encryption.md).
//!
//! Rows from before there was any sealing are sealed when the database is opened, in batches; what breaks that off is gone on with.

use chrono::NaiveDate;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use super::db::{Db, in_transaction, on, text};
use super::{Error, Store};
use crate::sealing::{OpenError, Place, ValueKeys};

/// A column whose values are sealed, and the one that names its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    table: &'static str,
    column: &'static str,
}

impl Cell {
    fn at(self, row: Uuid) -> Place {
        Place { table: self.table, column: self.column, row }
    }
}

/// A sealed value in a column of JSON, which holds objects only.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct SealedJson {
    sealed: String,
    /// Of an object's details, what the database sorts by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    order: Option<OrderColumn>,
}

#[derive(Debug, Serialize, Deserialize)]
struct OrderColumn {
    acquired: String,
}

/// Of details as they are, the same.
#[derive(Deserialize)]
struct ClearDetails {
    order: OrderColumn,
}

impl SealedJson {
    fn new(values: &ValueKeys, place: Place, json: &[u8]) -> Self {
        let is_details = (place.table, place.column) == ("instance", "details");
        let order = if is_details { serde_json::from_slice::<ClearDetails>(json).ok() } else { None };
        Self { sealed: values.seal_bytes(place, json), order: order.map(|details| details.order) }
    }
}

/// Declares the cells, and how their rows from before are sealed.
macro_rules! cells {
    ($($name:ident = $table:literal . $column:literal by $key:literal $(as $kind:ident)?;)+) => {
        $(pub(super) const $name: Cell = Cell { table: $table, column: $column };)+

        /// All of them.
        const CELLS: &[Step] = &[$(cells!(@step $table, $column, $key $(, $kind)?)),+];
    };
    (@step $table:literal, $column:literal, $key:literal) => {
        Step {
            cell: Cell { table: $table, column: $column },
            is_json: false,
            select: concat!(
                "SELECT ", $key, " AS id, ", $column, " AS value FROM ", $table, " WHERE ", $key, " > $1 AND ", $column,
                " IS NOT NULL ORDER BY ", $key, " LIMIT 500"
            ),
            update: concat!("UPDATE ", $table, " SET ", $column, " = $2 WHERE ", $key, " = $1 AND ", $column, " = $3"),
        }
    };
    (@step $table:literal, $column:literal, $key:literal, json) => {
        Step {
            cell: Cell { table: $table, column: $column },
            is_json: true,
            select: concat!(
                "SELECT ", $key, " AS id, CAST(", $column, " AS TEXT) AS value FROM ", $table, " WHERE ", $key, " > $1 AND ",
                $column, " IS NOT NULL ORDER BY ", $key, " LIMIT 500"
            ),
            update: concat!(
                "UPDATE ", $table, " SET ", $column, " = $2 WHERE ", $key, " = $1 AND CAST(", $column, " AS TEXT) = $3"
            ),
        }
    };
    // A date goes into the text beside it, and the column of dates is emptied.
    (@step $table:literal, $column:literal, $key:literal, date) => {
        Step {
            cell: Cell { table: $table, column: $column },
            is_json: false,
            select: concat!(
                "SELECT ", $key, " AS id, CAST(", $column, " AS TEXT) AS value FROM ", $table, " WHERE ", $key, " > $1 AND ",
                $column, " IS NOT NULL AND ", $column, "_sealed IS NULL ORDER BY ", $key, " LIMIT 500"
            ),
            update: concat!(
                "UPDATE ", $table, " SET ", $column, "_sealed = $2, ", $column, " = NULL WHERE ", $key, " = $1 AND CAST(",
                $column, " AS TEXT) = $3"
            ),
        }
    };
    // The same, of a column that may not be empty.
    (@step $table:literal, $column:literal, $key:literal, needed_date) => {
        Step {
            cell: Cell { table: $table, column: $column },
            is_json: false,
            select: concat!(
                "SELECT ", $key, " AS id, CAST(", $column, " AS TEXT) AS value FROM ", $table, " WHERE ", $key, " > $1 AND ",
                $column, "_sealed IS NULL ORDER BY ", $key, " LIMIT 500"
            ),
            update: concat!(
                "UPDATE ", $table, " SET ", $column, "_sealed = $2, ", $column, " = '1900-01-01' WHERE ", $key,
                " = $1 AND CAST(", $column, " AS TEXT) = $3"
            ),
        }
    };
}

cells! {
    PRACTITIONER_NAME = "practitioner"."name" by "id";
    APPOINTMENT_NOTE = "appointment"."note" by "id";
    PARTICIPANT_NAME = "participant"."name" by "id";
    CONTACT_EMAIL = "contact"."email" by "participant_id";
    CONTACT_TELEPHONE = "contact"."telephone" by "participant_id";
    CONTACT_BIRTH_DATE = "contact"."birth_date" by "participant_id" as date;
    STUDY_DESCRIPTION = "study"."description" by "id";
    STUDY_PATIENT_NAME = "study"."patient_name" by "id";
    STUDY_PATIENT_ID = "study"."patient_id" by "id";
    STUDY_BIRTH_DATE = "study"."patient_birth_date" by "id" as date;
    SERIES_DESCRIPTION = "series"."description" by "id";
    INSTANCE_DETAILS = "instance"."details" by "id" as json;
    EXCEPTION_REASON = "schedule_exception"."reason" by "id";
    CHAT_TEXT = "chat_line"."text" by "id";
    FILE_NAME = "shared_file"."name" by "id";
    MARK_TEXT = "mark"."text" by "id";
    KEY_IMAGE_TITLE = "key_image"."title" by "id";
    KEY_IMAGE_MARKS = "key_image"."marks" by "id" as json;
    KEY_IMAGE_CAPTION = "key_image"."caption" by "id";
    QUEUE_NAME = "queue_entry"."name" by "id";
    QUEUE_TELEPHONE = "queue_entry"."telephone" by "id";
    HOLD_REASON = "legal_hold"."reason" by "id";
    COMPANY_WHO = "company"."who" by "id";
    WAITING_WORDS = "waiting_message"."words" by "id";
    INS_BIRTH_NAME = "ins_record"."birth_name" by "id";
    INS_GIVEN_NAMES = "ins_record"."given_names" by "id";
    INS_BIRTH_DATE = "ins_record"."birth_date" by "id" as needed_date;
    INS_BIRTH_PLACE = "ins_record"."birth_place" by "id";
    INS_NUMBER = "ins_record"."number" by "id";
    PATIENT_NUMBER = "patient_number"."value" by "id";
    NOTE_TEXT = "note"."text" by "participant_id";
    REPORT_BODY = "report"."body" by "id" as json;
    REPORT_WHY = "report"."why" by "id";
    REPORT_FACTS = "report"."facts" by "id" as json;
    RATING_WORDS = "rating"."words" by "participant_id";
    FOLDER_LABEL = "upload_folder"."label" by "id";
    INVITATION_NAME = "local_invitation"."name" by "id";
    LOCAL_USE_NAME = "local_account_use"."user_name" by "id";
    CHANGE_SUBJECT = "setting_change"."subject" by "id";
    EMERGENCY_REASON = "emergency_access"."reason" by "id";
    UPLOAD_NAME = "received_upload"."name" by "id";
    LOGIN_ID_TOKEN = "login"."provider_id_token" by "id";
    PATIENT_ID_TOKEN = "patient_login"."provider_id_token" by "id";
}

/// Of two rows of one appointment, one a language: each has a place of its own.
pub(super) fn summary_body(language: &'static str) -> Cell {
    Cell { table: "visit_summary", column: if language == "en" { "body.en" } else { "body.fr" } }
}

/// Reasons in the trail. Rows of it are never changed: those from before stay as they are.
pub(super) const TRAIL_REASON: Cell = Cell { table: "audit_record", column: "reason" };

impl Store {
    /// Seals a text for its row.
    pub(super) fn seal(&self, cell: Cell, row: Uuid, value: &str) -> String {
        self.values.seal(cell.at(row), &text(value))
    }

    /// Opens a text of a row.
    pub(super) fn open_cell(&self, cell: Cell, row: Uuid, sealed: &str) -> Result<String, Error> {
        opened(cell, row, self.values.open(cell.at(row), sealed))
    }

    pub(super) fn seal_date(&self, cell: Cell, row: Uuid, date: NaiveDate) -> String {
        self.values.seal(cell.at(row), &date.to_string())
    }

    pub(super) fn open_date(&self, cell: Cell, row: Uuid, sealed: &str) -> Result<NaiveDate, Error> {
        let date = self.open_cell(cell, row, sealed)?.parse();
        date.map_err(|_| Error::Inconsistent { table: cell.table, id: row, what: "a sealed date is none" })
    }

    /// Seals what a column of JSON holds.
    pub(super) fn seal_json(
        &self,
        cell: Cell,
        row: Uuid,
        value: &impl Serialize,
    ) -> Result<Json<SealedJson>, Error> {
        let what = "its words cannot be written";
        let json = serde_json::to_vec(value).map_err(|_| Error::Inconsistent {
            table: cell.table,
            id: row,
            what,
        })?;
        Ok(Json(SealedJson::new(&self.values, cell.at(row), &json)))
    }

    /// Opens it again.
    pub(super) fn open_json<T: DeserializeOwned>(
        &self,
        cell: Cell,
        row: Uuid,
        Json(column): Json<SealedJson>,
    ) -> Result<T, Error> {
        let bytes = opened(cell, row, self.values.open_bytes(cell.at(row), &column.sealed))?;
        let what = "its sealed words cannot be read";
        serde_json::from_slice(&bytes).map_err(|_| Error::Inconsistent { table: cell.table, id: row, what })
    }

    /// A reason in the trail, as it was written; `None`: it does not open.
    pub(super) fn open_reason(&self, row: Uuid, value: String) -> Option<String> {
        match self.values.open(TRAIL_REASON.at(row), &value) {
            Ok(reason) => Some(reason),
            Err(OpenError::NotSealed) => Some(value),
            Err(_) => None,
        }
    }

    /// Seals a secret of an account, such as the key of a second factor: it opens for that row and column alone. For tables that keep
    /// secrets of their own; `table` and `column` name where it is kept.
    pub fn seal_secret(&self, table: &'static str, column: &'static str, row: Uuid, secret: &[u8]) -> String {
        self.values.seal_bytes(Place { table, column, row }, secret)
    }

    /// Opens it again.
    ///
    /// # Errors
    /// If it was changed, or sealed for another row or column.
    pub fn open_secret(
        &self,
        table: &'static str,
        column: &'static str,
        row: Uuid,
        sealed: &str,
    ) -> Result<Vec<u8>, Error> {
        let cell = Cell { table, column };
        opened(cell, row, self.values.open_bytes(cell.at(row), sealed))
    }
}

fn opened<T>(cell: Cell, row: Uuid, opened: Result<T, OpenError>) -> Result<T, Error> {
    opened.map_err(|why| {
        let what = match why {
            OpenError::NotSealed => "a value that should be sealed is not",
            OpenError::AnotherKey => "a value was sealed with another data key",
            OpenError::Refused => "a sealed value was changed or moved from elsewhere",
        };
        Error::Inconsistent { table: cell.table, id: row, what }
    })
}

/// How the rows of a column are sealed.
struct Step {
    cell: Cell,
    is_json: bool,
    select: &'static str,
    update: &'static str,
}

#[derive(FromRow)]
struct StepRow {
    name: String,
    last_id: Uuid,
    is_done: bool,
}

#[derive(FromRow)]
struct ValueRow {
    id: Uuid,
    value: String,
}

const STEPS: &str = "SELECT name, last_id, is_done FROM sealing_step";
const PUT_STEP: &str = "INSERT INTO sealing_step (name, last_id, is_done) VALUES ($1, $2, $3)
    ON CONFLICT (name) DO UPDATE SET last_id = excluded.last_id, is_done = excluded.is_done";
const SUMMARIES: &str = "SELECT appointment_id AS id, CAST(body AS TEXT) AS value FROM visit_summary
    WHERE appointment_id > $1 AND language = $2 ORDER BY appointment_id LIMIT 500";
const PUT_SUMMARY: &str = "UPDATE visit_summary SET body = $2
    WHERE appointment_id = $1 AND CAST(body AS TEXT) = $3 AND language = $4";

/// Seals what is in rows from before; how many values that were.
pub(super) async fn seal_rows(db: &Db, values: &ValueKeys) -> Result<u64, Error> {
    let store = Rows { db };
    let steps: Vec<StepRow> = on!(store, pool => sqlx::query_as(STEPS).fetch_all(pool).await?);
    let begun = |name: &str| steps.iter().find(|step| step.name == name);
    let (mut sealed, mut finished) = (0, Vec::new());
    for step in CELLS {
        let name = format!("{}.{}", step.cell.table, step.cell.column);
        if begun(&name).is_some_and(|step| step.is_done) {
            continue;
        }
        let mut last = begun(&name).map_or(Uuid::nil(), |step| step.last_id);
        loop {
            let rows: Vec<ValueRow> =
                on!(store, pool => sqlx::query_as(step.select).bind(last).fetch_all(pool).await?);
            let Some(end) = rows.last().map(|row| row.id) else { break };
            sealed += in_transaction!(store, tx => {
                let mut count = 0;
                for row in &rows {
                    let place = step.cell.at(row.id);
                    if step.is_json {
                        let Some(anew) = json(values, place, &row.value) else { continue };
                        let query = sqlx::query(step.update).bind(row.id).bind(anew).bind(&row.value);
                        count += query.execute(&mut *tx).await?.rows_affected();
                    } else if values.open(place, &row.value).is_err() {
                        let anew = values.seal(place, &row.value);
                        let query = sqlx::query(step.update).bind(row.id).bind(anew).bind(&row.value);
                        count += query.execute(&mut *tx).await?.rows_affected();
                    }
                }
                sqlx::query(PUT_STEP).bind(&name).bind(end).bind(false).execute(&mut *tx).await?;
                count
            });
            last = end;
        }
        finished.push((name, last));
    }
    for language in ["fr", "en"] {
        let cell = summary_body(language);
        let name = format!("{}.{}", cell.table, cell.column);
        if begun(&name).is_some_and(|step| step.is_done) {
            continue;
        }
        let mut last = begun(&name).map_or(Uuid::nil(), |step| step.last_id);
        loop {
            let rows: Vec<ValueRow> = on!(store, pool => {
                sqlx::query_as(SUMMARIES).bind(last).bind(language).fetch_all(pool).await?
            });
            let Some(end) = rows.last().map(|row| row.id) else { break };
            sealed += in_transaction!(store, tx => {
                let mut count = 0;
                for row in &rows {
                    let Some(anew) = json(values, cell.at(row.id), &row.value) else { continue };
                    let query = sqlx::query(PUT_SUMMARY).bind(row.id).bind(anew).bind(&row.value).bind(language);
                    count += query.execute(&mut *tx).await?.rows_affected();
                }
                sqlx::query(PUT_STEP).bind(&name).bind(end).bind(false).execute(&mut *tx).await?;
                count
            });
            last = end;
        }
        finished.push((name, last));
    }
    // Also when an earlier run was broken off before it came here.
    if sealed > 0 || steps.iter().any(|step| !step.is_done) {
        tracing::info!(values = sealed, "what was readable in rows from before is sealed");
        forget_pages(db).await?;
    }
    if !finished.is_empty() {
        in_transaction!(store, tx => {
            for (name, last) in &finished {
                sqlx::query(PUT_STEP).bind(name).bind(*last).bind(true).execute(&mut *tx).await?;
            }
        });
    }
    Ok(sealed)
}

/// `None`: it is sealed already.
fn json(values: &ValueKeys, place: Place, value: &str) -> Option<Json<SealedJson>> {
    if let Ok(SealedJson { sealed, .. }) = serde_json::from_str(value)
        && values.open_bytes(place, &sealed).is_ok()
    {
        return None;
    }
    Some(Json(SealedJson::new(values, place, value.as_bytes())))
}

/// What was readable is still in pages that nothing uses, and in the log: SQLite writes its file anew. PostgreSQL does so in its own time,
/// and never in a dump.
async fn forget_pages(db: &Db) -> Result<(), Error> {
    if let Db::Sqlite(sqlite) = db {
        sqlx::query("VACUUM").execute(&sqlite.writer).await?;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&sqlite.writer).await?;
    }
    Ok(())
}

/// A database before it is a store.
struct Rows<'a> {
    db: &'a Db,
}
