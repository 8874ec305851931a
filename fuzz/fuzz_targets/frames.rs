//! A whole object, as it comes: fragments, offset tables, stored values, and the picture of them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parvis::imaging::{FrameNumber, Presentation, decode_frame, render};

fuzz_target!(|bytes: &[u8]| {
    for number in [1, 2, 1000] {
        let Some(number) = FrameNumber::new(number) else { return };
        if let Ok(frame) = decode_frame(bytes, number) {
            assert_eq!(
                frame.values.len(),
                frame.rows as usize * frame.columns as usize * usize::from(frame.samples)
            );
            let _ = render(&frame, &Presentation::default());
        }
    }
});
