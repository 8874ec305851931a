//! RLE Lossless (PS3.5 annex G): byte planes, each packed by itself.

use super::pixels::DecodeError;

/// Unpacks one frame of `pixels` pixels: samples interleaved, words in little endian.
pub(super) fn decode(
    frame: &[u8],
    pixels: usize,
    samples: usize,
    sample_bytes: usize,
) -> Result<Vec<u8>, DecodeError> {
    let fault = |what: &str| DecodeError::Codec(format!("RLE: {what}"));
    let header = frame.get(..64).ok_or_else(|| fault("the frame is shorter than its header"))?;
    let word = |i: usize| {
        u32::from_le_bytes([header[4 * i], header[4 * i + 1], header[4 * i + 2], header[4 * i + 3]]) as usize
    };
    let planes = samples * sample_bytes;
    if word(0) != planes || planes > 15 {
        return Err(fault(&format!("{} segments where {planes} are needed", word(0))));
    }
    let mut interleaved = vec![0; pixels * planes];
    let mut plane = Vec::with_capacity(pixels);
    for segment in 0..planes {
        let start = word(segment + 1);
        let end = if segment + 1 < planes { word(segment + 2) } else { frame.len() };
        let packed = frame.get(start..end).ok_or_else(|| fault("a segment lies outside the frame"))?;
        plane.clear();
        unpack(packed, pixels, &mut plane);
        if plane.len() < pixels {
            return Err(fault(&format!(
                "segment {} ends after {} of {pixels} bytes",
                segment + 1,
                plane.len()
            )));
        }
        // The most significant byte of a sample comes first.
        let (sample, byte) = (segment / sample_bytes, sample_bytes - 1 - segment % sample_bytes);
        let place = sample * sample_bytes + byte;
        for (pixel, value) in interleaved.chunks_exact_mut(planes).zip(&plane) {
            pixel[place] = *value;
        }
    }
    Ok(interleaved)
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
        assert_eq!(decode(&frame, 3, 1, 2), Ok(vec![7, 1, 8, 1, 9, 1]));
    }

    #[test]
    fn a_short_frame_says_so() {
        let frame = frame_of(&[&[0xFF, 5]]);
        assert_eq!(
            decode(&frame, 3, 1, 1),
            Err(DecodeError::Codec("RLE: segment 1 ends after 2 of 3 bytes".to_owned()))
        );
        assert!(decode(&[1, 0], 3, 1, 1).is_err());
        assert!(decode(&frame, 3, 3, 1).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_end_within_the_limit(packed in proptest::collection::vec(any::<u8>(), 0..300), limit in 0_usize..500) {
            let mut out = Vec::new();
            unpack(&packed, limit, &mut out);
            prop_assert!(out.len() <= limit);
            let _ = decode(&packed, limit, 1, 1);
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
