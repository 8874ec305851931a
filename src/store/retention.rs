//! What has been kept long enough is deleted here, class by class, with a proof in the same transaction; and who holds the rest.
//!
//! Each class lists its tables, children first; a test holds that every table with rows of an appointment is in one of them, and that each
//! row of it makes its class due.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::chats::USES;
use super::db::{in_transaction, micros, on, text};
use super::sealed::HOLD_REASON;
use super::{Constraint, Error, Store};
use crate::clinical::{
    AppointmentId, DataClass, LegalHold, LegalHoldId, PractitionerId, PurgeProof, PurgeRule,
};

/// What one step of a purge took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// `None`: nothing was due.
    pub proof: Option<PurgeProof>,
    /// Contents of shared files that no row names any more.
    pub files: Vec<[u8; 32]>,
    /// Contents of objects likewise.
    pub objects: Vec<[u8; 32]>,
}

/// How much of a class there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassState {
    /// Visits of which something of the class is kept.
    pub kept: u64,
    /// Those of which it is due.
    pub due: u64,
    /// Those of which it would be, were they not held.
    pub held: u64,
    /// When the earliest of those that are kept, and not held, ended.
    pub earliest: Option<DateTime<Utc>>,
}

/// Deletes rows of the appointment `$1`, and answers with their identifiers.
enum Delete {
    Rows(&'static str),
    /// Beside the identifiers the contents of shared files.
    Files(&'static str),
    /// Beside the identifiers the contents of objects.
    Objects(&'static str),
    /// Takes the appointment out of rows that stay: they are in no proof.
    Forget(&'static str),
}

macro_rules! rows {
    ($table:literal, $id:literal) => {
        Delete::Rows(concat!("DELETE FROM ", $table, " WHERE appointment_id = $1 RETURNING ", $id))
    };
}

const CONTACTS: &[Delete] = &[
    rows!("contact", "participant_id"),
    // A pass is known by its digest; what it was for is enough for a proof.
    Delete::Rows(
        "DELETE FROM door_pass WHERE participant_id IN (SELECT id FROM participant WHERE appointment_id = $1)
        RETURNING participant_id",
    ),
    rows!("door_pin", "participant_id"),
    rows!("door", "participant_id"),
];
const FILES: &[Delete] = &[
    Delete::Files("DELETE FROM received_upload WHERE appointment_id = $1 RETURNING id, digest"),
    rows!("upload_folder", "id"),
];
const STUDIES: &[Delete] = &[
    rows!("consultation_show", "appointment_id"),
    Delete::Objects(
        "DELETE FROM instance WHERE series_id IN (SELECT e.id FROM series e JOIN study s ON s.id = e.study_id
        WHERE s.appointment_id = $1) RETURNING id, content",
    ),
    Delete::Rows(
        "DELETE FROM series WHERE study_id IN (SELECT id FROM study WHERE appointment_id = $1) RETURNING id",
    ),
    rows!("study", "id"),
];
const MESSAGES: &[Delete] = &[rows!("message", "id"), rows!("waiting_message", "id")];
const QUALITY: &[Delete] = &[
    rows!("call_quality", "participant_id"),
    rows!("browser_seen", "participant_id"),
    rows!("rehearsal", "participant_id"),
    rows!("rating", "participant_id"),
    rows!("call_back", "participant_id"),
];
const VIEWING: &[Delete] = &[
    rows!("viewing_sight", "step_id"),
    rows!("viewing_step", "id"),
    rows!("mark", "id"),
    rows!("other_patient_shown", "id"),
];
const MOVES: &[Delete] = &[
    rows!("consultation_move", "id"),
    rows!("telephone_fallback", "id"),
    rows!("waiting_rank", "participant_id"),
    rows!("arrival", "participant_id"),
    rows!("take_over", "participant_id"),
    rows!("emergency_access", "id"),
    rows!("identity_check", "id"),
    rows!("ins_record", "id"),
    rows!("patient_number", "id"),
    rows!("consent", "id"),
    rows!("company", "id"),
];
const REPORTS: &[Delete] = &[
    rows!("patient_login", "id"),
    rows!("patient_binding", "participant_id"),
    rows!("document_download", "id"),
    rows!("patient_document", "id"),
    // A signed one has a document on the disk, a draft has none.
    Delete::Files(
        "DELETE FROM report WHERE appointment_id = $1 AND document IS NOT NULL RETURNING id, document",
    ),
    rows!("report", "id"),
    rows!("note", "participant_id"),
    rows!("visit_summary", "appointment_id"),
    Delete::Files("DELETE FROM key_image WHERE appointment_id = $1 RETURNING id, content"),
];
/// Everything of the classes before has gone by then, but for the chat, which has a rule of its own.
const APPOINTMENTS: &[Delete] = &[
    rows!("chat_line", "id"),
    Delete::Files("DELETE FROM shared_file WHERE appointment_id = $1 RETURNING id, content"),
    rows!("legal_hold", "id"),
    rows!("counted_appointment", "appointment_id"),
    rows!("consultation", "appointment_id"),
    rows!("queue_entry", "id"),
    rows!("appointment_course", "appointment_id"),
    rows!("link", "id"),
    // Of somebody without any other trace of a door.
    Delete::Rows(
        "DELETE FROM door_pass WHERE participant_id IN (SELECT id FROM participant WHERE appointment_id = $1)
        RETURNING participant_id",
    ),
    rows!("practitioner_slot", "participant_id"),
    rows!("participant", "id"),
    // What replaced or followed it stays, without what came before.
    Delete::Forget("UPDATE appointment_course SET replaces_id = NULL WHERE replaces_id = $1"),
    Delete::Forget("UPDATE appointment_course SET follows_id = NULL WHERE follows_id = $1"),
    Delete::Rows("DELETE FROM appointment WHERE id = $1 RETURNING id"),
];

/// Appointments `a` of which something of a class is kept. Whatever goes with a class is asked for here, or goes with the appointment as
/// well: a row that nothing asks for would keep its appointment for ever.
macro_rules! with_any {
    ($($table:literal),+) => {
        concat!("(FALSE", $(" OR EXISTS (SELECT 1 FROM ", $table, " x WHERE x.appointment_id = a.id)"),+, ")")
    };
}

/// The two questions of a class: which visits are due, and how many there are.
macro_rules! questions {
    ($any:expr) => {
        (
            concat!(
                "SELECT a.id FROM appointment a WHERE a.ends_at < $1 AND NOT EXISTS (SELECT 1 FROM legal_hold h
                WHERE h.appointment_id = a.id AND h.lifted_at IS NULL) AND ",
                $any,
                " ORDER BY a.ends_at, a.id LIMIT $2"
            ),
            concat!(
                "SELECT COUNT(*),
                COALESCE(SUM(CASE WHEN a.ends_at < $1 AND h.appointment_id IS NULL THEN 1 ELSE 0 END), 0),
                COALESCE(SUM(CASE WHEN a.ends_at < $1 AND h.appointment_id IS NOT NULL THEN 1 ELSE 0 END), 0),
                MIN(CASE WHEN h.appointment_id IS NULL THEN a.ends_at END)
                FROM appointment a LEFT JOIN
                (SELECT DISTINCT appointment_id FROM legal_hold WHERE lifted_at IS NULL) h ON h.appointment_id = a.id
                WHERE ",
                $any
            ),
        )
    };
}

/// The two questions of a class, and the tables that they ask for.
macro_rules! asking {
    ($($table:literal),+) => {
        (questions!(with_any!($($table),+)), &[$($table),+] as &[&str])
    };
}

/// What a class is made of.
struct Class {
    tables: &'static [Delete],
    due: &'static str,
    state: &'static str,
    asked: &'static [&'static str],
}

fn class(class: DataClass) -> Class {
    let (tables, ((due, state), asked)) = match class {
        DataClass::Contacts => (CONTACTS, asking!("contact", "door", "door_pin")),
        DataClass::Chats => (&[] as &[Delete], asking!("chat_line", "shared_file")),
        DataClass::Files => (FILES, asking!("received_upload", "upload_folder")),
        DataClass::Studies => (STUDIES, asking!("consultation_show", "study")),
        DataClass::Messages => (MESSAGES, asking!("message", "waiting_message")),
        DataClass::Quality => {
            (QUALITY, asking!("call_quality", "browser_seen", "rehearsal", "rating", "call_back"))
        }
        DataClass::ViewingRecord => {
            (VIEWING, asking!("viewing_step", "viewing_sight", "mark", "other_patient_shown"))
        }
        DataClass::Moves => (
            MOVES,
            asking!(
                "consultation_move",
                "telephone_fallback",
                "waiting_rank",
                "arrival",
                "take_over",
                "emergency_access",
                "identity_check",
                "ins_record",
                "patient_number",
                "consent",
                "company"
            ),
        ),
        DataClass::Reports => (
            REPORTS,
            asking!(
                "visit_summary",
                "key_image",
                "report",
                "note",
                "document_download",
                "patient_document",
                "patient_login",
                "patient_binding"
            ),
        ),
        DataClass::Appointments => (APPOINTMENTS, (questions!("TRUE"), &[] as &[&str])),
    };
    Class { tables, due, state, asked }
}

/// The tables of a class, as its statements name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassTables {
    /// Whether a visit has something of the class: a row of one of these is enough. Of the appointment itself nothing is asked.
    pub asked: Vec<&'static str>,
    /// Whose rows go with it, in that order.
    pub deleted: Vec<&'static str>,
    /// Table and column of rows that stay, and forget the appointment.
    pub forgotten: Vec<(&'static str, &'static str)>,
}

