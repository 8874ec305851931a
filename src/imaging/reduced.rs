//! Copies of a frame in fewer pixels, so that a window that is dragged over a large frame touches only what a screen shows.
//!
//! A copy holds averages of stored values, made once and kept. The pictures made of it are the same at rest and while a window is
//! dragged. They differ from averages of the full picture only where a pixel of the screen covers values on both sides of an end of
//! the window.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock, Weak};

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U16;
use fast_image_resize::{ResizeAlg, ResizeOptions, Resizer};

use super::place::{Cut, Region, filter};
use super::ramp::Ramp;
use super::slope::Slope;
use super::tones::Grays;
use super::{StoredFrame, Values};

/// By how much copies are smaller, along both axes.
const FACTORS: [usize; 8] = [2, 3, 4, 6, 8, 12, 16, 24];

/// The code of a pixel that is no image.
pub(super) const PADDING: u16 = u16::MAX;

/// The highest code of a value when values are few: finer than the values themselves, and a table of it is still small.
const FINE: u32 = 1 << 14;

/// The most pixels of a screen for which what it sees is kept.
const SCREEN: usize = 1 << 21;

/// The copies of one frame, made when they are first needed. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Reduced {
    copies: Arc<Copies>,
}

type Copies = [OnceLock<Copy>; FACTORS.len()];

/// What the last screen saw.
struct Seen {
    of: Weak<Copies>,
    factor: usize,
    sight: Sight,
    /// `None` where the values cannot be scaled.
    scaled: Option<Arc<Copy>>,
}

thread_local! {
    /// A window is dragged over one frame on one screen at a time.
    static SEEN: RefCell<Option<Seen>> = const { RefCell::new(None) };
}

/// A part of a copy on so many pixels of a screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sight {
    pub(super) region: Region,
    pub(super) across: Cut,
    pub(super) down: Cut,
    pub(super) columns: usize,
    pub(super) rows: usize,
}

/// They follow from the frame, and so never differ by themselves.
impl PartialEq for Reduced {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Averages of blocks of a frame.
#[derive(Debug)]
pub(super) struct Copy {
    pub(super) factor: usize,
    pub(super) columns: usize,
    /// `low + code * step` is the stored value; or [`PADDING`].
    codes: Vec<u16>,
    low: f64,
    step: f64,
    /// The highest code of a value.
    highest: u16,
    /// Some of it is no image.
    has_padding: bool,
}

impl Reduced {
    /// The smallest copy in which still at least one pixel comes to one of the picture; `None` where it is the frame itself or no copies are
    /// made of its values.
    pub(super) fn copy(&self, frame: &StoredFrame, shrink: f64) -> Option<&Copy> {
        let place = FACTORS.iter().rposition(|&factor| factor as f64 <= shrink)?;
        if !is_reducible(frame) {
            return None;
        }
        Some(self.copies[place].get_or_init(|| reduce(frame, FACTORS[place])))
    }

    /// What a screen sees of a copy, scaled in stored values and kept: while a window is dragged nothing is scaled again. `None` where that
    /// saves nothing, or where pixels that are no image would be mixed into those beside them.
    pub(super) fn seen(&self, copy: &Copy, sight: Sight) -> Option<Arc<Copy>> {
        let is_whole = sight.across.whole(sight.columns).is_some() && sight.down.whole(sight.rows).is_some();
        if is_whole || sight.columns * sight.rows > SCREEN {
            return None;
        }
        let of = Arc::downgrade(&self.copies);
        SEEN.with_borrow_mut(|seen| match seen {
            Some(seen) if seen.of.ptr_eq(&of) && (seen.factor, seen.sight) == (copy.factor, sight) => {
                seen.scaled.clone()
            }
            _ => {
                let scaled = copy.scaled(&sight).map(Arc::new);
                *seen = Some(Seen { of, factor: copy.factor, sight, scaled: scaled.clone() });
                scaled
            }
        })
    }

