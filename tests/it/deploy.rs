//! What a hospital copies from `deploy/`: the units of systemd name what the program needs.

use std::path::Path;

use clap::Parser as _;
use parvis::archive::ArchiveSettings;
use parvis::clock::Clock;
use parvis::command::Arguments;
use parvis::config::Config;
use parvis::sealing::MasterKeys;

const GATEWAY: &str = include_str!("../../deploy/parvis.service");
const BACKUP: &str = include_str!("../../deploy/parvis-backup.service");
const NIGHTLY: &str = include_str!("../../deploy/parvis-backup.timer");
const EXAMPLE: &str = include_str!("../../deploy/config.example.toml");

/// All values of a key in a unit, in their order.
fn values<'a>(unit: &'a str, key: &str) -> Vec<&'a str> {
    let lines = unit.lines().filter(|line| !line.starts_with(['#', ';']));
    lines
        .filter_map(|line| line.split_once('='))
        .filter(|(name, _)| *name == key)
        .map(|(_, value)| value)
        .collect()
}

fn value<'a>(unit: &'a str, key: &str) -> &'a str {
    let values = values(unit, key);
    assert_eq!(values.len(), 1, "{key} stands once: {values:?}");
    values[0]
}

/// A size as systemd writes it, in bytes.
fn bytes(size: &str) -> u64 {
    let (number, power) = match size.split_at(size.len() - 1) {
        (number, "M") => (number, 20),
        (number, "G") => (number, 30),
        other => panic!("{other:?} is no size"),
    };
    number.parse::<u64>().unwrap() << power
}

/// The command lines of this program in a unit, without what a shell puts around them.
fn own_lines(unit: &str) -> Vec<Vec<String>> {
    let keys = ["ExecStartPre", "ExecStart", "ExecStartPost"];
    let lines = keys.iter().flat_map(|key| values(unit, key));
    let own = lines.filter_map(|line| line.split_once("/usr/local/bin/parvis "));
    // A `$(...)` stands for one word.
    let one_word = |line: &str| match (line.find("$("), line.rfind(')')) {
        (Some(from), Some(to)) => format!("{}X{}", &line[..from], &line[to + 1..]),
        _ => line.to_owned(),
    };
    let words =
        |line: &str| line.split_whitespace().map(|word| word.trim_matches(['\'', '"']).to_owned()).collect();
    own.map(|(_, line)| words(&one_word(line))).collect()
}

/// Decoders were refused their walls by the unit itself: no set of systemd 252 holds these calls, and no clip was shown.
#[test]
fn the_unit_lets_decoders_put_up_their_walls() {
    let allowed: Vec<_> = values(GATEWAY, "SystemCallFilter");
    let named = |call: &str| allowed.iter().any(|line| line.split_whitespace().any(|word| word == call));
    for call in [
        "@system-service",
        "seccomp",
        "landlock_create_ruleset",
        "landlock_add_rule",
        "landlock_restrict_self",
    ] {
        assert!(named(call), "{call} is not in {allowed:?}");
    }
    let taken: Vec<_> = allowed.iter().filter(|line| line.starts_with('~')).collect();
    assert_eq!(taken, [&"~@privileged"], "what else is taken away may be what a decoder needs");
    assert_eq!(value(GATEWAY, "SystemCallErrorNumber"), "EPERM", "what is refused ends no process");
}

/// Two decoders and two clips at their worst were more than the unit allowed, and the first of them that the kernel ended took the whole unit
/// and its calls along.
#[test]
fn decoders_at_their_worst_fit_into_the_unit_and_one_that_is_ended_ends_no_call() {
    let config = Config::parse(EXAMPLE, |_| None).unwrap();
    let keys = MasterKeys::passing(&[], Clock::system());
    let defaults = ArchiveSettings::new("archive".into(), "parvis".into(), keys);
    let settings = ArchiveSettings {
        workers: config.archive.workers,
        decoded_cache_bytes: config.archive.decoded_cache_bytes,
        encoded_cache_bytes: config.archive.encoded_cache_bytes,
        ..defaults
    };
    let (worst, most) = (settings.most_memory_bytes(), bytes(value(GATEWAY, "MemoryMax")));
    // 1 MB a person (docs/performance.md), the program and its database.
    assert!(worst + (2 << 30) <= most, "{worst} bytes and what calls need are more than {most}");
    assert_eq!(values(GATEWAY, "MemoryHigh"), [""; 0], "without swap it slows down all, calls too");
    assert_eq!(value(GATEWAY, "MemorySwapMax"), "0");
    assert_eq!(value(GATEWAY, "OOMPolicy"), "continue");
}

#[test]
fn every_line_of_a_unit_is_one_that_the_program_knows() {
    for (unit, verbs) in [(GATEWAY, ["check-config", "serve"]), (BACKUP, ["backup", "restore"])] {
        let lines = own_lines(unit);
        assert_eq!(lines.iter().map(|line| line[0].as_str()).collect::<Vec<_>>(), verbs);
        for line in lines {
            assert!(
                line.ends_with(&["--config".to_owned(), "/etc/parvis/parvis.toml".to_owned()]),
                "{line:?}"
            );
            let words = std::iter::once("parvis".to_owned()).chain(line.iter().cloned());
            Arguments::try_parse_from(words).unwrap_or_else(|error| panic!("{line:?}: {error}"));
        }
    }
}

#[test]
fn the_nightly_backup_has_what_it_needs() {
    for key in ["User", "Group", "EnvironmentFile", "LoadCredential"] {
        assert_eq!(value(BACKUP, key), value(GATEWAY, key), "{key} is that of the gateway");
    }
    let written: Vec<_> = value(BACKUP, "ReadWritePaths").split_whitespace().collect();
    // The database is opened for reading, and SQLite writes beside it for that.
    let state = format!("/var/lib/{}", value(GATEWAY, "StateDirectory"));
    assert!(written.contains(&state.as_str()), "{written:?}");
    let target = own_lines(BACKUP)[0][1].clone();
    let folder = Path::new(&target).parent().unwrap().display().to_string();
    assert!(written.contains(&folder.as_str()), "{folder} is not in {written:?}");
    assert!(value(BACKUP, "RestrictAddressFamilies").contains("AF_INET AF_INET6 AF_UNIX"), "for PostgreSQL");
    assert!(!value(NIGHTLY, "OnCalendar").is_empty());
    assert_eq!(value(NIGHTLY, "WantedBy"), "timers.target");
    assert_eq!(values(NIGHTLY, "Unit"), [""; 0], "it calls the unit of its name");
}
