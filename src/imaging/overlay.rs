//! Overlay planes (PS3.3 C.9.2): one bit a pixel, drawn over the picture and never into it.

use std::ops::Range;

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::dataset;
use super::place::Placement;
use super::render::Rendered8;

/// What the bits of a plane mean: Overlay Type (60xx,0040).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OverlayKind {
    /// Lines and letters.
    #[default]
    Graphics,
    /// A region of interest: its border is drawn, so that what lies in it stays visible.
    Region,
}

/// One plane of the frame it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlay {
    /// 0x6000, 0x6002 ... 0x601E.
    pub group: u16,
    pub kind: OverlayKind,
    pub rows: u32,
    pub columns: u32,
    /// Row and column of its first pixel in the frame, counted from 1; may lie outside.
    pub origin: (i32, i32),
    /// Row by row without gaps, the first pixel in the lowest bit; pixels that are missing are not set.
    pub bits: Vec<u8>,
    pub label: String,
}

const ROWS: u16 = 0x0010;
const COLUMNS: u16 = 0x0011;
const FRAMES: u16 = 0x0015;
const KIND: u16 = 0x0040;
const ORIGIN: u16 = 0x0050;
const FRAME_ORIGIN: u16 = 0x0051;
const BITS_ALLOCATED: u16 = 0x0100;
const BIT_POSITION: u16 = 0x0102;
const LABEL: u16 = 0x1500;
const DESCRIPTION: u16 = 0x0022;
const OVERLAY_DATA: u16 = 0x3000;

/// The groups of planes (PS3.5 section 7.6).
fn groups() -> impl Iterator<Item = u16> {
    (0x6000..=0x601E).step_by(2)
}

impl Overlay {
    /// The packed planes (Overlay Data) of a data set that belong to a frame, index from 0.
    pub(super) fn read(set: &InMemDicomObject, frame_index: usize) -> Vec<Self> {
        groups().filter_map(|group| Self::packed(set, group, frame_index)).collect()
    }

    /// The planes that older objects keep in bits of the pixels that hold no value (PS3.3-2004 C.9.2, retired since). `samples`: the whole
    /// words of the frame in little endian, before masking.
    pub(super) fn read_embedded(set: &InMemDicomObject, samples: &[u8], sample_bytes: usize) -> Vec<Self> {
        let size = |tag| dataset::integer(set, tag).and_then(|size| u32::try_from(size).ok()).unwrap_or(0);
        let (rows, columns) = (size(tags::ROWS), size(tags::COLUMNS));
        let pixels = rows as usize * columns as usize;
        if !matches!(sample_bytes, 1 | 2 | 4) || samples.len() != pixels * sample_bytes {
            return Vec::new();
        }
        let bits = i64::from(size(tags::BITS_STORED));
        let high = dataset::integer(set, tags::HIGH_BIT).unwrap_or(bits - 1);
        let plane = |group| {
            let position = dataset::integer(set, Tag(group, BIT_POSITION))?;
            let is_embedded = set.get(Tag(group, OVERLAY_DATA)).is_none()
                && (0..sample_bytes as i64 * 8).contains(&position)
                // Not one of those that make the value.
                && !(high - bits + 1..=high).contains(&position)
                && dataset::integer(set, Tag(group, BITS_ALLOCATED)) != Some(1);
            if !is_embedded {
                return None;
            }
            let (byte, bit) = (position as usize / 8, position as usize % 8);
            let mut bits = vec![0; pixels.div_ceil(8)];
            for (place, sample) in samples.chunks_exact(sample_bytes).enumerate() {
                bits[place / 8] |= (sample[byte] >> bit & 1) << (place % 8);
            }
            // A plane of this kind is as large as the frame and lies upon it.
            Some(Self { rows, columns, origin: (1, 1), bits, ..Self::described(set, group) })
        };
        groups().filter_map(plane).collect()
    }

    /// Whether any plane may be in bits of the pixels.
    pub(super) fn has_embedded(set: &InMemDicomObject) -> bool {
        groups().any(|group| {
            set.get(Tag(group, BIT_POSITION)).is_some() && set.get(Tag(group, OVERLAY_DATA)).is_none()
        })
    }

    fn packed(set: &InMemDicomObject, group: u16, frame_index: usize) -> Option<Self> {
        set.get(Tag(group, OVERLAY_DATA))?;
        let number = |element| dataset::integer(set, Tag(group, element));
        let size = |element| u32::try_from(number(element)?).ok().filter(|size| (1..=65_535).contains(size));
        let (rows, columns) = (size(ROWS)?, size(COLUMNS)?);
        // PS3.3 C.9.3.1: one after the other from the frame that is named; without a number of frames it is the plane of every frame.
        let frame = match (number(FRAMES), number(FRAME_ORIGIN)) {
            (None, None) => 0,
            (count, origin) => {
                let first = usize::try_from(origin.unwrap_or(1)).ok()?.checked_sub(1)?;
                let count = usize::try_from(count.unwrap_or(1)).ok()?;
                frame_index.checked_sub(first).filter(|frame| *frame < count)?
            }
        };
        let data = dataset::bytes(set, Tag(group, OVERLAY_DATA))?;
        let pixels = rows as usize * columns as usize;
        // Frames follow each other without a gap, so that one may begin within a byte (PS3.5 section 8.1.2).
        let start = frame.checked_mul(pixels)?;
        let data = data.get(start / 8..)?;
        let data = &data[..data.len().min((start % 8 + pixels).div_ceil(8))];
        let shift = start % 8;
        let moved = |i: usize| {
            let next = data.get(i + 1).copied().unwrap_or(0);
            (u16::from_le_bytes([data[i], next]) >> shift) as u8
        };
        let mut bits: Vec<u8> = if shift == 0 { data.to_vec() } else { (0..data.len()).map(moved).collect() };
        bits.truncate(pixels.div_ceil(8));
        let origin = dataset::integers(set, Tag(group, ORIGIN));
        let origin = |place: usize| origin.get(place).map_or(1, |&value| i32::from(value as u16 as i16));
        Some(Self { rows, columns, origin: (origin(0), origin(1)), bits, ..Self::described(set, group) })
    }

