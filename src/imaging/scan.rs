//! Walks over the elements of a data set without keeping them (PS3.5 chapter 7), before anything parses it: depth, lengths
//! and counts are measured first, so that a declared size never decides what is allocated.

use std::ops::Range;

use dicom_core::{DataDictionary, Tag, VR};
use dicom_dictionary_std::{StandardDataDictionary, tags};

use super::read::OpenError;
use super::rewrite::{self, Rewritten};
use super::{charset, codec, rle};

/// The deepest nesting of sequences that is read. Real objects stay below 10.
const MAX_DEPTH: usize = 64;
/// So many elements are read before the pixels of any file: each costs far more in memory than in the file.
const TRUSTED_ELEMENTS: usize = 1_000_000;
/// Of a larger file one more is read for so many bytes: thousands of frames that tell something of themselves have pixels too.
const BYTES_AN_ELEMENT: usize = 32;
/// The most elements of all.
const MAX_ELEMENTS: usize = 4_000_000;
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
    /// A sequence that was written without a VR.
    is_unknown: bool,
    /// The tag and where the value starts, if nobody knows what is in it: it is passed over.
    hidden: Option<(Tag, usize)>,
    doubt: Option<Doubt>,
}

/// A value of a known length that should be a sequence by its tag, and was written without a VR.
struct Doubt {
    tag: Tag,
    value: Range<usize>,
    /// How much was written before.
    written: usize,
    /// Where reading ends outside of it.
    limit: usize,
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

/// How many elements are read of a file of so many bytes.
fn most_elements(file_bytes: usize) -> usize {
    (file_bytes / BYTES_AN_ELEMENT).clamp(TRUSTED_ELEMENTS, MAX_ELEMENTS)
}

fn walk(
    bytes: &[u8],
    start: usize,
    encoding: Encoding,
    written: &mut Rewritten,
) -> Result<Option<PixelElement>, OpenError> {
    let most_elements = most_elements(bytes.len());
    let (levels, limit) = (Vec::new(), bytes.len());
    let mut walk = Walk {
        bytes,
        encoding,
        written,
        levels,
        is_hidden: false,
        at: start,
        limit,
        elements: 0,
        most_elements,
    };
    loop {
        match walk.step() {
            Ok(Step::On) => {}
            Ok(Step::End(pixels)) => return Ok(pixels),
            Err(error @ OpenError::TooManyElements(_)) => return Err(error),
            Err(error) if !walk.give_up() => return Err(error),
            Err(_) => {}
        }
    }
}

enum Step {
    On,
    /// Of the data set, or of what is read of it.
    End(Option<PixelElement>),
}

/// A data set on the way through it.
struct Walk<'b, 'w> {
    bytes: &'b [u8],
    encoding: Encoding,
    written: &'w mut Rewritten,
    levels: Vec<Level>,
    /// Inside of what nobody knows nothing is written; no more than one is open, as its content has no VR.
    is_hidden: bool,
    at: usize,
    /// Where the bytes end, or those of the innermost doubt.
    limit: usize,
    elements: usize,
    most_elements: usize,
}

impl Walk<'_, '_> {
    /// The next element, or the start or end of a level.
    fn step(&mut self) -> Result<Step, OpenError> {
        while let Some(end) = self.levels.last().and_then(|level| level.end) {
            if self.at < end {
                break;
            }
            if self.at > end {
                return Err(OpenError::Damaged(format!(
                    "an element passes the end of its sequence at byte {end}"
                )));
            }
            self.close();
        }
        if self.levels.is_empty() {
            self.written.mark();
            // Some writers leave an odd byte or two behind the last element.
            if self.bytes.len().saturating_sub(self.at) < 8 {
                return Ok(Step::End(None));
            }
        }
        let (is_in_sequence, encoding) =
            self.levels.last().map_or((false, self.encoding), |level| (level.is_sequence, level.encoding));
        let element =
            element_at(&self.bytes[..self.limit], self.at, encoding).ok_or(OpenError::Truncated(self.at))?;
        // Delimiters cost nothing.
        if !matches!(element.tag, ITEM_END | SEQUENCE_END) {
            self.elements += 1;
        }
        if self.elements > self.most_elements {
            return Err(OpenError::TooManyElements(self.most_elements));
        }
        if self.levels.is_empty() {
            // Trailing padding ends a data set (PS3.10 section 7.2); zeros do so in practice.
            let is_padding = element.tag == Tag(0, 0) && self.elements > 1;
            if is_padding || element.tag == tags::DATA_SET_TRAILING_PADDING {
                return Ok(Step::End(None));
            }
            if matches!(
                element.tag,
                tags::PIXEL_DATA | tags::FLOAT_PIXEL_DATA | tags::DOUBLE_FLOAT_PIXEL_DATA
            ) {
                let pixels = pixel_element(self.bytes, &element, encoding)?;
                return Ok(Step::End(Some(pixels)));
            }
        }
        if is_in_sequence {
            self.in_sequence(&element, encoding)?
        } else {
            self.in_item(&element, encoding)?
        }
        Ok(Step::On)
    }

