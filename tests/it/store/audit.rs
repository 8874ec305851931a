//! The trail: one chain on each database, which only grows, and in which no byte changes unseen.

use std::str::FromStr;

use parvis::audit::{Deed, Head, Misfit, Outcome, Record, Sealed, Signer, Subject, Who, hex};
use parvis::store::{Dialect, StoreSettings, TrailFilter};
use parvis::trail::verify;
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnectOptions;
use uuid::Uuid;

use super::*;
use crate::support::db::{TestDatabase, for_each_database};

fn signer() -> Signer {
    Signer::of_seed(&[3; 32]).unwrap()
}

fn record(n: i64, who: Who, deed: Deed, subject: Subject) -> Record {
    Record::new(clock().new_uuid(), at(n), who, deed, subject)
}

/// One with everything that a record may have.
fn full(n: i64, who: Who, patient: ParticipantId) -> Record {
    Record {
        subject_id: Some("2.25.7".to_owned()),
        appointment: Some(new_id(AppointmentId::new)),
        patient: Some(patient),
        origin: Some("2001:db8::7".to_owned()),
        detail: Some("GET /api/reports/{report}".to_owned()),
        reason: Some("Arrêt cardiaque".into()),
        ..record(n, who, Deed::Read, Subject::Report)
    }
}

async fn sealed(store: &Store) -> Vec<Sealed> {
    store.audit_records(0, 1000).await.unwrap().into_iter().map(Option::unwrap).collect()
}

#[tokio::test]
async fn records_follow_on_each_other_and_are_found_again() {
    for_each_database(|store| async move {
        assert_eq!(store.audit_tip().await.unwrap().0, 0);
        let (staff, patient) = (new_id(PractitionerId::new), new_id(ParticipantId::new));
        let who = Who::Staff(staff);
        let records = [
            record(0, Who::Gateway, Deed::Start, Subject::Gateway),
            full(1, who, patient),
            full(2, who, new_id(ParticipantId::new)),
            Record { outcome: Outcome::Refused, ..full(3, who, new_id(ParticipantId::new)) },
        ];
        assert_eq!(store.append_audit(&records).await.unwrap(), 4);
        // Written again they are the same.
        assert_eq!(store.append_audit(&records).await.unwrap(), 0);
        let found = sealed(&store).await;
        assert_eq!(found.iter().map(|sealed| sealed.record.clone()).collect::<Vec<_>>(), records);
        assert_eq!(store.audit_tip().await.unwrap(), (4, found[3].digest));
        assert_eq!(store.audit_last().await.unwrap(), 4);

        let seqs = async |filter: TrailFilter, at_most| -> Vec<u64> {
            let page = store.audit_page(&filter, at_most).await.unwrap();
            page.iter().map(|sealed| sealed.seq).collect()
        };
        let all = TrailFilter::default();
        assert_eq!(seqs(all.clone(), 3).await, [4, 3, 2]);
        assert_eq!(seqs(TrailFilter { before: Some(2), ..all.clone() }, 3).await, [1]);
        assert_eq!(seqs(TrailFilter { actor: Some(staff.uuid()), ..all.clone() }, 9).await, [4, 3, 2]);
        assert_eq!(seqs(TrailFilter { outcome: Some(Outcome::Refused), ..all.clone() }, 9).await, [4]);
        assert_eq!(seqs(TrailFilter { deed: Some(Deed::Start), ..all.clone() }, 9).await, [1]);
        assert_eq!(seqs(TrailFilter { subject: Some(Subject::Report), ..all.clone() }, 9).await, [4, 3, 2]);
        let appointment = records[1].appointment;
        assert_eq!(seqs(TrailFilter { appointment, ..all.clone() }, 9).await, [2]);
        let between = TrailFilter { from: Some(at(1)), until: Some(at(2)), ..all };
        assert_eq!(seqs(between, 9).await, [2]);

        // What was refused was not seen.
        assert_eq!(store.patients_seen(staff, at(0)).await.unwrap(), 2);
        assert_eq!(store.patients_seen(staff, at(2)).await.unwrap(), 1);
        assert_eq!(store.patients_seen(new_id(PractitionerId::new), at(0)).await.unwrap(), 0);

        let head = signer().sign(4, found[3].digest, at(5));
        store.add_audit_head(&head).await.unwrap();
        store.add_audit_head(&signer().sign(4, found[3].digest, at(6))).await.unwrap();
        assert_eq!(store.audit_heads(0, 9).await.unwrap(), [head]);
        assert_eq!(store.audit_heads(4, 9).await.unwrap(), []);
        assert_eq!(store.audit_signed().await.unwrap(), 4);

        assert_eq!(store.audit_told("syslog").await.unwrap(), 0);
        store.put_audit_told("syslog", 3).await.unwrap();
        store.put_audit_told("syslog", 2).await.unwrap();
        assert_eq!(store.audit_told("syslog").await.unwrap(), 3);
        let walked = verify(&store, Some(signer().key())).await.unwrap().unwrap();
        assert_eq!((walked.records, walked.signed_to), (4, 4));
    })
    .await;
}

