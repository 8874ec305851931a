use proptest::prelude::*;

use super::*;

/// What a coder takes for a prediction, written from table H.1 without regard to the decoder.
fn predicted(
    samples: &[u16],
    width: usize,
    count: usize,
    at: (usize, usize, usize),
    predictor: u8,
    bits: u32,
) -> i32 {
    let (row, column, component) = at;
    let value = |row: usize, column: usize| i32::from(samples[(row * width + column) * count + component]);
    match (row, column) {
        (0, 0) => 1 << (bits - 1),
        (0, _) => value(0, column - 1),
        (_, 0) => value(row - 1, 0),
        _ => {
            let (a, b, c) = (value(row, column - 1), value(row - 1, column), value(row - 1, column - 1));
            [0, a, b, c, a + b - c, a + ((b - c) >> 1), b + ((a - c) >> 1), (a + b) >> 1]
                [usize::from(predictor)]
        }
    }
}

/// Codes interleaved samples; every size of a difference has a code of 5 bits.
pub(super) fn coded(
    samples: &[u16],
    width: usize,
    count: usize,
    bits: u32,
    predictor: u8,
    restart: bool,
) -> Vec<u8> {
    let height = samples.len() / width / count;
    let mut image = vec![0xFF, 0xD8, 0xFF, 0xC3, 0, 8 + 3 * count as u8, bits as u8];
    image.extend([(height as u16).to_be_bytes(), (width as u16).to_be_bytes()].concat());
    image.push(count as u8);
    (0..count).for_each(|id| image.extend([id as u8 + 1, 0x11, 0]));
    image.extend([0xFF, 0xC4, 0, 19 + 17, 0, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    image.extend(0..17);
    if restart {
        image.extend([0xFF, 0xDD, 0, 4]);
        image.extend((width as u16).to_be_bytes());
    }
    image.extend([0xFF, 0xDA, 0, 6 + 2 * count as u8, count as u8]);
    (0..count).for_each(|id| image.extend([id as u8 + 1, 0]));
    image.extend([predictor, 0, 0]);
    let mut written = Vec::new();
    let flush = |written: &mut Vec<bool>, image: &mut Vec<u8>| {
        while !written.len().is_multiple_of(8) {
            written.push(true);
        }
        for eight in written.chunks(8) {
            let byte = eight.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
            image.push(byte);
            if byte == 0xFF {
                image.push(0);
            }
        }
        written.clear();
    };
    for row in 0..height {
        if restart && row > 0 {
            flush(&mut written, &mut image);
            image.extend([0xFF, 0xD0 + ((row - 1) % 8) as u8]);
        }
        let (seen, from) = if restart { (row, row) } else { (0, 0) };
        for column in 0..width {
            for component in 0..count {
                let part = &samples[seen * width * count..];
                let prediction =
                    predicted(part, width, count, (row - from, column, component), predictor, bits);
                let sample = i32::from(samples[(row * width + column) * count + component]);
                let difference = i32::from((sample - prediction) as i16);
                let size =
                    if difference == -32_768 { 16 } else { 32 - difference.unsigned_abs().leading_zeros() };
                let low = if difference < 0 { difference - 1 } else { difference };
                (0..5).rev().for_each(|bit| written.push(size >> bit & 1 == 1));
                if size < 16 {
                    (0..size).rev().for_each(|bit| written.push(low >> bit & 1 == 1));
                }
            }
        }
    }
    flush(&mut written, &mut image);
    image.extend([0xFF, 0xD9]);
    image
}

fn words(decoded: &Decoded) -> Vec<u16> {
    match decoded.sample_bytes {
        1 => decoded.bytes.iter().map(|byte| u16::from(*byte)).collect(),
        _ => decoded.bytes.as_chunks().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect(),
    }
}

#[test]
fn a_cut_image_gives_its_whole_rows_the_same_each_time() {
    let samples: Vec<u16> = (0..64 * 32).map(|i| (i * 7919 % 4096) as u16).collect();
    let image = coded(&samples, 64, 1, 12, 1, false);
    let half = &image[..image.len() / 2];
    let decoded = decode(half).unwrap();
    let Some(Damage::MissingRows { first, rows: 32 }) = decoded.damage else {
        panic!("{:?}", decoded.damage)
    };
    assert!((14..=17).contains(&first), "{first}");
    let whole = first as usize * 64;
    assert_eq!(words(&decoded)[..whole], samples[..whole]);
    let other = decode(&image[..image.len() - 900]).unwrap();
    assert_ne!(other, decoded);
    assert_eq!(decode(half).unwrap(), decoded);
    assert_eq!(decode(&image[..90]), Err("the compressed data ends early"));
}

#[test]
fn what_is_impossible_is_named() {
    let image = coded(&[0; 4], 2, 1, 8, 1, false);
    let mut subsampled = coded(&[0; 12], 2, 3, 8, 1, false);
    subsampled[13] = 0x21;
    assert!(decode(&subsampled).unwrap_err().contains("different sizes"));
    let mut wide = image.clone();
    wide[6] = 17;
    assert_eq!(decode(&wide), Err("the frame header is impossible"));
    assert_eq!(decode(&image[..15]), Err("there is no scan"));
}

proptest! {
    #[test]
    fn every_predictor_gives_back_what_was_coded(
        samples in proptest::collection::vec(any::<u16>(), 24), bits in 2_u32..=16, predictor in 1_u8..=7,
        is_color: bool, restart: bool,
    ) {
        let samples: Vec<u16> = samples.iter().map(|sample| sample >> (16 - bits)).collect();
        let count = if is_color { 3 } else { 1 };
        let decoded = decode(&coded(&samples, 4, count, bits, predictor, restart)).unwrap();
        prop_assert_eq!(words(&decoded), samples);
        prop_assert_eq!(decoded.damage, None);
    }

    #[test]
    fn any_image_ends_without_panic(place in 0_usize..120, value: u8, end in 0_usize..120) {
        let mut image = coded(&[5; 24], 4, 3, 9, 4, true);
        // Sizes stay small: the caller checks them.
        if !(7..11).contains(&place) && place < image.len() {
            image[place] = value;
        }
        image.truncate(end.max(2));
        let _ = decode(&image);
    }
}