    /// An item, or the end of the sequence.
    fn in_sequence(&mut self, element: &Element, encoding: Encoding) -> Result<(), OpenError> {
        match element.tag {
            ITEM => {
                let end = self.end_of(element)?;
                // Some writers keep explicit VR inside of what they do not know.
                let is_unknown = self.levels.last().is_some_and(|level| level.is_unknown);
                let guessed = if is_unknown { guess(self.bytes, element.start) } else { None };
                let encoding = match guessed {
                    Some(Encoding::ExplicitLittle) => Encoding::ExplicitLittle,
                    _ => encoding,
                };
                self.open(Level { is_sequence: false, end, ..Level::of(encoding) });
                if !self.is_hidden {
                    self.written.item();
                }
            }
            SEQUENCE_END => {
                let doubt = self.levels.last().and_then(|level| level.doubt.as_ref());
                if doubt.is_some_and(|doubt| doubt.value.end != element.start) {
                    return Err(OpenError::Damaged("a sequence ends before its length".to_owned()));
                }
                match self.levels.last().and_then(|level| level.hidden) {
                    Some((tag, value)) => {
                        // With its length the value can be passed over, delimiter and all.
                        self.levels.pop();
                        self.is_hidden = false;
                        self.written.opaque(tag, &self.bytes[value..element.start]);
                    }
                    None => self.close(),
                }
            }
            tag => return Err(OpenError::Damaged(format!("{tag} where an item of a sequence must be"))),
        }
        self.at = element.start;
        Ok(())
    }

    /// An element of the data set or of an item, or the end of the item.
    fn in_item(&mut self, element: &Element, encoding: Encoding) -> Result<(), OpenError> {
        let tag = element.tag;
        let is_undefined = element.length == UNDEFINED;
        match tag {
            ITEM_END => {
                if self.levels.is_empty() {
                    return Err(OpenError::Damaged("an item ends where none began".to_owned()));
                }
                self.close();
                self.at = element.start;
                return Ok(());
            }
            // A delimiter of a sequence whose length was given: harmless and seen in practice.
            SEQUENCE_END if element.length == 0 => {
                self.at = element.start;
                return Ok(());
            }
            _ => {}
        }
        let meant = rewrite::meant(tag, element.vr);
        let is_unknown = element.vr == Some(VR::UN);
        let is_sequence = match element.vr {
            Some(VR::SQ) => true,
            // An icon has pixels of its own.
            None | Some(VR::UN) if is_undefined => tag != tags::PIXEL_DATA,
            Some(VR::UN) => meant == Some(VR::SQ) && !self.is_hidden,
            None => meant == Some(VR::SQ),
            Some(_) => false,
        };
        if is_sequence {
            return self.sequence(element, encoding, is_unknown, meant);
        }
        if is_undefined {
            // Encapsulated pixels of an icon.
            let items = items(&self.bytes[..self.limit], element.start, encoding)?;
            if !items.is_ended {
                return Err(OpenError::Truncated(self.limit));
            }
            self.at = items.end;
            return Ok(());
        }
        let end = self.defined_end(element)?;
        self.at = end;
        let value = &self.bytes[element.start..end];
        if tag == tags::SPECIFIC_CHARACTER_SET
            && let Some((place, byte)) = charset::hide(value).filter(|_| !self.is_hidden)
        {
            let mut hidden = value.to_vec();
            hidden[place] = byte;
            self.written.element(tag, element.vr, encoding, &hidden);
        } else if !self.is_hidden && tag != tags::PIXEL_DATA {
            // Nobody looks at the pixels of an icon.
            self.written.element(tag, element.vr, encoding, value);
        }
        Ok(())
    }