impl ClassTables {
    /// Those of one class.
    pub fn of(which: DataClass) -> Self {
        let Class { tables, asked, .. } = class(which);
        let word = |sql: &'static str, before: &str| {
            let (_, rest) = sql.split_once(before)?;
            rest.split([' ', '\n']).next()
        };
        let (mut deleted, mut forgotten) = (Vec::new(), Vec::new());
        for table in tables {
            match table {
                Delete::Rows(sql) | Delete::Files(sql) | Delete::Objects(sql) => {
                    deleted.extend(word(sql, "DELETE FROM "));
                }
                Delete::Forget(sql) => forgotten.extend(word(sql, "UPDATE ").zip(word(sql, " SET "))),
            }
        }
        Self { asked: asked.to_vec(), deleted, forgotten }
    }
}

#[derive(FromRow)]
struct ProofRow {
    id: Uuid,
    at: DateTime<Utc>,
    class: String,
    rule: String,
    row_count: i64,
    digest: Vec<u8>,
}

#[derive(FromRow)]
struct HoldRow {
    id: Uuid,
    appointment_id: Uuid,
    reason: String,
    set_at: DateTime<Utc>,
    set_by: Uuid,
    lifted_at: Option<DateTime<Utc>>,
    lifted_by: Option<Uuid>,
}

