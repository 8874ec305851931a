use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::uids;
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};

use super::*;
use crate::imaging::sample::{image, text};
use crate::imaging::{ContentHash, read_header};
use crate::imaging::{FrameNumber, ObjectKind, Values, decode_frame};

/// An image of 16 bits, 16 x 16 pixels, in a transfer syntax, with these bytes for its pixel data.
fn object(syntax_uid: &str, encoding_uid: &str, changes: &[(Tag, u16)], pixels: &[u8]) -> Vec<u8> {
    let mut set: InMemDicomObject = image(16, 16, &[]);
    set.put(text(tags::SOP_CLASS_UID, VR::UI, uids::SECONDARY_CAPTURE_IMAGE_STORAGE));
    set.put(text(tags::SOP_INSTANCE_UID, VR::UI, "2.25.1"));
    for (tag, value) in changes {
        set.put(DataElement::new(*tag, VR::US, PrimitiveValue::from(*value)));
    }
    set.put(DataElement::new(tags::PIXEL_DATA, VR::OB, PrimitiveValue::U8(pixels.into())));
    let mut bytes = Vec::new();
    let meta = FileMetaTableBuilder::new().transfer_syntax(encoding_uid);
    set.with_meta(meta).unwrap().write_all(&mut bytes).unwrap();
    // The syntax that is declared is another than that in which the header is written.
    let declared =
        bytes.windows(encoding_uid.len()).position(|part| part == encoding_uid.as_bytes()).unwrap();
    let (start, old) = (declared - 8, encoding_uid.len().next_multiple_of(2));
    let mut element = bytes[start..declared - 2].to_vec();
    element.extend((syntax_uid.len().next_multiple_of(2) as u16).to_le_bytes());
    element.extend(syntax_uid.bytes());
    if syntax_uid.len() % 2 == 1 {
        element.push(0);
    }
    bytes.splice(start..declared + old, element);
    bytes
}

const EIGHT_BITS: [(Tag, u16); 3] = [(tags::BITS_ALLOCATED, 8), (tags::BITS_STORED, 8), (tags::HIGH_BIT, 7)];

fn explicit(syntax_uid: &str, pixels: &[u8]) -> Vec<u8> {
    object(syntax_uid, uids::EXPLICIT_VR_LITTLE_ENDIAN, &EIGHT_BITS, pixels)
}

fn refusal(bytes: &[u8]) -> String {
    decode_frame(bytes, FrameNumber::FIRST).unwrap_err().to_string()
}

fn gray_jpeg() -> Vec<u8> {
    let pixels = [77_u8; 256];
    let format = turbojpeg::PixelFormat::GRAY;
    let image = turbojpeg::Image { pixels: &pixels[..], width: 16, pitch: 16, height: 16, format };
    turbojpeg::compress(image, 90, turbojpeg::Subsamp::Gray).unwrap().to_vec()
}

fn item(content: &[u8]) -> Vec<u8> {
    let content = [content, if content.len() % 2 == 1 { &[0][..] } else { &[] }].concat();
    [&[0xFE, 0xFF, 0x00, 0xE0][..], &(content.len() as u32).to_le_bytes(), &content].concat()
}

/// PS3.5 section A.4: compressed frames are in items behind an undefined length. With a length, as some writers have it, the items and
/// the compressed bytes were painted as pixels.
#[test]
fn compressed_frames_behind_a_length_are_decoded() {
    let jpeg = gray_jpeg();
    assert!(jpeg.len() > 256, "enough bytes for a native frame");
    let bytes = explicit(uids::JPEG_BASELINE8_BIT, &[item(&[]), item(&jpeg)].concat());
    let frame = decode_frame(&bytes, FrameNumber::FIRST).unwrap();
    assert_eq!((frame.damage, frame.extent), (None, (77.0, 77.0)));
}

/// PS3.5 section A.4: what is declared as compressed and is in no items is no picture, unless its bytes are exactly those of the frames.
#[test]
fn compressed_frames_that_cannot_be_found_are_no_picture() {
    let native: Vec<u8> = (0..=255).collect();
    let whole = explicit(uids::JPEG2000_LOSSLESS, &native);
    assert_eq!(*decode_frame(&whole, FrameNumber::FIRST).unwrap().values, Values::U8(native.clone()));
    for syntax_uid in
        [uids::JPEG_BASELINE8_BIT, uids::RLE_LOSSLESS, uids::JPEGLS_LOSSLESS, "1.2.840.10008.1.2.4.102"]
    {
        for pixels in [&native.repeat(2)[..], &native[..200], &[&native[..], &[1, 2]].concat()] {
            let bytes = explicit(syntax_uid, pixels);
            let why = format!(
                "the transfer syntax is compressed, while the pixel data is not in items and has {} bytes where its frames \
                 without compression have 256",
                pixels.len()
            );
            assert_eq!(refusal(&bytes), why);
            let kind = read_header(&bytes, ContentHash([0; 32])).unwrap().instance.kind;
            assert!(matches!(kind, ObjectKind::Image | ObjectKind::Video), "it says why it is not shown");
        }
    }
}

/// Codestreams without items, longer than the frame would be without compression, were painted as pixels (PS3.5 section A.4).
#[test]
fn a_codestream_without_items_is_decoded_however_long_it_is() {
    let jpeg = gray_jpeg();
    let bytes = explicit(uids::JPEG_BASELINE8_BIT, &[jpeg.clone(), vec![0; jpeg.len() % 2]].concat());
    assert_eq!(decode_frame(&bytes, FrameNumber::FIRST).unwrap().extent, (77.0, 77.0));
    let mut rle = vec![0; 64];
    (rle[0], rle[4]) = (1, 64);
    // Pixel after pixel by itself.
    rle.extend((0..=255).flat_map(|value| [0, value]));
    let frame = decode_frame(&explicit(uids::RLE_LOSSLESS, &rle), FrameNumber::FIRST).unwrap();
    assert_eq!(*frame.values, Values::U8((0..=255).collect()));
}

/// A private syntax of GE has words of pixels in big endian behind a header in little endian (PS3.5 section 7.3 for the order).
#[test]
fn pixels_in_big_endian_behind_a_header_in_little_endian_are_turned_round() {
    let pixels: Vec<u8> = (0..256_u16).flat_map(|value| (value * 3 + 500).to_be_bytes()).collect();
    for encoding_uid in [uids::IMPLICIT_VR_LITTLE_ENDIAN, uids::EXPLICIT_VR_LITTLE_ENDIAN] {
        let bytes = object(GE_BIG_ENDIAN_PIXELS, encoding_uid, &[], &pixels);
        let frame = decode_frame(&bytes, FrameNumber::FIRST).unwrap();
        assert_eq!(frame.values.at(0), Some(500.0));
        assert_eq!(frame.extent, (500.0, 500.0 + 255.0 * 3.0));
    }
    let bytes: Vec<u8> = (0..=255).collect();
    let narrow = object(GE_BIG_ENDIAN_PIXELS, uids::IMPLICIT_VR_LITTLE_ENDIAN, &EIGHT_BITS, &bytes);
    assert_eq!(*decode_frame(&narrow, FrameNumber::FIRST).unwrap().values, Values::U8(bytes));
}
