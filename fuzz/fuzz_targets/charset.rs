//! Texts in the character sets that objects declare (PS3.5 chapter 6), escape sequences too.
#![no_main]

#[path = "../object.rs"]
mod object;

use libfuzzer_sys::fuzz_target;
use object::{element, item, object};
use parvis::imaging::{ContentHash, read_header};

const SETS: [&str; 12] = [
    "ISO_IR 100",
    "ISO_IR 192",
    "ISO_IR 13",
    "GB18030",
    "GBK",
    "\\ISO 2022 IR 87",
    "\\ISO 2022 IR 149",
    "\\ISO 2022 IR 58",
    "ISO 2022 IR 13\\ISO 2022 IR 87",
    "ISO 2022 IR 6\\ISO 2022 IR 100\\ISO 2022 IR 144",
    "ISO 2022 IR 159\\ISO 2022 IR 87\\ISO 2022 IR 166",
    "",
];

fuzz_target!(|input: (u8, &str, &[u8], &[u8])| {
    let (chosen, own, name, words) = input;
    let set = if chosen & 0x80 == 0 { SETS[usize::from(chosen) % SETS.len()] } else { own };
    let elements = [
        element(8, 5, b"CS", set.as_bytes()),
        element(8, 0x1030, b"LO", words),
        element(8, 0x1140, b"SQ", &item(&element(8, 0x1030, b"LO", name))),
        element(0x10, 0x10, b"PN", name),
        element(0x10, 0x20, b"LO", words),
    ];
    let bytes = object("1.2.840.10008.5.1.4.1.1.7", &elements.concat());
    let _ = read_header(&bytes, ContentHash([0; 32]));
});
