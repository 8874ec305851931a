//! Opens the bytes of one object, leniently about the wrapping (PS3.10) and strictly about sizes.

use std::borrow::Cow;
use std::io::Read;
use std::sync::OnceLock;

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use dicom_encoding::transfer_syntax::TransferSyntaxIndex;
use dicom_object::InMemDicomObject;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

use super::fragments::Plan;
use super::scan::{self, Encoding, Layout, PixelElement};
use super::{charset, codec, dataset};

/// So much of a deflated data set (PS3.5 section A.5) is inflated on trust.
const TRUSTED_INFLATED_BYTES: u64 = 32 << 20;
/// The most bytes that it may become: those of its pixels, if the first ones say that there are as many.
const MAX_INFLATED_BYTES: u64 = 512 << 20;

/// Retired (PS3.5 section A.3), and still in archives.
const EXPLICIT_BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";

/// Why bytes are not an object that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    #[error("the file is empty")]
    Empty,
    #[error("this is {0}, not a DICOM object")]
    NotDicom(&'static str),
    #[error("this is {0}: of files that are not DICOM, JPEG, PNG, PDF, MP4, WAV and MP3 can be shown")]
    OtherFormat(&'static str),
    #[error("the file ends inside an element at byte {0}")]
    Truncated(usize),
    #[error("element {tag} says that it has {length} bytes where the file has {rest}")]
    TooLong { tag: Tag, length: u32, rest: usize },
    #[error("sequences are nested deeper than {0} levels")]
    TooDeep(usize),
    #[error("the object has more than {0} elements")]
    TooManyElements(usize),
    #[error("the data set cannot be inflated: {0}")]
    Deflated(String),
    /// A file that is not DICOM, of a known format, that does not keep to it.
    #[error("{0}")]
    Unfit(String),
    #[error("the data set is damaged: {0}")]
    Damaged(String),
}

/// An opened object: its header parsed, its pixels only located.
#[derive(Clone, Debug)]
pub struct Object<'a> {
    bytes: Cow<'a, [u8]>,
    dataset: InMemDicomObject,
    transfer_syntax_uid: String,
    encoding: Encoding,
    pixels: Option<PixelElement>,
    /// Which fragments make up which frame, once it was asked.
    fragment_plan: OnceLock<Option<Plan>>,
    cut: Option<OpenError>,
}

impl<'a> Object<'a> {
    /// Opens the bytes of a file. Preamble and meta group may be missing or odd: the encoding is then guessed from the first element.
    /// Borrowed bytes stay where they are; owned ones move in, for a caller that keeps the object.
    pub fn open(bytes: impl Into<Cow<'a, [u8]>>) -> Result<Self, OpenError> {
        let bytes = bytes.into();
        if bytes.is_empty() {
            return Err(OpenError::Empty);
        }
        let start = meta_start(&bytes)?;
        let (declared_uid, start) = scan::read_meta(&bytes, start);
        if start + 8 > bytes.len() {
            return Err(OpenError::Truncated(bytes.len()));
        }
        let (bytes, start) = match declared_uid.as_deref() {
            // Some writers declare what they did not do.
            Some(uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN) if !scan::has_elements(&bytes, start) => {
                (Cow::Owned(inflate(&bytes[start..])?), 0)
            }
            _ => (bytes, start),
        };
        let guessed = scan::guess(&bytes, start);
        let encoding = match declared_uid.as_deref() {
            // The declared syntax, unless the first element plainly is of another.
            Some(uids::IMPLICIT_VR_LITTLE_ENDIAN) => match guessed {
                Some(Encoding::ExplicitLittle) => Encoding::ExplicitLittle,
                _ => Encoding::ImplicitLittle,
            },
            Some(EXPLICIT_BIG_ENDIAN) => guessed.unwrap_or(Encoding::ExplicitBig),
            Some(_) => guessed.unwrap_or(Encoding::ExplicitLittle),
            None => guessed.ok_or(OpenError::NotDicom("a file of unknown kind"))?,
        };
        let Layout { header, pixels, cut } = scan::scan(&bytes, start, encoding)?;
        let syntax_uid = match encoding {
            Encoding::ExplicitLittle => uids::EXPLICIT_VR_LITTLE_ENDIAN,
            Encoding::ImplicitLittle => uids::IMPLICIT_VR_LITTLE_ENDIAN,
            Encoding::ExplicitBig => EXPLICIT_BIG_ENDIAN,
        };
        let syntax = TransferSyntaxRegistry
            .get(syntax_uid)
            .ok_or_else(|| OpenError::Damaged(format!("transfer syntax {syntax_uid} is not known")))?;
        let mut dataset = InMemDicomObject::read_dataset_with_ts(&header[..], syntax)
            .map_err(|error| OpenError::Damaged(one_line(&error)))?;
        charset::decode_texts(&mut dataset);
        if dataset.tags().next().is_none() && pixels.is_none() {
            return Err(OpenError::Damaged("it has no elements".to_owned()));
        }
        let transfer_syntax_uid = declared_uid.unwrap_or_else(|| syntax_uid.to_owned());
        Ok(Self {
            bytes,
            dataset,
            transfer_syntax_uid,
            encoding,
            pixels,
            fragment_plan: OnceLock::new(),
            cut,
        })
    }