#[tokio::test]
async fn however_many_add_at_once_there_is_one_chain_without_a_gap() {
    for_each_database(|store| async move {
        let add = |n| {
            let store = store.clone();
            async move {
                let records: Vec<_> =
                    (0..5).map(|_| record(n, Who::Gateway, Deed::Read, Subject::Study)).collect();
                store.append_audit(&records).await.unwrap();
            }
        };
        futures_util::future::join_all((0..12).map(add)).await;
        assert_eq!(verify(&store, None).await.unwrap().unwrap().records, 60);
    })
    .await;
}

/// What was added between its two last questions was said to be missing.
#[tokio::test]
async fn a_trail_that_grows_while_it_is_verified_is_whole() {
    for_each_database(|store| async move {
        let signer = signer();
        let grow = async {
            for n in 0..60 {
                store.append_audit(&[record(n, Who::Gateway, Deed::Read, Subject::Study)]).await.unwrap();
                let (seq, digest) = store.audit_tip().await.unwrap();
                store.add_audit_head(&signer.sign(seq, digest, at(n))).await.unwrap();
            }
        };
        let mut grow = std::pin::pin!(grow);
        loop {
            let verify = verify(&store, Some(signer.key()));
            tokio::select! {
                biased;
                () = &mut grow => break,
                found = verify => { found.unwrap().unwrap(); }
            }
        }
        assert_eq!(verify(&store, Some(signer.key())).await.unwrap().unwrap().records, 60);
    })
    .await;
}

#[tokio::test]
async fn a_change_and_its_record_are_written_together() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let appointment = visit(&[&claire], 0, 30);
        store.add_appointment(&appointment, &[]).await.unwrap();
        let patient = appointment.participants[0].id;
        let staff = appointment.participants[1].id;
        let line =
            Move { participant: patient, to: PlaceKind::Admitted, at: at(1), by: Some(staff), check: None };
        let id = clock().new_uuid();
        store.add_move(appointment.id, id, &line).await.unwrap();
        store.add_move(appointment.id, id, &line).await.unwrap();
        let testing = Move { to: PlaceKind::Testing, by: None, ..line };
        store.add_move(appointment.id, clock().new_uuid(), &testing).await.unwrap();
        let chat = ChatLine {
            id: new_id(ChatLineId::new),
            participant: patient,
            at: at(2),
            text: ChatText::kept("J'ai mal".to_owned()),
        };
        store.add_chat_line(appointment.id, &chat).await.unwrap();
        let found = sealed(&store).await;
        let told: Vec<_> = found.iter().map(|sealed| (sealed.record.who, sealed.record.deed)).collect();
        assert_eq!(told, [(Who::Staff(claire.id), Deed::Admit), (Who::Guest(patient), Deed::Write)]);
        assert!(found.iter().all(|sealed| sealed.record.patient == Some(patient)));
        assert!(
            !found.iter().any(|sealed| sealed.line().contains("mal")),
            "what was written is nowhere in it"
        );
        // What is taken back leaves no record: the appointment is not there.
        let nowhere = new_id(AppointmentId::new);
        store.add_move(nowhere, clock().new_uuid(), &line).await.unwrap_err();
        assert_eq!(sealed(&store).await.len(), 2);
    })
    .await;
}

/// A way into the rows past the store.
enum Raw {
    Sqlite(sqlx::SqlitePool),
    Postgres(sqlx::PgPool),
}