    /// What the copies take when all that are likely are made, in bytes.
    pub(super) fn bytes(frame: &StoredFrame) -> usize {
        /// Frames up to this size are seldom shown smaller.
        const SMALL: usize = 1 << 20;
        let pixels = frame.rows as usize * frame.columns as usize;
        if pixels <= SMALL || !is_reducible(frame) {
            return 0;
        }
        // A half and a third, of which most screens need one, and what a screen sees of it.
        (pixels / 4 + pixels / 9 + SCREEN.min(pixels / 4)) * size_of::<u16>()
    }
}

fn is_reducible(frame: &StoredFrame) -> bool {
    let is_narrow = matches!(*frame.values, Values::U8(_) | Values::I8(_) | Values::U16(_) | Values::I16(_));
    is_narrow && frame.samples == 1 && frame.values.len() == frame.rows as usize * frame.columns as usize
}

impl Copy {
    /// The values of a part on so many pixels; `None` where some of it is no image.
    fn scaled(&self, sight: &Sight) -> Option<Self> {
        let Sight { region, across, down, columns, rows } = *sight;
        let mut source = Vec::with_capacity(region.pixels());
        for row in region.top..region.top + region.height {
            let start = row * self.columns + region.left;
            let line = self.codes.get(start..start + region.width)?;
            if line.contains(&PADDING) {
                return None;
            }
            source.extend(line.iter().map(|&code| U16::new(code)));
        }
        let source = TypedImageRef::new(region.width as u32, region.height as u32, &source).ok()?;
        let mut scaled = TypedImage::<U16>::new(columns as u32, rows as u32);
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(filter((across, columns), (down, rows))))
            .crop(across.start, down.start, across.length, down.length);
        Resizer::new().resize_typed(&source, &mut scaled, &options).ok()?;
        let codes = scaled.pixels().iter().map(|pixel| pixel.0).collect();
        Some(Self {
            columns,
            codes,
            factor: self.factor,
            low: self.low,
            step: self.step,
            highest: self.highest,
            has_padding: false,
        })
    }

    /// The levels of a region; what is no image is black.
    pub(super) fn levels(&self, region: Region, grays: &Grays<'_>) -> Vec<u8> {
        let occurring = usize::from(self.highest) + 1;
        let exact = |code| grays.exact(self.value(code as u16));
        if !self.has_padding
            && grays.is_monotone()
            && let Some(slope) = Slope::of(occurring, |code| grays.exact(self.low + code * self.step))
        {
            let mut levels = Vec::with_capacity(region.pixels());
            self.rows(region).for_each(|codes| slope.append(codes, &mut levels));
            return levels;
        }
        let mut table = vec![0; 1 << 16];
        for (code, level) in table.iter_mut().enumerate().take(occurring) {
            *level = grays.shown(self.value(code as u16));
        }
        match Ramp::of(&table[..occurring], |code| code as f64, exact).filter(|_| !self.has_padding) {
            Some(ramp) => self.map(region, |codes, into| ramp.levels(codes, into)),
            None => match table.first_chunk::<65_536>() {
                Some(table) => self.map(region, |codes, into| {
                    into.iter_mut().zip(codes).for_each(|(level, code)| *level = table[usize::from(*code)]);
                }),
                None => Vec::new(),
            },
        }
    }

    /// The stored value of a code.
    fn value(&self, code: u16) -> f64 {
        self.low + f64::from(code) * self.step
    }

    /// The codes of a region, row by row.
    fn rows(&self, region: Region) -> impl Iterator<Item = &[u16]> {
        (region.top..region.top + region.height).map(move |row| {
            let start = row * self.columns + region.left;
            self.codes.get(start..start + region.width).unwrap_or_default()
        })
    }

    /// Maps the codes of a region, row by row into place.
    fn map(&self, region: Region, map: impl Fn(&[u16], &mut [u8])) -> Vec<u8> {
        let mut mapped = vec![0; region.pixels()];
        let into = mapped.chunks_exact_mut(region.width.max(1));
        into.zip(self.rows(region)).for_each(|(into, codes)| map(codes, into));
        mapped
    }
}