    fn sequence(
        &mut self,
        element: &Element,
        encoding: Encoding,
        is_unknown: bool,
        meant: Option<VR>,
    ) -> Result<(), OpenError> {
        if self.levels.len() / 2 >= MAX_DEPTH {
            return Err(OpenError::TooDeep(MAX_DEPTH));
        }
        let end = self.end_of(element)?;
        // An unknown VR holds implicit VR (PS3.5 section 6.2.2). What the dictionary knows is read; the rest is passed over.
        let encoding = if is_unknown { Encoding::ImplicitLittle } else { encoding };
        let mut level = Level { is_sequence: true, end, is_unknown, ..Level::of(encoding) };
        if is_unknown && !self.is_hidden {
            let is_known = meant == Some(VR::SQ);
            level.hidden = (!is_known).then_some((element.tag, element.start));
            level.doubt = end.filter(|_| is_known).map(|end| Doubt {
                tag: element.tag,
                value: element.start..end,
                written: self.written.length(),
                limit: self.limit,
            });
        }
        if level.hidden.is_some() {
            self.is_hidden = true;
        } else if !self.is_hidden {
            self.written.sequence(element.tag);
        }
        self.open(level);
        self.at = element.start;
        Ok(())
    }

    fn open(&mut self, level: Level) {
        if let Some(doubt) = &level.doubt {
            self.limit = doubt.value.end;
        }
        self.levels.push(level);
    }

    fn close(&mut self) {
        let Some(level) = self.levels.pop() else { return };
        if let Some(doubt) = level.doubt {
            self.limit = doubt.limit;
        }
        match (self.is_hidden, level.is_sequence) {
            (true, _) => {}
            (false, true) => self.written.sequence_end(),
            (false, false) => self.written.item_end(),
        }
    }

    /// What was read as a sequence is none after all: its bytes are kept as they are. `false`: nothing was in doubt.
    fn give_up(&mut self) -> bool {
        let Some(place) = self.levels.iter().rposition(|level| level.doubt.is_some()) else { return false };
        let Some(doubt) = self.levels.drain(place..).next().and_then(|level| level.doubt) else {
            return false;
        };
        // It began where nothing was hidden.
        self.is_hidden = false;
        self.written.take_back(doubt.written);
        self.written.opaque(doubt.tag, &self.bytes[doubt.value.clone()]);
        self.at = doubt.value.end;
        self.limit = doubt.limit;
        true
    }

    /// `None`: until its delimiter.
    fn end_of(&self, element: &Element) -> Result<Option<usize>, OpenError> {
        if element.length == UNDEFINED { Ok(None) } else { self.defined_end(element).map(Some) }
    }

