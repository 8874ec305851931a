//! Frames that are not compressed: the bits of a frame, and samples from them (PS3.5 section 8.1.1, 8.2).

use std::borrow::Cow;

use super::FrameNumber;
use super::codec;
use super::damage::{Damage, is_enough};
use super::pixels::{Chroma, DecodeError, PixelFormat, Values, stored};

/// How the samples of native pixel data are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    /// Every sample by itself, the highest byte first.
    Big,
    /// As words of 16 bits (VR OW), whatever they hold: the highest byte of a word first, the lowest word of a sample first.
    BigWords,
}

/// The bytes of a native frame; words are put in order, single bits are moved to the start of a byte.
///
/// A frame that ends early comes as far as it goes.
pub(super) fn native_frame<'a>(
    bytes: &'a [u8],
    format: &PixelFormat,
    frame: FrameNumber,
    order: Order,
) -> Result<Cow<'a, [u8]>, DecodeError> {
    let bits = format.native_frame_bits();
    let start = bits * frame.index() as u64;
    let need = (start + bits).div_ceil(8);
    let have = need.min(bytes.len() as u64);
    if have < need && !is_enough((have * 8).saturating_sub(start), bits) {
        return Err(DecodeError::PixelsMissing { need, have: bytes.len() as u64 });
    }
    let (first, last) = ((start / 8) as usize, have as usize);
    let part = if order == Order::BigWords {
        // Words begin at the start of the element, wherever the frame does.
        let words_from = first & !1;
        let mut words = bytes[words_from..bytes.len().min(last.next_multiple_of(2))].to_vec();
        words.as_chunks_mut::<2>().0.iter_mut().for_each(|word| word.swap(0, 1));
        words.truncate(last - words_from);
        words.drain(..first - words_from);
        Cow::Owned(words)
    } else {
        Cow::Borrowed(&bytes[first..last])
    };
    let shift = start % 8;
    if shift == 0 {
        return Ok(part);
    }
    let moved = (0..part.len()).map(|i| {
        let next = part.get(i + 1).copied().unwrap_or(0);
        (u16::from_le_bytes([part[i], next]) >> shift) as u8
    });
    Ok(Cow::Owned(moved.collect()))
}

/// The samples of a frame from its bytes; rows that are missing hold zeros and are told.
pub(super) fn native_values(
    mut bytes: Cow<'_, [u8]>,
    format: &PixelFormat,
    order: Order,
    is_float: bool,
) -> Result<(Values, Option<Damage>), DecodeError> {
    let need = format.native_frame_bits().div_ceil(8);
    let have = bytes.len() as u64;
    let damage = if have < need {
        let first = format.whole_rows(have);
        if !is_enough(first.into(), format.rows.into()) {
            return Err(DecodeError::PixelsMissing { need, have });
        }
        bytes.to_mut().resize(need as usize, 0);
        Some(Damage::MissingRows { first, rows: format.rows })
    } else {
        None
    };
    Ok((samples(bytes, format, order, is_float)?, damage))
}

fn samples(
    mut bytes: Cow<'_, [u8]>,
    format: &PixelFormat,
    order: Order,
    is_float: bool,
) -> Result<Values, DecodeError> {
    let count = format.pixels() * usize::from(format.samples);
    if format.bits_allocated == 1 {
        // PS3.5 section 8.1.1: the first pixel is the lowest bit.
        let bits = bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1));
        return Ok(Values::U8(bits.take(count).collect()));
    }
    if !format.bits_allocated.is_multiple_of(8) {
        let bits = u32::from(format.bits_allocated);
        let cell_bytes = (bits as usize).div_ceil(8).next_power_of_two();
        return Ok(stored(&cells(&bytes, bits, cell_bytes, count), cell_bytes, format));
    }
    let sample_bytes = usize::from(format.bits_allocated / 8);
    if order == Order::Big && sample_bytes > 1 {
        bytes.to_mut().chunks_exact_mut(sample_bytes).for_each(<[u8]>::reverse);
    }
    if is_float {
        let kind = match format.bits_allocated {
            32 => "f4",
            64 => "f8",
            other => return Err(DecodeError::Impossible { name: "BitsAllocated", value: other.into() }),
        };
        return Values::from_le_bytes(kind, bytes.into_owned())
            .ok_or(DecodeError::Missing { name: "a known type of pixels" });
    }
    match format.chroma {
        Chroma::Whole => {}
        Chroma::Pairs => return Ok(stored(&pairs(&bytes, sample_bytes, count), sample_bytes, format)),
        Chroma::PairsOfRow => {
            let columns = format.columns as usize;
            let line_bytes = columns.div_ceil(2) * 4 * sample_bytes;
            let lines = bytes.chunks_exact(line_bytes);
            let pixels: Vec<u8> = lines.flat_map(|line| pairs(line, sample_bytes, columns * 3)).collect();
            return Ok(stored(&pixels, sample_bytes, format));
        }
    }
    if format.is_planar && format.samples > 1 {
        bytes = Cow::Owned(codec::interleave(&bytes, usize::from(format.samples), sample_bytes));
    }
    Ok(stored(&bytes, sample_bytes, format))
}

/// Two pixels are Y Y Cb Cr (PS3.3 C.7.6.3.1.2); `count` samples of them.
fn pairs(bytes: &[u8], sample_bytes: usize, count: usize) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(count.next_multiple_of(6) * sample_bytes);
    for four in bytes.chunks_exact(4 * sample_bytes) {
        for place in [0, 2, 3, 1, 2, 3] {
            pixels.extend_from_slice(&four[place * sample_bytes..][..sample_bytes]);
        }
    }
    pixels.truncate(count * sample_bytes);
    pixels
}

/// Retired: cells that are no whole bytes follow each other without a gap, the lowest bits first.
fn cells(bytes: &[u8], bits: u32, cell_bytes: usize, count: usize) -> Vec<u8> {
    let mut words = Vec::with_capacity(count * cell_bytes);
    let (mut held, mut held_bits) = (0_u64, 0);
    let mut bytes = bytes.iter();
    for _ in 0..count {
        while held_bits < bits {
            held |= u64::from(bytes.next().copied().unwrap_or(0)) << held_bits;
            held_bits += 8;
        }
        words.extend_from_slice(&(held & ((1 << bits) - 1)).to_le_bytes()[..cell_bytes]);
        held >>= bits;
        held_bits -= bits;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_twelve_bits_follow_each_other() {
        assert_eq!(cells(&[0x12, 0x34, 0x56], 12, 2, 2), [0x12, 0x04, 0x63, 0x05]);
        assert_eq!(cells(&[], 10, 2, 1), [0, 0]);
    }

    #[test]
    fn pairs_share_their_chroma() {
        assert_eq!(pairs(&[1, 2, 8, 9], 1, 6), [1, 8, 9, 2, 8, 9]);
        assert_eq!(pairs(&[1, 2, 8, 9], 1, 3), [1, 8, 9], "an odd line");
        assert_eq!(pairs(&[1, 0, 2, 0, 8, 0, 9, 0], 2, 3), [1, 0, 8, 0, 9, 0]);
    }
}
