//! Which fragments of encapsulated pixel data make up a frame (PS3.5 section A.4).

use std::borrow::Cow;
use std::ops::Range;

use dicom_dictionary_std::tags;

use super::codec::{self, Coding, walk};
use super::dataset;
use super::pixels::{DecodeError, PixelFormat};
use super::read::Object;
use super::rle;

/// Encapsulated pixel data: the ranges of its items in the bytes of the object.
pub(super) struct Fragments<'a, 'f> {
    pub(super) object: &'a Object<'a>,
    pub(super) offset_table: Range<usize>,
    pub(super) fragments: &'f [Range<usize>],
    /// Number of Frames (0028,0008).
    pub(super) declared: usize,
    /// What the header says of a frame, if it can be read.
    pub(super) format: Option<&'f PixelFormat>,
}

/// Where the frames are; there may be fewer than are declared.
///
/// It is made once and kept by the object, since every frame asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// Which fragments each frame has.
    Groups(Vec<Range<usize>>),
    /// Which bytes each frame has, all fragments joined; and where each fragment begins among them.
    Parts(Vec<Range<usize>>, Vec<usize>),
}

impl<'a> Fragments<'a, '_> {
    /// How many frames can be found.
    pub(super) fn count(&self) -> usize {
        match self.kept_plan() {
            Some(Plan::Groups(frames) | Plan::Parts(frames, _)) => frames.len(),
            None => self.fragments.len(),
        }
    }

    /// The compressed bytes of one frame.
    pub(super) fn frame(&self, index: usize) -> Result<Cow<'a, [u8]>, DecodeError> {
        if self.fragments.is_empty() {
            return Err(DecodeError::NoPixels);
        }
        let plan = self.kept_plan().ok_or(DecodeError::FramesNotFound {
            frames: self.declared as u32,
            fragments: self.fragments.len() as u32,
        })?;
        let (Plan::Groups(frames) | Plan::Parts(frames, _)) = plan;
        let missing = DecodeError::FrameMissing {
            frame: index as u32 + 1,
            declared: self.declared as u32,
            found: frames.len() as u32,
        };
        let place = frames.get(index).ok_or_else(|| missing.clone())?;
        let bytes = match plan {
            Plan::Groups(_) => self.joined(&self.fragments[place.clone()]),
            Plan::Parts(_, starts) => self.part(place, starts),
        };
        if bytes.is_empty() { Err(missing) } else { Ok(bytes) }
    }

    fn bytes(&self, fragment: &Range<usize>) -> &'a [u8] {
        self.object.bytes().get(fragment.clone()).unwrap_or_default()
    }

    fn joined(&self, fragments: &[Range<usize>]) -> Cow<'a, [u8]> {
        match fragments {
            [only] => Cow::Borrowed(self.bytes(only)),
            several => Cow::Owned(several.iter().flat_map(|range| self.bytes(range)).copied().collect()),
        }
    }

    /// Bytes of all fragments joined, without joining all of them.
    fn part(&self, place: &Range<usize>, starts: &[usize]) -> Cow<'a, [u8]> {
        let first = starts.partition_point(|start| *start <= place.start).saturating_sub(1);
        let pieces =
            self.fragments.iter().zip(starts).skip(first).take_while(|(_, start)| **start < place.end);
        let mut pieces = pieces.map(|(fragment, start)| {
            let bytes = self.bytes(fragment);
            let cut = |at: usize| at.saturating_sub(*start).min(bytes.len());
            &bytes[cut(place.start)..cut(place.end)]
        });
        match (pieces.next(), pieces.next()) {
            (Some(only), None) => Cow::Borrowed(only),
            (first, second) => {
                Cow::Owned(first.into_iter().chain(second).chain(pieces).flatten().copied().collect())
            }
        }
    }

    fn kept_plan(&self) -> Option<&'a Plan> {
        self.object.fragment_plan(|| self.plan())
    }

    fn plan(&self) -> Option<Plan> {
        let (count, declared) = (self.fragments.len(), self.declared);
        if declared <= 1 {
            let all = 0..count;
            return Some(Plan::Groups(vec![all]));
        }
        let one_each = || (0..count.min(declared)).map(|i| i..i + 1).collect();
        let starts = self.starts();
        if count == declared && (starts.len() == declared || !self.has_marks()) {
            // Whatever the table says, there is only one reading.
            return Some(Plan::Groups(one_each()));
        }
        if let Some(groups) = self.by_table(&starts) {
            return Some(Plan::Groups(groups));
        }
        if starts.len() >= declared {
            // What comes after the last declared frame is left alone.
            let end = |i: usize| starts.get(i + 1).copied().unwrap_or(count);
            return Some(Plan::Groups((0..declared).map(|i| starts[i]..end(i)).collect()));
        }
        let parts = self.by_walking();
        if parts.len() > starts.len() {
            let starts = self.fragments.iter().scan(0, |next, fragment| {
                let start = *next;
                *next += self.bytes(fragment).len();
                Some(start)
            });
            return Some(Plan::Parts(parts, starts.collect()));
        }
        let share = count / declared;
        if starts.len() <= 1 && share > 0 && count == share * declared {
            return Some(Plan::Groups((0..declared).map(|i| i * share..(i + 1) * share).collect()));
        }
        if !starts.is_empty() {
            let end = |i: usize| starts.get(i + 1).copied().unwrap_or(count);
            return Some(Plan::Groups((0..starts.len()).map(|i| starts[i]..end(i)).collect()));
        }
        (count <= declared).then(|| Plan::Groups(one_each()))
    }

    fn coding(&self) -> Option<Coding> {
        codec::declared_coding(self.object.transfer_syntax_uid())
    }

    /// Whether the frames of this coding can be told by how they start.
    fn has_marks(&self) -> bool {
        !matches!(self.coding(), Some(Coding::Native | Coding::Deflated))
    }

    /// How a frame starts: in the coding of the first, which counts for more than what is declared. Two bytes that start one coding are
    /// nothing special within another.
    fn marks(&self) -> &'static [&'static [u8]] {
        let first =
            self.fragments.iter().map(|fragment| self.bytes(fragment)).find(|bytes| !bytes.is_empty());
        match first.and_then(codec::coding_of_content).or_else(|| self.coding()) {
            Some(Coding::Jpeg | Coding::JpegLs) => &[&[0xFF, 0xD8, 0xFF]],
            Some(Coding::Jpeg2000) => &[&[0xFF, 0x4F, 0xFF, 0x51], b"\0\0\0\x0CjP  "],
            Some(Coding::JpegXl) => &[&[0xFF, 0x0A], b"\0\0\0\x0CJXL "],
            _ => &[],
        }
    }

    /// Pixels and byte planes of a frame in RLE.
    fn rle_size(&self) -> Option<(usize, usize)> {
        let format = self.format.filter(|_| self.coding() == Some(Coding::Rle))?;
        Some((format.pixels(), usize::from(format.samples) * usize::from(format.bits_allocated).div_ceil(8)))
    }

    /// The fragments that start like a frame.
    fn starts(&self) -> Vec<usize> {
        if !self.has_marks() {
            return Vec::new();
        }
        let (rle, marks) = (self.rle_size(), self.marks());
        let is_start = |fragment: &Range<usize>| {
            let bytes = self.bytes(fragment);
            match rle {
                Some((_, planes)) => rle::is_start(bytes, planes),
                None => is_codestream(bytes, marks),
            }
        };
        (0..self.fragments.len()).filter(|&i| is_start(&self.fragments[i])).collect()
    }

    /// By the extended offset table (PS3.3 C.7.6.3.1.8), else by the basic one, if it is right for every frame.
    fn by_table(&self, starts: &[usize]) -> Option<Vec<Range<usize>>> {
        [self.extended_offsets(), self.basic_offsets()].iter().find_map(|offsets| {
            let groups = groups(offsets, self.fragments, self.declared)?;
            let is_right =
                starts.is_empty() || groups.iter().all(|group| starts.binary_search(&group.start).is_ok());
            is_right.then_some(groups)
        })
    }

    fn extended_offsets(&self) -> Vec<u64> {
        let table = dataset::bytes(self.object.dataset(), tags::EXTENDED_OFFSET_TABLE).unwrap_or_default();
        table.as_chunks().0.iter().map(|long| u64::from_le_bytes(*long)).collect()
    }

    fn basic_offsets(&self) -> Vec<u64> {
        let is_big = self.object.is_big_endian();
        let word =
            |quad: &[u8; 4]| if is_big { u32::from_be_bytes(*quad) } else { u32::from_le_bytes(*quad) };
        self.bytes(&self.offset_table).as_chunks().0.iter().map(|quad| u64::from(word(quad))).collect()
    }

    /// Frames back to back, or cut anywhere: each codestream is followed to its end.
    fn by_walking(&self) -> Vec<Range<usize>> {
        let mut parts = Vec::new();
        if !self.has_marks() {
            return parts;
        }
        let joined = self.joined(self.fragments);
        let (rle, marks) = (self.rle_size(), self.marks());
        let mut at = 0;
        while parts.len() < self.declared && at < joined.len() {
            let rest = &joined[at..];
            let skipped = match rle {
                // A frame is filled up to an even length.
                Some((_, planes)) => {
                    (0..2).find(|&i| rest.get(i..).is_some_and(|rest| rle::is_start(rest, planes)))
                }
                None => (0..rest.len()).find(|&i| is_codestream(&rest[i..], marks)),
            };
            let Some(skipped) = skipped else { break };
            at += skipped;
            let length = match rle {
                Some((pixels, planes)) => rle::end(&joined[at..], pixels, planes),
                None => walk::codestream_end(&joined[at..]),
            };
            let end = length.map_or(joined.len(), |length| at + length);
            parts.push(at..end);
            at = end;
        }
        parts
    }
}

