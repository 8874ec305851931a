//! An upload: the walk through a ZIP, and ZIPs in it.
#![no_main]

use std::ops::ControlFlow;

use libfuzzer_sys::fuzz_target;
use parvis::archive::{EntryKind, MediaLimits, Spool, walk};
use parvis::clock::Clock;

fuzz_target!(|bytes: &[u8]| {
    let path = std::env::temp_dir().join(format!("parvis-fuzz-{}.zip", std::process::id()));
    if std::fs::write(&path, bytes).is_err() {
        return;
    }
    let limits = MediaLimits { unpacked_bytes: 8 << 20, file_bytes: 1 << 20, entries: 100, depth: 3, ratio: 100, has_plain_files: true };
    let (mut files, mut unpacked) = (0, 0);
    let walked = walk(&path, &limits, &Spool::new(None, Clock::system()), &mut |entry| {
        files += 1;
        assert!(entry.name.chars().all(|c| !c.is_control()) || entry.is_source);
        if let EntryKind::Candidate(spooled) = entry.kind {
            assert!(spooled.bytes <= limits.file_bytes);
            unpacked += spooled.bytes;
        }
        ControlFlow::Continue(())
    });
    walked.unwrap_or_else(|error| panic!("{error}"));
    assert!(unpacked <= limits.unpacked_bytes, "{unpacked}");
    assert!(files <= 2 * limits.entries + 8, "{files}");
});
