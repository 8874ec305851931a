//! Walks over the elements of a data set without keeping them (PS3.5 chapter 7), before anything parses it: depth, lengths
//! and counts are measured first, so that a declared size never decides what is allocated.

use std::ops::Range;

use dicom_core::{DataDictionary, Tag, VR};
use dicom_dictionary_std::{StandardDataDictionary, tags};

use super::charset;
use super::read::OpenError;
use super::rewrite::Rewritten;

/// The deepest nesting of sequences that is read. Real objects stay below 10.
const MAX_DEPTH: usize = 64;
/// The most elements that are read before the pixels: each costs far more in memory than in the file.
const MAX_ELEMENTS: usize = 1_000_000;
/// The most fragments of encapsulated pixel data.
const MAX_FRAGMENTS: usize = 1_000_000;
pub(super) const UNDEFINED: u32 = u32::MAX;
pub(super) const ITEM: Tag = Tag(0xFFFE, 0xE000);
pub(super) const ITEM_END: Tag = Tag(0xFFFE, 0xE00D);
pub(super) const SEQUENCE_END: Tag = Tag(0xFFFE, 0xE0DD);

/// How the elements of a data set are written (PS3.5 section 7.1.2, 7.1.3, 7.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    ExplicitLittle,
    ImplicitLittle,
    ExplicitBig,
}

/// Where the pixels of an object are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PixelElement {
    /// Bytes of the file as they are; `missing` bytes were declared beyond the end of the file.
    /// `is_word`: written as words of 16 bits (VR OW), which matters in big endian.
    Native { tag: Tag, bytes: Range<usize>, missing: u64, is_word: bool },
    /// PS3.5 section A.4: offset table, then fragments. `is_cut`: the file ends before the last delimiter.
    Encapsulated { offset_table: Range<usize>, fragments: Vec<Range<usize>>, is_cut: bool },
}

/// What the walk found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// The elements before the pixels, written anew for a strict parser.
    pub(super) header: Vec<u8>,
    pub(super) pixels: Option<PixelElement>,
    /// The data set ends where it should not: `header` holds the whole elements before that.
    pub(super) cut: Option<OpenError>,
}

struct Level {
    is_sequence: bool,
    /// `None`: until its delimiter.
    end: Option<usize>,
    encoding: Encoding,
    /// The tag and where the value starts, if this is an unknown element of undefined length in explicit VR.
    unknown: Option<(Tag, usize)>,
}

struct Element {
    tag: Tag,
    vr: Option<VR>,
    /// Of the value.
    start: usize,
    length: u32,
}

/// Measures the data set that starts at `start`.
///
/// A data set that is cut short gives its whole elements; anything else that does not fit is an error.
pub(super) fn scan(bytes: &[u8], start: usize, encoding: Encoding) -> Result<Layout, OpenError> {
    let mut written = Rewritten::new(encoding);
    let walked = walk(bytes, start, encoding, &mut written);
    let header = written.into_bytes();
    match walked {
        Ok(pixels) => Ok(Layout { header, pixels, cut: None }),
        Err(cut @ (OpenError::Truncated(_) | OpenError::TooLong { .. })) if !header.is_empty() => {
            Ok(Layout { header, pixels: None, cut: Some(cut) })
        }
        Err(error) => Err(error),
    }
}