    /// The elements before the pixels.
    pub fn dataset(&self) -> &InMemDicomObject {
        &self.dataset
    }

    /// As the meta group says; as guessed where it says nothing.
    pub fn transfer_syntax_uid(&self) -> &str {
        &self.transfer_syntax_uid
    }

    /// Whether there is a pixel element, of any kind.
    pub fn has_pixels(&self) -> bool {
        self.pixels.is_some()
    }

    /// Samples of a frame as the header declares them, which nobody has checked.
    pub fn declared_samples(&self) -> u64 {
        let sizes = [tags::ROWS, tags::COLUMNS, tags::SAMPLES_PER_PIXEL];
        let size = |tag| dataset::integer(&self.dataset, tag).and_then(|size| u64::try_from(size).ok());
        sizes.into_iter().fold(1, |product: u64, tag| product.saturating_mul(size(tag).unwrap_or(1)))
    }

    /// What is wrong where the data set ends too early; what came before that can be read.
    pub fn cut(&self) -> Option<&OpenError> {
        self.cut.as_ref()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn pixels(&self) -> Option<&PixelElement> {
        self.pixels.as_ref()
    }

    pub(super) fn fragment_plan(&self, make: impl FnOnce() -> Option<Plan>) -> Option<&Plan> {
        self.fragment_plan.get_or_init(make).as_ref()
    }

    pub(super) fn is_big_endian(&self) -> bool {
        self.encoding == Encoding::ExplicitBig
    }
}

/// Where the meta group, or the data set, starts.
fn meta_start(bytes: &[u8]) -> Result<usize, OpenError> {
    // A bare data set starts with a low group; a preamble without its mark is followed by one.
    let is_start = |at: usize| {
        let group = bytes.get(at..at + 2).map(|pair| [pair[0], pair[1]]);
        matches!(group, Some([2 | 4 | 8 | 0x10, 0] | [0, 8 | 0x10])) && scan::guess(bytes, at).is_some()
    };
    if bytes.get(128..132) == Some(b"DICM") {
        // The mark may also stand there by chance, inside of a bare data set.
        let is_bare = !is_start(132) && is_start(0);
        return Ok(if is_bare { 0 } else { 132 });
    }
    if bytes.starts_with(b"DICM") {
        return Ok(4);
    }
    if let Some(why) = foreign(bytes) {
        return Err(why);
    }
    if let Some(at) = [0, 128].into_iter().find(|&at| is_start(at)) {
        return Ok(at);
    }
    // Some bytes of something else before the first element: only where several elements make sense.
    (1..=132)
        .find(|&at| is_start(at) && scan::has_elements(bytes, at))
        .ok_or(OpenError::NotDicom("a file of unknown kind"))
}

/// Why bytes that plainly are something else are not opened: pictures and sounds of other formats are told which formats are.
pub fn foreign(bytes: &[u8]) -> Option<OpenError> {
    other_format(bytes).map(OpenError::OtherFormat).or_else(|| foreign_kind(bytes).map(OpenError::NotDicom))
}

/// Names pictures, clips and sounds of formats that are not opened.
fn other_format(bytes: &[u8]) -> Option<&'static str> {
    Some(match bytes {
        [b'G', b'I', b'F', b'8', ..] => "a GIF picture",
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => "a BMP picture",
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => "a TIFF picture",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "a WebP picture",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'A', b'V', b'I', b' ', ..] => "an AVI clip",
        [0x1A, 0x45, 0xDF, 0xA3, ..] => "a WebM or Matroska clip",
        [b'O', b'g', b'g', b'S', ..] => "an Ogg file",
        [_, _, _, _, b'f', b't', b'y', b'p', b'a', b'v', b'i', ..] => "an AVIF picture",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "a HEIC picture",
        _ => return None,
    })
}