pub(super) const ADD_PROOF: &str =
    "INSERT INTO purge (id, at, class, rule, row_count, digest) VALUES ($1, $2, $3, $4, $5, $6)";

/// Writes a proof in the transaction `$tx`.
macro_rules! add_proof {
    ($tx:ident, $proof:expr) => {
        sqlx::query($crate::store::retention::ADD_PROOF)
            .bind($proof.id)
            .bind($crate::store::db::micros($proof.at))
            .bind($proof.class.word())
            .bind($crate::store::db::text(&$proof.rule.code()))
            .bind(i64::try_from($proof.rows).unwrap_or(i64::MAX))
            .bind($proof.digest.to_vec())
            .execute(&mut *$tx)
            .await?
    };
}

/// Which of these contents no row names, by a query that counts the rows that do.
macro_rules! unnamed {
    ($tx:ident, $sql:expr, $contents:expr) => {{
        let mut contents: Vec<Vec<u8>> = $contents;
        contents.sort();
        contents.dedup();
        let mut unnamed = Vec::new();
        for content in contents {
            let (uses,): (i64,) = sqlx::query_as($sql).bind(content.clone()).fetch_one(&mut *$tx).await?;
            if let (0, Ok(content)) = (uses, <[u8; 32]>::try_from(content)) {
                unnamed.push(content);
            }
        }
        unnamed
    }};
}

/// Updated first by whoever deletes something of an appointment because it is due, and by whoever holds it: so that of the two the second
/// sees what the first did. Several are taken by their identifiers in order.
pub(super) const TAKE_APPOINTMENT: &str = "UPDATE appointment SET status = status WHERE id = $1";
/// Asked after that, in a statement of its own, which sees what was committed while the row was waited for.
pub(super) const IS_HELD: &str =
    "SELECT COUNT(*) FROM legal_hold WHERE appointment_id = $1 AND lifted_at IS NULL";

