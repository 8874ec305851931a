use proptest::prelude::*;

use super::super::tests::sized;
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
    assert_eq!((extent.tiles.len(), extent.is_cut, extent.end), (2, false, Some(header.len() + 52)));
    let cut = Extent::walk(&whole[..header.len() + 40], header.len());
    assert_eq!((cut.tiles.len(), cut.is_cut, cut.end, cut.have, cut.need), (2, true, None, 40, 50));
    let open = [header.clone(), tile_part(0, 0), vec![1, 2, 0xFF, 0xD9, 0]].concat();
    assert_eq!(Extent::walk(&open, header.len()).end, Some(open.len() - 1));
}

/// 64 x 16 pixels in two tiles, made with OpenJPEG for this test: the value is `2 * column + row`.
const TWO_TILES: [u8; 207] = [
    255, 79, 255, 81, 0, 41, 0, 0, 0, 0, 0, 64, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0,
    16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 7, 1, 1, 255, 82, 0, 12, 0, 0, 0, 1, 0, 2, 4, 4, 0, 1, 255, 92, 0, 10,
    64, 64, 72, 72, 80, 72, 72, 80, 255, 144, 0, 10, 0, 0, 0, 0, 0, 69, 0, 1, 255, 147, 223, 128, 232, 18,
    29, 216, 73, 180, 226, 161, 83, 178, 63, 57, 158, 210, 35, 79, 98, 39, 82, 19, 168, 232, 44, 209, 44,
    145, 181, 189, 66, 95, 192, 124, 33, 192, 58, 24, 54, 158, 19, 3, 132, 167, 192, 58, 28, 1, 24, 95, 167,
    125, 102, 174, 63, 255, 144, 0, 10, 0, 1, 0, 0, 0, 65, 0, 1, 255, 147, 207, 180, 100, 18, 29, 216, 31,
    53, 246, 188, 140, 92, 157, 35, 39, 44, 22, 102, 160, 206, 241, 202, 80, 3, 173, 55, 121, 155, 192, 124,
    33, 192, 58, 24, 54, 158, 19, 3, 132, 167, 192, 58, 28, 1, 24, 95, 167, 125, 102, 174, 63, 255, 217,
];

fn truth() -> Vec<u8> {
    (0..16 * 64).map(|i| (i % 64 * 2 + i / 64) as u8).collect()
}

#[test]
fn a_codestream_is_decoded_whole_and_at_a_part_of_its_size() {
    let format = sized(1, 8, 64, 16);
    let whole = decode(&TWO_TILES, &format, 0).unwrap();
    assert_eq!((whole.bytes, whole.bits, whole.damage), (truth(), Some(8), None));
    assert_eq!(reductions(&TWO_TILES), 2);
    let half = decode(&TWO_TILES, &format, 1).unwrap();
    assert_eq!((half.columns, half.rows, half.bytes.len()), (32, 8, 256));
    for (place, value) in half.bytes.iter().enumerate() {
        let near = truth()[place / 32 * 2 * 64 + place % 32 * 2];
        assert!(value.abs_diff(near) < 6, "{place}: {value} {near}");
    }
    assert!(decode(&TWO_TILES, &format, 5).is_err());
}

#[test]
fn a_cut_codestream_gives_its_tiles_the_same_each_time() {
    let format = sized(1, 8, 64, 16);
    let second = TWO_TILES.windows(4).rposition(|four| four == [0xFF, 0x90, 0, 10]).unwrap();
    for end in [second, second + 40, TWO_TILES.len() - 12] {
        let first = decode(&TWO_TILES[..end], &format, 0).unwrap();
        assert!(matches!(first.damage, Some(Damage::CodecStopped(_))), "{end}");
        let left_half =
            |bytes: &[u8]| bytes.chunks(64).flat_map(|row| row[..32].to_vec()).collect::<Vec<_>>();
        assert_eq!(left_half(&first.bytes), left_half(&truth()));
        // Memory that was used for something else in between.
        let other = vec![0xA5_u8; 64 * 16 * 4];
        drop(std::hint::black_box(other));
        let _ = decode(&TWO_TILES, &format, 0).unwrap();
        assert_eq!(decode(&TWO_TILES[..end], &format, 0).unwrap().bytes, first.bytes, "{end}");
    }
}

