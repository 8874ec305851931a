//! What a hospital copies from `deploy/`: the units of systemd name what the program needs, and `check-config` tells what would keep it from
//! starting.

use std::fs;
use std::path::Path;

use clap::Parser as _;
use parvis::archive::ArchiveSettings;
use parvis::clock::Clock;
use parvis::command::Arguments;
use parvis::config::Config;
use parvis::sealing::MasterKeys;

use crate::at_rest::{parvis, said};

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

/// Only what could be read of the file of settings was told; the start then failed at one file after another.
#[test]
fn check_config_tells_all_files_that_cannot_be_used() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let put = |name: &str, text: &str, mode: u32| {
        fs::write(at(name), text).unwrap();
        fs::set_permissions(at(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    let settings = format!(
        "[hospital]\nname = \"H\"\ntelephone = \"1\"\n[http]\npublic_url = \"https://visio.hopital.example\"\n\
         tls_certificate = \"{0}\"\ntls_key = \"{1}\"\n\
         [relay]\nlisten = \"127.0.0.1:0\"\ntls_certificate = \"{0}\"\ntls_key = \"{2}\"\n\
         [oidc]\nissuer = \"https://id.example\"\nclient_id = \"p\"\nclient_authentication = \"tls_client_auth\"\n\
         client_key = \"{1}\"\nclient_certificate = \"{0}\"\nauthority = \"{0}\"\n[oidc.roles]\n\"groups/m\" = \"doctor\"\n\
         [mail]\nhost = \"smtp.example\"\nfrom = \"a@b.example\"\nauthority = \"{0}\"\n[keys]\nfile = \"{3}\"\n",
        at("chain.pem"),
        at("key.pem"),
        at("wide.pem"),
        at("master.key"),
    );
    fs::write(at("parvis.toml"), settings).unwrap();
    let check = || parvis(&["check-config", "--config", &at("parvis.toml")], None);
    let told = |output: &std::process::Output| {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let keys = said.lines().filter_map(|line| line.strip_prefix("  ")?.split_once(": "));
        keys.map(|(key, _)| key.to_owned()).collect::<Vec<_>>()
    };

    // Nothing is there.
    let none = check();
    assert_eq!(none.status.code(), Some(1), "{}", said(&none));
    let all = [
        "http.tls_certificate",
        "http.tls_key",
        "relay.tls_certificate",
        "relay.tls_key",
        "oidc.client_key",
        "oidc.client_certificate",
        "oidc.authority",
        "mail.authority",
        "keys.file",
    ];
    assert_eq!(told(&none), all);
    // Something else is.
    for name in ["chain.pem", "key.pem", "wide.pem", "master.key"] {
        put(name, "neither key nor certificate", 0o600);
    }
    assert_eq!(told(&check()), all);

    // All is as it should be but for two keys: one that others may read, and one of a certificate that is not there.
    let made = |name: &str| rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let (own, other) = (made("visio.hopital.example"), made("other.example"));
    put("chain.pem", &own.cert.pem(), 0o644);
    put("key.pem", &other.signing_key.serialize_pem(), 0o600);
    put("wide.pem", &own.signing_key.serialize_pem(), 0o644);
    fs::remove_file(at("master.key")).unwrap();
    assert!(parvis(&["keys", "new", "--out", &at("master.key")], None).status.success());
    let wrong = check();
    assert_eq!(told(&wrong), ["http.tls_key", "relay.tls_key"], "{}", said(&wrong));
    assert!(
        said(&wrong).contains("do not go together") && said(&wrong).contains("chmod 600"),
        "{}",
        said(&wrong)
    );
    // The gateway tells the same before it makes anything.
    assert_eq!(told(&parvis(&["serve", "--config", &at("parvis.toml")], None)), told(&wrong));

    put("key.pem", &own.signing_key.serialize_pem(), 0o600);
    put("wide.pem", &own.signing_key.serialize_pem(), 0o600);
    let right = check();
    assert!(right.status.success(), "{}", said(&right));
    put("master.key", "no key\n", 0o600);
    assert_eq!(told(&check()), ["keys.file"]);
}
