use super::*;

/// A red picture, 8 wide and 4 high, whose top left quarter is blue.
fn picture() -> (u32, u32, Vec<u8>) {
    let pixel = |place: u32| if place % 8 < 4 && place / 8 < 2 { [0, 0, 255] } else { [255, 0, 0] };
    (8, 4, (0..32).flat_map(pixel).collect())
}

fn exif(orientation: u8) -> Vec<u8> {
    let mut chunk = b"MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    chunk.extend([orientation, 0, 0, 0, 0, 0, 0]);
    chunk
}

fn jpeg_file(orientation: Option<u8>) -> Vec<u8> {
    let (width, height, pixels) = picture();
    let image = turbojpeg::Image {
        pixels: &pixels[..],
        width: width as usize,
        pitch: width as usize * 3,
        height: height as usize,
        format: PixelFormat::RGB,
    };
    let file = turbojpeg::compress(image, 100, turbojpeg::Subsamp::None).unwrap();
    let Some(orientation) = orientation else { return file.to_vec() };
    let exif = [&b"Exif\0\0"[..], &exif(orientation)].concat();
    let length = (exif.len() as u16 + 2).to_be_bytes();
    [&file[..2], &[0xFF, 0xE1], &length, &exif, &file[2..]].concat()
}

fn png_file(color: png::ColorType, depth: png::BitDepth, pixels: &[u8], palette: Option<Vec<u8>>) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 2, 1);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if let Some(palette) = palette {
        encoder.set_palette(palette);
    }
    encoder.write_header().unwrap().write_image_data(pixels).unwrap();
    file
}

fn pixels(file: &[u8]) -> (u32, u32, Vec<u8>) {
    let frame = decode(file, FrameNumber::FIRST).unwrap().unwrap();
    let Values::U8(values) = &*frame.values else { panic!("{:?}", frame.values.kind()) };
    (frame.columns, frame.rows, values.clone())
}

/// Where the blue quarter lies: left or right, top or bottom.
fn blue_corner(file: &[u8]) -> (u32, u32, &'static str) {
    let (columns, rows, pixels) = pixels(file);
    let is_blue = |x: u32, y: u32| pixels[(y * columns + x) as usize * 3 + 2] > 200;
    let corner = match (
        is_blue(0, 0),
        is_blue(columns - 1, 0),
        is_blue(0, rows - 1),
        is_blue(columns - 1, rows - 1),
    ) {
        (true, false, false, false) => "top left",
        (false, true, false, false) => "top right",
        (false, false, true, false) => "bottom left",
        (false, false, false, true) => "bottom right",
        corners => panic!("{corners:?}"),
    };
    (columns, rows, corner)
}

/// Exif 2.32, tag 0x0112: which side of the stored picture is up.
#[test]
fn a_photograph_stands_upright_however_the_camera_was_held() {
    for (orientation, seen) in [
        (1, (8, 4, "top left")),
        (2, (8, 4, "top right")),
        (3, (8, 4, "bottom right")),
        (4, (8, 4, "bottom left")),
        (5, (4, 8, "top left")),
        (6, (4, 8, "top right")),
        (7, (4, 8, "bottom right")),
        (8, (4, 8, "bottom left")),
    ] {
        let file = jpeg_file(Some(orientation));
        assert_eq!(blue_corner(&file), seen, "orientation {orientation}");
        let facts = received(&file, Plain::Jpeg, ContentHash([1; 32])).unwrap().instance;
        assert_eq!((facts.columns, facts.rows), (seen.0, seen.1), "orientation {orientation}");
    }
    assert_eq!(blue_corner(&jpeg_file(None)), (8, 4, "top left"));
    assert_eq!(blue_corner(&jpeg_file(Some(77))), (8, 4, "top left"));
}

#[test]
fn a_wild_exif_segment_does_no_harm() {
    let file = jpeg_file(Some(6));
    for at in 6..40 {
        for value in [0, 0x7F, 0xFF] {
            let mut wild = file.clone();
            wild[at] = value;
            // Read or refused, never a panic.
            let _ = decode(&wild, FrameNumber::FIRST);
        }
    }
    let mut endless = file[..2].to_vec();
    endless.extend([0xFF, 0xE1, 0, 0]);
    assert_eq!(jpeg_orientation(&endless), Orientation::NoTransforms);
}