fn walk(
    bytes: &[u8],
    start: usize,
    encoding: Encoding,
    written: &mut Rewritten,
) -> Result<Option<PixelElement>, OpenError> {
    let mut levels: Vec<Level> = Vec::new();
    // Inside of the unknown nothing is written; no more than one is open, as its content has no VR.
    let mut is_hidden = false;
    let mut at = start;
    let mut elements = 0;
    loop {
        while let Some(end) = levels.last().and_then(|level| level.end) {
            if at < end {
                break;
            }
            if at > end {
                return Err(OpenError::Damaged(format!(
                    "an element passes the end of its sequence at byte {end}"
                )));
            }
            if let Some(level) = levels.pop().filter(|_| !is_hidden) {
                if level.is_sequence { written.sequence_end() } else { written.item_end() }
            }
        }
        let rest = bytes.len().saturating_sub(at);
        if levels.is_empty() {
            written.mark();
            // Some writers leave an odd byte or two behind the last element.
            if rest < 8 {
                return Ok(None);
            }
        }
        let (is_in_sequence, encoding) =
            levels.last().map_or((false, encoding), |level| (level.is_sequence, level.encoding));
        let element = element_at(bytes, at, encoding).ok_or(OpenError::Truncated(at))?;
        elements += 1;
        if elements > MAX_ELEMENTS {
            return Err(OpenError::TooManyElements(MAX_ELEMENTS));
        }
        if levels.is_empty() {
            // Trailing padding ends a data set (PS3.10 section 7.2); zeros do so in practice.
            if element.tag == tags::DATA_SET_TRAILING_PADDING || (element.tag == Tag(0, 0) && elements > 1) {
                return Ok(None);
            }
            if matches!(
                element.tag,
                tags::PIXEL_DATA | tags::FLOAT_PIXEL_DATA | tags::DOUBLE_FLOAT_PIXEL_DATA
            ) {
                return pixel_element(bytes, &element, encoding).map(Some);
            }
        }
        let defined_end = |length: u32| {
            let end = element.start + length as usize;
            if end > bytes.len() {
                return Err(OpenError::TooLong {
                    tag: element.tag,
                    length,
                    rest: bytes.len() - element.start,
                });
            }
            Ok(end)
        };
        if is_in_sequence {
            match element.tag {
                ITEM => {
                    let end =
                        if element.length == UNDEFINED { None } else { Some(defined_end(element.length)?) };
                    // Some writers keep explicit VR inside of what they do not know.
                    let is_unknown = levels.last().is_some_and(|level| level.unknown.is_some());
                    let encoding = match guess(bytes, element.start) {
                        Some(Encoding::ExplicitLittle) if is_unknown => Encoding::ExplicitLittle,
                        _ => encoding,
                    };
                    levels.push(Level { is_sequence: false, end, encoding, unknown: None });
                    if !is_hidden {
                        written.item();
                    }
                }
                SEQUENCE_END => match levels.pop().and_then(|level| level.unknown) {
                    Some((tag, value)) => {
                        // With its length the value can be passed over, delimiter and all.
                        is_hidden = false;
                        written.element(tag, Some(VR::UN), &bytes[value..element.start]);
                    }
                    None if is_hidden => {}
                    None => written.sequence_end(),
                },
                tag => return Err(OpenError::Damaged(format!("{tag} where an item of a sequence must be"))),
            }
            at = element.start;
            continue;
        }
        match element.tag {
            ITEM_END => {
                if levels.pop().is_none() {
                    return Err(OpenError::Damaged("an item ends where none began".to_owned()));
                }
                if !is_hidden {
                    written.item_end();
                }
                at = element.start;
            }
            // A delimiter of a sequence whose length was given: harmless and seen in practice.
            SEQUENCE_END if element.length == 0 => at = element.start,
            tag => {
                let is_undefined = element.length == UNDEFINED;
                let is_sequence = match element.vr {
                    Some(VR::SQ) => true,
                    Some(VR::UN) => is_undefined,
                    Some(_) => false,
                    None => {
                        is_undefined
                            || StandardDataDictionary
                                .by_tag(tag)
                                .is_some_and(|entry| entry.vr.relaxed() == VR::SQ)
                    }
                };
                if is_sequence {
                    if levels.len() / 2 >= MAX_DEPTH {
                        return Err(OpenError::TooDeep(MAX_DEPTH));
                    }
                    // An unknown VR of undefined length holds implicit VR (PS3.5 section 6.2.2 note 4).
                    let is_unknown = element.vr == Some(VR::UN);
                    let unknown = (is_unknown && !is_hidden).then_some((tag, element.start));
                    if unknown.is_some() {
                        is_hidden = true;
                    } else if !is_hidden {
                        written.sequence(tag, element.vr);
                    }
                    let encoding = if is_unknown { Encoding::ImplicitLittle } else { encoding };
                    let end = if is_undefined { None } else { Some(defined_end(element.length)?) };
                    levels.push(Level { is_sequence: true, end, encoding, unknown });
                    at = element.start;
                } else if is_undefined {
                    // Encapsulated pixels of an icon.
                    let (_, _, end) = fragments(bytes, element.start, encoding)?;
                    at = end.ok_or(OpenError::Truncated(bytes.len()))?;
                } else {
                    at = defined_end(element.length)?;
                    let value = &bytes[element.start..at];
                    if tag == tags::SPECIFIC_CHARACTER_SET
                        && let Some((place, byte)) = charset::hide(value).filter(|_| !is_hidden)
                    {
                        let mut hidden = value.to_vec();
                        hidden[place] = byte;
                        written.element(tag, element.vr, &hidden);
                    } else if !is_hidden && tag != tags::PIXEL_DATA {
                        // Nobody looks at the pixels of an icon.
                        written.element(tag, element.vr, value);
                    }
                }
            }
        }
    }
}