impl Raw {
    async fn open(settings: &StoreSettings) -> Self {
        let url = settings.url.expose();
        if url.starts_with("sqlite") {
            let options = SqliteConnectOptions::from_str(url).unwrap();
            Self::Sqlite(sqlx::SqlitePool::connect_with(options).await.unwrap())
        } else {
            Self::Postgres(sqlx::PgPool::connect(url).await.unwrap())
        }
    }

    async fn run(&self, sql: String) -> Result<u64, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(pool) => sqlx::query(AssertSqlSafe(sql)).execute(pool).await?.rows_affected(),
            Self::Postgres(pool) => sqlx::query(AssertSqlSafe(sql)).execute(pool).await?.rows_affected(),
        })
    }

    /// Whoever owns the tables can do this, and only they.
    async fn lift_the_triggers(&self) {
        let names = ["audit_record_not_changed", "audit_record_not_deleted", "audit_head_not_changed"];
        for (name, table) in names.into_iter().zip(["audit_record", "audit_record", "audit_head"]) {
            match self {
                Self::Sqlite(_) => self.run(format!("DROP TRIGGER {name}")).await.unwrap(),
                Self::Postgres(_) => {
                    self.run(format!("ALTER TABLE {table} DISABLE TRIGGER ALL")).await.unwrap()
                }
            };
        }
    }

    fn bytes(&self, bytes: &[u8]) -> String {
        match self {
            Self::Sqlite(_) => format!("X'{}'", hex(bytes)),
            Self::Postgres(_) => format!("'\\x{}'::bytea", hex(bytes)),
        }
    }

    fn uuid(&self, id: Uuid) -> String {
        match self {
            Self::Sqlite(_) => self.bytes(id.as_bytes()),
            Self::Postgres(_) => format!("'{id}'::uuid"),
        }
    }
}

async fn file_database(dialect: Dialect, folder: &std::path::Path) -> TestDatabase {
    let mut database = TestDatabase::new(dialect).await;
    if dialect == Dialect::Sqlite {
        let url = format!("sqlite://{}", folder.join("parvis.db").display());
        database.settings.url = parvis::secret::Secret::new(url);
    }
    database
}

#[tokio::test]
async fn rows_of_the_trail_can_only_be_added() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let folder = tempfile::tempdir().unwrap();
        let database = file_database(dialect, folder.path()).await;
        let store = database.open().await;
        store.append_audit(&[record(0, Who::Gateway, Deed::Start, Subject::Gateway)]).await.unwrap();
        let (seq, digest) = store.audit_tip().await.unwrap();
        store.add_audit_head(&signer().sign(seq, digest, at(1))).await.unwrap();
        let raw = Raw::open(&database.settings).await;
        let mut tries = vec![
            "UPDATE audit_record SET outcome = 'done'",
            "DELETE FROM audit_record",
            "UPDATE audit_head SET seq = 2",
            "DELETE FROM audit_head",
        ];
        if dialect == Dialect::Postgres {
            tries.extend(["TRUNCATE audit_record", "TRUNCATE audit_head"]);
        }
        for sql in tries {
            let refused = raw.run(sql.to_owned()).await.unwrap_err();
            assert!(refused.to_string().contains("audit_only_grows"), "{dialect:?}: {sql}: {refused}");
        }
        assert_eq!(store.audit_last().await.unwrap(), 1);
        store.close().await;
    }
}