#[test]
fn png_of_any_kind_becomes_rgb() {
    use png::{BitDepth, ColorType};
    let rgb = |file: Vec<u8>| pixels(&file).2;
    assert_eq!(rgb(png_file(ColorType::Rgb, BitDepth::Eight, &[1, 2, 3, 4, 5, 6], None)), [1, 2, 3, 4, 5, 6]);
    assert_eq!(
        rgb(png_file(ColorType::Grayscale, BitDepth::Sixteen, &[0x80, 9, 0xFF, 9], None)),
        [128, 128, 128, 255, 255, 255]
    );
    assert_eq!(
        rgb(png_file(ColorType::Grayscale, BitDepth::One, &[0b0100_0000], None)),
        [0, 0, 0, 255, 255, 255]
    );
    let palette = Some(vec![10, 20, 30, 40, 50, 60]);
    assert_eq!(
        rgb(png_file(ColorType::Indexed, BitDepth::Eight, &[1, 0], palette)),
        [40, 50, 60, 10, 20, 30]
    );
    // Transparent is paper.
    assert_eq!(
        rgb(png_file(ColorType::Rgba, BitDepth::Eight, &[9, 9, 9, 0, 9, 9, 9, 255], None)),
        [255, 255, 255, 9, 9, 9]
    );
    assert_eq!(
        rgb(png_file(ColorType::GrayscaleAlpha, BitDepth::Eight, &[0, 0, 0, 255], None)),
        [255, 255, 255, 0, 0, 0]
    );
}

#[test]
fn a_picture_that_says_that_it_is_enormous_is_refused_before_anything_is_allocated() {
    let mut file = png_file(png::ColorType::Rgb, png::BitDepth::Eight, &[0; 6], None);
    file[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
    assert!(decode(&file, FrameNumber::FIRST).unwrap().is_err());
    let mut file = jpeg_file(None);
    let frame_header = file.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    file[frame_header + 5..frame_header + 9].copy_from_slice(&[0xFD, 0xE8, 0xFD, 0xE8]);
    let why = decode(&file, FrameNumber::FIRST).unwrap().unwrap_err();
    assert!(matches!(why, DecodeError::TooLarge { .. }), "{why}");
}

/// Applying it made the decoder panic.
#[test]
fn a_palette_that_is_no_list_of_colours_is_refused() {
    for length in [0, 1, 2, 4, 7, 767, 769, 771, 1024] {
        let palette = Some(vec![9; length]);
        let file = png_file(png::ColorType::Indexed, png::BitDepth::Eight, &[1, 0], palette);
        assert!(decode(&file, FrameNumber::FIRST).unwrap().is_err(), "{length}");
    }
}

#[test]
fn cut_pictures_are_refused_in_a_sentence() {
    let (jpeg, png) = (jpeg_file(None), png_file(png::ColorType::Rgb, png::BitDepth::Eight, &[0; 6], None));
    for length in [4, 20, 40, 60] {
        for file in [&jpeg, &png] {
            let outcome = decode(&file[..length.min(file.len() - 3)], FrameNumber::FIRST);
            if let Some(Err(why)) = outcome {
                assert!(!why.to_string().contains('\n'));
            }
        }
    }
    assert!(decode(&png[..png.len() / 2], FrameNumber::FIRST).unwrap().is_err());
}

#[test]
fn files_are_told_by_their_bytes() {
    assert_eq!(recognise(&jpeg_file(None)), Some(Plain::Jpeg));
    assert_eq!(recognise(b"%PDF-1.7"), Some(Plain::Pdf));
    assert_eq!(recognise(b"RIFF\x10\0\0\0WAVEfmt "), Some(Plain::Sound("audio/wav")));
    assert_eq!(recognise(b"ID3\x04\0"), Some(Plain::Sound("audio/mpeg")));
    assert_eq!(recognise(b"\0\0\0\x18ftypisom"), Some(Plain::Video));
    assert_eq!(recognise(b"\0\0\0\x18ftypM4A "), Some(Plain::Sound("audio/mp4")));
    for other in [&b"\0\0\0\x18ftypheic"[..], b"GIF89a", b"\xFF\xFB\x90", b"", b"\xFF\xD8"] {
        assert_eq!(recognise(other), None, "{other:?}");
    }
    // The preamble of an object may hold anything (PS3.10 section 7.1).
    let mut object = jpeg_file(None);
    object.resize(128, 0);
    object.extend(b"DICM");
    assert_eq!(recognise(&object), None);
}

#[test]
fn an_mp3_without_a_tag_is_told_by_its_second_frame() {
    let mut file = vec![0; 417 * 2];
    for at in [0, 417] {
        file[at..at + 3].copy_from_slice(&[0xFF, 0xFB, 0x90]);
    }
    assert_eq!(recognise(&file), Some(Plain::Sound("audio/mpeg")));
    file[417] = 0;
    assert_eq!(recognise(&file), None);
}
