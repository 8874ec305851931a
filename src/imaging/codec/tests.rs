use super::*;

/// 8 x 4 pixels.
pub(super) fn format(samples: u16, bits: u16) -> PixelFormat {
    sized(samples, bits, 8, 4)
}

pub(super) fn sized(samples: u16, bits: u16, columns: u16, rows: u16) -> PixelFormat {
    use dicom_core::{DataElement, VR, dicom_value};
    use dicom_dictionary_std::tags;
    let mut set = dicom_object::InMemDicomObject::new_empty();
    let numbers = [
        (tags::SAMPLES_PER_PIXEL, samples),
        (tags::ROWS, rows),
        (tags::COLUMNS, columns),
        (tags::BITS_ALLOCATED, bits),
    ];
    for (tag, number) in numbers {
        set.put(DataElement::new(tag, VR::US, dicom_value!(U16, [number])));
    }
    PixelFormat::read(&set).unwrap()
}

#[test]
fn planes_are_interleaved() {
    assert_eq!(interleave(&[1, 2, 3, 4, 5, 6], 3, 1), [1, 3, 5, 2, 4, 6]);
    assert_eq!(interleave(&[1, 0, 2, 0, 3, 1, 4, 1], 2, 2), [1, 0, 3, 1, 2, 0, 4, 1]);
}

fn ramp(width: usize, height: usize, channels: usize) -> Vec<u8> {
    let place = |i: usize| (i / channels % width, i / channels / width, i % channels);
    let level = |(x, y, channel)| (x * 3 + y * 2 + channel * 40) as u8;
    (0..width * height * channels).map(|i| level(place(i))).collect()
}

fn jpeg_of(
    width: usize,
    height: usize,
    channels: usize,
    subsamp: turbojpeg::Subsamp,
    is_progressive: bool,
) -> Vec<u8> {
    let pixels = ramp(width, height, channels);
    let image = turbojpeg::Image {
        pixels: &pixels[..],
        width,
        pitch: width * channels,
        height,
        format: if channels == 1 { turbojpeg::PixelFormat::GRAY } else { turbojpeg::PixelFormat::RGB },
    };
    let mut compressor = turbojpeg::Compressor::new().unwrap();
    compressor.set_quality(95).unwrap();
    compressor.set_subsamp(subsamp).unwrap();
    compressor.set_progressive(is_progressive).unwrap();
    compressor.compress_to_vec(image).unwrap()
}

/// The full-range matrix of ITU-R BT.601.
fn rgb([y, b, r]: [u8; 3]) -> [f64; 3] {
    let (y, b, r) = (f64::from(y), f64::from(b) - 128.0, f64::from(r) - 128.0);
    [y + 1.402 * r, y - 0.344_136 * b - 0.714_136 * r, y + 1.772 * b]
}

#[test]
fn colour_is_given_as_it_is_stored_and_agrees_with_the_library() {
    use turbojpeg::Subsamp;
    for subsamp in
        [Subsamp::None, Subsamp::Sub2x1, Subsamp::Sub2x2, Subsamp::Sub1x2, Subsamp::Sub4x1, Subsamp::Sub1x4]
    {
        for (width, height) in [(40, 24), (37, 21)] {
            let frame = jpeg_of(width, height, 3, subsamp, false);
            let coded = jpeg(&frame, &sized(3, 8, width as u16, height as u16), 0).unwrap();
            assert_eq!((coded.color, coded.damage), (Some(Color::Ybr), None));
            let truth = turbojpeg::decompress(&frame, turbojpeg::PixelFormat::RGB).unwrap().pixels;
            for (pixel, truth) in coded.bytes.as_chunks::<3>().0.iter().zip(truth.as_chunks::<3>().0) {
                for (level, truth) in rgb(*pixel).into_iter().zip(truth) {
                    let difference = (level.clamp(0.0, 255.0) - f64::from(*truth)).abs();
                    assert!(difference < 1.6, "{subsamp:?}: {pixel:?} {truth}");
                }
            }
        }
    }
}

/// PS3.5 section 8.2.1: the codestream says what its samples are, where the header says RGB. Red, green and blue are never subsampled (PS3.3
/// C.7.6.3.1.2); such frames, of ultrasound devices of before, were shown in green and pink.
#[test]
fn colour_whose_second_and_third_component_are_smaller_is_no_rgb() {
    use turbojpeg::Subsamp;
    // Without the segment that JFIF would name it by.
    let bare = |subsamp| {
        let mut frame = jpeg_of(40, 24, 3, subsamp, false);
        assert_eq!(frame[2..4], [0xFF, 0xE0]);
        let length = usize::from(u16::from_be_bytes([frame[4], frame[5]]));
        frame.drain(2..4 + length);
        frame
    };
    let adobe = |frame: &[u8], transform: u8| {
        let segment = [&[0xFF, 0xEE, 0, 14][..], b"Adobe", &[0, 100, 0, 0, 0, 0, transform]].concat();
        [&frame[..2], &segment, &frame[2..]].concat()
    };
    let color = |frame: &[u8], format: &PixelFormat| jpeg(frame, format, 0).unwrap().color;
    let rgb = sized(3, 8, 40, 24);
    assert_eq!(rgb.color, Some(Color::Rgb));
    let mut partial = rgb.clone();
    partial.color = Some(Color::YbrPartial);
    for subsamp in [Subsamp::Sub2x1, Subsamp::Sub2x2, Subsamp::Sub1x2] {
        let frame = bare(subsamp);
        assert_eq!(color(&frame, &rgb), Some(Color::Ybr), "{subsamp:?}");
        assert_eq!(color(&adobe(&frame, 0), &rgb), Some(Color::Rgb), "{subsamp:?}: it says so itself");
        assert_eq!(color(&frame, &partial), Some(Color::YbrPartial));
    }
    assert_eq!(color(&bare(Subsamp::None), &rgb), None, "the header decides");
}

