//! What objects without pixels are shown as: reports, documents with the XML of CDA, plans, waveforms.
#![no_main]

#[path = "../object.rs"]
mod object;

use libfuzzer_sys::fuzz_target;
use object::{element, item, object};
use parvis::imaging::content;

const CLASSES: [&str; 7] = [
    "1.2.840.10008.5.1.4.1.1.88.33",
    "1.2.840.10008.5.1.4.1.1.88.59",
    "1.2.840.10008.5.1.4.1.1.104.1",
    "1.2.840.10008.5.1.4.1.1.481.3",
    "1.2.840.10008.5.1.4.1.1.481.5",
    "1.2.840.10008.5.1.4.1.1.9.1.1",
    "1.2.840.10008.5.1.4.1.1.66",
];

fuzz_target!(|input: (u8, &[u8])| {
    let (what, bytes) = input;
    let document = |media_type: &[u8], bytes: &[u8]| {
        let elements = [element(0x42, 0x11, b"OB", bytes), element(0x42, 0x12, b"LO", media_type)];
        object("1.2.840.10008.5.1.4.1.1.104.2", &elements.concat())
    };
    let made = match what % 10 {
        0 => document(b"text/XML", bytes),
        1 => document(b"text/XML", &[b"<ClinicalDocument xmlns=\"urn:hl7-org:v3\">", bytes].concat()),
        // A tree whose items are what comes.
        2 => {
            let root =
                [element(0x40, 0xA040, b"CS", b"CONTAINER "), element(0x40, 0xA730, b"SQ", &item(bytes))];
            object(CLASSES[0], &root.concat())
        }
        other => object(CLASSES[usize::from(other) % CLASSES.len()], bytes),
    };
    let _ = content(&made);
});
