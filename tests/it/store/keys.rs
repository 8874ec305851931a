//! The keys of the rows, what they seal, and rows from before.

use parvis::sealing::MasterKeys;
use parvis::secret::Secret;
use parvis::store::{Dialect, Error, StoreSettings};
use sqlx::AssertSqlSafe;

use super::*;
use crate::support::db::TestDatabase;

const OLD: [u8; 32] = [1; 32];
const NEW: [u8; 32] = [2; 32];

/// Rows that outlive their store.
struct Kept {
    settings: StoreSettings,
    _folder: tempfile::TempDir,
}

impl Kept {
    async fn new(dialect: Dialect) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = TestDatabase::new(dialect).await.settings;
        if dialect == Dialect::Sqlite {
            settings.url = Secret::new(format!("sqlite://{}", folder.path().join("parvis.db").display()));
        }
        Self { settings, _folder: folder }
    }

    async fn open(&self, keys: &[[u8; 32]]) -> Result<Store, Error> {
        let keys = MasterKeys::passing(keys, Clock::system());
        Store::open(&StoreSettings { keys, ..self.settings.clone() }).await
    }

    /// Past the store.
    async fn run(&self, sql: &str) -> u64 {
        let (url, sql) = (self.settings.url.expose(), AssertSqlSafe(sql.to_owned()));
        if url.starts_with("sqlite") {
            let pool = sqlx::SqlitePool::connect(url).await.unwrap();
            sqlx::query(sql).execute(&pool).await.unwrap().rows_affected()
        } else {
            let pool = sqlx::PgPool::connect(url).await.unwrap();
            sqlx::query(sql).execute(&pool).await.unwrap().rows_affected()
        }
    }

    async fn text(&self, sql: &str) -> String {
        let (url, sql) = (self.settings.url.expose(), AssertSqlSafe(sql.to_owned()));
        let (text,): (String,) = if url.starts_with("sqlite") {
            let pool = sqlx::SqlitePool::connect(url).await.unwrap();
            sqlx::query_as(sql).fetch_one(&pool).await.unwrap()
        } else {
            let pool = sqlx::PgPool::connect(url).await.unwrap();
            sqlx::query_as(sql).fetch_one(&pool).await.unwrap()
        };
        text
    }
}

const DIALECTS: [Dialect; 2] = [Dialect::Sqlite, Dialect::Postgres];

fn said(error: &Error) -> String {
    let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    format!("{error}: {cause}")
}

#[tokio::test]
async fn a_new_master_key_takes_the_keys_over_and_the_old_one_alone_opens_nothing() {
    for dialect in DIALECTS {
        let kept = Kept::new(dialect).await;
        let store = kept.open(&[OLD]).await.unwrap();
        let claire = doctor(&store, "Claire").await;
        let appointment = visit(&[&claire], 0, 30);
        store.add_appointment(&appointment, &[]).await.unwrap();
        let old = MasterKeys::passing(&[OLD], Clock::system()).current().unwrap();
        assert_eq!(store.wrapped_with().await.unwrap(), [old]);
        store.close().await;
        assert!(said(&kept.open(&[NEW]).await.unwrap_err()).contains("which is not among the given ones"));

        let before = kept.text("SELECT wrapped FROM data_key").await;
        let names = "SELECT name FROM participant WHERE role = 'patient'";
        let sealed = kept.text(names).await;
        let both = MasterKeys::passing(&[NEW, OLD], Clock::system());
        let store = kept.open(&[NEW, OLD]).await.unwrap();
        assert_eq!(store.rewrap_keys(&both).await.unwrap(), 1);
        assert_eq!(store.rewrap_keys(&both).await.unwrap(), 0, "what is done is done");
        assert_eq!(store.wrapped_with().await.unwrap(), [both.current().unwrap()]);
        store.close().await;
        assert_eq!(kept.text(names).await, sealed, "the data stay as they are");

        let error = kept.open(&[OLD]).await.unwrap_err();
        assert!(said(&error).contains(&both.current().unwrap().to_string()), "{}", said(&error));
        let store = kept.open(&[NEW]).await.unwrap();
        assert_eq!(store.appointment(appointment.id).await.unwrap(), Some(appointment.clone()));
        store.close().await;
        // A copy from before, and the key from before.
        kept.run(&format!("UPDATE data_key SET wrapped = '{before}'")).await;
        let store = kept.open(&[OLD]).await.unwrap();
        assert_eq!(store.appointment(appointment.id).await.unwrap(), Some(appointment));
        store.close().await;
    }
}

