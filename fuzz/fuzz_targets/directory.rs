//! A DICOMDIR (PS3.3 annex F): records that point at each other as they like.
#![no_main]

#[path = "../object.rs"]
mod object;

use libfuzzer_sys::fuzz_target;
use object::{element, item, object};
use parvis::imaging::{ContentHash, content, read_header};

const KINDS: [&str; 6] = ["PATIENT ", "STUDY ", "SERIES", "IMAGE ", "PRIVATE ", ""];

fuzz_target!(|records: Vec<(u32, u32, u8, &[u8], &[u8])>| {
    let record = |(next, lower, kind, file, more): &(u32, u32, u8, &[u8], &[u8])| {
        let inside = [
            element(4, 0x1400, b"UL", &next.to_le_bytes()),
            element(4, 0x1410, b"US", &[0xFF, 0xFF]),
            element(4, 0x1420, b"UL", &lower.to_le_bytes()),
            element(4, 0x1430, b"CS", KINDS[usize::from(*kind) % KINDS.len()].as_bytes()),
            element(4, 0x1500, b"CS", file),
            element(0x10, 0x10, b"PN", more),
            element(0x20, 0x13, b"IS", more),
        ];
        item(&inside.concat())
    };
    let records: Vec<u8> = records.iter().flat_map(record).collect();
    let bytes = object("1.2.840.10008.1.3.10", &element(4, 0x1220, b"SQ", &records));
    let _ = content(&bytes);
    let _ = read_header(&bytes, ContentHash([0; 32]));
});
