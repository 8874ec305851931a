//! Where a codestream ends, for frames that nothing else tells apart.

use super::jpeg_2000::{Extent, Marks};
use super::{Coding, coding_of_content};

/// The bytes of the codestream that `bytes` starts with; `None` if its end cannot be told.
pub(crate) fn codestream_end(bytes: &[u8]) -> Option<usize> {
    match coding_of_content(bytes)? {
        Coding::Jpeg | Coding::JpegLs => jpeg_end(bytes),
        Coding::Jpeg2000 if bytes.starts_with(&[0xFF]) => {
            let header = Marks::read(bytes)?.header_end();
            Extent::walk(bytes, header).end
        }
        _ => None,
    }
}

/// Behind the end marker: segments are passed over by their lengths, data up to the next marker (ITU-T T.81 B.1.1).
fn jpeg_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 2;
    loop {
        match *bytes.get(at..at + 2)? {
            [0xFF, 0xD9] => return Some(at + 2),
            // Stuffed bytes of data (of JPEG-LS too, T.87 A.1), markers without a segment, fill bytes.
            [0xFF, 0x00..=0x7F | 0xD0..=0xD8] => at += 2,
            [0xFF, 0xFF] => at += 1,
            [0xFF, _] => {
                at += 2 + usize::from(u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]))
            }
            _ => at += bytes[at..].iter().position(|byte| *byte == 0xFF)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_end_marker_inside_of_a_segment_does_not_count() {
        let jpeg = [
            &[0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0xFF, 0xD9][..],
            &[0xFF, 0xDA, 0, 3, 1, 7, 0xFF, 0, 0xFF, 0xD0, 9, 0xFF, 0xD9],
        ]
        .concat();
        assert_eq!(codestream_end(&[&jpeg[..], &jpeg[..]].concat()), Some(jpeg.len()));
        assert_eq!(codestream_end(&jpeg[..jpeg.len() - 1]), None);
    }

    proptest! {
        #[test]
        fn any_bytes_have_an_end_inside_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for start in [&[0xFF, 0xD8, 0xFF][..], &[0xFF, 0x4F, 0xFF, 0x51]] {
                let stream = [start, &bytes[..]].concat();
                prop_assert!(codestream_end(&stream).is_none_or(|end| end <= stream.len()));
            }
        }
    }
}
