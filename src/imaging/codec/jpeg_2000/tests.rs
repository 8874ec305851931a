use proptest::prelude::*;

use super::*;

/// SIZ and COD of an image of one tile of 8 bits.
fn main_header(levels: u8) -> Vec<u8> {
    let mut bytes = vec![0xFF, 0x4F, 0xFF, 0x51, 0, 41, 0, 0];
    for side in [64_u32, 32, 0, 0, 64, 32, 0, 0] {
        bytes.extend(side.to_be_bytes());
    }
    bytes.extend([0, 1, 7, 1, 1]);
    bytes.extend([0xFF, 0x52, 0, 12, 0, 0, 0, 1, 0, levels, 4, 4, 0, 1]);
    bytes
}

/// A tile-part of a length.
fn tile_part(index: u16, length: u32) -> Vec<u8> {
    let mut bytes =
        [vec![0xFF, 0x90, 0, 10], index.to_be_bytes().to_vec(), length.to_be_bytes().to_vec()].concat();
    bytes.extend([0, 1, 0xFF, 0x93]);
    bytes.resize(length.max(14) as usize, 5);
    bytes
}

#[test]
fn the_main_header_tells_sizes_and_levels() {
    let frame = [main_header(5), tile_part(0, 20)].concat();
    let marks = Marks::read(&frame).unwrap();
    assert_eq!((marks.width, marks.height, marks.components, marks.bits, marks.tiles), (64, 32, 1, 8, 1));
    assert_eq!(reductions(&frame), 5);
    assert!(Marks::read(&main_header(5)).is_none(), "no tile");
}

#[test]
fn tile_parts_are_followed_to_the_end() {
    let header = main_header(1);
    let whole = [header.clone(), tile_part(0, 20), tile_part(1, 30), vec![0xFF, 0xD9, 7, 7]].concat();
    let extent = Extent::walk(&whole, header.len());
    assert_eq!((extent.tiles_seen, extent.is_cut, extent.end), (2, false, Some(header.len() + 52)));
    let cut = Extent::walk(&whole[..header.len() + 40], header.len());
    assert_eq!((cut.tiles_seen, cut.is_cut, cut.end, cut.have, cut.need), (2, true, None, 40, 50));
    let open = [header.clone(), tile_part(0, 0), vec![1, 2, 0xFF, 0xD9, 0]].concat();
    assert_eq!(Extent::walk(&open, header.len()).end, Some(open.len() - 1));
}

proptest! {
    #[test]
    fn any_codestream_is_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Marks::read(&[&[0xFF, 0x4F, 0xFF, 0x51], &bytes[..]].concat());
        let _ = Extent::walk(&bytes, 0);
    }
}
