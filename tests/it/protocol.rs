//! The wire: `web/src/protocol.ts` is made from the Rust types, and every message has an example that both sides read.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use parvis::protocol::{ClientMessage, PictureHeader, ServerMessage, typescript};
use serde_json::Value;

const TYPESCRIPT: &str = "web/src/protocol.ts";
const FIXTURES: &str = "fixtures/protocol";

#[test]
fn the_typescript_is_made_from_these_types() {
    let made = typescript();
    #[expect(clippy::disallowed_methods, reason = "how a person asks the test to write")]
    let is_asked_to_write = std::env::var_os("UPDATE").is_some();
    if is_asked_to_write {
        fs::write(TYPESCRIPT, &made).unwrap();
    }
    let committed = fs::read_to_string(TYPESCRIPT).unwrap();
    assert!(committed == made, "{TYPESCRIPT} is old: run `UPDATE=1 cargo test --test it protocol`");
}

fn examples(side: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(Path::new(FIXTURES).join(side)).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        found.push((name, serde_json::from_str(&text).unwrap()));
    }
    found
}

/// The names of all messages, read from the TypeScript, so that a new one without an example is found.
fn names(declaration: &str) -> BTreeSet<String> {
    let made = typescript();
    let start = made.find(&format!("export type {declaration} =")).unwrap();
    let end = made[start..].find("\n\nexport").map_or(made.len(), |end| start + end);
    let body = &made[start..end];
    body.split("\"type\": \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[test]
fn every_message_of_a_client_has_an_example_that_reads_back() {
    let mut seen = BTreeSet::new();
    for (name, example) in examples("client") {
        let message: ClientMessage =
            serde_json::from_value(example.clone()).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(serde_json::to_value(&message).unwrap(), example, "{name}");
        seen.insert(example["type"].as_str().unwrap().to_owned());
    }
    assert_eq!(seen, names("ClientMessage"));
}

#[test]
fn every_message_of_the_server_has_an_example_that_reads_back() {
    let mut seen = BTreeSet::new();
    for (name, example) in examples("server") {
        let message: ServerMessage =
            serde_json::from_value(example.clone()).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(serde_json::to_value(&message).unwrap(), example, "{name}");
        seen.insert(example["type"].as_str().unwrap().to_owned());
    }
    assert_eq!(seen, names("ServerMessage"));
}

#[test]
fn the_protocol_page_speaks_of_every_message() {
    let page = fs::read_to_string("docs/protocol.md").unwrap();
    for name in names("ClientMessage").into_iter().chain(names("ServerMessage")) {
        assert!(page.contains(&format!("`{name}`")), "docs/protocol.md does not mention `{name}`");
    }
}

#[test]
fn a_message_with_a_field_that_nobody_knows_is_refused() {
    let message = r#"{"type":"ping","surprise":1}"#;
    assert!(serde_json::from_str::<ClientMessage>(message).is_err());
}

#[test]
fn a_picture_is_framed_as_the_protocol_page_says() {
    let header = PictureHeader {
        sequence: 7,
        viewport: 1,
        is_own: false,
        is_magnified: false,
        revision: 3,
        index: 41,
        width: 640,
        height: 480,
        surface_width: 640,
        surface_height: 480,
        part: [0.0, 0.0, 640.0, 480.0],
        format: parvis::protocol::PictureFormatWord::Png,
        is_lossless: true,
    };
    let message = header.frame(b"picture").unwrap();
    let length = u32::from_le_bytes(message[..4].try_into().unwrap()) as usize;
    let read: PictureHeader = serde_json::from_slice(&message[4..4 + length]).unwrap();
    assert_eq!(read, header);
    assert_eq!(&message[4 + length..], b"picture");
}
