//! Where the pixels of an object are, and how they are written: what the transfer syntax says, and what there is.

use std::borrow::Cow;
use std::ops::Range;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::codec::{self, Coding};
use super::native::Order;
use super::pixels::{DecodeError, PixelFormat};
use super::read::Object;
use super::scan::PixelElement;
use super::{header, rle};

/// A private syntax of GE: the header in implicit VR little endian, samples of pixels in big endian.
const GE_BIG_ENDIAN_PIXELS: &str = "1.2.840.113619.5.2";

/// The pixels of an object, and how they are written.
pub(super) enum Located<'a> {
    Native { tag: Tag, bytes: &'a [u8], order: Order, format: PixelFormat },
    Encapsulated { fragments: Cow<'a, [Range<usize>]>, offset_table: Range<usize>, format: PixelFormat },
}

pub(super) fn located<'a>(object: &'a Object<'_>) -> Result<Located<'a>, DecodeError> {
    let set = object.dataset();
    let syntax_uid = object.transfer_syntax_uid();
    let pixels = match (object.pixels(), object.cut()) {
        (Some(pixels), _) => pixels,
        (None, Some(cut)) => return Err(cut.clone().into()),
        (None, None) => {
            let why = codec::why_not(syntax_uid);
            return Err(if matches!(why, DecodeError::Elsewhere(_)) { why } else { DecodeError::NoPixels });
        }
    };
    let format = PixelFormat::read(set)?;
    let (tag, place, missing, is_word) = match pixels {
        PixelElement::Native { tag, bytes, missing, is_word } => (*tag, bytes, *missing, *is_word),
        PixelElement::Encapsulated { offset_table, fragments, .. } => {
            return Ok(Located::Encapsulated {
                fragments: Cow::Borrowed(fragments),
                offset_table: offset_table.clone(),
                format,
            });
        }
    };
    let bytes = &object.bytes()[place.clone()];
    let frames = header::declared_frames(set);
    let is_short = (bytes.len() as u64) * 8 < format.native_frame_bits();
    let declared = codec::declared_coding(syntax_uid).filter(|coding| *coding != Coding::Native);
    let is_coded = declared == Some(Coding::Rle) && rle::is_header(bytes)
        || codec::coding_of_content(bytes).is_some_and(|found| is_short || declared == Some(found));
    if tag == tags::PIXEL_DATA && is_coded {
        // A codestream without its items.
        return Ok(Located::Encapsulated {
            fragments: Cow::Owned(vec![place.clone()]),
            offset_table: 0..0,
            format,
        });
    }
    let format = format.of_native(bytes.len() as u64, frames)?;
    if declared.is_some() || header::is_video_syntax(syntax_uid) {
        // Compressed pixel data is in items (PS3.5 section A.4). Some writers declare what they did not do: then all frames are there as they are.
        let need = (u128::from(format.native_frame_bits()) * u128::from(frames)).div_ceil(8);
        let have = bytes.len() as u128;
        if missing > 0 || !(need..=need.next_multiple_of(2)).contains(&have) {
            return Err(DecodeError::NotInItems {
                need: u64::try_from(need).unwrap_or(u64::MAX),
                have: have as u64,
            });
        }
    }
    let order = match (object.is_big_endian(), is_word) {
        (false, _) if syntax_uid == GE_BIG_ENDIAN_PIXELS && format.bits_allocated > 8 => Order::BigWords,
        (false, _) => Order::Little,
        (true, true) => Order::BigWords,
        (true, false) => Order::Big,
    };
    Ok(Located::Native { tag, bytes, order, format })
}

#[cfg(test)]
mod tests;
