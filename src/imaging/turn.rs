//! Quarter turns and flips of rendered pictures (PS3.3 C.10.6): the turn first, then left and right are exchanged.

use super::render::{Channels, Rendered8};

/// Squares that are turned one after the other, so that reads and writes stay near each other.
const TILE: usize = 32;

impl Rendered8 {
    /// The picture after clockwise quarter turns, then flipped.
    #[must_use]
    pub(super) fn turned(self, quarter_turns: u8, is_flipped: bool) -> Self {
        match self.channels {
            Channels::Gray => self.turned_by::<1>(quarter_turns % 4, is_flipped),
            Channels::Rgb => self.turned_by::<3>(quarter_turns % 4, is_flipped),
        }
    }

    fn turned_by<const N: usize>(mut self, quarter_turns: u8, is_flipped: bool) -> Self {
        let (width, height) = (self.width as usize, self.height as usize);
        if quarter_turns % 2 == 1 {
            let mut turned = vec![0; self.pixels.len()];
            let (source, target) = (self.pixels.as_chunks::<N>().0, turned.as_chunks_mut::<N>().0);
            for tile in tiles(width, height) {
                for (row, column) in tile {
                    // A turn to the right, or to the left for three of them.
                    let (to_row, to_column) = if quarter_turns == 1 {
                        (column, height - 1 - row)
                    } else {
                        (width - 1 - column, row)
                    };
                    target[to_row * height + to_column] = source[row * width + column];
                }
            }
            self = Self { width: self.height, height: self.width, pixels: turned, ..self };
        } else if quarter_turns == 2 {
            self.pixels.as_chunks_mut::<N>().0.reverse();
        }
        if is_flipped && self.width > 0 {
            let line = self.width as usize * N;
            self.pixels.chunks_exact_mut(line).for_each(|line| line.as_chunks_mut::<N>().0.reverse());
        }
        self
    }
}

fn tiles(width: usize, height: usize) -> impl Iterator<Item = impl Iterator<Item = (usize, usize)>> {
    (0..height).step_by(TILE).flat_map(move |top| {
        (0..width).step_by(TILE).map(move |left| {
            let (bottom, right) = ((top + TILE).min(height), (left + TILE).min(width));
            (top..bottom).flat_map(move |row| (left..right).map(move |column| (row, column)))
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn picture(width: u32, pixels: &[u8]) -> Rendered8 {
        let height = pixels.len() as u32 / width;
        Rendered8 { width, height, channels: Channels::Gray, pixels: pixels.to_vec() }
    }

    /// PS3.3 C.10.6: rotated clockwise, then flipped.
    #[test]
    fn turns_are_clockwise_and_come_before_the_flip() {
        let seen = |turns, flip| {
            let turned = picture(3, b"abcdef").turned(turns, flip);
            (turned.width, String::from_utf8(turned.pixels).unwrap())
        };
        assert_eq!(seen(0, false), (3, "abcdef".into()));
        assert_eq!(seen(1, false), (2, "daebfc".into()));
        assert_eq!(seen(2, false), (3, "fedcba".into()));
        assert_eq!(seen(3, false), (2, "cfbead".into()));
        assert_eq!(seen(0, true), (3, "cbafed".into()));
        assert_eq!(seen(1, true), (2, "adbecf".into()));
        assert_eq!(seen(5, true), seen(1, true));
    }

    proptest! {
        #[test]
        fn four_turns_or_two_flips_are_none(width in 1_u32..80, height in 1_u32..80, seed: u8, is_color: bool) {
            let channels = if is_color { Channels::Rgb } else { Channels::Gray };
            let bytes = (width * height) as usize * channels.bytes();
            let pixels = (0..bytes).map(|place| ((place * 31) >> 3) as u8 ^ seed).collect();
            let picture = Rendered8 { width, height, channels, pixels };
            let mut turned = picture.clone();
            for _ in 0..4 {
                turned = turned.turned(1, false);
            }
            prop_assert_eq!(&turned, &picture);
            prop_assert_eq!(&picture.clone().turned(1, false).turned(1, false), &picture.clone().turned(2, false));
            prop_assert_eq!(&picture.clone().turned(3, true).turned(0, true).turned(1, false), &picture);
        }
    }
}
