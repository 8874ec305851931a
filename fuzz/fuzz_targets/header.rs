//! The walk over elements before anything parses them, the lenient reader, and the facts of a header, DICOMDIR too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parvis::imaging::{ContentHash, inspect, read_header};

fuzz_target!(|bytes: &[u8]| {
    let looked = inspect(bytes, ContentHash([0; 32]));
    // Whoever reads strictly never knows more than whoever reads what is there.
    if let Ok(received) = read_header(bytes, ContentHash([0; 32])) {
        assert_eq!(looked.map(|inspection| inspection.received), Ok(received));
    }
});