    fn defined_end(&self, element: &Element) -> Result<usize, OpenError> {
        let end = element.start + element.length as usize;
        if end > self.limit {
            let (tag, length) = (element.tag, element.length);
            return Err(OpenError::TooLong { tag, length, rest: self.limit.saturating_sub(element.start) });
        }
        Ok(end)
    }
}

impl Level {
    fn of(encoding: Encoding) -> Self {
        Self { is_sequence: false, end: None, encoding, is_unknown: false, hidden: None, doubt: None }
    }
}

fn pixel_element(bytes: &[u8], element: &Element, encoding: Encoding) -> Result<PixelElement, OpenError> {
    let is_item = element_at(bytes, element.start, encoding).is_none_or(|item| item.tag == ITEM);
    if element.length == UNDEFINED && is_item {
        let items = items(bytes, element.start, encoding)?;
        let is_cut = !items.is_ended;
        return Ok(items.encapsulated(bytes, is_cut, encoding));
    }
    // Of undefined length without items: up to the end of the file.
    let length =
        if element.length == UNDEFINED { bytes.len() - element.start } else { element.length as usize };
    let declared = element.start as u64 + length as u64;
    let end = declared.min(bytes.len() as u64);
    if is_item {
        // Encapsulated pixel data is of undefined length (PS3.5 section A.4), and some writers count it.
        let items = items(&bytes[..end as usize], element.start, encoding)?;
        let is_cut = declared > end && !items.is_ended;
        if !items.found.is_empty() && (is_cut || items.end as u64 == declared) {
            return Ok(items.encapsulated(bytes, is_cut, encoding));
        }
    }
    Ok(PixelElement::Native {
        tag: element.tag,
        bytes: element.start..end as usize,
        missing: declared - end,
        is_word: element.vr == Some(VR::OW),
    })
}

/// The items of encapsulated pixel data (PS3.5 section A.4).
struct Items {
    start: usize,
    /// The last one may be cut by the end of the file, and is kept as far as it goes.
    found: Vec<Range<usize>>,
    end: usize,
    /// Something else follows, as it must.
    is_ended: bool,
}

fn items(bytes: &[u8], start: usize, encoding: Encoding) -> Result<Items, OpenError> {
    let mut at = start;
    let mut found = Vec::new();
    let is_ended = loop {
        // Items have no VR in any encoding.
        let Some(item) = element_at(bytes, at, encoding) else { break false };
        match item.tag {
            ITEM if item.length != UNDEFINED => {
                at = item.start + item.length as usize;
                found.push(item.start..at.min(bytes.len()));
                if found.len() > MAX_FRAGMENTS + 1 {
                    return Err(OpenError::TooManyElements(MAX_FRAGMENTS));
                }
                if at > bytes.len() {
                    break false;
                }
            }
            SEQUENCE_END => {
                at = item.start;
                break true;
            }
            // Anything else: the delimiter was forgotten, as some writers do at the end of a file.
            _ => break true,
        }
    };
    Ok(Items { start, found, end: at, is_ended })
}

impl Items {
    /// Offset table and fragments. The table may be empty and must be there, and some writers leave it out.
    fn encapsulated(self, bytes: &[u8], is_cut: bool, encoding: Encoding) -> PixelElement {
        let mut fragments = self.found;
        let content = |place: usize| fragments.get(place).map(|range| &bytes[range.clone()]);
        let has_table = content(0).is_some_and(|first| !is_frame(first, content(1), encoding));
        let offset_table = if has_table { fragments.remove(0) } else { self.start..self.start };
        PixelElement::Encapsulated { offset_table, fragments, is_cut }
    }
}

/// Whether the first item is a part of a frame already, and no table of offsets. `next`: what the next item holds.
fn is_frame(first: &[u8], next: Option<&[u8]>, encoding: Encoding) -> bool {
    let is_coded = |bytes: &[u8]| codec::coding_of_content(bytes).is_some() || rle::is_header(bytes);
    let (offsets, rest) = first.as_chunks::<4>();
    let offset = |quad: &[u8; 4]| match encoding {
        Encoding::ExplicitBig => u32::from_be_bytes(*quad),
        _ => u32::from_le_bytes(*quad),
    };
    // A table rises, or was never filled in.
    let may_be_table = rest.is_empty()
        && (offsets.is_sorted_by(|a, b| offset(a) < offset(b))
            || offsets.iter().all(|quad| offset(quad) == 0));
    match next {
        _ if first.is_empty() => false,
        None => true,
        Some(_) if may_be_table => false,
        // A table may also be wrong.
        Some(next) => is_coded(first) || !is_coded(next),
    }
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
mod tests;
