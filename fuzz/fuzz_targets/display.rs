//! Lookup tables, palettes (segmented too), windows and rescaling, with pixels that are sound.
#![no_main]

#[path = "../object.rs"]
mod object;

use libfuzzer_sys::fuzz_target;
use object::{Header, element, item, words};
use parvis::imaging::{FrameNumber, Presentation, Surface, View, decode_frame, render_view};

fuzz_target!(|input: (u8, [u16; 3], &[u8], &str)| {
    let (what, descriptor, table, text) = input;
    let number = |number| element(0x28, number, b"DS", text.as_bytes());
    let lut = |sequence| {
        let inside = [element(0x28, 0x3002, b"US", &words(&descriptor)), element(0x28, 0x3006, b"OW", table)];
        element(0x28, sequence, b"SQ", &item(&inside.concat()))
    };
    let palette = |data: u16| {
        (0..3).flat_map(move |color| [(0x1101 + color, true), (data + color, false)]).map(|(number, is_short)| {
            let value = if is_short { words(&descriptor) } else { table.to_vec() };
            element(0x28, number, if is_short { b"US" } else { b"OW" }, &value)
        })
    };
    let more = match what % 5 {
        0 => vec![lut(0x3000)],
        1 => vec![lut(0x3010)],
        2 => palette(0x1201).collect(),
        3 => palette(0x1221).collect(),
        _ => [0x1050, 0x1051, 0x1052, 0x1053].map(number).to_vec(),
    };
    let is_palette = matches!(what % 5, 2 | 3);
    let header = Header {
        syntax: "1.2.840.10008.1.2.1\0",
        photometric: if is_palette { "PALETTE COLOR " } else { "MONOCHROME2 " },
        samples: 1,
        bits: if what & 0x80 == 0 { 8 } else { 12 },
        more,
    };
    let bytes = if header.bits == 8 { 1 } else { 2 };
    let pixels: Vec<u8> = (0..24 * 32 * bytes).map(|place| (place * 7) as u8).collect();
    if let Ok(frame) = decode_frame(&header.native(&pixels), FrameNumber::FIRST) {
        let surface = Surface { width: 24, height: 20 };
        let _ = render_view(&frame, &Presentation::default(), &View::default(), surface);
    }
});
