//! JPEG 2000 (ISO/IEC 15444-1, PS3.5 section A.4.4) and HTJ2K (ISO/IEC 15444-15).

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{Coded, check_effort, reduced, same_size};
use crate::imaging::color::Color;
use crate::imaging::damage::{Damage, is_enough};
use crate::imaging::pixels::{DecodeError, PixelFormat};

/// The first box of a JP2 file.
const JP2_START: &[u8] = b"\0\0\0\x0CjP  ";
/// The decoder keeps what it knows of each tile.
const MAX_TILES: u64 = 10_000;

pub(super) fn decode(frame: &[u8], format: &PixelFormat, reduce: u8) -> Result<Coded, DecodeError> {
    let fault = |what: &str| DecodeError::Codec(format!("JPEG 2000: {what}"));
    let marks = Marks::read(frame).ok_or_else(|| fault("there is no image size"))?;
    let samples = u64::from(format.samples);
    if marks.has_extensions && marks.components > samples && marks.components % samples == 0 {
        return Err(fault(
            "several frames are components of one codestream (part 2), which is not decoded here",
        ));
    }
    same_size(format, marks.width, marks.height, marks.components)?;
    check_effort(frame, format)?;
    if marks.bits > 32 {
        return Err(fault(&format!("samples of {} bits are not decoded here", marks.bits)));
    }
    if marks.tiles > MAX_TILES {
        return Err(fault(&format!("{} tiles are more than are decoded here", marks.tiles)));
    }
    let extent = Extent::walk(&frame[marks.start..], marks.header_end);
    let have = extent.tiles.len() as u64;
    if !is_enough(have, marks.tiles) || !is_enough(extent.have, extent.need) {
        return Err(fault("the codestream ends early"));
    }
    let parameters = jpeg2k::DecodeParameters::new().reduce(reduce.into());
    // Boxes around the codestream may name palettes and channels, which the header of the object does (PS3.5 section A.4.4).
    let codestream = extent.closed(&frame[marks.start..], marks.tiles as u16);
    let image =
        jpeg2k::Image::from_bytes_with(&codestream, parameters).map_err(|error| fault(&error.to_string()))?;
    let components = image.components();
    let (columns, rows) = (reduced(format.columns, reduce), reduced(format.rows, reduce));
    if components.len() != usize::from(format.samples) {
        return Err(fault(&format!("{} components were decoded", components.len())));
    }
    let precision = components.iter().map(|component| component.precision()).max().unwrap_or(8);
    let sample_bytes = match precision {
        0..=8 => 1,
        9..=16 => 2,
        _ => 4,
    };
    let stride = components.len() * sample_bytes;
    let mut bytes = vec![0; columns * rows * stride];
    for (place, component) in components.iter().enumerate() {
        let (width, height) = (component.width() as usize, component.height() as usize);
        let data = component.data();
        if width == 0 || height == 0 || data.len() < width * height {
            return Err(fault("a component is empty"));
        }
        for (row, line) in bytes.chunks_exact_mut(columns * stride).enumerate() {
            // Components may have fewer samples than the image (chroma).
            let source = &data[(row * height / rows) * width..][..width];
            for (column, pixel) in line.chunks_exact_mut(stride).enumerate() {
                let value = source[if width == columns { column } else { column * width / columns }];
                pixel[place * sample_bytes..][..sample_bytes]
                    .copy_from_slice(&value.to_le_bytes()[..sample_bytes]);
            }
        }
    }
    let color = match marks.components {
        3 if marks.has_component_transform => Some(Color::Rgb),
        // Red, green and blue have as many samples each, whatever the header says (PS3.3 C.7.6.3.1.2).
        3 if marks.is_subsampled && format.color != Some(Color::YbrPartial) => Some(Color::Ybr),
        _ => None,
    };
    let is_cut = extent.is_cut || have < marks.tiles;
    Ok(Coded {
        columns,
        rows,
        bits: Some(precision as u16),
        // The decoder undoes the component transform; without one the header decides.
        color,
        damage: is_cut.then(|| Damage::CodecStopped("the codestream ends early".to_owned())),
        ..Coded::new(bytes, sample_bytes, format)
    })
}

/// How many components there are.
pub(super) fn components(frame: &[u8]) -> Option<u16> {
    u16::try_from(Marks::read(frame)?.components).ok()
}

