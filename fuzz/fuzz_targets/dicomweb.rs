//! What an archive says over DICOMweb: answers of searches, and parts, which are the same however they come.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parvis::imaging::{Asked, Parts, Piece, dicomweb_series, dicomweb_studies, is_dicomweb};

/// All parts, of a body in chunks of that size; `None`: it is none.
fn parts(body: &[u8], size: usize) -> Option<Vec<Vec<u8>>> {
    let mut machine = Parts::new("multipart/related; boundary=b").ok()?;
    let mut found: Vec<Vec<u8>> = Vec::new();
    for chunk in body.chunks(size) {
        for piece in machine.take(chunk).ok()? {
            match piece {
                Piece::Begin => found.push(Vec::new()),
                Piece::Bytes(bytes) => found.last_mut()?.extend_from_slice(&bytes),
                Piece::End => {}
            }
        }
    }
    machine.finish().ok().map(|()| found)
}

fuzz_target!(|input: (u8, &str, &[u8])| {
    let (size, kind, body) = input;
    let _ = Parts::new(kind);
    let whole = [b"--b\r\n".as_slice(), body].concat();
    assert_eq!(parts(&whole, usize::from(size) + 1), parts(&whole, whole.len()));
    let _ = is_dicomweb(body);
    let _ = dicomweb_series(body);
    let asked = Asked { number: "1", domain: "CHU", study: None };
    if let Ok(offered) = dicomweb_studies(body, asked) {
        for study in offered.studies {
            assert!(study.uid.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'));
        }
    }
});
