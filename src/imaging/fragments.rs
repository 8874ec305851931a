//! Which fragments of encapsulated pixel data make up a frame (PS3.5 section A.4).

use std::borrow::Cow;
use std::ops::Range;

use dicom_dictionary_std::tags;

use super::dataset;
use super::pixels::DecodeError;
use super::read::Object;

/// The compressed bytes of one frame.
pub(super) fn frame_bytes<'a>(
    object: &'a Object<'_>,
    offset_table: &Range<usize>,
    fragments: &[Range<usize>],
    frames: usize,
    frame_index: usize,
) -> Result<Cow<'a, [u8]>, DecodeError> {
    let bytes = object.bytes();
    if fragments.is_empty() {
        return Err(DecodeError::NoPixels);
    }
    let chosen =
        if frames <= 1 {
            fragments
        } else if fragments.len() == frames {
            // One fragment a frame: whatever the table says, there is only one reading.
            &fragments[frame_index..=frame_index]
        } else {
            let offsets = offsets(object, &bytes[offset_table.clone()]);
            match by_offsets(&offsets, fragments, frames, frame_index) {
                Some(chosen) => chosen,
                None => by_start_marks(bytes, fragments, frames, frame_index).ok_or(
                    DecodeError::FramesNotFound { frames: frames as u32, fragments: fragments.len() as u32 },
                )?,
            }
        };
    Ok(match chosen {
        [only] => Cow::Borrowed(&bytes[only.clone()]),
        several => {
            Cow::Owned(several.iter().flat_map(|range| bytes[range.clone()].iter().copied()).collect())
        }
    })
}

/// The extended offset table (PS3.3 C.7.6.3.1.8), else the basic one; counted from the first fragment's item.
fn offsets(object: &Object<'_>, basic: &[u8]) -> Vec<u64> {
    if let Some(extended) = dataset::bytes(object.dataset(), tags::EXTENDED_OFFSET_TABLE) {
        return extended
            .chunks_exact(8)
            .filter_map(|long| Some(u64::from_le_bytes(long.try_into().ok()?)))
            .collect();
    }
    let word = |quad: &[u8]| {
        let quad = <[u8; 4]>::try_from(quad).ok()?;
        Some(u64::from(if object.is_big_endian() {
            u32::from_be_bytes(quad)
        } else {
            u32::from_le_bytes(quad)
        }))
    };
    basic.chunks_exact(4).filter_map(word).collect()
}

fn by_offsets<'f>(
    offsets: &[u64],
    fragments: &'f [Range<usize>],
    frames: usize,
    frame_index: usize,
) -> Option<&'f [Range<usize>]> {
    if offsets.len() < frames {
        return None;
    }
    // An offset points at the item of a fragment, eight bytes before its content.
    let base = fragments.first()?.start as u64;
    let place = |offset: u64| fragments.iter().position(|range| range.start as u64 - base == offset);
    let first = place(*offsets.get(frame_index)?)?;
    let end = match offsets.get(frame_index + 1) {
        Some(next) => place(*next)?,
        None => fragments.len(),
    };
    fragments.get(first..end).filter(|chosen| !chosen.is_empty())
}

/// Without a table: a fragment that starts like a codestream starts a frame.
fn by_start_marks<'f>(
    bytes: &[u8],
    fragments: &'f [Range<usize>],
    frames: usize,
    frame_index: usize,
) -> Option<&'f [Range<usize>]> {
    const MARKS: [&[u8]; 5] = [
        &[0xFF, 0xD8, 0xFF],
        &[0xFF, 0x4F, 0xFF, 0x51],
        &[0, 0, 0, 0x0C, b'j', b'P'],
        &[0xFF, 0x0A],
        &[0, 0, 0, 0x0C, b'J', b'X'],
    ];
    let starts: Vec<usize> = (0..fragments.len())
        .filter(|&i| MARKS.iter().any(|mark| bytes[fragments[i].clone()].starts_with(mark)))
        .collect();
    if starts.len() != frames {
        // RLE split over fragments has no mark: every frame takes the same share, if that is possible.
        let share = fragments.len() / frames;
        let is_even = starts.is_empty() && share > 0 && fragments.len() == share * frames;
        return is_even.then(|| &fragments[frame_index * share..(frame_index + 1) * share]);
    }
    let end = starts.get(frame_index + 1).copied().unwrap_or(fragments.len());
    fragments.get(*starts.get(frame_index)?..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_choose_fragments() {
        // Items at 0, 18 and 30 behind the table: contents start eight bytes later.
        let fragments = [108..118, 126..130, 138..140];
        let choose = |offsets: &[u64], frame| by_offsets(offsets, &fragments, 2, frame).map(<[_]>::len);
        assert_eq!(choose(&[0, 30], 0), Some(2));
        assert_eq!(choose(&[0, 30], 1), Some(1));
        assert_eq!(choose(&[0], 0), None, "a table that is too short");
        assert_eq!(choose(&[0, 31], 1), None, "a table that points between items");
    }

    #[test]
    fn start_marks_choose_fragments() {
        let mut bytes = vec![0; 30];
        bytes[0..3].copy_from_slice(&[0xFF, 0xD8, 0xFF]);
        bytes[20..23].copy_from_slice(&[0xFF, 0xD8, 0xFF]);
        let fragments = [0..10, 10..20, 20..30];
        assert_eq!(by_start_marks(&bytes, &fragments, 2, 0), Some(&fragments[0..2]));
        assert_eq!(by_start_marks(&bytes, &fragments, 2, 1), Some(&fragments[2..3]));
    }
}
