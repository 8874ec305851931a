//! A code stream in a sound object that asks for it: every codec gets the bytes as they are.
#![no_main]

#[path = "../object.rs"]
mod object;

use libfuzzer_sys::fuzz_target;
use object::Header;
use parvis::imaging::{FrameNumber, decode_frame};

const SYNTAXES: [&str; 13] = [
    "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.51",
    "1.2.840.10008.1.2.4.57",
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.81",
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.91",
    "1.2.840.10008.1.2.4.110",
    "1.2.840.10008.1.2.4.112",
    "1.2.840.10008.1.2.4.201",
    "1.2.840.10008.1.2.8.1",
];

fuzz_target!(|input: (u8, u8, &[u8])| {
    let (syntax, shape, stream) = input;
    let header = Header {
        syntax: SYNTAXES[usize::from(syntax) % SYNTAXES.len()],
        photometric: if shape & 1 == 1 { "RGB " } else { "MONOCHROME2 " },
        samples: if shape & 1 == 1 { 3 } else { 1 },
        bits: [8, 12, 16, 1][usize::from(shape >> 1) % 4],
        more: Vec::new(),
    };
    let _ = decode_frame(&header.encapsulated(stream), FrameNumber::FIRST);
});