/// Takes an appointment in the transaction `$tx`, to delete something of it: whether it is there and nobody holds it.
macro_rules! take_unheld {
    ($tx:ident, $appointment:expr) => {{
        let appointment: uuid::Uuid = $appointment;
        let taken = sqlx::query($crate::store::retention::TAKE_APPOINTMENT).bind(appointment);
        let is_there = taken.execute(&mut *$tx).await?.rows_affected() == 1;
        let (holds,): (i64,) =
            sqlx::query_as($crate::store::retention::IS_HELD).bind(appointment).fetch_one(&mut *$tx).await?;
        is_there && holds == 0
    }};
}

pub(super) use {add_proof, take_unheld, unnamed};

const OBJECT_USES: &str = "SELECT COUNT(*) FROM instance WHERE content = $1";

impl Store {
    /// Deletes a class of at most `limit` visits that ended before `ended_before` and are not held, and writes the proof, both or
    /// nothing.
    pub async fn purge_class(
        &self,
        which: DataClass,
        ended_before: DateTime<Utc>,
        limit: u32,
        (id, at, rule): (Uuid, DateTime<Utc>, PurgeRule),
    ) -> Result<Purged, Error> {
        let Class { tables, due, .. } = class(which);
        let purged = in_transaction!(self, tx => {
            let mut due: Vec<(Uuid,)> = sqlx::query_as(due)
                .bind(micros(ended_before))
                .bind(i64::from(limit))
                .fetch_all(&mut *tx)
                .await?;
            due.sort_unstable();
            let (mut gone, mut files, mut objects) = (Vec::new(), Vec::new(), Vec::new());
            for (appointment,) in &due {
                // A hold may have come since they were looked for.
                if !take_unheld!(tx, *appointment) {
                    continue;
                }
                for table in tables {
                    match table {
                        Delete::Forget(sql) => {
                            sqlx::query(*sql).bind(*appointment).execute(&mut *tx).await?;
                        }
                        Delete::Rows(sql) => {
                            let rows: Vec<(Uuid,)> =
                                sqlx::query_as(*sql).bind(*appointment).fetch_all(&mut *tx).await?;
                            gone.extend(rows.into_iter().map(|(id,)| id));
                        }
                        Delete::Files(sql) | Delete::Objects(sql) => {
                            let rows: Vec<(Uuid, Vec<u8>)> =
                                sqlx::query_as(*sql).bind(*appointment).fetch_all(&mut *tx).await?;
                            let contents =
                                if matches!(table, Delete::Files(_)) { &mut files } else { &mut objects };
                            for (id, content) in rows {
                                gone.push(id);
                                contents.push(content);
                            }
                        }
                    }
                }
            }
            let proof = PurgeProof::of(id, micros(at), which, rule, &gone);
            if let Some(proof) = &proof {
                add_proof!(tx, proof);
            }
            Purged {
                proof,
                files: unnamed!(tx, USES, files),
                objects: unnamed!(tx, OBJECT_USES, objects),
            }
        });
        Ok(purged)
    }

    /// How much of a class there is, and how much of it ended before this time.
    pub async fn class_state(
        &self,
        which: DataClass,
        ended_before: DateTime<Utc>,
    ) -> Result<ClassState, Error> {
        let sql = class(which).state;
        let (kept, due, held, earliest): (i64, i64, i64, Option<DateTime<Utc>>) =
            on!(self, pool => sqlx::query_as(sql).bind(micros(ended_before)).fetch_one(pool).await?);
        let count = |number: i64| u64::try_from(number).unwrap_or_default();
        Ok(ClassState { kept: count(kept), due: count(due), held: count(held), earliest })
    }

    /// The proofs, newest first, at most so many.
    pub async fn purge_proofs(&self, limit: u32) -> Result<Vec<PurgeProof>, Error> {
        const SQL: &str =
            "SELECT id, at, class, rule, row_count, digest FROM purge ORDER BY at DESC, id DESC LIMIT $1";
        let rows: Vec<ProofRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter().map(PurgeProof::try_from).collect()
    }

