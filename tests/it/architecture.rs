//! Holds the arrows of ARCHITECTURE.md: which module may name which other, and which external crate.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

struct Module {
    name: &'static str,
    /// Other modules of this crate that it may name.
    modules: &'static [&'static str],
    /// External crates that it may name, beside std, thiserror, tracing (adapters) and what `ANYBODY` lists.
    crates: &'static [&'static str],
    is_pure: bool,
}

/// Value types and their vocabulary: no behaviour comes in by these.
const ANYBODY: [&str; 6] = ["chrono", "thiserror", "uuid", "url", "bytes", "serde"];

const fn pure(
    name: &'static str,
    modules: &'static [&'static str],
    crates: &'static [&'static str],
) -> Module {
    Module { name, modules, crates, is_pure: true }
}

const fn adapter(
    name: &'static str,
    modules: &'static [&'static str],
    crates: &'static [&'static str],
) -> Module {
    Module { name, modules, crates, is_pure: false }
}

const TABLE: [Module; 36] = [
    pure("audit", &["clinical", "secret"], &["base64", "ring", "serde_json", "sha2"]),
    pure("clinical", &["secret"], &["sha2", "base64", "unicode_normalization", "chrono_tz"]),
    pure("room", &["clinical"], &[]),
    pure(
        "imaging",
        &["secret"],
        &[
            "dicom_core",
            "dicom_dictionary_std",
            "dicom_encoding",
            "dicom_object",
            "dicom_pixeldata",
            "dicom_transfer_syntax_registry",
            "fast_image_resize",
            "image",
            "moxcms",
            "png",
            "pulp",
            "turbojpeg",
            "charls",
            "encoding_rs",
            "flate2",
            "jpeg2k",
            "jxl_oxide",
            "base64",
            "quick_xml",
            "serde_json",
        ],
    ),
    pure("stun", &[], &["hmac", "sha1", "crc32fast"]),
    pure("relay", &["secret", "stun"], &["hmac", "sha1", "md_5", "base64", "subtle"]),
    pure("viewing", &["clinical", "imaging"], &[]),
    pure("paper", &["clinical", "secret"], &["krilla", "skrifa", "unicode_normalization"]),
    pure("summary", &["clinical", "paper", "secret"], &["unicode_normalization"]),
    pure("report", &["clinical", "paper", "secret"], &["base64", "serde_json", "sha1"]),
    pure(
        "protocol",
        &["clinical", "room", "imaging", "viewing", "secret"],
        &["schemars", "serde_json", "ts_rs"],
    ),
    adapter("clock", &[], &["rand"]),
    adapter("secret", &[], &[]),
    adapter("sealing", &["clock", "secret"], &["base64", "ring", "tempfile", "zeroize"]),
    adapter("tasks", &[], &["tokio"]),
    adapter("config", &["secret"], &["toml", "chrono_tz"]),
    adapter("telemetry", &["config"], &["tracing_subscriber"]),
    adapter(
        "store",
        &["audit", "clinical", "imaging", "report", "viewing", "sealing", "secret", "config", "clock"],
        &["sqlx", "futures_util", "serde_json", "base64"],
    ),
    adapter(
        "acme",
        &["clock", "egress", "port", "secret", "tasks"],
        &["axum", "base64", "instant_acme", "rcgen", "reqwest", "rustls", "serde_json", "tokio"],
    ),
    adapter("egress", &[], &["reqwest", "tokio"]),
    adapter(
        "login",
        &["clinical", "store", "secret", "config", "clock", "egress"],
        &[
            "argon2",
            "base64",
            "openidconnect",
            "reqwest",
            "rustls",
            "serde_json",
            "sha2",
            "subtle",
            "tokio",
            "totp_rs",
            "webauthn_rs",
        ],
    ),
    adapter(
        "sfu",
        &["clinical", "room", "config", "clock", "stun"],
        &["rtc", "quinn_udp", "socket2", "tokio", "rustix"],
    ),
    adapter(
        "port",
        &["relay", "sfu", "stun", "secret", "clock", "tasks"],
        &["axum", "hyper", "hyper_util", "md_5", "socket2", "tokio", "tokio_rustls", "x509_parser"],
    ),
    adapter(
        "archive",
        &["imaging", "config", "clock", "sealing", "secret", "tasks"],
        &[
            "tokio",
            "moka",
            "rustix",
            "sha2",
            "zip",
            "serde_json",
            "futures_util",
            "landlock",
            "libc",
            "seccompiler",
            "tempfile",
        ],
    ),
    adapter(
        "outbox",
        &["clinical", "store", "secret", "config", "clock", "tasks", "egress"],
        &["futures_util", "icalendar", "lettre", "reqwest", "serde_json", "sha2", "tokio"],
    ),
    adapter("metrics", &["secret"], &["axum", "prometheus_client", "rustix", "subtle"]),
    adapter(
        "live",
        &[
            "clinical", "room", "viewing", "imaging", "protocol", "sfu", "archive", "store", "clock",
            "config", "tasks",
        ],
        &["tokio", "futures_util"],
    ),
    adapter("pacs", &["clinical", "clock", "egress", "imaging", "secret", "store"], &["reqwest", "tokio"]),
    adapter(
        "trail",
        &["audit", "clinical", "clock", "config", "egress", "secret", "store", "tasks"],
        &["reqwest", "serde_json", "tokio"],
    ),
    adapter(
        "backup",
        &["archive", "clock", "sealing", "secret", "store", "trail"],
        &["futures_util", "rustix", "serde_json", "sha2", "tar", "tokio"],
    ),
    adapter("retention", &["archive", "clinical", "clock", "config", "store", "tasks"], &["tokio"]),
    adapter(
        "web",
        &[
            "audit",
            "clinical",
            "imaging",
            "paper",
            "report",
            "summary",
            "protocol",
            "live",
            "login",
            "metrics",
            "outbox",
            "pacs",
            "port",
            "retention",
            "store",
            "archive",
            "clock",
            "config",
            "secret",
            "tasks",
            "trail",
        ],
        &[
            "axum",
            "axum_extra",
            "tower_http",
            "tokio",
            "futures_util",
            "rust_embed",
            "schemars",
            "serde_json",
        ],
    ),
    adapter(
        "demo",
        &[
            "app", "archive", "clinical", "clock", "config", "egress", "imaging", "login", "pacs", "sealing",
            "secret", "sfu", "store", "trail",
        ],
        &[
            "anyhow",
            "axum",
            "base64",
            "chrono_tz",
            "dicom_core",
            "dicom_dictionary_std",
            "dicom_object",
            "openidconnect",
            "serde_json",
            "sha2",
            "subtle",
            "tokio",
        ],
    ),
    adapter(
        "command",
        &[
            "app",
            "archive",
            "audit",
            "backup",
            "clinical",
            "clock",
            "config",
            "demo",
            "imaging",
            "sealing",
            "store",
            "tasks",
            "telemetry",
            "trail",
        ],
        &["anyhow", "clap", "serde_json", "tokio"],
    ),
    adapter(
        "app",
        &[
            "acme",
            "archive",
            "audit",
            "clinical",
            "clock",
            "config",
            "egress",
            "live",
            "login",
            "metrics",
            "outbox",
            "pacs",
            "port",
            "relay",
            "retention",
            "sealing",
            "secret",
            "sfu",
            "store",
            "tasks",
            "trail",
            "web",
        ],
        &["anyhow", "axum", "rustls", "tokio"],
    ),
    adapter("main", &["command"], &["clap", "parvis"]),
];

