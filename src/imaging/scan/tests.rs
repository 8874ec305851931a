use proptest::prelude::*;

use super::*;

fn sequences(depth: usize, is_closed: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..depth {
        bytes.extend_from_slice(&[0x08, 0, 0x40, 0x11, b'S', b'Q', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
        bytes.extend_from_slice(&[0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF]);
    }
    if is_closed {
        for _ in 0..depth {
            bytes.extend_from_slice(&[0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0]);
            bytes.extend_from_slice(&[0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]);
        }
    }
    bytes
}

#[test]
fn nesting_has_a_limit() {
    let fits = sequences(MAX_DEPTH, true);
    assert_eq!(scan(&fits, 0, Encoding::ExplicitLittle).map(|layout| layout.header), Ok(fits));
    let too_deep = sequences(MAX_DEPTH + 1, true);
    assert_eq!(scan(&too_deep, 0, Encoding::ExplicitLittle), Err(OpenError::TooDeep(MAX_DEPTH)));
    let hostile = sequences(20_000, false);
    assert_eq!(scan(&hostile, 0, Encoding::ExplicitLittle), Err(OpenError::TooDeep(MAX_DEPTH)));
}

#[test]
fn a_length_beyond_the_file_is_an_error_and_pixels_beyond_it_are_counted() {
    let element = [0x10, 0, 0x10, 0, b'P', b'N', 0x10, 0x27, b'A', b'B'];
    assert!(matches!(
        scan(&element, 0, Encoding::ExplicitLittle),
        Err(OpenError::TooLong { length: 10_000, rest: 2, .. })
    ));
    // With a whole element before it, that one is kept and the fault is told.
    let whole = [8, 0, 0x60, 0, b'C', b'S', 2, 0, b'C', b'T'];
    let cut = scan(&[&whole[..], &element[..]].concat(), 0, Encoding::ExplicitLittle).unwrap();
    assert_eq!(cut.header, whole);
    assert!(matches!(cut.cut, Some(OpenError::TooLong { length: 10_000, .. })));
    let pixels = [0xE0, 0x7F, 0x10, 0, b'O', b'W', 0, 0, 0xFE, 0xFF, 0xFF, 0xFF, 1, 2];
    assert_eq!(
        scan(&pixels, 0, Encoding::ExplicitLittle).map(|layout| layout.pixels),
        Ok(Some(PixelElement::Native {
            tag: tags::PIXEL_DATA,
            bytes: 12..14,
            missing: u64::from(UNDEFINED) - 1 - 2,
            is_word: true
        }))
    );
}

#[test]
fn what_a_strict_parser_would_not_read_is_written_anew() {
    // UN of undefined length around an empty item in implicit VR, then a blank VR.
    let mut bytes = vec![9, 0, 0x10, 0x10, b'U', b'N', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF];
    bytes.extend_from_slice(&[0xFE, 0xFF, 0x00, 0xE0, 0, 0, 0, 0]);
    bytes.extend_from_slice(&[0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]);
    bytes.extend_from_slice(&[0x28, 0, 0x20, 0x01, b' ', b' ', 2, 0, 0, 0]);
    let layout = scan(&bytes, 0, Encoding::ExplicitLittle).unwrap();
    bytes[8..12].copy_from_slice(&[16, 0, 0, 0]);
    bytes[32..34].copy_from_slice(b"US");
    assert_eq!(layout.header[..bytes.len() - 4], bytes[..bytes.len() - 4]);
}

#[test]
fn pixels_written_in_another_form_than_the_header_are_found() {
    let native = |place| {
        let (tag, missing) = (tags::PIXEL_DATA, 0);
        move |is_word| Ok(Some(PixelElement::Native { tag, bytes: place, missing, is_word }))
    };
    let pixels = |bytes: &[u8], encoding| scan(bytes, 0, encoding).map(|layout| layout.pixels);
    let explicit = [0xE0, 0x7F, 0x10, 0, b'O', b'W', 0, 0, 2, 0, 0, 0, 1, 2];
    assert_eq!(pixels(&explicit, Encoding::ImplicitLittle), native(12..14)(true));
    let implicit = [0xE0, 0x7F, 0x10, 0, 4, 0, 0, 0, 1, 2, 3, 4];
    assert_eq!(pixels(&implicit, Encoding::ExplicitLittle), native(8..12)(false));
    let without_items = [0xE0, 0x7F, 0x10, 0, b'O', b'W', 0, 0, 255, 255, 255, 255, 1, 2, 3, 4, 5, 6, 7, 8];
    assert_eq!(pixels(&without_items, Encoding::ExplicitLittle), native(12..20)(true));
}

#[test]
fn a_vr_that_does_not_exist_and_explicit_vr_in_the_unknown_are_passed_over() {
    let mut bytes = vec![0x10, 0, 0x10, 0, b'?', b'?', 2, 0, b'A', b'B'];
    bytes.extend_from_slice(&[0x11, 0, 0x10, 0x10, b'U', b'N', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
    bytes.extend_from_slice(&[0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF]);
    bytes.extend_from_slice(&[0x11, 0, 0x01, 0x10, b'L', b'O', 2, 0, b'A', b'B']);
    bytes.extend_from_slice(&[0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0]);
    bytes.extend_from_slice(&[0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]);
    let layout = scan(&bytes, 0, Encoding::ExplicitLittle).unwrap();
    assert_eq!((layout.header.len(), layout.cut), (bytes.len(), None));
    assert_eq!(layout.header[..10], [0x10, 0, 0x10, 0, b'P', b'N', 2, 0, b'A', b'B']);
}

#[test]
fn fragments_are_found_with_and_without_their_end() {
    let mut bytes = vec![0xE0, 0x7F, 0x10, 0, b'O', b'B', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF];
    bytes.extend_from_slice(&[0xFE, 0xFF, 0x00, 0xE0, 0, 0, 0, 0]);
    bytes.extend_from_slice(&[0xFE, 0xFF, 0x00, 0xE0, 2, 0, 0, 0, 7, 8]);
    let one = 28..30;
    let cut = PixelElement::Encapsulated {
        offset_table: 20..20,
        fragments: Vec::from([one.clone()]),
        is_cut: true,
    };
    assert_eq!(scan(&bytes, 0, Encoding::ExplicitLittle).map(|layout| layout.pixels), Ok(Some(cut)));
    bytes.extend_from_slice(&[0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]);
    let whole =
        PixelElement::Encapsulated { offset_table: 20..20, fragments: Vec::from([one]), is_cut: false };
    assert_eq!(scan(&bytes, 0, Encoding::ExplicitLittle).map(|layout| layout.pixels), Ok(Some(whole)));
}

/// `(7FE0,0010) OB` of a length with items of these contents.
fn encapsulated(length: u32, items: &[&[u8]]) -> Vec<u8> {
    let mut bytes = vec![0xE0, 0x7F, 0x10, 0, b'O', b'B', 0, 0];
    bytes.extend(length.to_le_bytes());
    for item in items {
        bytes.extend([0xFE, 0xFF, 0x00, 0xE0]);
        bytes.extend((item.len() as u32).to_le_bytes());
        bytes.extend(*item);
    }
    bytes
}

const END: [u8; 8] = [0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0];

fn pixels(bytes: &[u8]) -> PixelElement {
    scan(bytes, 0, Encoding::ExplicitLittle).unwrap().pixels.unwrap()
}

/// PS3.5 section A.4: the length is undefined. Items behind a length that somebody had counted were painted as pixels.
#[test]
fn items_behind_a_length_are_items() {
    let frame = [0xFF, 0xD8, 0xFF, 0xE0, 7, 7];
    let found = |is_cut, end| PixelElement::Encapsulated {
        offset_table: 20..20,
        fragments: std::iter::once(28..end).collect(),
        is_cut,
    };
    let whole = encapsulated(22, &[&[], &frame]);
    assert_eq!(pixels(&whole), found(false, 34), "no delimiter");
    assert_eq!(pixels(&[&whole[..], &END].concat()), found(false, 34), "the delimiter is not counted");
    let counted = [encapsulated(30, &[&[], &frame]), END.to_vec()].concat();
    assert_eq!(pixels(&counted), found(false, 34), "the delimiter is counted");
    assert_eq!(pixels(&counted[..31]), found(true, 31), "the file ends early");
    // Pixels that look like an item, and are none.
    for (length, behind) in [(24, &[1, 2][..]), (30, &[0; 8])] {
        let bytes = [encapsulated(length, &[&[], &frame]), behind.to_vec()].concat();
        assert!(matches!(pixels(&bytes), PixelElement::Native { .. }), "{length}");
    }
}

/// PS3.5 section A.4: the first item is the table of offsets, empty or not. Where it was left out the first frame was taken for it.
#[test]
fn the_first_frame_is_no_table_of_offsets() {
    let jpeg = [0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3, 4];
    let mut rle = vec![0; 72];
    (rle[0], rle[4]) = (1, 64);
    let table = |offsets: &[u32]| offsets.iter().flat_map(|offset| offset.to_le_bytes()).collect::<Vec<u8>>();
    let held = |items: &[&[u8]]| match pixels(&[encapsulated(UNDEFINED, items), END.to_vec()].concat()) {
        PixelElement::Encapsulated { offset_table, fragments, .. } => (offset_table.len(), fragments.len()),
        native => panic!("{native:?}"),
    };
    for frame in [&jpeg[..], &jpeg[..6], &rle, &[9, 9, 9, 9, 1, 1], &[9, 9, 9, 9, 1, 1, 1, 1]] {
        assert_eq!(held(&[frame, frame]), (0, 2), "{frame:?}");
        assert_eq!(held(&[frame]), (0, 1), "{frame:?} alone");
        assert_eq!(held(&[&[], frame, frame]), (0, 2), "behind an empty table: {frame:?}");
        for offsets in [&[0][..], &[0, 16], &[8, 24], &[0, 0], &[0, 0xFFFF]] {
            let offsets = table(offsets);
            assert_eq!(held(&[&offsets, frame, frame]), (offsets.len(), 2), "{offsets:?} {frame:?}");
        }
    }
    // Tables that are wrong, before frames that nobody could take for something else.
    for wrong in [&table(&[0, 4, 2])[..], &[0, 0]] {
        assert_eq!(held(&[wrong, &jpeg, &jpeg]), (wrong.len(), 2));
    }
}

/// So many elements as thousands of frames have are read where the file is large enough for them; delimiters do not count.
#[test]
fn the_number_of_elements_goes_with_the_size_of_the_file() {
    assert_eq!(
        [0, 32 << 20, 64 << 20, usize::MAX].map(most_elements),
        [1_000_000, 1_048_576, 2_097_152, 4_000_000]
    );
    let element = [0x28, 0, 0x10, 0, b'U', b'S', 0, 0];
    let elements = |count: usize| element.repeat(count);
    let fits = elements(TRUSTED_ELEMENTS);
    assert!(scan(&fits, 0, Encoding::ExplicitLittle).is_ok());
    let delimiters = [&END.repeat(9)[..], &fits].concat();
    assert!(scan(&delimiters, 0, Encoding::ExplicitLittle).is_ok());
    let more = elements(TRUSTED_ELEMENTS + 1);
    let refused = Err(OpenError::TooManyElements(TRUSTED_ELEMENTS));
    assert_eq!(scan(&more, 0, Encoding::ExplicitLittle), refused);
    // The same ones in a file that has pixels too.
    let pixels = BYTES_AN_ELEMENT * (TRUSTED_ELEMENTS + 1);
    let file = [more, encapsulated(pixels as u32, &[]), vec![0; pixels]].concat();
    assert!(scan(&file, 0, Encoding::ExplicitLittle).unwrap().pixels.is_some());
}

proptest! {
    #[test]
    fn any_bytes_are_walked_without_panic_and_ranges_lie_inside(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for encoding in [Encoding::ExplicitLittle, Encoding::ImplicitLittle, Encoding::ExplicitBig] {
            if let Ok(layout) = scan(&bytes, 0, encoding) {
                prop_assert!(layout.header.len() <= 3 * bytes.len());
                if let Some(PixelElement::Native { bytes: range, .. }) = layout.pixels {
                    prop_assert!(range.end <= bytes.len());
                }
            }
        }
        guess(&bytes, 0);
        read_meta(&bytes, 0);
    }
}
