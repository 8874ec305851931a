//! A presentation state, applied to a sound image: what is drawn, where it is looked at, how it becomes grey.
#![no_main]

#[path = "../object.rs"]
mod object;

use libfuzzer_sys::fuzz_target;
use object::{Header, element, item, object};
use parvis::imaging::read::Object;
use parvis::imaging::{
    FrameNumber, Presentation, PresentationState, Surface, View, decode_frame, render_view,
};

const UID: &[u8] = b"1.2.3\0";

fuzz_target!(|input: (u8, [i32; 4], Vec<f32>, &[u8])| {
    let (what, corners, points, more) = input;
    let image = item(&element(8, 0x1155, b"UI", UID));
    let refers = element(8, 0x1140, b"SQ", &image);
    let series = item(&[refers, element(0x20, 0xE, b"UI", b"1.2\0")].concat());
    let longs: Vec<u8> = corners.iter().flat_map(|corner| corner.to_le_bytes()).collect();
    let floats: Vec<u8> = points.iter().flat_map(|point| point.to_le_bytes()).collect();
    let shape: &[u8] =
        [&b"POLYLINE"[..], b"CIRCLE", b"ELLIPSE ", b"INTERPOLATED", b"POINT "][usize::from(what) % 5];
    let drawn = [
        element(0x70, 5, b"CS", if what & 0x80 == 0 { b"PIXEL " } else { b"DISPLAY " }),
        element(0x70, 0x22, b"FL", &floats),
        element(0x70, 0x23, b"CS", shape),
    ];
    let annotation = [element(0x70, 2, b"CS", b"A "), element(0x70, 9, b"SQ", &item(&drawn.concat()))];
    let area = [element(0x70, 0x52, b"SL", &longs[..8]), element(0x70, 0x53, b"SL", &longs[8..])];
    let elements = [
        element(8, 0x1115, b"SQ", &series),
        element(0x70, 1, b"SQ", &item(&annotation.concat())),
        element(0x70, 0x5A, b"SQ", &item(&area.concat())),
        more.to_vec(),
    ];
    let bytes = object("1.2.840.10008.5.1.4.1.1.11.1", &elements.concat());
    let Ok(state) = Object::open(&bytes[..]).map(|object| PresentationState::read(&object)) else { return };
    let Ok(state) = state else { return };
    let header = Header {
        syntax: "1.2.840.10008.1.2.1\0",
        photometric: "MONOCHROME2 ",
        samples: 1,
        bits: 8,
        more: vec![element(8, 0x18, b"UI", UID)],
    };
    let Ok(frame) = decode_frame(&header.native(&[7; 24 * 32]), FrameNumber::FIRST) else { return };
    let _ = state.notice();
    if let Some(applied) = state.on(&frame) {
        let surface = Surface { width: 24, height: 20 };
        let presentation = Presentation::default();
        let _ = applied.facts(&presentation);
        let _ = render_view(&applied, &presentation, &View::default(), surface);
    }
});