/// Each byte of each column of one record is another, one after the other: each time that record is named, or the place where it was.
#[tokio::test]
async fn every_byte_of_every_column_counts_in_either_database() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let folder = tempfile::tempdir().unwrap();
        let database = file_database(dialect, folder.path()).await;
        let store = database.open().await;
        let who = Who::Staff(new_id(PractitionerId::new));
        let records: Vec<_> = (0..4).map(|n| full(n, who, new_id(ParticipantId::new))).collect();
        store.append_audit(&records).await.unwrap();
        let raw = Raw::open(&database.settings).await;
        raw.lift_the_triggers().await;
        let of = sealed(&store).await[1].clone();
        let columns = columns(&raw, &of);
        assert_eq!(columns.len(), 16, "every column of the table");
        let mut changes = 0;
        for (column, before, others) in columns {
            for other in others {
                let set = |value: &str, seq: &str| {
                    format!("UPDATE audit_record SET {column} = {value} WHERE seq = {seq}")
                };
                let (to, back) = if column == "seq" { ("2", other.as_str()) } else { ("2", "2") };
                // What the tables themselves refuse cannot come about.
                if raw.run(set(&other, to)).await.is_err() {
                    continue;
                }
                changes += 1;
                let fault = verify(&store, None).await.unwrap();
                let fault = fault.expect_err(&format!("{dialect:?}: {column} = {other}: nobody saw it"));
                assert_eq!(fault.seq, 2, "{dialect:?}: {column} = {other}: {fault}");
                assert_eq!(raw.run(set(&before, back)).await.unwrap(), 1);
            }
        }
        assert!(changes > 250, "{dialect:?}: only {changes} changes were tried");
        assert_eq!(verify(&store, None).await.unwrap().unwrap().records, 4, "everything is as it was");
        store.close().await;
    }
}

/// Each column as SQL has it, and what it becomes when a byte of it changes.
fn columns(raw: &Raw, sealed: &Sealed) -> Vec<(&'static str, String, Vec<String>)> {
    let record = &sealed.record;
    let (actor, actor_id) = record.who.parts();
    let number = |value: i64| {
        let others = (0..62).map(|bit| (value ^ (1_i64 << bit)).to_string()).collect();
        (value.to_string(), others)
    };
    let text = |value: &str| {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let others = value.char_indices().map(|(at, c)| {
            let other = if c == 'x' { 'y' } else { 'x' };
            format!("'{}{other}{}'", &value[..at], &value[at + c.len_utf8()..])
        });
        (quoted(value), others.chain(["NULL".to_owned(), "''".to_owned()]).collect())
    };
    let bytes = |value: &[u8]| {
        let others = (0..value.len()).map(|at| {
            let mut other = value.to_vec();
            other[at] ^= 1 << (at % 8);
            raw.bytes(&other)
        });
        (raw.bytes(value), others.collect())
    };
    let uuid = |value: Uuid| {
        let others = (0..16).map(|at| {
            let mut other = *value.as_bytes();
            other[at] ^= 1 << (at % 8);
            raw.uuid(Uuid::from_bytes(other))
        });
        (raw.uuid(value), others.chain(["NULL".to_owned()]).collect())
    };
    let all: [(&'static str, (String, Vec<String>)); 16] = [
        ("seq", number(sealed.seq as i64)),
        ("id", uuid(record.id)),
        ("at_us", number(record.at.timestamp_micros())),
        ("actor", text(actor)),
        ("actor_id", uuid(actor_id.unwrap())),
        ("deed", text(record.deed.word())),
        ("subject", text(record.subject.word())),
        ("subject_id", text(record.subject_id.as_deref().unwrap())),
        ("appointment", uuid(record.appointment.unwrap().uuid())),
        ("patient", uuid(record.patient.unwrap().uuid())),
        ("outcome", text(record.outcome.word())),
        ("origin", text(record.origin.as_deref().unwrap())),
        ("detail", text(record.detail.as_deref().unwrap())),
        ("reason", text(record.reason.as_ref().unwrap().expose())),
        ("previous", bytes(&sealed.previous)),
        ("digest", bytes(&sealed.digest)),
    ];
    all.into_iter().map(|(column, (before, others))| (column, before, others)).collect()
}

#[tokio::test]
async fn an_end_that_is_cut_off_and_a_head_that_is_changed_are_named() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let folder = tempfile::tempdir().unwrap();
        let database = file_database(dialect, folder.path()).await;
        let store = database.open().await;
        let records: Vec<_> = (0..6).map(|n| record(n, Who::Gateway, Deed::Read, Subject::Study)).collect();
        store.append_audit(&records[..4]).await.unwrap();
        let (seq, digest) = store.audit_tip().await.unwrap();
        let head: Head = signer().sign(seq, digest, at(9));
        store.add_audit_head(&head).await.unwrap();
        store.append_audit(&records[4..]).await.unwrap();
        let raw = Raw::open(&database.settings).await;
        raw.lift_the_triggers().await;
        if dialect == Dialect::Sqlite {
            raw.run("DROP TRIGGER audit_head_not_deleted".to_owned()).await.unwrap();
        }
        let fault = async || verify(&store, Some(signer().key())).await.unwrap().unwrap_err();
        for (column, value) in
            [("digest", &head.digest[..]), ("public_key", &head.key), ("signature", &head.signature)]
        {
            let mut other = value.to_vec();
            other[7] ^= 4;
            let set = |value: &[u8]| format!("UPDATE audit_head SET {column} = {}", raw.bytes(value));
            raw.run(set(&other)).await.unwrap();
            assert_eq!(fault().await.seq, 4, "{dialect:?}: {column}");
            raw.run(set(value)).await.unwrap();
        }
        raw.run("UPDATE audit_head SET at_us = at_us + 1".to_owned()).await.unwrap();
        assert_eq!(fault().await.what, Misfit::BadSignature);
        raw.run("UPDATE audit_head SET at_us = at_us - 1".to_owned()).await.unwrap();
        verify(&store, None).await.unwrap().unwrap();
        // After the head: the count of the turn says it. Before it: the head does, whatever the count says.
        raw.run("DELETE FROM audit_record WHERE seq = 6".to_owned()).await.unwrap();
        let told = fault().await;
        assert_eq!((told.seq, told.what), (6, Misfit::CutOff));
        raw.run("DELETE FROM audit_record WHERE seq >= 4".to_owned()).await.unwrap();
        raw.run("UPDATE audit_turn SET last_seq = 3".to_owned()).await.unwrap();
        let told = fault().await;
        assert_eq!((told.seq, told.what), (4, Misfit::CutOff));
        store.close().await;
    }
}

