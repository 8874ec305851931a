//! Grey levels by arithmetic instead of a table: where a window is linear, as nearly all are, a processor maps many values at once.
//! A ramp is used only where it gives every entry of the table, so that nobody can tell which of the two made a picture.

/// `level = value * slope + offset`, kept between 0 and 255 and rounded, halves up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ramp {
    slope: f32,
    offset: f32,
}

impl Ramp {
    /// The ramp that a table of levels follows, whose entries are those of the values `value(0)`, `value(1)`, and so on.
    /// `exact`: the level of a value before it is rounded. `None` where the table follows none.
    pub(super) fn of(table: &[u8], value: impl Fn(usize) -> f64, exact: impl Fn(f64) -> f64) -> Option<Self> {
        let (first, last) = (*table.first()?, *table.last()?);
        // Between black and white, or as far as the values go.
        let start = table.iter().position(|level| *level != first)?;
        let end = table.iter().rposition(|level| *level != last)?;
        if end <= start {
            return None;
        }
        let (from, to) = (value(start), value(end));
        let slope = (exact(to) - exact(from)) / (to - from);
        let ramp = Self { slope: slope as f32, offset: (exact(from) - slope * from) as f32 };
        let is_same = |(place, level): (usize, &u8)| ramp.level(value(place) as f32) == *level;
        table.iter().enumerate().all(is_same).then_some(ramp)
    }

    /// The ramp of `count` values of which each is shown as light as the one before, or lighter, or each as dark or darker: then only
    /// the places where the level changes need be looked at, and no table is made. `None` where no ramp gives every level.
    pub(super) fn of_monotone(
        count: usize,
        value: impl Fn(usize) -> f64,
        exact: impl Fn(f64) -> f64,
    ) -> Option<Self> {
        let shown = |place: usize| (exact(value(place)) + 0.5) as u8;
        let highest = count.checked_sub(1)?;
        let (first, last) = (shown(0), shown(highest));
        if first == last {
            return None;
        }
        // Between black and white, or as far as the values go.
        let start = first_place(0, highest, |place| shown(place) != first);
        let end = first_place(start, highest, |place| shown(place) == last).checked_sub(1)?;
        let (from, to) = (value(start), value(end));
        let slope = (exact(to) - exact(from)) / (to - from);
        if end <= start || !slope.is_finite() {
            return None;
        }
        let ramp = Self { slope: slope as f32, offset: (exact(from) - slope * from) as f32 };
        let level = |place: usize| ramp.level(value(place) as f32);
        let mut begin = 0;
        loop {
            let same = level(begin);
            let next = match level(highest) == same {
                true => count,
                false => first_place(begin, highest, |place| level(place) != same),
            };
            if shown(begin) != same || shown(next - 1) != same {
                return None;
            }
            if next == count {
                return Some(ramp);
            }
            begin = next;
        }
    }

    /// The levels of many values, as far as both slices go: with whatever wide arithmetic this processor has.
    pub(super) fn levels<T: Copy + Into<f32>>(self, values: &[T], into: &mut [u8]) {
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || into.iter_mut().zip(values).for_each(|(level, value)| *level = self.level((*value).into())),
        );
    }

    #[inline(always)]
    pub(super) fn level(self, value: f32) -> u8 {
        // In a number of this size the last bit stands for one: adding it rounds, and the lowest byte is the level. Halves would go to
        // the even level without the little that is added before.
        const ROUND: f32 = 8_388_608.0;
        const UP: f32 = 1.0 / 2048.0;
        let level = value * self.slope + self.offset;
        // One instruction each, which `clamp` is not, because it keeps what is no number.
        let level = if level > 0.0 { level } else { 0.0 };
        let level = if level < 255.0 { level } else { 255.0 };
        (level + UP + ROUND).to_bits() as u8
    }
}

/// The first place after `before`, up to `last`, from which on something is so. It is so at `last`.
pub(super) fn first_place(before: usize, last: usize, is_so: impl Fn(usize) -> bool) -> usize {
    let (mut before, mut last) = (before, last);
    while last - before > 1 {
        let middle = before.midpoint(last);
        if is_so(middle) {
            last = middle;
        } else {
            before = middle;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(slope: f64, offset: f64) -> Vec<u8> {
        (0..4096)
            .map(|value| (f64::from(value).mul_add(slope, offset).clamp(0.0, 255.0) + 0.5) as u8)
            .collect()
    }

    #[test]
    fn a_linear_table_is_a_ramp_and_others_are_not() {
        for (slope, offset) in [(255.0 / 399.0, -600.0), (-0.25, 300.0), (1.0, 0.5), (255.0 / 4095.0, 0.0)] {
            let levels = table(slope, offset);
            let exact = |value: f64| value.mul_add(slope, offset).clamp(0.0, 255.0);
            let ramp = Ramp::of(&levels, |place| place as f64, exact);
            assert!(ramp.is_some(), "{slope} {offset}");
            let mut padded = levels.clone();
            padded[1000] = padded[1000].wrapping_add(7);
            assert_eq!(Ramp::of(&padded, |place| place as f64, exact), None);
        }
        assert_eq!(Ramp::of(&[], |_| 0.0, |_| 0.0), None);
        assert_eq!(Ramp::of(&[0, 0, 255, 255], |place| place as f64, |_| 0.0), None);
        assert_eq!(Ramp::of(&[9; 100], |place| place as f64, |_| 9.0), None);
    }

    proptest! {
        /// The one that is found without a table gives the same level everywhere, and is found wherever the other is.
        #[test]
        fn a_ramp_without_a_table_is_that_of_the_table(
            slope in -0.5..0.5_f64, offset in -2000.0..2000.0_f64, count in 0_usize..9000,
        ) {
            let exact = |value: f64| value.mul_add(slope, offset).clamp(0.0, 255.0);
            let value = |place: usize| place as f64 / 4.0 - 600.0;
            let table: Vec<u8> = (0..count).map(|place| (exact(value(place)) + 0.5) as u8).collect();
            let found = Ramp::of_monotone(count, value, exact);
            if let Some(ramp) = found {
                for (place, level) in table.iter().enumerate() {
                    prop_assert_eq!(ramp.level(value(place) as f32), *level);
                }
            }
            prop_assert!(found.is_some() || Ramp::of(&table, value, exact).is_none());
        }

        #[test]
        fn a_ramp_never_differs_from_its_table(slope in -2.0..2.0_f64, offset in -2000.0..2000.0_f64) {
            let levels = table(slope, offset);
            let exact = |value: f64| value.mul_add(slope, offset).clamp(0.0, 255.0);
            if let Some(ramp) = Ramp::of(&levels, |place| place as f64, exact) {
                for (value, level) in levels.iter().enumerate() {
                    prop_assert_eq!(ramp.level(value as f32), *level);
                }
            }
        }
    }
}