#[test]
fn both_decoders_agree() {
    for is_progressive in [false, true] {
        let frame = jpeg_of(50, 30, 1, turbojpeg::Subsamp::Gray, is_progressive);
        let one = turbo::decode(&frame, 1, 0).unwrap().bytes;
        let other = dct::decode(&frame).unwrap();
        assert_eq!(other.damage, None);
        assert!(one.iter().zip(&other.bytes).all(|(a, b)| a.abs_diff(*b) <= 1));
    }
}

#[test]
fn a_cut_jpeg_shows_what_is_there_the_same_each_time() {
    let format = sized(1, 8, 128, 128);
    let frame = jpeg_of(128, 128, 1, turbojpeg::Subsamp::Gray, false);
    let cut = &frame[..frame.len() * 2 / 3];
    let first = jpeg(cut, &format, 0).unwrap();
    let Some(Damage::MissingRows { first: row, rows: 128 }) = first.damage else {
        panic!("{:?}", first.damage)
    };
    assert!(row % 8 == 0 && (8..120).contains(&row));
    let truth = ramp(128, row as usize, 1);
    assert!(first.bytes.iter().zip(&truth).all(|(a, b)| a.abs_diff(*b) < 12));
    // Something else in between, so that memory would have other contents.
    let _ = jpeg(&frame, &format, 0).unwrap();
    assert_eq!(jpeg(cut, &format, 0).unwrap().bytes, first.bytes);
    let progressive = jpeg_of(128, 128, 1, turbojpeg::Subsamp::Gray, true);
    let coded = jpeg(&progressive[..progressive.len() * 2 / 3], &format, 0).unwrap();
    assert!(matches!(coded.damage, Some(Damage::CodecStopped(_))));
}

#[test]
fn a_jpeg_that_cannot_hold_its_size_is_refused_before_it_is_decoded() {
    let mut frame = jpeg_of(16, 16, 1, turbojpeg::Subsamp::Gray, false);
    let sof = frame.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    frame[sof + 5..sof + 9].copy_from_slice(&[0x3E, 0x80, 0x3E, 0x80]);
    let refused = jpeg(&frame, &sized(1, 8, 16_000, 16_000), 0).err();
    assert_eq!(refused, Some(DecodeError::Codec("JPEG: the compressed data ends early".to_owned())));
    assert!(matches!(jpeg(&frame, &sized(1, 8, 16, 16), 0), Err(DecodeError::SizeMismatch { .. })));
}

#[test]
fn a_jpeg_is_decoded_at_a_part_of_its_size() {
    let frame = jpeg_of(37, 21, 3, turbojpeg::Subsamp::Sub2x2, false);
    let format = sized(3, 8, 37, 21);
    assert_eq!(reductions(&frame, Coding::Jpeg), 3);
    for (reduce, size) in [(1, (19, 11)), (2, (10, 6)), (3, (5, 3))] {
        let coded = jpeg(&frame, &format, reduce).unwrap();
        assert_eq!((coded.columns, coded.rows), size);
        assert_eq!(coded.bytes.len(), size.0 * size.1 * 3);
        // The first pixel is the mean of the first block.
        let whole = jpeg(&frame, &format, 0).unwrap().bytes;
        let side = 1 << reduce;
        let block = (0..side * side).map(|i| f64::from(whole[(i / side * 37 + i % side) * 3]));
        assert!(
            (block.sum::<f64>() / f64::from(side as u16).powi(2) - f64::from(coded.bytes[0])).abs() < 3.0
        );
    }
}

/// RFC 1950: a header of two bytes and a checksum around what PS3.5 sections A.5 and A.4.13 want bare.
#[test]
fn deflated_frames_are_read_with_and_without_the_header_of_zlib() {
    use std::io::Write;
    let format = format(1, 8);
    for level in [0, 1, 6, 9] {
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(level));
        zlib.write_all(&[0x78; 32]).unwrap();
        let zlib = zlib.finish().unwrap();
        assert_eq!(inflate(&zlib, &format), Ok(vec![0x78; 32]), "{level}");
        assert_eq!(inflate(&zlib[2..], &format), Ok(vec![0x78; 32]), "{level} bare");
    }
    // A block of bytes as they are whose first byte looks like that header.
    let stored = [&[0x78, 0x20, 0, 0xDF, 0xFF][..], &[7; 32], &[1, 0, 0, 0xFF, 0xFF]].concat();
    let alike = [&[0x78, 0x01, 0x00, 0xFE, 0xFF, 9][..], &[1, 0, 0, 0xFF, 0xFF]].concat();
    assert_eq!(inflate(&stored, &format), Ok(vec![7; 32]));
    assert_eq!(deflated(&alike), alike);
}

#[test]
fn what_holds_no_pixels_says_where_they_are() {
    assert!(why_not("1.2.840.10008.1.2.4.94").to_string().contains("JPIP"));
    assert!(why_not("1.2.840.10008.1.2.7.1").to_string().contains("ST 2110"));
    assert_eq!(coding(&[1, 2], "1.2.3", 9), Err(DecodeError::UnknownSyntax("1.2.3".to_owned())));
    assert!(coding(&[1, 2], "1.2.840.10008.1.2.1", 9).unwrap_err().to_string().contains("uncompressed"));
    assert_eq!(coding(&[0; 9], "1.2.840.10008.1.2.1", 9), Ok(Coding::Native));
}