/// docs/operations.md has these statements: the test runs them from there.
#[tokio::test]
async fn the_role_of_the_gateway_adds_to_the_trail_and_can_do_nothing_else_to_it() {
    let database = TestDatabase::new(Dialect::Postgres).await;
    // The owner brings the tables up to date.
    database.open().await.close().await;
    let text = fs::read_to_string("docs/operations.md").unwrap();
    let grants = text.split("```sql\n-- The role of the gateway").nth(1).expect("the statements of the role");
    let grants = grants.split("```").next().unwrap();
    let role = format!("gateway_{}", clock().new_uuid().simple());
    let owner = Raw::open(&database.settings).await;
    let Raw::Postgres(pool) = &owner else { panic!("it is PostgreSQL") };
    let grants = grants.split_once('\n').unwrap().1.replace("parvis_gateway", &role);
    for statement in grants.split(";\n").map(str::trim).filter(|statement| !statement.is_empty()) {
        sqlx::query(AssertSqlSafe(statement.to_owned())).execute(pool).await.expect(statement);
    }
    let url = database.settings.url.expose().replace("parvis@", &format!("{role}@"));
    let settings = StoreSettings { url: parvis::secret::Secret::new(url), ..database.settings.clone() };
    let store = Store::open(&settings).await.unwrap();
    let claire = doctor(&store, "Claire").await;
    let appointment = visit(&[&claire], 0, 30);
    store.add_appointment(&appointment, &[]).await.unwrap();
    store.append_audit(&[record(0, Who::Gateway, Deed::Start, Subject::Gateway)]).await.unwrap();
    let (seq, digest) = store.audit_tip().await.unwrap();
    store.add_audit_head(&signer().sign(seq, digest, at(1))).await.unwrap();
    store.put_audit_told("syslog", 1).await.unwrap();
    let raw = Raw::open(&settings).await;
    for sql in [
        "UPDATE audit_record SET outcome = 'done'",
        "DELETE FROM audit_record",
        "TRUNCATE audit_record",
        "ALTER TABLE audit_record DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_record_not_changed ON audit_record",
        "DROP TABLE audit_record",
        "UPDATE audit_head SET seq = 2",
        "DELETE FROM audit_head",
        "TRUNCATE audit_head",
        "DELETE FROM audit_turn",
        "CREATE OR REPLACE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END; $$",
        "SET ROLE parvis",
    ] {
        let refused = raw.run(sql.to_owned()).await.expect_err(sql).to_string();
        assert!(
            refused.contains("permission denied") || refused.contains("must be owner"),
            "{sql}: {refused}"
        );
    }
    assert_eq!(verify(&store, None).await.unwrap().unwrap().records, 1);
    store.close().await;
}