/// Words that no pure module may hold.
const IMPURE: [&str; 11] = [
    "async ",
    ".await",
    "tokio",
    "tracing",
    "std::fs",
    "std::net::UdpSocket",
    "std::env",
    "std::process",
    "std::thread",
    "println!",
    "Mutex",
];

fn sources(root: &Path) -> BTreeMap<PathBuf, String> {
    fn walk(folder: &Path, found: &mut BTreeMap<PathBuf, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.insert(path.clone(), fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(root, &mut found);
    found
}

/// The file without comments and without its tests.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| line.split(" // ").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

fn module_of(root: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(root).unwrap();
    let first = relative.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// Names that stand before `::` and are no part of a longer path, and those that `use` begins with.
fn first_names(code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let bytes = code.as_bytes();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut from = 0;
    while let Some(at) = code[from..].find("::") {
        let end = from + at;
        let start = (0..end).rev().take_while(|i| is_word(bytes[*i])).last().unwrap_or(end);
        let is_inner = start >= 2 && &bytes[start - 2..start] == b"::";
        if start < end && !is_inner {
            names.insert(code[start..end].to_owned());
        }
        from = end + 2;
    }
    names
}

/// Modules named by `crate::x` or `crate::{x, y::z}`.
fn own_modules(code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut word = String::new();
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => word.clear(),
                    _ if depth == 0 && (c.is_alphanumeric() || c == '_') => word.push(c),
                    _ => {}
                }
                if depth == 0 && !word.is_empty() && !(c.is_alphanumeric() || c == '_') {
                    names.insert(std::mem::take(&mut word));
                }
            }
            if !word.is_empty() {
                names.insert(word);
            }
        } else {
            names.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    names
}

fn dependencies() -> BTreeSet<String> {
    let manifest: toml::Table = fs::read_to_string("Cargo.toml").unwrap().parse().unwrap();
    manifest["dependencies"].as_table().unwrap().keys().map(|name| name.replace('-', "_")).collect()
}

#[test]
fn every_module_names_only_what_the_table_allows() {
    let root = Path::new("src");
    let external = dependencies();
    let known: BTreeSet<_> = TABLE.iter().map(|module| module.name).collect();
    let mut faults = Vec::new();
    for (path, text) in sources(root) {
        let name = module_of(root, &path);
        if name == "lib" {
            continue;
        }
        let Some(module) = TABLE.iter().find(|module| module.name == name) else {
            faults.push(format!("{}: the module {name} is not in the table", path.display()));
            continue;
        };
        let is_test = path.file_stem().is_some_and(|stem| stem == "tests");
        if is_test {
            continue;
        }
        let code = code(&text);
        for named in own_modules(&code) {
            if known.contains(named.as_str()) && named != name && !module.modules.contains(&named.as_str()) {
                faults.push(format!("{}: {name} may not name {named}", path.display()));
            }
        }
        for named in first_names(&code).intersection(&external) {
            let is_allowed = ANYBODY.contains(&named.as_str())
                || module.crates.contains(&named.as_str())
                || (named == "tracing" && !module.is_pure);
            if !is_allowed {
                faults.push(format!("{}: {name} may not name the crate {named}", path.display()));
            }
        }
        if module.is_pure {
            for word in IMPURE {
                if code.contains(word) {
                    faults.push(format!(
                        "{}: {name} is pure and may not say `{}`",
                        path.display(),
                        word.trim()
                    ));
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn the_table_names_only_modules_that_exist() {
    let listed = fs::read_to_string("src/lib.rs").unwrap();
    for module in TABLE.iter().filter(|module| module.name != "main") {
        assert!(
            listed.contains(&format!("pub mod {};", module.name)),
            "{} is not in src/lib.rs",
            module.name
        );
        for named in module.modules {
            assert!(TABLE.iter().any(|other| other.name == *named), "{} names {named}", module.name);
        }
    }
}

/// Whoever makes a client of their own asks whom they like.
#[test]
fn only_egress_makes_clients_of_http() {
    let mut faults = Vec::new();
    for (path, text) in sources(Path::new("src")) {
        let code = code(&text);
        let makes = [
            "Client::builder",
            "ClientBuilder::new",
            "reqwest::Client::new",
            "reqwest::get",
            "reqwest::blocking",
        ];
        let is_test = path.file_stem().is_some_and(|stem| stem == "tests");
        if module_of(Path::new("src"), &path) != "egress"
            && !is_test
            && makes.iter().any(|make| code.contains(make))
        {
            faults.push(path);
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn only_protocol_makes_wire_types() {
    for (path, text) in sources(Path::new("src")) {
        if module_of(Path::new("src"), &path) != "protocol" {
            assert!(!code(&text).contains("ts_rs"), "{}", path.display());
        }
    }
    for core in ["clinical", "room", "imaging", "viewing"] {
        for (path, text) in sources(&Path::new("src").join(core)) {
            // Facts and documents cross the pipe between the gateway and its own child as they are; clients get other types.
            let is_for_the_child =
                ["facts.rs", "study.rs", "clip.rs", "measure.rs", "referenced.rs", "content/mod.rs"]
                    .iter()
                    .any(|end| path.ends_with(end))
                    && core == "imaging";
            assert!(
                is_for_the_child || !code(&text).contains("Serialize"),
                "{}: core types are no wire types",
                path.display()
            );
        }
    }
}

#[test]
fn a_file_is_read_in_one_sitting() {
    let long: Vec<_> = sources(Path::new("src"))
        .into_iter()
        .filter(|(_, text)| text.lines().count() > 700)
        .map(|(path, text)| format!("{}: {} lines", path.display(), text.lines().count()))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}