#[tokio::test]
async fn a_value_in_the_place_of_another_is_refused_and_so_is_a_readable_one() {
    for dialect in DIALECTS {
        let kept = Kept::new(dialect).await;
        let store = kept.open(&[OLD]).await.unwrap();
        let claire = doctor(&store, "Claire").await;
        let (one, other) = (visit(&[&claire], 0, 30), visit(&[&claire], 60, 30));
        store.add_appointment(&one, &[]).await.unwrap();
        store.add_appointment(&other, &[]).await.unwrap();
        let wrong = |outcome: Result<Option<Appointment>, Error>| match outcome {
            Err(Error::Inconsistent { table, what, .. }) => format!("{table}: {what}"),
            outcome => panic!("{outcome:?}"),
        };
        // Everybody gets the name of the last in the alphabet of seals.
        kept.run("UPDATE participant SET name = (SELECT MAX(name) FROM participant)").await;
        let told = wrong(store.appointment(one.id).await);
        assert_eq!(told, "participant: a sealed value was changed or moved from elsewhere");
        kept.run("UPDATE participant SET name = 'Somebody Else'").await;
        let told = wrong(store.appointment(one.id).await);
        assert_eq!(told, "participant: a value that should be sealed is not");
        store.close().await;
    }
}

#[tokio::test]
async fn rows_from_before_are_sealed_when_the_database_is_opened() {
    for dialect in DIALECTS {
        let kept = Kept::new(dialect).await;
        let store = kept.open(&[OLD]).await.unwrap();
        let claire = doctor(&store, "Claire").await;
        let appointment = visit(&[&claire], 0, 30);
        let patient = appointment.participants[0].id;
        let contact = Contact {
            email: Some(EmailAddress::parse("helene@example.org").unwrap()),
            telephone: None,
            birth_date: Some(Pii::new(chrono::NaiveDate::from_ymd_opt(1950, 2, 28).unwrap())),
        };
        let contacts = std::collections::HashMap::from([(patient, contact.clone())]);
        store.add_appointment_with(&appointment, &[], &contacts).await.unwrap();
        let summary = parvis::store::StoredSummary {
            language: Language::French,
            sentences: vec!["Tout va bien.".into()],
            images: Vec::new(),
            changed_at: at(1),
            by: patient,
        };
        store.put_summary(appointment.id, &summary).await.unwrap();
        store.close().await;
        // As a release from before wrote them; one of the names is like a sealed one.
        for sql in [
            "UPDATE practitioner SET name = 'Claire'",
            "UPDATE participant SET name = 'Claire' WHERE role = 'practitioner'",
            "UPDATE participant SET name = 'p1.00000000.Lefèvre' WHERE role = 'patient'",
            "UPDATE appointment SET note = 'canary-note'",
            "UPDATE contact SET email = 'helene@example.org', birth_date = '1950-02-28', birth_date_sealed = NULL",
            r#"UPDATE visit_summary SET body = '{"sentences": ["Tout va bien."], "images": []}'"#,
            // It was broken off after the first column, which is done.
            "DELETE FROM sealing_step WHERE name <> 'study.description'",
        ] {
            kept.run(sql).await;
        }

        let store = kept.open(&[OLD]).await.unwrap();
        let found = store.appointment(appointment.id).await.unwrap().unwrap();
        assert_eq!(found.participants[0].name.expose(), "p1.00000000.Lefèvre");
        assert_eq!(
            (found.participants[1].name.expose(), found.note.expose()),
            (&"Claire".to_owned(), &"canary-note".to_owned())
        );
        assert_eq!(store.contacts_of(appointment.id).await.unwrap()[&patient], contact);
        assert_eq!(store.summaries_of(appointment.id).await.unwrap(), [summary]);
        assert_eq!(store.practitioner(claire.id).await.unwrap().unwrap().name, claire.name);
        store.close().await;
        for sql in [
            "SELECT name FROM participant WHERE role = 'patient'",
            "SELECT note FROM appointment",
            "SELECT email FROM contact",
            "SELECT birth_date_sealed FROM contact WHERE birth_date IS NULL",
            "SELECT name FROM practitioner",
        ] {
            let text = kept.text(sql).await;
            assert!(text.starts_with("p1.") && !text.contains("Lef"), "{sql}: {text}");
        }
        if dialect == Dialect::Sqlite {
            let file = kept.settings.url.expose().trim_start_matches("sqlite://").to_owned();
            for end in ["", "-wal"] {
                let bytes = fs::read(file.clone() + end).unwrap_or_default();
                let found = bytes.windows(11).any(|part| part == b"canary-note");
                assert!(!found, "what was readable is left in a page that nothing uses");
            }
        }
        // The next start has nothing to do, and another opens what this one sealed.
        let store = kept.open(&[OLD]).await.unwrap();
        assert!(store.appointment(appointment.id).await.unwrap().is_some());
        store.close().await;
    }
}

#[tokio::test]
async fn a_secret_of_an_account_opens_where_it_was_sealed_for() {
    for dialect in DIALECTS {
        let store = Kept::new(dialect).await.open(&[OLD]).await.unwrap();
        let (one, other) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
        let sealed = store.seal_secret("account", "totp_key", one, &[0, 255, 7]);
        assert_eq!(store.open_secret("account", "totp_key", one, &sealed).unwrap(), [0, 255, 7]);
        assert!(store.open_secret("account", "totp_key", other, &sealed).is_err());
        assert!(store.open_secret("account", "token", one, &sealed).is_err());
        store.close().await;
    }
}