    /// Whether this instance has the turn: nobody has taken it since `not_since`. Of several that ask at once one is told yes.
    pub async fn take_purge_turn(
        &self,
        name: &str,
        now: DateTime<Utc>,
        not_since: DateTime<Utc>,
    ) -> Result<bool, Error> {
        const SQL: &str = "INSERT INTO purge_turn (name, taken_at) VALUES ($1, $2)
            ON CONFLICT (name) DO UPDATE SET taken_at = excluded.taken_at WHERE purge_turn.taken_at <= $3";
        let taken = in_transaction!(self, tx => {
            let query = sqlx::query(SQL).bind(text(name)).bind(micros(now)).bind(micros(not_since));
            query.execute(&mut *tx).await?.rows_affected()
        });
        Ok(taken > 0)
    }

    /// Whether any row names an object with these bytes.
    pub async fn is_object_named(&self, content: [u8; 32]) -> Result<bool, Error> {
        let (uses,): (i64,) =
            on!(self, pool => sqlx::query_as(OBJECT_USES).bind(content.to_vec()).fetch_one(pool).await?);
        Ok(uses > 0)
    }

    /// From now on nothing of the appointment is deleted. Whoever is deleting something of it at that moment comes to an end first.
    /// Refused with [`Constraint::UnknownReference`] when the appointment is not there, or no longer.
    pub async fn add_legal_hold(&self, hold: &LegalHold) -> Result<(), Error> {
        const SQL: &str =
            "INSERT INTO legal_hold (id, appointment_id, reason, set_at, set_by) VALUES ($1, $2, $3, $4, $5)";
        in_transaction!(self, tx => {
            let taken = sqlx::query(TAKE_APPOINTMENT).bind(hold.appointment.uuid());
            if taken.execute(&mut *tx).await?.rows_affected() == 0 {
                return Err(Error::Constraint(Constraint::UnknownReference));
            }
            sqlx::query(SQL)
                .bind(hold.id.uuid())
                .bind(hold.appointment.uuid())
                .bind(self.seal(HOLD_REASON, hold.id.uuid(), hold.reason.expose()))
                .bind(micros(hold.set_at))
                .bind(hold.set_by.uuid())
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// Lifts a hold; tells whether it was in force.
    pub async fn lift_legal_hold(
        &self,
        id: LegalHoldId,
        by: PractitionerId,
        at: DateTime<Utc>,
    ) -> Result<bool, Error> {
        const SQL: &str =
            "UPDATE legal_hold SET lifted_at = $2, lifted_by = $3 WHERE id = $1 AND lifted_at IS NULL";
        let lifted = in_transaction!(self, tx => {
            let query = sqlx::query(SQL).bind(id.uuid()).bind(micros(at)).bind(by.uuid());
            query.execute(&mut *tx).await?.rows_affected()
        });
        Ok(lifted > 0)
    }

    /// All holds, in force or not, by time of setting.
    pub async fn legal_holds(&self) -> Result<Vec<LegalHold>, Error> {
        const SQL: &str = "SELECT id, appointment_id, reason, set_at, set_by, lifted_at, lifted_by
            FROM legal_hold ORDER BY set_at, id";
        let rows: Vec<HoldRow> = on!(self, pool => sqlx::query_as(SQL).fetch_all(pool).await?);
        let hold = |mut row: HoldRow| {
            row.reason = self.open_cell(HOLD_REASON, row.id, &row.reason)?;
            Ok(LegalHold::from(row))
        };
        rows.into_iter().map(hold).collect()
    }
}

impl TryFrom<ProofRow> for PurgeProof {
    type Error = Error;

    fn try_from(row: ProofRow) -> Result<Self, Error> {
        let wrong = |what| Error::Inconsistent { table: "purge", id: row.id, what };
        Ok(Self {
            id: row.id,
            at: row.at,
            class: DataClass::of_word(&row.class).ok_or_else(|| wrong("an unknown class"))?,
            rule: PurgeRule::of_code(&row.rule),
            rows: u64::try_from(row.row_count).map_err(|_| wrong("a count is out of range"))?,
            digest: row.digest.try_into().map_err(|_| wrong("its digest is not of 32 bytes"))?,
        })
    }
}

impl From<HoldRow> for LegalHold {
    fn from(row: HoldRow) -> Self {
        Self {
            id: LegalHoldId::new(row.id),
            appointment: AppointmentId::new(row.appointment_id),
            reason: row.reason.into(),
            set_at: row.set_at,
            set_by: PractitionerId::new(row.set_by),
            lifted: row.lifted_at.zip(row.lifted_by.map(PractitionerId::new)),
        }
    }
}