#[test]
fn what_would_take_too_much_is_refused_by_its_header() {
    let mut huge = main_header(5);
    huge[8..16].copy_from_slice(&[0, 0, 0x38, 0x40, 0, 0, 0x38, 0x40]);
    huge.extend(tile_part(0, 20));
    let refused = decode(&huge, &sized(1, 8, 14_400, 14_400), 0).err();
    assert!(matches!(refused, Some(DecodeError::TooLarge { .. })), "{refused:?}");
}

/// Three components of 64 x 16 pixels of middle grey, without a component transform; those behind the first in steps of so many pixels.
fn three_components(across: u8, down: u8) -> Vec<u8> {
    let mut bytes = vec![0xFF, 0x4F, 0xFF, 0x51, 0, 47, 0, 0];
    for side in [64_u32, 16, 0, 0, 64, 16, 0, 0] {
        bytes.extend(side.to_be_bytes());
    }
    bytes.extend([0, 3, 7, 1, 1, 7, across, down, 7, across, down]);
    bytes.extend([0xFF, 0x52, 0, 12, 0, 0, 0, 1, 0, 0, 4, 4, 0, 1]);
    bytes.extend([0xFF, 0x5C, 0, 4, 64, 64]);
    // An empty packet for each component.
    bytes.extend([0xFF, 0x90, 0, 10, 0, 0, 0, 0, 0, 17, 0, 1, 0xFF, 0x93, 0, 0, 0, 0xFF, 0xD9]);
    bytes
}

/// PS3.5 section 8.2.4: the codestream says what its samples are, where the header says RGB. Red, green and blue are never subsampled.
#[test]
fn colour_whose_second_and_third_component_are_smaller_is_no_rgb() {
    let rgb = sized(3, 8, 64, 16);
    let mut partial = rgb.clone();
    partial.color = Some(Color::YbrPartial);
    let color = |across, down, format| decode(&three_components(across, down), format, 0).unwrap().color;
    for (across, down) in [(2, 1), (2, 2), (1, 2)] {
        assert_eq!(color(across, down, &rgb), Some(Color::Ybr));
        assert_eq!(color(across, down, &partial), None, "the header decides");
    }
    assert_eq!(color(1, 1, &rgb), None, "the header decides");
}

fn in_box(kind: &[u8; 4], content: &[u8], is_long: bool) -> Vec<u8> {
    if is_long {
        let length = (content.len() as u64 + 16).to_be_bytes();
        return [&[0, 0, 0, 1], &kind[..], &length, content].concat();
    }
    [&(content.len() as u32 + 8).to_be_bytes(), &kind[..], content].concat()
}

/// ISO/IEC 15444-1 annex I (PS3.5 section A.4.4 wants the codestream alone): a profile or notes before the codestream were too much, and what they
/// held was taken for it.
#[test]
fn a_codestream_is_found_behind_boxes_of_any_length() {
    let format = sized(1, 8, 64, 16);
    let notes = [&[0xFF, 0x4F, 0xFF, 0x51][..], &[b' '; 9000]].concat();
    for is_long in [false, true] {
        let start = in_box(b"jP  ", b"\r\n\x87\n", false);
        let wrapped =
            [start, in_box(b"xml ", &notes, is_long), in_box(b"jp2c", &TWO_TILES, is_long)].concat();
        let decoded = decode(&wrapped, &format, 0).unwrap();
        assert_eq!((decoded.bytes, decoded.damage), (truth(), None));
    }
    // The last box may leave its length open.
    let mut open = [in_box(b"jP  ", b"\r\n\x87\n", false), in_box(b"jp2c", &TWO_TILES, false)].concat();
    open[12..16].fill(0);
    assert_eq!(decode(&open, &format, 0).unwrap().bytes, truth());
}

proptest! {
    #[test]
    fn any_codestream_is_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Marks::read(&[&[0xFF, 0x4F, 0xFF, 0x51], &bytes[..]].concat());
        let _ = Marks::read(&[JP2_START, &bytes[..]].concat());
        let _ = Extent::walk(&bytes, 0);
    }
}
