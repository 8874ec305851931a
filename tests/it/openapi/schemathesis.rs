//! Schemathesis (<https://schemathesis.io>) sends what the document allows and what it does not, as several people: nothing makes the gateway
//! fail, and every answer is one that the document tells of.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::DOCUMENT;
use super::scene::Scene;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/schemathesis");
/// A run of one actor ends within this time.
const LIMIT: Duration = Duration::from_secs(240);
/// So many operations are answered with success to somebody: else the runs touch nothing but doors.
const REACHED: usize = 140;

/// What is not asked for, and why.
const LEFT_OUT: [&str; 1] = [
    // It ends the login that the rest of the run shows; `visit::signing_out_ends_the_login` has it.
    "/logout",
];

/// How each operation was answered: so many times with which status.
type Tally = BTreeMap<String, BTreeMap<String, u64>>;

/// Somebody who asks for everything.
struct Actor {
    name: &'static str,
    /// The visits that are theirs, see [`Scene::known`].
    number: usize,
    headers: Vec<String>,
    /// They show the link of the visit that they ask about.
    has_link: bool,
    /// Also what the document forbids, at the bounds of every value.
    is_thorough: bool,
}

fn st() -> PathBuf {
    let st = Path::new(FOLDER).join(".venv/bin/st");
    assert!(st.exists(), "the tests need schemathesis of tests/peers/schemathesis: run `make setup-test`");
    st
}

async fn run(scene: &Scene, actor: Actor) -> Tally {
    let folder = tempfile::tempdir().unwrap();
    let tally = folder.path().join("tally.json");
    #[expect(clippy::disallowed_methods, reason = "tests start their peers")]
    let mut command = tokio::process::Command::new(st());
    command.current_dir(FOLDER).arg("run").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT));
    // As a browser sends what one of the gateway's own pages asks for.
    command.args(["--url", &scene.app.base, "-H", &format!("Origin: {}", scene.app.base)]);
    command.args(["-H", "Sec-Fetch-Site: same-origin"]);
    for header in &actor.headers {
        command.args(["-H", header]);
    }
    for path in LEFT_OUT {
        command.args(["--exclude-path", path]);
    }
    let (mode, phases, examples) =
        if actor.is_thorough { ("all", "coverage,fuzzing", "5") } else { ("positive", "fuzzing", "8") };
    command.args(["--mode", mode, "--phases", phases, "--max-examples", examples]);
    command.env("KNOWN", scene.known(actor.number).to_string()).env("TALLY", &tally);
    command.env("SHOWS_LINK", if actor.has_link { "1" } else { "" }).kill_on_drop(true);
    let ran = tokio::time::timeout(LIMIT, command.output()).await;
    let ran = ran.unwrap_or_else(|_| panic!("{} took too long", actor.name)).unwrap();
    let told = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{}: {told}{}", actor.name, String::from_utf8_lossy(&ran.stderr));
    serde_json::from_slice(&std::fs::read(tally).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_asked_by_whomever_is_answered_as_the_document_says_and_never_by_a_fault() {
    let scene = Scene::set().await;
    let cookie = |value: Option<&String>| vec![format!("Cookie: __Host-parvis-login={}", value.unwrap())];
    let passes = vec![format!("Cookie: {}", scene.guest.passes.join("; "))];
    let actor = |name, number, headers| Actor { name, number, headers, has_link: false, is_thorough: true };
    let brief = |name, number, headers| Actor { is_thorough: false, ..actor(name, number, headers) };
    let secretary = actor("secretary", 0, cookie(scene.secretary.cookie.as_ref()));
    let doctor = actor("doctor", 1, cookie(scene.doctor.cookie.as_ref()));
    let machine = brief("machine", 1, vec![format!("Authorization: Bearer {}", scene.token)]);
    let guest = Actor { has_link: true, ..brief("guest", 2, passes) };
    let nobody = brief("nobody", 2, vec![]);
    let one = async { vec![run(&scene, secretary).await, run(&scene, machine).await] };
    let other =
        async { vec![run(&scene, guest).await, run(&scene, nobody).await, run(&scene, doctor).await] };
    let (mut all, more) = tokio::join!(one, other);
    all.extend(more);
    // Last, for they may take from the others what these are.
    let administrator = actor("administrator", 2, cookie(scene.administrator.cookie.as_ref()));
    all.push(run(&scene, administrator).await);

    let document: Value = serde_json::from_str(&std::fs::read_to_string(DOCUMENT).unwrap()).unwrap();
    let paths = document["paths"].as_object().unwrap().values();
    let operations = paths.map(|item| item.as_object().unwrap().len()).sum::<usize>() - LEFT_OUT.len();
    let mut reached = BTreeMap::new();
    for tally in &all {
        assert_eq!(tally.len(), operations, "all that there is was asked for");
        for (operation, statuses) in tally {
            let is_reached = reached.entry(operation).or_insert(false);
            *is_reached |= statuses.keys().any(|status| status.starts_with(['2', '3']));
            assert!(!statuses.keys().any(|status| status.starts_with('5')), "{operation}: {statuses:?}");
        }
    }
    let unreached: Vec<_> =
        reached.iter().filter(|(_, is_reached)| !**is_reached).map(|(name, _)| name).collect();
    let count = reached.len() - unreached.len();
    let requests: u64 = all.iter().flat_map(BTreeMap::values).flat_map(BTreeMap::values).sum();
    println!(
        "{requests} requests; {count} of {operations} operations were answered with success, not {unreached:#?}"
    );
    assert!(count >= REACHED, "{count} operations were answered with success; not these: {unreached:#?}");
}