fn pixel_element(bytes: &[u8], element: &Element, encoding: Encoding) -> Result<PixelElement, OpenError> {
    let is_encapsulated = element.length == UNDEFINED
        && element_at(bytes, element.start, encoding).is_none_or(|item| item.tag == ITEM);
    if is_encapsulated {
        let (offset_table, fragments, end) = fragments(bytes, element.start, encoding)?;
        return Ok(PixelElement::Encapsulated { offset_table, fragments, is_cut: end.is_none() });
    }
    // Of undefined length without items: up to the end of the file.
    let length =
        if element.length == UNDEFINED { bytes.len() - element.start } else { element.length as usize };
    let declared = element.start as u64 + length as u64;
    let end = declared.min(bytes.len() as u64);
    Ok(PixelElement::Native {
        tag: element.tag,
        bytes: element.start..end as usize,
        missing: declared - end,
        is_word: element.vr == Some(VR::OW),
    })
}

type Fragments = (Range<usize>, Vec<Range<usize>>, Option<usize>);

/// The offset table, the fragments, and where they end; a last fragment cut by the end of the file is kept as far as it goes.
fn fragments(bytes: &[u8], start: usize, encoding: Encoding) -> Result<Fragments, OpenError> {
    let mut at = start;
    let mut table = None;
    let mut found = Vec::new();
    let end = loop {
        // Items have no VR in any encoding.
        let Some(item) = element_at(bytes, at, encoding) else { break None };
        match item.tag {
            ITEM if item.length != UNDEFINED => {
                let end = item.start + item.length as usize;
                let range = item.start..end.min(bytes.len());
                at = end;
                if table.is_none() {
                    table = Some(range);
                } else {
                    found.push(range);
                }
                if found.len() > MAX_FRAGMENTS {
                    return Err(OpenError::TooManyElements(MAX_FRAGMENTS));
                }
                if end > bytes.len() {
                    break None;
                }
            }
            SEQUENCE_END => break Some(item.start),
            // Anything else: the delimiter was forgotten, as some writers do at the end of a file.
            _ => break Some(at),
        }
    };
    Ok((table.unwrap_or(start..start), found, end))
}