fn is_codestream(bytes: &[u8], marks: &[&[u8]]) -> bool {
    marks.iter().any(|mark| bytes.starts_with(mark))
}

/// Which fragments each of `frames` frames has by a table of offsets, which point at the item of a fragment, eight bytes
/// before its content; counted from the first of them, as they must be, or from elsewhere, as some writers do.
fn groups(offsets: &[u64], fragments: &[Range<usize>], frames: usize) -> Option<Vec<Range<usize>>> {
    let table = offsets.get(..frames)?;
    if !table.is_sorted_by(|a, b| a < b) {
        return None;
    }
    let (base, first) = (fragments.first()?.start as u64, *table.first()?);
    let place = |offset: u64| {
        let from_first = offset.checked_sub(first)?;
        fragments.binary_search_by_key(&from_first, |range| range.start as u64 - base).ok()
    };
    let mut starts = table.iter().map(|offset| place(*offset)).collect::<Option<Vec<_>>>()?;
    let last = *starts.last()?;
    // One entry more than there are frames ends the last of them.
    let end = offsets.get(frames).and_then(|end| place(*end)).filter(|end| *end > last);
    starts.push(end.unwrap_or(fragments.len()));
    Some(starts.windows(2).map(|pair| pair[0]..pair[1]).collect())
}

#[cfg(test)]
mod tests;
