//! What is deleted when it has been kept long enough, what is not, and the proofs.

use std::collections::BTreeSet;
use std::time::Duration;

use parvis::store::{ClassState, ClassTables, Constraint, Dialect, Error, Purged};

use super::emergencies::{access, record};
use super::studies::object;
use super::uploads::{folder, upload};
use super::*;
use crate::support::db::{TestDatabase, for_each_database};

async fn purge(store: &Store, class: DataClass, before: i64) -> Purged {
    store
        .purge_class(
            class,
            at(before),
            10,
            (clock().new_uuid(), at(9999), PurgeRule::AfterVisit { days: 30 }),
        )
        .await
        .unwrap()
}

/// Table, column, the table that it refers to, and what becomes of the row when that one goes.
type References = BTreeSet<(String, String, String, String)>;
/// Tables with a column that says whose they are, whether a constraint says so or not.
type Named = BTreeSet<(String,)>;

async fn sqlite_catalog() -> (References, Named) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("parvis.db").display());
    let mut database = TestDatabase::new(Dialect::Sqlite).await;
    database.settings.url = parvis::secret::Secret::new(url.clone());
    database.open().await.close().await;
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    let references: Vec<(String, String, String, String)> = sqlx::query_as(
        "SELECT t.name, r.\"from\", r.\"table\", r.on_delete
         FROM sqlite_schema t, pragma_foreign_key_list(t.name) r WHERE t.type = 'table'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let named: Vec<(String,)> = sqlx::query_as(
        "SELECT t.name FROM sqlite_schema t, pragma_table_info(t.name) c
         WHERE t.type = 'table' AND c.name IN ('appointment_id', 'participant_id')",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    pool.close().await;
    (references.into_iter().collect(), named.into_iter().collect())
}

async fn postgres_catalog() -> (References, Named) {
    let database = TestDatabase::new(Dialect::Postgres).await;
    database.open().await.close().await;
    let pool = sqlx::PgPool::connect(database.settings.url.expose()).await.unwrap();
    let references: Vec<(String, String, String, String)> = sqlx::query_as(
        "SELECT t.relname::text, a.attname::text, r.relname::text,
            CASE c.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' ELSE 'NO ACTION' END
         FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class r ON r.oid = c.confrelid
         JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
         WHERE c.contype = 'f' AND t.relnamespace = 'public'::regnamespace",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let named: Vec<(String,)> = sqlx::query_as(
        "SELECT table_name::text FROM information_schema.columns
         WHERE table_schema = 'public' AND column_name IN ('appointment_id', 'participant_id')",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    pool.close().await;
    (references.into_iter().collect(), named.into_iter().collect())
}

/// Whatever refers to an appointment goes with it, and makes its class due, or the appointment could never go: a table that is missing
/// here is found before anybody has to wait twenty years for it.
#[tokio::test]
async fn every_table_of_an_appointment_belongs_to_a_class_which_asks_for_it() {
    let (references, named) = sqlite_catalog().await;
    assert_eq!((references.clone(), named.clone()), postgres_catalog().await);
    assert!(references.len() > 50 && named.len() > 30, "the tables were not found");
    // A row that goes or forgets by itself keeps nothing back.
    let keeping: Vec<_> = references.iter().filter(|(.., then)| then == "NO ACTION").collect();
    let mut of_appointment: BTreeSet<&str> = named.iter().map(|(table,)| table.as_str()).collect();
    of_appointment.insert("appointment");
    loop {
        let more: Vec<_> =
            keeping.iter().filter(|(_, _, to, _)| of_appointment.contains(to.as_str())).collect();
        let before = of_appointment.len();
        of_appointment.extend(more.iter().map(|(from, ..)| from.as_str()));
        if of_appointment.len() == before {
            break;
        }
    }
    let classes = DataClass::ALL.map(|class| (class, ClassTables::of(class)));
    let last = &classes.iter().find(|(class, _)| *class == DataClass::Appointments).unwrap().1;
    let mut wrong = Vec::new();
    for table in &of_appointment {
        let mut with = classes.iter().filter(|(_, tables)| tables.deleted.contains(table)).peekable();
        if with.peek().is_none() {
            wrong.push(format!("{table} is in no class"));
        }
        for (class, tables) in with {
            // With what it cannot be without.
            let mut asked: BTreeSet<&str> = tables.asked.iter().copied().collect();
            for below in tables.deleted.iter().rev() {
                let hangs_on = |(from, _, to, _): &&&(String, String, String, String)| {
                    from == below && asked.contains(to.as_str())
                };
                if keeping.iter().any(|reference| hangs_on(&reference)) {
                    asked.insert(*below);
                }
            }
            if !asked.contains(table) && !last.deleted.contains(table) {
                wrong.push(format!("{table} goes with {class:?}, which does not ask for it"));
            }
        }
    }
    for (from, column, to, _) in &keeping {
        let is_known = |(table, name): &(&str, &str)| table == from && name == column;
        if to == "appointment" && column != "appointment_id" && !last.forgotten.iter().any(is_known) {
            wrong.push(format!("{column} of {from} is not forgotten"));
        }
        for (class, tables) in &classes {
            let goes = tables.deleted.iter().position(|table| table == to);
            let before = tables.deleted.iter().rposition(|table| table == from);
            if from != to && goes.is_some_and(|goes| before.is_some_and(|before| before > goes)) {
                wrong.push(format!("{from} refers to {to} and goes after it with {class:?}"));
            }
        }
    }
    for (class, tables) in &classes {
        let strange = tables.asked.iter().filter(|table| !of_appointment.contains(*table));
        wrong.extend(strange.map(|table| format!("{class:?} asks for {table}")));
    }
    assert!(wrong.is_empty(), "mend the classes in src/store/retention.rs: {wrong:#?}");
}

#[tokio::test]
async fn a_visit_of_which_nothing_is_left_but_an_access_in_an_emergency_goes_with_all_others() {
    for_each_database(|store| async move {
        let (claire, karim) = (doctor(&store, "Claire").await, doctor(&store, "Karim").await);
        let (opened, other) = (visit(&[&claire], 0, 30), visit(&[&claire], 60, 30));
        for visit in [&opened, &other] {
            store.add_appointment(visit, &[]).await.unwrap();
        }
        let access = access(&opened, &karim, 5);
        store.add_emergency_access(&access, &record(&access)).await.unwrap();
        assert_eq!(store.class_state(DataClass::Moves, at(999)).await.unwrap().due, 1);
        for class in DataClass::ALL {
            let rows = purge(&store, class, 999).await.proof.map_or(0, |proof| proof.rows);
            match class {
                DataClass::Moves => assert_eq!(rows, 1),
                DataClass::Appointments => assert!(rows > 4, "{rows}"),
                _ => assert_eq!(rows, 0, "{class:?}"),
            }
        }
        for visit in [&opened, &other] {
            assert_eq!(store.appointment(visit.id).await.unwrap(), None);
        }
    })
    .await;
}

/// Two visits with a move and a line each, in the order in which they are deleted, and two programs that have them.
struct Held {
    database: TestDatabase,
    here: Store,
    there: Store,
    claire: Practitioner,
    visits: [Appointment; 2],
}

async fn two_programs() -> Held {
    let database = TestDatabase::new(Dialect::Postgres).await;
    let (here, there) = (database.open().await, database.open().await);
    let claire = doctor(&here, "Claire").await;
    let mut visits = [visit(&[&claire], 0, 30), visit(&[&claire], 60, 30)];
    visits.sort_by_key(|visit| visit.id);
    for visit in &visits {
        here.add_appointment(visit, &[]).await.unwrap();
        let by = visit.participants[0].id;
        let line = Move { participant: by, to: PlaceKind::Waiting, at: at(1), by: None, check: None };
        here.add_move(visit.id, clock().new_uuid(), &line).await.unwrap();
        let text = ChatText::new("Bonjour").unwrap();
        let line = ChatLine { id: new_id(ChatLineId::new), participant: by, at: at(5), text };
        here.add_chat_line(visit.id, &line).await.unwrap();
    }
    Held { database, here, there, claire, visits }
}

impl Held {
    fn hold(&self, visit: usize) -> LegalHold {
        let appointment = self.visits[visit].id;
        LegalHold::set(new_id(LegalHoldId::new), appointment, "Plainte", self.claire.id, at(40)).unwrap()
    }

    /// Runs `purge` while the row of `table` of the first visit is locked, so that it stands still there; meanwhile the second visit is
    /// held, and then the first. The answers of all three.
    async fn purge_while_held<T>(
        &self,
        table: &str,
        purge: impl Future<Output = T>,
    ) -> (T, Result<(), Error>, Result<(), Error>) {
        let pool = sqlx::PgPool::connect(self.database.settings.url.expose()).await.unwrap();
        let mut locked = pool.begin().await.unwrap();
        let lock = format!("SELECT 1 FROM {table} WHERE appointment_id = $1 FOR UPDATE");
        let lock = sqlx::query(sqlx::AssertSqlSafe(lock)).bind(self.visits[0].id.uuid());
        lock.fetch_all(&mut *locked).await.unwrap();
        let wait_for = async |waiters: i64| {
            let stands = async || {
                let sql = "SELECT COUNT(*) FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock'";
                sqlx::query_as::<_, (i64,)>(sql).fetch_one(&pool).await.unwrap().0
            };
            let wait = async {
                while stands().await < waiters {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            tokio::time::timeout(Duration::from_secs(3), wait).await.expect("nobody waits for the other")
        };
        let (second, first) = (self.hold(1), self.hold(0));
        let holding = async {
            wait_for(1).await;
            let second = self.there.add_legal_hold(&second).await;
            let first = async {
                let let_go = async {
                    wait_for(2).await;
                    locked.commit().await.unwrap();
                };
                tokio::join!(self.there.add_legal_hold(&first), let_go).0
            };
            (second, first.await)
        };
        let (purged, (second, first)) = tokio::join!(purge, holding);
        pool.close().await;
        (purged, second, first)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_while_a_class_is_deleted_stays() {
    let held = two_programs().await;
    let purge = purge(&held.here, DataClass::Moves, 999);
    let (purged, second, first) = held.purge_while_held("consultation_move", purge).await;
    second.unwrap();
    // It was held after its rows had gone.
    first.unwrap();
    assert_eq!(purged.proof.unwrap().rows, 1);
    let state = ClassState { kept: 1, due: 0, held: 1, earliest: None };
    assert_eq!(held.here.class_state(DataClass::Moves, at(999)).await.unwrap(), state);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_while_chats_are_deleted_stays() {
    let held = two_programs().await;
    let expiry = ChatExpiry::WrittenBefore(at(900));
    let purge = held.here.purge_chats(expiry, (clock().new_uuid(), at(900)));
    let (purged, second, first) = held.purge_while_held("chat_line", purge).await;
    second.unwrap();
    first.unwrap();
    assert_eq!(purged.unwrap().proof.unwrap().rows, 1);
    assert_eq!(held.here.chat_lines_of(held.visits[1].id).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_holds_an_appointment_that_is_being_deleted_hears_that_it_is_gone() {
    let held = two_programs().await;
    purge(&held.here, DataClass::Moves, 999).await;
    let purge = purge(&held.here, DataClass::Appointments, 999);
    let (purged, second, first) = held.purge_while_held("participant", purge).await;
    second.unwrap();
    assert!(matches!(first, Err(Error::Constraint(Constraint::UnknownReference))), "{first:?}");
    assert!(purged.proof.is_some());
    assert_eq!(held.here.appointment(held.visits[0].id).await.unwrap(), None);
    assert!(held.here.appointment(held.visits[1].id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_class_goes_with_its_proof_and_others_and_later_visits_stay() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let (old, new) = (visit(&[&claire], 0, 30), visit(&[&claire], 60, 30));
        let mut gone = Vec::new();
        for (appointment, digest) in [(&old, 1), (&new, 2)] {
            store.add_appointment(appointment, &[]).await.unwrap();
            let sender = FolderSender::Guest(appointment.participants[0].id);
            let folder = folder(appointment, sender, Quota { bytes: 1 << 40, files: 9 });
            store.add_upload_folder(&folder).await.unwrap();
            // The first content is of both visits.
            for content in [9, digest] {
                let upload = upload(&folder, content, ReceivedAs::File(ReceivedKind::Mp4));
                store.add_received_upload(&upload).await.unwrap();
                if digest == 1 {
                    gone.push(upload.id.uuid());
                }
            }
            if digest == 1 {
                gone.push(folder.id.uuid());
            }
        }
        let state = ClassState { kept: 2, due: 1, held: 0, earliest: Some(at(30)) };
        assert_eq!(store.class_state(DataClass::Files, at(31)).await.unwrap(), state);
        assert_eq!(purge(&store, DataClass::Files, 30).await, Purged::default(), "it ended at that time");
        let purged = purge(&store, DataClass::Files, 31).await;
        let proof = purged.proof.unwrap();
        assert_eq!((proof.class, proof.rows), (DataClass::Files, 3));
        assert_eq!(proof.rule, PurgeRule::AfterVisit { days: 30 });
        assert_eq!(proof.digest, digest_of(&gone));
        assert_eq!((purged.files, purged.objects), (vec![[1; 32]], vec![]), "the other content is in use");
        assert_eq!(store.purge_proofs(9).await.unwrap(), [proof]);
        assert_eq!(store.received_uploads_of(old.id).await.unwrap(), []);
        assert_eq!(store.received_uploads_of(new.id).await.unwrap().len(), 2);
        assert!(store.appointment(old.id).await.unwrap().is_some());
        assert_eq!(purge(&store, DataClass::Files, 31).await, Purged::default(), "nothing is left of it");
    })
    .await;
}

#[tokio::test]
async fn studies_go_with_the_objects_that_no_other_visit_has() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let (old, new) = (visit(&[&claire], 0, 30), visit(&[&claire], 60, 30));
        for appointment in [&old, &new] {
            store.add_appointment(appointment, &[]).await.unwrap();
        }
        let objects: Vec<_> = (1..=3).map(|number| object("1.2.3", "1.2.3.4", number)).collect();
        store.add_received(old.id, &objects, &clock()).await.unwrap();
        store.add_received(new.id, &objects[..1], &clock()).await.unwrap();
        let purged = purge(&store, DataClass::Studies, 31).await;
        assert_eq!(purged.objects, [[2; 32], [3; 32]]);
        assert_eq!(purged.proof.unwrap().rows, 5, "three objects, their series, their study");
        assert!(store.is_object_named([1; 32]).await.unwrap());
        assert!(!store.is_object_named([2; 32]).await.unwrap());
        assert!(store.studies_of(old.id).await.unwrap().is_empty());
        assert_eq!(store.studies_of(new.id).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_is_held_stays_until_the_hold_is_lifted() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 0, 30);
        store.add_appointment(&booked, &[link(&booked, 0, 1, 0)]).await.unwrap();
        let by = booked.participants[0].id;
        let line = ChatLine {
            id: new_id(ChatLineId::new),
            participant: by,
            at: at(5),
            text: ChatText::new("Bonjour").unwrap(),
        };
        store.add_chat_line(booked.id, &line).await.unwrap();
        let line = Move { participant: by, to: PlaceKind::Waiting, at: at(1), by: None, check: None };
        store.add_move(booked.id, clock().new_uuid(), &line).await.unwrap();
        let hold = LegalHold::set(new_id(LegalHoldId::new), booked.id, "Plainte", claire.id, at(40)).unwrap();
        store.add_legal_hold(&hold).await.unwrap();
        for class in DataClass::ALL {
            assert_eq!(purge(&store, class, 999).await, Purged::default(), "{class:?}");
        }
        let chats = async || {
            store
                .purge_chats(ChatExpiry::WrittenBefore(at(999)), (clock().new_uuid(), at(999)))
                .await
                .unwrap()
        };
        assert_eq!(chats().await, Purged::default());
        let state = store.class_state(DataClass::Appointments, at(999)).await.unwrap();
        assert_eq!(state, ClassState { kept: 1, due: 0, held: 1, earliest: None });
        assert!(store.lift_legal_hold(hold.id, claire.id, at(50)).await.unwrap());
        assert!(!store.lift_legal_hold(hold.id, claire.id, at(51)).await.unwrap());
        let lifted = LegalHold { lifted: Some((at(50), claire.id)), ..hold };
        assert_eq!(store.legal_holds().await.unwrap(), [lifted]);
        assert_eq!(chats().await.proof.unwrap().rows, 1);
        for class in DataClass::ALL {
            let purged = purge(&store, class, 999).await.proof.map(|proof| proof.rows);
            let expected = match class {
                DataClass::Moves => Some(1),
                // The hold, the link, the slot, two people, the appointment.
                DataClass::Appointments => Some(6),
                _ => None,
            };
            assert_eq!(purged, expected, "{class:?}");
        }
        assert_eq!(store.appointment(booked.id).await.unwrap(), None);
        assert_eq!(store.purge_proofs(9).await.unwrap().len(), 3, "the chat, the moves, the appointment");
    })
    .await;
}

#[tokio::test]
async fn of_several_instances_one_has_the_turn() {
    for_each_database(|store| async move {
        let ask = |minute| store.take_purge_turn("classes", at(minute), at(minute - 60));
        let told = futures_util::future::join_all((0..4).map(|_| ask(0))).await;
        assert_eq!(told.into_iter().filter(|taken| *taken.as_ref().unwrap()).count(), 1);
        assert!(!ask(59).await.unwrap());
        assert!(ask(60).await.unwrap());
        assert!(store.take_purge_turn("objects", at(60), at(0)).await.unwrap(), "another turn");
    })
    .await;
}