/// How often the sides can be halved.
pub(super) fn reductions(frame: &[u8]) -> u8 {
    Marks::read(frame).map_or(0, |marks| {
        let shorter = marks.width.min(marks.height).max(1);
        marks.levels.min(shorter.ilog2() as u8)
    })
}

/// SIZ, COD and COC of the main header (ISO/IEC 15444-1 A.5.1, A.6.1, A.6.2).
pub(super) struct Marks {
    /// Of the codestream: inside a JP2 file it starts later.
    start: usize,
    /// Of the first tile-part, from the start of the codestream.
    header_end: usize,
    width: u64,
    height: u64,
    components: u64,
    /// Of the widest component.
    bits: u8,
    tiles: u64,
    /// The fewest levels of decomposition of a component.
    levels: u8,
    has_component_transform: bool,
    /// Components behind the first have fewer samples, across or down.
    is_subsampled: bool,
    /// Part 2 (ISO/IEC 15444-2) is needed.
    has_extensions: bool,
}

impl Marks {
    /// Where the first tile-part is.
    pub(super) fn header_end(&self) -> usize {
        self.start + self.header_end
    }

    pub(super) fn read(frame: &[u8]) -> Option<Self> {
        let start = codestream_start(frame)?;
        let byte = |i: usize| frame.get(start + i).copied();
        let word = |i: usize| Some(u16::from_be_bytes([byte(i)?, byte(i + 1)?]));
        let long = |i: usize| Some(u64::from(word(i)?) << 16 | u64::from(word(i + 2)?));
        let (left, top) = (long(16)?, long(20)?);
        let (width, height) = (long(8)?.checked_sub(left)?, long(12)?.checked_sub(top)?);
        let (tile_width, tile_height) = (long(24)?, long(28)?);
        let (tile_left, tile_top) = (long(32)?, long(36)?);
        let across = long(8)?.checked_sub(tile_left)?.checked_next_multiple_of(tile_width)? / tile_width;
        let down = long(12)?.checked_sub(tile_top)?.checked_next_multiple_of(tile_height)? / tile_height;
        let components = u64::from(word(40)?);
        let mut bits = 0;
        // Samples of the grid that one of a component stands for (A.5.1).
        let (first_x, first_y) = (byte(43)?, byte(44)?);
        let mut is_subsampled = word(40)? > 1;
        for component in 0..usize::from(word(40)?) {
            let (depth, x, y) =
                (byte(42 + 3 * component)?, byte(43 + 3 * component)?, byte(44 + 3 * component)?);
            if x == 0 || y == 0 {
                return None;
            }
            bits = bits.max((depth & 0x7F) + 1);
            is_subsampled &= component == 0 || x > first_x || y > first_y;
        }
        let mut at = 2;
        let mut has_component_transform = false;
        let mut levels = u8::MAX;
        // Bit 15 of the capabilities: extensions of part 2.
        let mut has_extensions = word(6)? & 0x8000 != 0;
        // Until the first tile.
        loop {
            match word(at)? {
                0xFF90 => break,
                0xFF52 => {
                    has_component_transform = byte(at + 8)? == 1;
                    levels = levels.min(byte(at + 9)?);
                }
                0xFF53 => {
                    let wide = usize::from(components > 256);
                    levels = levels.min(byte(at + 6 + wide)?);
                }
                // Multiple component transformation, its collection, its order.
                0xFF74 | 0xFF75 | 0xFF77 => has_extensions = true,
                0xFF00..=0xFFFF => {}
                _ => return None,
            }
            at += 2 + usize::from(word(at + 2)?);
        }
        let levels = if levels > 32 { 0 } else { levels };
        Some(Self {
            start,
            header_end: at,
            width,
            height,
            components,
            bits,
            tiles: across * down,
            levels,
            has_component_transform,
            is_subsampled,
            has_extensions,
        })
    }
}