fn element_at(bytes: &[u8], at: usize, encoding: Encoding) -> Option<Element> {
    let head = bytes.get(at..at.checked_add(8)?)?;
    let u16_at = |i: usize| {
        let pair = [head[i], head[i + 1]];
        if encoding == Encoding::ExplicitBig { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
    };
    let u32_of = |quad: [u8; 4]| {
        if encoding == Encoding::ExplicitBig { u32::from_be_bytes(quad) } else { u32::from_le_bytes(quad) }
    };
    let tag = Tag(u16_at(0), u16_at(2));
    if let Some(element) = pixels_in_the_other_form(bytes, at, tag, encoding) {
        return Some(element);
    }
    if tag.0 == 0xFFFE || encoding == Encoding::ImplicitLittle {
        let length = u32_of([head[4], head[5], head[6], head[7]]);
        return Some(Element { tag, vr: None, start: at + 8, length });
    }
    // Writers that do not know a VR leave it blank and write the short form.
    // One that does not exist is short too where the bytes that a long form reserves are not zero.
    let is_unknown = VR::from_binary([head[4], head[5]]).is_none();
    let is_blank =
        matches!([head[4], head[5]], [b' ', b' '] | [0, 0]) || is_unknown && [head[6], head[7]] != [0, 0];
    let vr = if is_blank { vr_of(tag) } else { VR::from_binary([head[4], head[5]]).unwrap_or(VR::UN) };
    if has_long_length(vr) {
        let quad = bytes.get(at + 8..at + 12)?;
        let length = u32_of([quad[0], quad[1], quad[2], quad[3]]);
        return Some(Element { tag, vr: Some(vr), start: at + 12, length });
    }
    Some(Element { tag, vr: Some(vr), start: at + 8, length: u32::from(u16_at(6)) })
}

/// Pixel data written in explicit VR behind a header in implicit VR, or the other way round, as some writers do.
fn pixels_in_the_other_form(bytes: &[u8], at: usize, tag: Tag, encoding: Encoding) -> Option<Element> {
    if tag != tags::PIXEL_DATA || encoding == Encoding::ExplicitBig {
        return None;
    }
    let head = bytes.get(at + 4..at + 12)?;
    let long = |i: usize| u32::from_le_bytes([head[i], head[i + 1], head[i + 2], head[i + 3]]);
    let fits = |start: usize, length: u32| length == UNDEFINED || start + length as usize <= bytes.len();
    match head {
        [b'O', b'B' | b'W', 0, 0, ..] if encoding == Encoding::ImplicitLittle && fits(at + 12, long(4)) => {
            let vr = VR::from_binary([head[0], head[1]]);
            Some(Element { tag, vr, start: at + 12, length: long(4) })
        }
        [a, b, ..] if encoding == Encoding::ExplicitLittle && VR::from_binary([*a, *b]).is_none() => {
            fits(at + 8, long(0)).then_some(Element { tag, vr: None, start: at + 8, length: long(0) })
        }
        _ => None,
    }
}

/// The VR of a tag if it has the short form, else one that any bytes fit.
fn vr_of(tag: Tag) -> VR {
    let known = StandardDataDictionary.by_tag(tag).map(|entry| entry.vr.relaxed());
    known.filter(|vr| !has_long_length(*vr)).unwrap_or(VR::LT)
}

/// PS3.5 table 7.1-1: these VRs have a length of 32 bits.
pub(super) fn has_long_length(vr: VR) -> bool {
    use VR::*;
    matches!(vr, OB | OD | OF | OL | OV | OW | SQ | SV | UC | UN | UR | UT | UV)
}

/// The encoding that fits the element at `at`, if it looks like one at all.
pub(super) fn guess(bytes: &[u8], at: usize) -> Option<Encoding> {
    let head = bytes.get(at..at + 8)?;
    let has_vr = VR::from_binary([head[4], head[5]]).is_some();
    let is_big = head[0] == 0 && head[1] != 0;
    if has_vr {
        return Some(if is_big { Encoding::ExplicitBig } else { Encoding::ExplicitLittle });
    }
    let group = u16::from_le_bytes([head[0], head[1]]);
    let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
    let is_plausible = (1..=0x0060).contains(&group)
        && (length == UNDEFINED || length as usize <= bytes.len().saturating_sub(at + 8));
    is_plausible.then_some(Encoding::ImplicitLittle)
}

/// Whether some elements in a row make sense at `at`: known VRs and rising tags in explicit VR little endian.
pub(super) fn has_elements(bytes: &[u8], at: usize) -> bool {
    let mut at = at;
    let mut last = Tag(0, 0);
    for _ in 0..4 {
        let is_known = bytes.get(at + 4..at + 6).is_some_and(|vr| VR::from_binary([vr[0], vr[1]]).is_some());
        let Some(element) = element_at(bytes, at, Encoding::ExplicitLittle).filter(|_| is_known) else {
            return false;
        };
        if element.tag <= last || !matches!(element.tag.0, 2 | 8 | 0x10) {
            return false;
        }
        last = element.tag;
        at = element.start.saturating_add(element.length as usize);
    }
    true
}

/// The meta elements (group 0002, PS3.10 section 7.1) at `at`: the transfer syntax UID, and where the data set starts.
pub(super) fn read_meta(bytes: &[u8], at: usize) -> (Option<String>, usize) {
    let mut at = at;
    let mut uid = None;
    let encoding = match guess(bytes, at) {
        Some(Encoding::ImplicitLittle) => Encoding::ImplicitLittle,
        _ => Encoding::ExplicitLittle,
    };
    while let Some(element) = element_at(bytes, at, encoding) {
        if element.tag.0 != 0x0002 {
            break;
        }
        let Some(end) = element.start.checked_add(element.length as usize).filter(|&end| end <= bytes.len())
        else {
            break;
        };
        if element.tag == tags::TRANSFER_SYNTAX_UID {
            let text = String::from_utf8_lossy(&bytes[element.start..end]);
            uid = Some(text.trim_matches([' ', '\0']).to_owned()).filter(|uid| !uid.is_empty());
        }
        at = end;
    }
    (uid, at)
}

#[cfg(test)]
mod tests {
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
        let without_items =
            [0xE0, 0x7F, 0x10, 0, b'O', b'W', 0, 0, 255, 255, 255, 255, 1, 2, 3, 4, 5, 6, 7, 8];
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
}
