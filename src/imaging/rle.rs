//! RLE Lossless (PS3.5 annex G): byte planes, each packed by itself.

use super::damage::{Damage, is_enough};
use super::pixels::DecodeError;

/// An unpacked frame: samples interleaved, words in little endian.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) bytes: Vec<u8>,
    pub(super) damage: Option<Damage>,
}

/// Unpacks one frame. What ends early gives the rows that all its planes have.
pub(super) fn decode(
    frame: &[u8],
    columns: u32,
    rows: u32,
    samples: usize,
    sample_bytes: usize,
) -> Result<Decoded, DecodeError> {
    let fault = |what: &str| DecodeError::Codec(format!("RLE: {what}"));
    let pixels = columns as usize * rows as usize;
    let header = frame.get(..64).ok_or_else(|| fault("the frame is shorter than its header"))?;
    let planes = samples * sample_bytes;
    if word(header, 0) != planes || planes > 15 {
        return Err(fault(&format!("{} segments where {planes} are needed", word(header, 0))));
    }
    // Two bytes make at most 128.
    if !is_enough(frame.len() as u64 * 64, (pixels * planes) as u64) {
        return Err(fault("the frame ends early"));
    }
    let mut bytes = vec![0; pixels * planes];
    let mut plane = Vec::with_capacity(pixels);
    let mut whole = pixels;
    for segment in 0..planes {
        let start = word(header, segment + 1).min(frame.len());
        let next = if segment + 1 < planes { word(header, segment + 2) } else { frame.len() };
        // An end that cannot be is not believed: the pixels say when a plane is full.
        let end = if (start..=frame.len()).contains(&next) { next } else { frame.len() };
        plane.clear();
        unpack(&frame[start..end], pixels, &mut plane);
        whole = whole.min(plane.len());
        // The most significant byte of a sample comes first.
        let (sample, byte) = (segment / sample_bytes, sample_bytes - 1 - segment % sample_bytes);
        let place = sample * sample_bytes + byte;
        for (pixel, value) in bytes.chunks_exact_mut(planes).zip(&plane) {
            pixel[place] = *value;
        }
    }
    if whole == pixels {
        return Ok(Decoded { bytes, damage: None });
    }
    let first = (whole / columns.max(1) as usize) as u32;
    if !is_enough(first.into(), rows.into()) {
        return Err(fault(&format!("a segment ends after {whole} of {pixels} bytes")));
    }
    Ok(Decoded { bytes, damage: Some(Damage::MissingRows { first, rows }) })
}

fn word(header: &[u8], i: usize) -> usize {
    header
        .get(4 * i..4 * i + 4)
        .map_or(0, |quad| u32::from_le_bytes([quad[0], quad[1], quad[2], quad[3]]) as usize)
}

/// Whether a frame of so many planes may start here (PS3.5 section G.5).
pub(super) fn is_start(bytes: &[u8], planes: usize) -> bool {
    bytes.len() >= 8 && word(bytes, 0) == planes && word(bytes, 1) == 64
}

/// Whether bytes start with the header of a frame of any number of planes (PS3.5 section G.5): their number, where each starts, and zeros.
pub(super) fn is_header(bytes: &[u8]) -> bool {
    let planes = word(bytes, 0);
    let starts = |places: std::ops::Range<usize>| places.map(|place| word(bytes, place));
    bytes.len() > 64
        && (1..=15).contains(&planes)
        && word(bytes, 1) == 64
        && starts(1..planes + 1).is_sorted_by(|a, b| a < b)
        && starts(planes + 1..16).all(|start| start == 0)
}

/// Where the frame that starts here ends, without what fills it up; `None` if it is cut.
pub(super) fn end(bytes: &[u8], pixels: usize, planes: usize) -> Option<usize> {
    let last = word(bytes.get(..64)?, planes);
    let (mut at, mut count) = (last, 0);
    while count < pixels {
        let head = *bytes.get(at)? as i8;
        match head {
            -128 => at += 1,
            0.. => {
                at += 2 + head as usize;
                count += 1 + head as usize;
            }
            _ => {
                at += 2;
                count += (1 - isize::from(head)) as usize;
            }
        }
    }
    (at <= bytes.len()).then_some(at)
}

/// PackBits (PS3.5 section G.3.2), never more than `limit` bytes.
fn unpack(packed: &[u8], limit: usize, out: &mut Vec<u8>) {
    let mut rest = packed;
    while let [head, tail @ ..] = rest {
        if out.len() >= limit {
            break;
        }
        let room = limit - out.len();
        match *head as i8 {
            -128 => rest = tail,
            count @ 0.. => {
                let count = count as usize + 1;
                let (literal, next) = tail.split_at(count.min(tail.len()));
                out.extend_from_slice(&literal[..literal.len().min(room)]);
                rest = next;
            }
            count => {
                let Some((&value, next)) = tail.split_first() else { break };
                out.resize(out.len() + (1 - isize::from(count)).unsigned_abs().min(room), value);
                rest = next;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame_of(segments: &[&[u8]]) -> Vec<u8> {
        let mut frame = vec![0; 64];
        frame[0] = segments.len() as u8;
        for (i, segment) in segments.iter().enumerate() {
            let start = frame.len() as u32;
            frame[4 * i + 4..4 * i + 8].copy_from_slice(&start.to_le_bytes());
            frame.extend_from_slice(segment);
        }
        frame
    }

    #[test]
    fn planes_become_little_endian_words() {
        let frame = frame_of(&[&[0xFE, 0x01, 0], &[2, 7, 8, 9]]);
        let bytes = vec![7, 1, 8, 1, 9, 1];
        assert_eq!(decode(&frame, 3, 1, 1, 2), Ok(Decoded { bytes, damage: None }));
        assert_eq!(end(&[&frame[..], &[0, 3]].concat(), 3, 2), Some(frame.len()));
        assert!(is_start(&frame, 2) && !is_start(&frame, 1));
    }

    #[test]
    fn a_short_frame_gives_its_rows_or_says_so() {
        let frame = frame_of(&[&[0xFF, 5]]);
        let damage = Some(Damage::MissingRows { first: 2, rows: 3 });
        assert_eq!(decode(&frame, 1, 3, 1, 1), Ok(Decoded { bytes: vec![5, 5, 0], damage }));
        assert_eq!(
            decode(&frame, 3, 1, 1, 1),
            Err(DecodeError::Codec("RLE: a segment ends after 2 of 3 bytes".to_owned()))
        );
        assert!(decode(&[1, 0], 3, 1, 1, 1).is_err());
        assert!(decode(&frame, 3, 1, 3, 1).is_err());
        assert!(decode(&frame, 60_000, 60_000, 1, 1).is_err(), "before anything is allocated");
    }

    proptest! {
        #[test]
        fn any_bytes_end_within_the_limit(packed in proptest::collection::vec(any::<u8>(), 0..300), limit in 0_usize..500) {
            let mut out = Vec::new();
            unpack(&packed, limit, &mut out);
            prop_assert!(out.len() <= limit);
            let _ = decode(&packed, limit as u32, 1, 1, 1);
            let _ = end(&packed, limit, 1);
        }

        #[test]
        fn literals_come_back(bytes in proptest::collection::vec(any::<u8>(), 1..400)) {
            let packed: Vec<u8> = bytes.chunks(128).flat_map(|run| [&[run.len() as u8 - 1], run].concat()).collect();
            let mut out = Vec::new();
            unpack(&packed, bytes.len(), &mut out);
            prop_assert_eq!(out, bytes);
        }
    }
}