/// Where the codestream starts: inside of a JP2 file in a box of its own, behind those that describe it (ISO/IEC 15444-1 annex I.4).
fn codestream_start(frame: &[u8]) -> Option<usize> {
    const START: [u8; 4] = [0xFF, 0x4F, 0xFF, 0x51];
    // Boxes cost eight bytes or more each; so the walk ends.
    let mut at = 0;
    while frame.starts_with(JP2_START)
        && let Some([length, kind]) = frame.get(at..).and_then(two_words)
    {
        let (head, length) = match length {
            // Up to the end.
            0 => (8, frame.len() - at),
            // In 64 bits, behind the kind.
            1 => {
                let Some([high, low]) = frame.get(at + 8..).and_then(two_words) else { break };
                (16, usize::try_from(u64::from(high) << 32 | u64::from(low)).unwrap_or(usize::MAX))
            }
            length => (8, length as usize),
        };
        if kind == u32::from_be_bytes(*b"jp2c")
            && frame.get(at + head..).is_some_and(|rest| rest.starts_with(&START))
        {
            return Some(at + head);
        }
        if length < head {
            break;
        }
        at = at.saturating_add(length);
    }
    frame.windows(4).take(4096).position(|four| four == START)
}

fn two_words(bytes: &[u8]) -> Option<[u32; 2]> {
    let (words, _) = bytes.get(..8)?.as_chunks::<4>();
    Some([u32::from_be_bytes(*words.first()?), u32::from_be_bytes(*words.get(1)?)])
}

/// How far the tile-parts go (ISO/IEC 15444-1 A.4.2).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// Tiles of which at least the start is there.
    tiles: BTreeSet<u16>,
    is_cut: bool,
    /// Bytes of the tile-parts that are there, and that they say they have.
    have: u64,
    need: u64,
    /// Where the codestream ends, if it does.
    pub(super) end: Option<usize>,
    /// The last tile-part.
    last: usize,
}

impl Extent {
    /// Walks a codestream whose first tile-part is at `at`.
    pub(super) fn walk(codestream: &[u8], mut at: usize) -> Self {
        let first = at;
        let mut tiles = BTreeSet::new();
        let long = |i: usize| Some(u32::from_be_bytes(*codestream.get(i..)?.first_chunk()?) as usize);
        let (mut is_cut, mut end, mut last) = (false, None, at);
        let mut need = codestream.len() as u64;
        while let Some([0xFF, marker]) = codestream.get(at..at + 2) {
            match marker {
                0xD9 => {
                    end = Some(at + 2);
                    need = (at + 2) as u64;
                    break;
                }
                0x90 => {
                    let (Some(index), Some(length)) = (long(at + 4), long(at + 6)) else {
                        is_cut = true;
                        break;
                    };
                    tiles.insert((index >> 16) as u16);
                    last = at;
                    if length == 0 {
                        // The last one, up to the end marker.
                        let tail = trimmed(codestream);
                        is_cut = !tail.ends_with(&[0xFF, 0xD9]);
                        end = (!is_cut).then_some(tail.len());
                        break;
                    }
                    at = at.saturating_add(length.max(12));
                    if at > codestream.len() {
                        is_cut = true;
                        need = at as u64;
                        break;
                    }
                }
                _ => break,
            }
        }
        let first = first as u64;
        let have = (codestream.len() as u64).min(need).saturating_sub(first);
        Self { tiles, is_cut, have, need: need.saturating_sub(first), end, last }
    }

    /// The codestream with an end: the decoder gives up on one that stops without a word, even between two tiles.
    /// Nor does it go on without the tiles that are missing, which get a part with an empty packet.
    fn closed<'a>(&self, codestream: &'a [u8], tiles: u16) -> Cow<'a, [u8]> {
        if self.end.is_some() && self.tiles.len() >= usize::from(tiles) {
            return Cow::Borrowed(codestream);
        }
        let mut closed = codestream[..self.end.map_or(codestream.len(), |end| end - 2)].to_vec();
        if self.is_cut {
            // The last tile-part is as long as what is there of it.
            let length = (closed.len() - self.last) as u32;
            match closed.get_mut(self.last + 6..self.last + 10) {
                Some(field) if length > 14 => field.copy_from_slice(&length.to_be_bytes()),
                _ => closed.truncate(self.last),
            }
        }
        for tile in (0..tiles).filter(|tile| !self.tiles.contains(tile)) {
            let [high, low] = tile.to_be_bytes();
            closed.extend([0xFF, 0x90, 0, 10, high, low, 0, 0, 0, 15, 0, 1, 0xFF, 0x93, 0]);
        }
        closed.extend([0xFF, 0xD9]);
        Cow::Owned(closed)
    }
}

/// Without the zeros that fill a fragment up.
fn trimmed(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().rev().take_while(|byte| **byte == 0).count();
    &bytes[..bytes.len() - zeros]
}

#[cfg(test)]
mod tests;