    fn described(set: &InMemDicomObject, group: u16) -> Self {
        let text = |element| dataset::text(set, Tag(group, element));
        Self {
            group,
            kind: if text(KIND) == "R" { OverlayKind::Region } else { OverlayKind::Graphics },
            rows: 0,
            columns: 0,
            origin: (1, 1),
            bits: Vec::new(),
            label: Some(text(LABEL)).filter(|label| !label.is_empty()).unwrap_or_else(|| text(DESCRIPTION)),
        }
    }

    /// Whether the plane has a bit at a pixel of the frame, from 0.
    pub(super) fn is_set_at(&self, row: usize, column: usize) -> bool {
        let own = |pixel: usize, origin: i32| usize::try_from(pixel as i64 - (i64::from(origin) - 1)).ok();
        match (own(row, self.origin.0), own(column, self.origin.1)) {
            (Some(row), Some(column)) => self.is_set(row, column),
            _ => false,
        }
    }

    fn is_set(&self, row: usize, column: usize) -> bool {
        if row >= self.rows as usize || column >= self.columns as usize {
            return false;
        }
        let place = row * self.columns as usize + column;
        self.bits.get(place / 8).is_some_and(|byte| byte >> (place % 8) & 1 == 1)
    }

    /// A bit that is drawn: of a region only those that have a neighbour outside.
    fn is_drawn(&self, row: usize, column: usize) -> bool {
        let is_inside = |row: Option<usize>, column: Option<usize>| {
            row.zip(column).is_some_and(|(row, column)| self.is_set(row, column))
        };
        self.is_set(row, column)
            && (self.kind == OverlayKind::Graphics
                || !(is_inside(row.checked_sub(1), Some(column))
                    && is_inside(Some(row + 1), Some(column))
                    && is_inside(Some(row), column.checked_sub(1))
                    && is_inside(Some(row), Some(column + 1))))
    }

    /// Runs of drawn bits in a row.
    fn runs(&self, row: usize) -> impl Iterator<Item = Range<usize>> + '_ {
        let (columns, base) = (self.columns as usize, row * self.columns as usize);
        // Nothing where the data has ended.
        let mut column = if base / 8 < self.bits.len() { 0 } else { columns };
        std::iter::from_fn(move || {
            while column < columns && !self.is_drawn(row, column) {
                let place = base + column;
                let is_empty_byte = place % 8 == 0 && self.bits.get(place / 8).is_none_or(|byte| *byte == 0);
                column += if is_empty_byte { 8 } else { 1 };
            }
            if column >= columns {
                return None;
            }
            let start = column;
            while column < columns && self.is_drawn(row, column) {
                column += 1;
            }
            Some(start..column)
        })
    }
}

/// Draws planes in white over a picture that shows a frame. No line is thinner than a pixel of the picture; where the picture is light, a
/// dark rim sets it off.
pub(super) fn draw<'o>(
    overlays: impl Iterator<Item = &'o Overlay>,
    picture: &mut Rendered8,
    placement: &Placement,
) {
    let (width, channels) = (picture.width as usize, picture.channels.bytes());
    let mut mask = Vec::new();
    for overlay in overlays {
        mask.resize(width * picture.height as usize, false);
        let (row_origin, column_origin) = (i64::from(overlay.origin.0) - 1, i64::from(overlay.origin.1) - 1);
        for row in 0..overlay.rows as usize {
            let at = row_origin + row as i64;
            let down = placement.rows.covered(at..at + 1);
            if down.is_empty() {
                continue;
            }
            for run in overlay.runs(row) {
                let across = placement
                    .columns
                    .covered(column_origin + run.start as i64..column_origin + run.end as i64);
                for line in down.clone() {
                    mask[line * width..][across.clone()].fill(true);
                }
            }
        }
    }
    if mask.is_empty() {
        return;
    }
    let (rows, columns) = (placement.rows, placement.columns);
    for row in rows.start..rows.end {
        for column in columns.start..columns.end {
            let place = row * width + column;
            let pixel = &mut picture.pixels[place * channels..][..channels];
            if mask[place] {
                pixel.fill(255);
            } else if pixel.iter().any(|&level| level > 128) {
                let near = |row: usize| {
                    let from = column.max(columns.start + 1) - 1;
                    mask[row * width..][from..(column + 2).min(columns.end)].contains(&true)
                };
                let lines = row.max(rows.start + 1) - 1..(row + 2).min(rows.end);
                if lines.into_iter().any(near) {
                    pixel.iter_mut().for_each(|level| *level /= 3);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