/// The averages of blocks of `factor` by `factor` pixels, fewer at the right and lower end. Pixels that are no image take no part, and a block
/// that has mostly such is none.
fn reduce(frame: &StoredFrame, factor: usize) -> Copy {
    let whole = |value: f64| value.clamp(-65_536.0, 65_536.0) as i32;
    let low = whole(frame.shown_extent.0);
    let span = whole(frame.shown_extent.1).saturating_sub(low).clamp(0, 65_535) as u32;
    let padding = frame.appearance.padding.map(|(from, to)| (whole(from.ceil()), whole(to.floor())));
    // As many codes for a value as there is room for; a power of two, so that what is even stays as it is.
    let (steps, step) = match (1..=8).rev().find(|bits| span << bits < FINE) {
        Some(bits) => (f64::from(1 << bits), 1.0 / f64::from(1 << bits)),
        None if span < u32::from(PADDING) => (1.0, 1.0),
        None => (65_534.0 / 65_535.0, 65_535.0 / 65_534.0),
    };
    let blocks = Blocks { columns: frame.columns as usize, factor, low, span, steps, padding };
    let codes = match &*frame.values {
        Values::U8(values) => blocks.codes(values),
        Values::I8(values) => blocks.codes(values),
        Values::U16(values) => blocks.codes(values),
        Values::I16(values) => blocks.codes(values),
        _ => Vec::new(),
    };
    let highest = (f64::from(span) * steps) as u16;
    let has_padding = codes.contains(&PADDING);
    let columns = blocks.columns.div_ceil(factor);
    Copy { factor, columns, codes, low: f64::from(low), step, highest, has_padding }
}

struct Blocks {
    columns: usize,
    factor: usize,
    low: i32,
    span: u32,
    steps: f64,
    padding: Option<(i32, i32)>,
}