/// Names well-known content that is not DICOM.
pub fn foreign_kind(bytes: &[u8]) -> Option<&'static str> {
    if let Some(kind) = other_format(bytes) {
        return Some(kind);
    }
    const KINDS: [(&[u8], &str); 10] = [
        (b"%PDF", "a PDF document"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"PK\x05\x06", "an empty ZIP archive"),
        (b"\x89PNG", "a PNG picture"),
        (b"\xFF\xD8\xFF", "a JPEG picture"),
        (b"MZ", "a Windows program"),
        (b"\x7FELF", "a program"),
        (b"<!DOCTYPE", "a web page"),
        (b"<html", "a web page"),
        (b"<?xml", "an XML document"),
    ];
    if let Some((_, kind)) = KINDS.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        return Some(kind);
    }
    let head = &bytes[..bytes.len().min(512)];
    let is_text = head.len() > 1
        && std::str::from_utf8(head)
            .is_ok_and(|text| !text.contains(|c: char| c.is_control() && !c.is_whitespace()));
    is_text.then_some("a text file")
}

fn inflate(bytes: &[u8]) -> Result<Vec<u8>, OpenError> {
    let mut inflated = Vec::new();
    let mut decoder = flate2::read::DeflateDecoder::new(codec::deflated(bytes));
    let mut outcome = decoder.by_ref().take(TRUSTED_INFLATED_BYTES).read_to_end(&mut inflated);
    if inflated.len() as u64 == TRUSTED_INFLATED_BYTES {
        let need = pixels_end(&inflated).unwrap_or(TRUSTED_INFLATED_BYTES);
        if need > MAX_INFLATED_BYTES {
            return Err(OpenError::Deflated(format!("it becomes more than {} MB", MAX_INFLATED_BYTES >> 20)));
        }
        let rest = need.saturating_sub(TRUSTED_INFLATED_BYTES);
        outcome = decoder.by_ref().take(rest).read_to_end(&mut inflated);
        if need <= TRUSTED_INFLATED_BYTES && decoder.read(&mut [0]).is_ok_and(|read| read > 0) {
            let trusted = TRUSTED_INFLATED_BYTES >> 20;
            return Err(OpenError::Deflated(format!(
                "it becomes more than {trusted} MB, which its frames do not need"
            )));
        }
    }
    match outcome {
        // What came before the fault can be read.
        Err(error) if inflated.is_empty() => Err(OpenError::Deflated(error.to_string())),
        _ => Ok(inflated),
    }
}

/// Where the pixels of a data set end, by its first bytes; `None` if its frames do not need as much.
fn pixels_end(bytes: &[u8]) -> Option<u64> {
    let layout = scan::scan(bytes, 0, Encoding::ExplicitLittle).ok()?;
    let Some(PixelElement::Native { bytes: pixels, missing, .. }) = layout.pixels else { return None };
    let syntax = TransferSyntaxRegistry.get(uids::EXPLICIT_VR_LITTLE_ENDIAN)?;
    let set = InMemDicomObject::read_dataset_with_ts(&layout.header[..], syntax).ok()?;
    let frame_bits = super::pixels::PixelFormat::read(&set).ok()?.native_frame_bits();
    let frames = u64::from(super::header::declared_frames(&set));
    let length = pixels.len() as u64 + missing;
    let possible = frame_bits.checked_mul(frames)?.div_ceil(8) + 2;
    (length <= possible).then_some(pixels.start as u64 + length)
}

