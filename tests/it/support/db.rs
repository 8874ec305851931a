//! Both databases for tests: SQLite, and a PostgreSQL that is started once a run and goes away with it.

use std::future::Future;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::str::FromStr;
use std::sync::OnceLock;

use parvis::clock::Clock;
use parvis::sealing::MasterKeys;
use parvis::secret::Secret;
use parvis::store::{Dialect, Store, StoreSettings};
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

/// The master key of all tests but those about keys.
pub fn keys() -> MasterKeys {
    MasterKeys::passing(&[[7; 32]], Clock::system())
}

/// A database of one test's own, empty.
pub struct TestDatabase {
    pub dialect: Dialect,
    pub settings: StoreSettings,
}

impl TestDatabase {
    /// A new one of either kind.
    pub async fn new(dialect: Dialect) -> Self {
        let url = match dialect {
            Dialect::Sqlite => "sqlite::memory:".to_owned(),
            Dialect::Postgres => new_postgres_database().await,
        };
        Self { dialect, settings: StoreSettings { url: Secret::new(url), max_connections: 5, keys: keys() } }
    }

    /// Its store, with all tables.
    pub async fn open(&self) -> Store {
        Store::open(&self.settings).await.unwrap()
    }
}

/// Runs a test on each database, with a store of its own.
pub async fn for_each_database<F: Future<Output = ()>>(test: impl Fn(Store) -> F) {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let on = NameOnPanic(dialect);
        let store = TestDatabase::new(dialect).await.open().await;
        test(store.clone()).await;
        store.close().await;
        drop(on);
    }
}

/// Says on which database a test failed.
struct NameOnPanic(Dialect);

impl Drop for NameOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("this was on {:?}", self.0);
        }
    }
}

async fn new_postgres_database() -> String {
    let (server, query) = postgres().split_once("/postgres?").unwrap();
    let name = format!("test_{}", Clock::system().new_uuid().simple());
    let options = PgConnectOptions::from_str(postgres()).unwrap();
    let admin = PgPoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    let create = AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0"));
    sqlx::query(create).execute(&admin).await.unwrap();
    admin.close().await;
    format!("{server}/{name}?{query}")
}

/// The address of this run's server. The script that started it stops it when its standard input ends, which the system sees
/// to when this process goes away, however that happens: nothing here has to run at the end.
fn postgres() -> &'static str {
    static SERVER: OnceLock<(String, Child)> = OnceLock::new();
    &SERVER.get_or_init(start_postgres).0
}

/// A server of its own: its address, and the script that stops it.
pub fn start_postgres() -> (String, Child) {
    #[expect(clippy::disallowed_methods, reason = "tests start their peers")]
    let mut script = std::process::Command::new("tests/peers/postgres/start.sh")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(script.stdout.take().unwrap()).read_line(&mut url).unwrap();
    if !url.starts_with("postgres://") {
        let status = script.wait().unwrap();
        panic!(
            "the tests need PostgreSQL {} or later: apt-get install postgresql ({status}; what \
             tests/peers/postgres/start.sh said is above)",
            Store::OLDEST_POSTGRES
        );
    }
    (url.trim().to_owned(), script)
}
