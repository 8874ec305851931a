//! How the viewports lie beside each other.

/// Which viewports there are, and how they lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Layout {
    #[default]
    One,
    /// Two, left and right.
    SideBySide,
    /// Two, one above the other.
    Stacked,
    /// Two above two.
    Four,
}

/// A viewport, counted from the top left along the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ViewportNumber(u8);

impl Layout {
    /// Every layout.
    pub const ALL: [Self; 4] = [Self::One, Self::SideBySide, Self::Stacked, Self::Four];

    /// How many viewports it has.
    pub fn count(self) -> u8 {
        match self {
            Self::One => 1,
            Self::SideBySide | Self::Stacked => 2,
            Self::Four => 4,
        }
    }

    /// Its viewports.
    pub fn viewports(self) -> impl Iterator<Item = ViewportNumber> {
        (0..self.count()).map(ViewportNumber)
    }

    /// Whether it has this viewport.
    pub fn has(self, viewport: ViewportNumber) -> bool {
        viewport.0 < self.count()
    }
}

impl ViewportNumber {
    /// The viewport that every layout has.
    pub const FIRST: Self = Self(0);

    /// Viewports of the largest layout.
    pub const COUNT: usize = 4;

    /// `None` for a number that no layout has.
    pub fn new(number: u8) -> Option<Self> {
        (usize::from(number) < Self::COUNT).then_some(Self(number))
    }

    /// From 0.
    pub fn number(self) -> u8 {
        self.0
    }

    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_has_its_viewports_and_no_others() {
        for layout in Layout::ALL {
            let of_it: Vec<_> = layout.viewports().map(ViewportNumber::number).collect();
            assert_eq!(of_it, (0..layout.count()).collect::<Vec<_>>());
            for number in 0..=u8::MAX {
                let has = ViewportNumber::new(number).is_some_and(|viewport| layout.has(viewport));
                assert_eq!(has, of_it.contains(&number), "{layout:?} {number}");
            }
        }
    }
}