/// An error and its sources in one line.
pub(super) fn one_line(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text.replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(0008,0060) CS "CT"` in explicit VR little endian.
    const MODALITY: [u8; 10] = [8, 0, 0x60, 0, b'C', b'S', 2, 0, b'C', b'T'];

    fn modality(bytes: &[u8]) -> Result<String, OpenError> {
        let object = Object::open(bytes)?;
        Ok(crate::imaging::dataset::text(object.dataset(), dicom_dictionary_std::tags::MODALITY))
    }

    #[test]
    fn the_wrapping_may_be_missing() {
        let ct = || Ok("CT".to_owned());
        assert_eq!(modality(&MODALITY), ct());
        assert_eq!(modality(&[vec![0; 128], MODALITY.to_vec()].concat()), ct());
        assert_eq!(modality(&[vec![0; 128], b"DICM".to_vec(), MODALITY.to_vec()].concat()), ct());
        assert_eq!(modality(&[8, 0, 0x60, 0, 2, 0, 0, 0, b'C', b'T']), ct());
        assert_eq!(modality(&[0, 8, 0, 0x60, b'C', b'S', 0, 2, b'C', b'T']), ct());
    }

    #[test]
    fn a_cut_data_set_gives_what_came_before() {
        let cut = [&MODALITY[..], &[0x10, 0, 0x10, 0, b'P', b'N', 90, 0, b'A']].concat();
        let object = Object::open(&cut[..]).unwrap();
        assert!(matches!(object.cut(), Some(OpenError::TooLong { length: 90, .. })));
        assert_eq!(modality(&cut), Ok("CT".to_owned()));
        assert!(Object::open(&MODALITY[..]).unwrap().cut().is_none());
    }

    #[test]
    fn a_mark_by_chance_and_bytes_before_the_start_do_not_mislead() {
        let element =
            |tag: u8, value: &[u8]| [&[8, 0, tag, 0, b'L', b'O', value.len() as u8, 0][..], value].concat();
        let mut bare = element(0x20, &[b'x'; 112]);
        bare.extend(element(0x40, b"DICMxx"));
        bare.extend(MODALITY);
        assert_eq!(&bare[128..132], b"DICM");
        assert_eq!(modality(&bare), Ok("CT".to_owned()));
        let late =
            [vec![0xC3], element(0x05, b"aa"), element(0x08, b"bb"), element(0x12, b"cc"), MODALITY.to_vec()];
        assert_eq!(modality(&late.concat()), Ok("CT".to_owned()));
    }

    #[test]
    fn a_deflated_data_set_may_be_large_only_where_its_frames_are() {
        use std::io::Write;
        let element = |tag: u8, value: u16| {
            let [low, high] = value.to_le_bytes();
            [0x28, 0, tag, u8::from(tag == 0), b'U', b'S', 2, 0, low, high]
        };
        let object = |frames_of_columns: u16, megabytes: u32| {
            let mut plain = [element(0x10, 4096), element(0x11, frames_of_columns), element(0, 16)].concat();
            plain.extend([0xE0, 0x7F, 0x10, 0, b'O', b'W', 0, 0]);
            plain.extend((megabytes << 20).to_le_bytes());
            plain.resize(plain.len() + (megabytes << 20) as usize, 0);
            let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(&plain).unwrap();
            encoder.finish().unwrap()
        };
        let large = inflate(&object(5120, 40)).unwrap();
        assert!(large.len() > 40 << 20);
        let refused = inflate(&object(512, 40)).unwrap_err();
        assert!(refused.to_string().contains("which its frames do not need"), "{refused}");
    }

    /// PS3.5 section A.5 wants the deflated bytes alone; some writers put them into zlib (RFC 1950).
    #[test]
    fn a_deflated_data_set_may_have_the_header_of_zlib() {
        use std::io::Write;
        let uid = uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN;
        let meta = [&[2, 0, 0x10, 0, b'U', b'I', uid.len() as u8, 0][..], uid.as_bytes()].concat();
        let file = |deflated: &[u8]| [&[0; 128][..], b"DICM", &meta, deflated].concat();
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        zlib.write_all(&MODALITY).unwrap();
        let zlib = zlib.finish().unwrap();
        assert_eq!(modality(&file(&zlib)), Ok("CT".to_owned()));
        assert_eq!(modality(&file(&zlib[2..])), Ok("CT".to_owned()));
    }

    #[test]
    fn what_is_not_dicom_is_named() {
        assert_eq!(modality(b""), Err(OpenError::Empty));
        assert_eq!(modality(b"%PDF-1.7"), Err(OpenError::NotDicom("a PDF document")));
        assert_eq!(modality(b"just words"), Err(OpenError::NotDicom("a text file")));
        assert_eq!(modality(&[0xC3; 300]), Err(OpenError::NotDicom("a file of unknown kind")));
    }
}