impl Blocks {
    fn codes<T: std::marker::Copy + Into<i32>>(&self, values: &[T]) -> Vec<u16> {
        let (low, span) = (self.low, self.span as i32);
        let above = |value: T| (value.into() - low).clamp(0, span) as u32;
        let mut codes = Vec::new();
        let mut sums = vec![0_u32; self.columns];
        let mut counts = vec![0_u32; self.columns];
        for rows in values.chunks(self.columns * self.factor) {
            sums.fill(0);
            match self.padding {
                None => {
                    counts.fill((rows.len() / self.columns) as u32);
                    for row in rows.chunks_exact(self.columns) {
                        sums.iter_mut().zip(row).for_each(|(sum, &value)| *sum += above(value));
                    }
                }
                Some((from, to)) => {
                    counts.fill(0);
                    for row in rows.chunks_exact(self.columns) {
                        for ((sum, count), &value) in sums.iter_mut().zip(&mut counts).zip(row) {
                            let is_image = u32::from(value.into() < from || value.into() > to);
                            *sum += above(value) * is_image;
                            *count += is_image;
                        }
                    }
                }
            }
            let lines = rows.len() / self.columns;
            codes.extend(sums.chunks(self.factor).zip(counts.chunks(self.factor)).map(|(sums, counts)| {
                let (sum, count): (u32, u32) = (sums.iter().sum(), counts.iter().sum());
                if (count as usize) * 2 < lines * sums.len() || count == 0 {
                    return PADDING;
                }
                (f64::from(sum) / f64::from(count) * self.steps + 0.5) as u16
            }));
        }
        codes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::imaging::render::tests::frame;

    fn values(copy: &Copy) -> Vec<Option<f64>> {
        copy.codes.iter().map(|&code| (code != PADDING).then(|| copy.value(code))).collect()
    }

    #[test]
    fn blocks_are_averaged_and_those_at_the_ends_are_smaller() {
        let shown = frame(3, 3, Values::I16(vec![-4, -2, 10, 0, 2, 20, 7, 8, 9]));
        let copy = reduce(&shown, 2);
        assert_eq!(copy.columns, 2);
        assert_eq!(values(&copy), [-1.0, 15.0, 7.5, 9.0].map(Some));
    }

    /// PS3.3 C.7.5.1.1.2: padding is no image; it must not darken what lies beside it.
    #[test]
    fn padding_takes_no_part_and_stays_where_it_is_most() {
        let mut shown = frame(2, 4, Values::I16(vec![-2000, 100, -2000, -2000, 200, 300, -2000, 5]));
        shown.appearance.padding = Some((-2000.0, -2000.0));
        shown.shown_extent = (5.0, 300.0);
        assert_eq!(values(&reduce(&shown, 2)), [Some(200.0), None]);
    }

    #[test]
    fn the_whole_range_of_words_fits_beside_padding() {
        let shown = frame(2, 2, Values::U16(vec![0, 0, 65_535, 65_535]));
        let halves = values(&reduce(&shown, 2))[0].unwrap();
        assert!((halves - 32_767.5).abs() < 1.0, "{halves}");
        let ends = values(&reduce(&frame(1, 4, Values::U16(vec![0, 0, 65_535, 65_535])), 2));
        assert_eq!(ends, [Some(0.0), Some(65_535.0)]);
    }

    #[test]
    fn the_copy_is_never_smaller_than_what_is_shown() {
        let shown = frame(10, 10, Values::U8(vec![1; 100]));
        let factor = |shrink| shown.reduced.copy(&shown, shrink).map(|copy| copy.factor);
        assert_eq!(
            [1.0, 1.99, 2.0, 3.7, 5.9, 900.0, f64::NAN].map(factor),
            [None, None, Some(2), Some(3), Some(4), Some(24), None]
        );
        let wide = frame(10, 10, Values::F32(vec![1.0; 100]));
        assert!(wide.reduced.copy(&wide, 4.0).is_none());
    }

    fn sight(copy: &Copy, count: usize, columns: usize) -> Sight {
        let rows = copy.codes.len() / copy.columns;
        let region = Region { left: 0, top: 0, width: copy.columns, height: rows };
        let cut = Cut { first: 0, count, start: 0.0, length: count as f64 };
        Sight { region, across: cut, down: cut, columns, rows: columns }
    }

    #[test]
    fn what_a_screen_sees_is_scaled_once_for_every_window() {
        let shown = frame(8, 8, Values::U16((0..64).map(|value| value % 8 * 100).collect()));
        let copy = shown.reduced.copy(&shown, 2.0).unwrap();
        let seen = shown.reduced.seen(copy, sight(copy, 4, 3)).unwrap();
        let again = shown.clone().reduced.seen(copy, sight(copy, 4, 3)).unwrap();
        assert!(Arc::ptr_eq(&seen, &again));
        let row: Vec<f64> = values(&seen).into_iter().take(3).map(Option::unwrap).collect();
        // The averages are 50, 250, 450, 650; the middle of three lies between the second and the third.
        assert!((row[1] - 350.0).abs() < 1.0 && row[0] < 150.0 && row[2] > 550.0, "{row:?}");
        assert_eq!(shown.reduced.seen(copy, sight(copy, 4, 2)).unwrap().columns, 2);
        assert!(shown.reduced.seen(copy, sight(copy, 4, 4)).is_none(), "nothing is to be scaled");
    }

    /// PS3.3 C.7.5.1.1.2: mixed into its neighbours, padding would be the edge of something.
    #[test]
    fn padding_is_not_scaled_with_the_values_beside_it() {
        let mut shown = frame(4, 4, Values::I16([[-2000, -2000, 100, 100]; 4].concat()));
        shown.appearance.padding = Some((-2000.0, -2000.0));
        shown.shown_extent = (100.0, 100.0);
        let copy = shown.reduced.copy(&shown, 2.0).unwrap();
        assert!(shown.reduced.seen(copy, sight(copy, 2, 1)).is_none());
    }

    proptest! {
        #[test]
        fn averages_are_those_of_the_values(
            pixels in proptest::collection::vec(any::<u8>(), 35), factor in 2_usize..7,
        ) {
            let shown = frame(5, 7, Values::U8(pixels.clone()));
            let copy = reduce(&shown, factor);
            for (place, value) in values(&copy).into_iter().enumerate() {
                let (row, column) = (place / copy.columns * factor, place % copy.columns * factor);
                let block: Vec<f64> = (row..(row + factor).min(5))
                    .flat_map(|row| (column..(column + factor).min(7)).map(move |column| row * 7 + column))
                    .map(|place| f64::from(pixels[place]))
                    .collect();
                let mean = block.iter().sum::<f64>() / block.len() as f64;
                prop_assert!((value.unwrap() - mean).abs() <= 0.01, "{value:?} {mean}");
            }
        }
    }
}
