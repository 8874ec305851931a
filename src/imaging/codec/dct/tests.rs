use proptest::prelude::*;

use super::*;

/// A frame of 12 bits, 16 x 8, one component: `data` is its only scan. DC codes: 0 -> size 0, 10 -> size 11; AC code: 0 -> end.
fn image(marker: u8, data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0];
    bytes.extend([1; 64]);
    bytes.extend([0xFF, marker, 0, 11, 12, 0, 8, 0, 16, 1, 1, 0x11, 0]);
    bytes.extend([0xFF, 0xC4, 0, 21, 0x00, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11]);
    bytes.extend([0xFF, 0xC4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0]);
    bytes.extend(data);
    bytes.extend([0xFF, 0xD9]);
    bytes
}

fn words(decoded: &Decoded) -> Vec<u16> {
    decoded.bytes.as_chunks().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect()
}

#[test]
fn two_flat_blocks_have_their_mean() {
    // 10 10000000000 0: DC 1024, end; 0 0: the same again. 1024 / 8 + 2048.
    let decoded = decode(&image(0xC1, &[0b1010_0000, 0b0000_0000, 0b0111_1111])).unwrap();
    assert_eq!(words(&decoded), vec![2176; 128]);
    let negative = decode(&image(0xC1, &[0b1000_0000, 0b0000_0000, 0b0111_1111])).unwrap();
    assert_eq!(words(&negative), vec![(2048.0 - 2047.0 / 8.0 + 0.5) as u16; 128]);
}

#[test]
fn what_is_cut_or_of_another_process_is_named() {
    assert_eq!(decode(&image(0xC1, &[0b1010_0000])), Err("the compressed data ends early"));
    assert_eq!(decode(&image(0xC9, &[0])), Err("this process is not decoded here"));
    assert_eq!(decode(&[0xFF, 0xD8, 0xFF, 0xD9]), Err("there is no scan"));
}

#[test]
fn the_transform_agrees_with_its_definition() {
    let mut block = [0; 64];
    (block[0], block[1], block[8], block[27]) = (100, -37, 12, 55);
    let values = inverse(&block, &[3; 64], &waves());
    for (place, value) in values.iter().enumerate() {
        let (x, y) = ((place % 8) as f64, (place / 8) as f64);
        let mut exact = 0.0;
        for (k, &strength) in block.iter().enumerate() {
            let (u, v) = ((k % 8) as f64, (k / 8) as f64);
            let weight = |w: f64| if w == 0.0 { 0.5_f64.sqrt() } else { 1.0 };
            let wave = |p: f64, w: f64| ((2.0 * p + 1.0) * w * std::f64::consts::PI / 16.0).cos();
            exact += weight(u) * weight(v) / 4.0 * f64::from(strength) * 3.0 * wave(x, u) * wave(y, v);
        }
        assert!((f64::from(*value) - exact).abs() < 1e-2, "{place}: {value} {exact}");
    }
}

proptest! {
    #[test]
    fn any_scan_ends_without_panic(
        data in proptest::collection::vec(any::<u8>(), 0..200), is_progressive: bool, place in 0_usize..150, value: u8,
    ) {
        let mut bytes = image(if is_progressive { 0xC2 } else { 0xC1 }, &data);
        let place = place % bytes.len();
        // Sizes stay small: the caller checks them.
        if !(71..82).contains(&place) {
            bytes[place] = value;
        }
        let _ = decode(&bytes);
    }
}
