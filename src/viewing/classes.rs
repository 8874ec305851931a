//! Which surfaces share a picture while the view moves: then at most four sizes are rendered of one state, however many people watch. Pure.
//!
//! As long as there are no more than four surfaces, each gets pictures of exactly its own size. Beyond that the two that are most
//! alike share pictures that hold what either of them shows, at the finer scale of the two; a client cuts out its part and scales
//! it down. Lines want pictures of several grades: of one revision at most four are made, of whatever sizes and grades; beyond that the
//! fewest go over to the next coarser grade that is made in their size. At rest each surface gets exactly its own pixels.

use super::flow::Order;
use super::pace::Grade;
use crate::imaging::{Surface, View};

/// Sizes and pictures that are made of one state at most while the view moves.
pub const MAX_CLASSES: usize = 4;

/// The classes of the surfaces that there are.
#[derive(Clone, Debug, Default)]
pub struct SurfaceClasses {
    /// Sorted, each once.
    surfaces: Vec<(u32, u32)>,
    shape: f64,
    classes: Vec<Class>,
    /// What is rendered; grades are settled once for it.
    revision: Option<u32>,
}

#[derive(Clone, Debug)]
struct Class {
    members: Vec<(u32, u32)>,
    size: Size,
    /// While the view moves: the grades that are made, the finest first, and for how many surfaces each.
    in_motion: Vec<(Grade, usize)>,
}

/// What is rendered for a class, in pixels.
#[derive(Clone, Copy, Debug)]
struct Size {
    width: f64,
    height: f64,
    /// How wide the whole frame is at zoom 1.
    frame: f64,
}

/// What to render for a surface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rendering {
    pub surface: Surface,
    /// By how much the view is to be magnified for the larger surface, so that its scale is that of the class.
    pub magnification: f64,
}

impl SurfaceClasses {
    /// Takes the surfaces that there are, each with the finest grade that keeps up with it while the view moves; the revision of what is
    /// rendered, and the shape of the frame: its height over its width as it is turned now.
    pub fn update(&mut self, wanted: impl IntoIterator<Item = (Surface, Grade)>, revision: u32, shape: f64) {
        let shape = if shape.is_finite() && shape > 0.0 { shape } else { 1.0 };
        let wanted: Vec<_> = wanted.into_iter().map(|(surface, grade)| (sides(surface), grade)).collect();
        let mut surfaces: Vec<_> = wanted.iter().map(|(surface, _)| *surface).collect();
        surfaces.sort_unstable();
        surfaces.dedup();
        let is_same = surfaces == self.surfaces && shape.to_bits() == self.shape.to_bits();
        if is_same && self.revision == Some(revision) {
            return;
        }
        if !is_same {
            let alone = |surface: &(u32, u32)| Class {
                members: vec![*surface],
                size: Size::of(*surface, shape),
                in_motion: Vec::new(),
            };
            self.classes = surfaces.iter().map(alone).collect();
            (self.surfaces, self.shape) = (surfaces, shape);
            while self.classes.len() > MAX_CLASSES {
                self.merge();
            }
        }
        self.revision = Some(revision);
        self.settle_grades(&wanted);
    }

    /// What is rendered for an order.
    pub fn rendering_of(&self, order: Order) -> Rendering {
        if order.is_at_rest {
            let own = Size::of(sides(order.surface), self.shape());
            return own.reduced(order.grade.reduction()).rendering(self.shape());
        }
        self.rendering(order.surface, order.grade)
    }

    /// What is rendered for this surface in a grade while the view moves: its own size where it is in no class.
    pub fn rendering(&self, surface: Surface, grade: Grade) -> Rendering {
        let shape = self.shape();
        let own = || Size::of(sides(surface), shape);
        let size = self.class_of(surface).map_or_else(own, |class| class.size);
        size.reduced(grade.reduction()).rendering(shape)
    }

    /// The grade that is made for this surface while the view moves, where `finest` is what its line bears.
    pub fn in_motion(&self, surface: Surface, finest: Grade) -> Grade {
        let Some(class) = self.class_of(surface) else { return finest };
        let made = || class.in_motion.iter().map(|(grade, _)| *grade);
        made().find(|grade| *grade >= finest).or_else(|| made().next_back()).unwrap_or(finest)
    }

    fn shape(&self) -> f64 {
        if self.shape > 0.0 { self.shape } else { 1.0 }
    }

    fn class_of(&self, surface: Surface) -> Option<&Class> {
        let of_it = sides(surface);
        self.classes.iter().find(|class| class.members.contains(&of_it))
    }

    /// Settles which grades are made in which size.
    fn settle_grades(&mut self, wanted: &[((u32, u32), Grade)]) {
        for class in &mut self.classes {
            let grades = Grade::ALL.into_iter().map(|grade| {
                let is_it =
                    |(surface, of): &&((u32, u32), Grade)| *of == grade && class.members.contains(surface);
                (grade, wanted.iter().filter(is_it).count())
            });
            class.in_motion = grades.filter(|(_, count)| *count > 0).collect();
        }
        while self.classes.iter().map(|class| class.in_motion.len()).sum::<usize>() > MAX_CLASSES {
            let pairs = self.classes.iter().enumerate().flat_map(|(number, class)| {
                let finer = class.in_motion.iter().rev().skip(1).rev().enumerate();
                finer.map(move |(place, (_, count))| (*count, number, place))
            });
            // There are no more sizes than classes, so one has two grades.
            let Some((count, number, place)) = pairs.min() else { return };
            let grades = &mut self.classes[number].in_motion;
            grades.remove(place);
            grades[place].1 += count;
        }
    }

    /// Puts the two classes together that cost the fewest pixels so.
    fn merge(&mut self) {
        let mut best: Option<(f64, usize, usize)> = None;
        for (one, first) in self.classes.iter().enumerate() {
            for (other, second) in self.classes.iter().enumerate().skip(one + 1) {
                let pixels = |class: &Class| class.size.pixels() * class.members.len() as f64;
                let members = (first.members.len() + second.members.len()) as f64;
                let cost = first.size.with(second.size).pixels() * members - pixels(first) - pixels(second);
                if best.is_none_or(|(least, ..)| cost < least) {
                    best = Some((cost, one, other));
                }
            }
        }
        let Some((_, one, other)) = best else { return };
        let gone = self.classes.remove(other);
        let kept = &mut self.classes[one];
        kept.size = kept.size.with(gone.size);
        kept.members.extend(gone.members);
    }
}

impl Size {
    fn of((width, height): (u32, u32), shape: f64) -> Self {
        let (width, height) = (f64::from(width), f64::from(height));
        Self { width, height, frame: frame_width(width, height, shape) }
    }

    fn pixels(self) -> f64 {
        self.width * self.height
    }

    /// The same, with sides so many times shorter.
    fn reduced(self, by: u32) -> Self {
        let by = f64::from(by);
        Self { width: self.width / by, height: self.height / by, frame: self.frame / by }
    }

    /// Holds what either shows, at the finer scale; no larger than can be rendered.
    fn with(self, other: Self) -> Self {
        let frame = self.frame.max(other.frame);
        let grown = |size: Self| (size.width * frame / size.frame, size.height * frame / size.frame);
        let ((width, height), (other_width, other_height)) = (grown(self), grown(other));
        let (width, height) = (width.max(other_width), height.max(other_height));
        let most = f64::from(Surface::MAX);
        let fits = (most / width).min(most / height).min(1.0);
        Self { width: width * fits, height: height * fits, frame: frame * fits }
    }

    fn rendering(self, shape: f64) -> Rendering {
        // A hair above a whole number is rounding, and not a pixel.
        let side = |side: f64| ((side - 1e-6).ceil().max(1.0) as u32).min(Surface::MAX);
        let surface = Surface { width: side(self.width), height: side(self.height) };
        let fitted = frame_width(f64::from(surface.width), f64::from(surface.height), shape);
        Rendering { surface, magnification: self.frame / fitted }
    }
}

impl Rendering {
    /// Whether it has exactly the pixels of this surface.
    pub fn is_exactly(&self, surface: Surface) -> bool {
        self.surface == surface && self.magnification == 1.0
    }

    /// The view as it is rendered.
    pub fn view(&self, view: View) -> View {
        View { zoom: view.zoom * self.magnification, ..view }
    }

    /// What of the picture fills `surface`: left, top, width and height in pixels of the picture. `shape`: of the frame as it was
    /// rendered.
    pub fn part(&self, surface: Surface, shape: f64) -> [f64; 4] {
        let (own_width, own_height) = (f64::from(self.surface.width), f64::from(self.surface.height));
        let (width, height) = (f64::from(surface.width), f64::from(surface.height));
        let scale = frame_width(own_width, own_height, shape) * self.magnification
            / frame_width(width, height, shape);
        let (width, height) = (width * scale, height * scale);
        [(own_width - width) / 2.0, (own_height - height) / 2.0, width, height]
    }
}

fn sides(surface: Surface) -> (u32, u32) {
    (surface.width.max(1), surface.height.max(1))
}

/// How wide a frame of this shape is when it just fits.
fn frame_width(width: f64, height: f64, shape: f64) -> f64 {
    width.min(height / shape)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const SHAPES: [f64; 5] = [0.3, 0.75, 1.0, 1.25, 3.0];

    fn surfaces(count: u32) -> Vec<Surface> {
        // Telephones upright, screens across, and everything in between.
        (0..count)
            .map(|n| Surface { width: 320 + n * 7919 % 1600, height: 300 + n * 104_729 % 1400 })
            .collect()
    }

    fn classed(surfaces: &[Surface], shape: f64) -> SurfaceClasses {
        let mut classes = SurfaceClasses::default();
        classes.update(surfaces.iter().map(|surface| (*surface, Grade::Sharp)), 1, shape);
        classes
    }

    #[test]
    fn however_many_surfaces_there_are_at_most_four_sizes_are_rendered() {
        for shape in SHAPES {
            for count in [1, 4, 5, 12, 40] {
                let surfaces = surfaces(count);
                let classes = classed(&surfaces, shape);
                let mut rendered: Vec<_> = surfaces
                    .iter()
                    .map(|surface| classes.rendering(*surface, Grade::Sharp).surface)
                    .collect();
                rendered.sort_by_key(|surface| (surface.width, surface.height));
                rendered.dedup();
                assert!(rendered.len() <= MAX_CLASSES, "{count} surfaces, {shape}: {rendered:?}");
                assert!(rendered.iter().all(|one| one.width.max(one.height) <= Surface::MAX));
            }
        }
    }

    #[test]
    fn up_to_four_surfaces_get_exactly_their_own_pixels() {
        let surfaces = surfaces(4);
        let classes = classed(&surfaces, 0.75);
        for surface in surfaces {
            let rendering = classes.rendering(surface, Grade::Sharp);
            assert_eq!(rendering, Rendering { surface, magnification: 1.0 });
            let (width, height) = (f64::from(surface.width), f64::from(surface.height));
            // Whatever the frame turns out to be.
            assert_eq!(rendering.part(surface, 2.0), [0.0, 0.0, width, height]);
        }
    }

    #[test]
    fn a_shared_picture_holds_what_each_of_its_surfaces_shows_and_is_never_coarser() {
        for shape in SHAPES {
            let surfaces = surfaces(40);
            let classes = classed(&surfaces, shape);
            for surface in surfaces {
                let rendering = classes.rendering(surface, Grade::Sharp);
                let [left, top, width, height] = rendering.part(surface, shape);
                let is_coarser = width < f64::from(surface.width) * 0.999;
                let is_limited = rendering.surface.width.max(rendering.surface.height) == Surface::MAX;
                assert!(!is_coarser || is_limited, "{surface:?} in {rendering:?}");
                assert!(left > -0.01 && top > -0.01, "{surface:?} in {rendering:?}: {left} {top}");
                // Not stretched.
                let ratio = (width / height) / (f64::from(surface.width) / f64::from(surface.height));
                assert!((ratio - 1.0).abs() < 1e-9);
            }
        }
    }

    /// With a fifth surface two shared a scaled picture at rest, too, which was called lossless.
    #[test]
    fn at_rest_every_surface_gets_exactly_its_own_pixels_however_many_there_are() {
        for shape in SHAPES {
            let surfaces = surfaces(40);
            let classes = classed(&surfaces, shape);
            let is_shared =
                |surface: &Surface| !classes.rendering(*surface, Grade::Sharp).is_exactly(*surface);
            assert!(surfaces.iter().any(is_shared));
            for surface in surfaces {
                let order = Order { revision: 1, surface, grade: Grade::Sharp, is_at_rest: true };
                let rendering = classes.rendering_of(order);
                assert!(rendering.is_exactly(surface), "{surface:?}: {rendering:?}");
                let moving = classes.rendering_of(Order { is_at_rest: false, ..order });
                assert_eq!(moving, classes.rendering(surface, Grade::Sharp));
            }
        }
    }

    #[test]
    fn a_part_shows_the_same_of_the_frame_as_the_surface_itself_would() {
        // A telephone upright and a screen across share; the frame is higher than it is wide.
        let (phone, screen) = (Surface { width: 780, height: 1600 }, Surface { width: 1600, height: 900 });
        let mut classes = classed(&[phone, screen], 1.25);
        classes.merge();
        for surface in [phone, screen] {
            let rendering = classes.rendering(surface, Grade::Sharp);
            let [_, _, width, _] = rendering.part(surface, 1.25);
            // Pixels of the picture over the whole frame, against those of the part over what the surface shows of it.
            let whole =
                frame_width(f64::from(rendering.surface.width), f64::from(rendering.surface.height), 1.25)
                    * rendering.magnification;
            let own = frame_width(f64::from(surface.width), f64::from(surface.height), 1.25);
            assert!((width / whole - f64::from(surface.width) / own).abs() < 1e-9);
        }
    }

    #[test]
    fn a_picture_of_fewer_pixels_shows_the_same_part() {
        let surfaces = surfaces(9);
        for shape in SHAPES {
            let classes = classed(&surfaces, shape);
            for surface in &surfaces {
                let [_, _, whole, _] = classes.rendering(*surface, Grade::Sharp).part(*surface, shape);
                let [left, top, half, height] =
                    classes.rendering(*surface, Grade::Fair).part(*surface, shape);
                assert!((whole / half - 2.0).abs() < 0.01, "{surface:?}: {whole} {half}");
                let fair = classes.rendering(*surface, Grade::Fair).surface;
                let is_inside =
                    |from: f64, length: f64, side: u32| from > -0.6 && from + length < f64::from(side) + 0.6;
                assert!(is_inside(left, half, fair.width) && is_inside(top, height, fair.height));
            }
        }
    }

    #[test]
    fn what_is_settled_for_a_revision_holds_for_it() {
        let surface = surfaces(1)[0];
        let mut classes = SurfaceClasses::default();
        assert_eq!(classes.in_motion(surface, Grade::Good), Grade::Good);
        classes.update([(surface, Grade::Fair)], 1, 1.0);
        classes.update([(surface, Grade::Sharp)], 1, 1.0);
        assert_eq!(classes.in_motion(surface, Grade::Sharp), Grade::Fair);
        classes.update([(surface, Grade::Sharp)], 2, 1.0);
        assert_eq!(classes.in_motion(surface, Grade::Sharp), Grade::Sharp);
    }

    #[test]
    fn where_four_pictures_are_enough_everybody_gets_what_their_line_bears() {
        let surface = surfaces(1)[0];
        let wanted = Grade::ALL.map(|grade| (surface, grade));
        let mut classes = SurfaceClasses::default();
        classes.update(wanted, 1, 1.0);
        for (surface, grade) in wanted {
            assert_eq!(classes.in_motion(surface, grade), grade);
        }
        // With one more size the fewest give way.
        let other = Surface { width: 640, height: 1200 };
        let two_sharp = [(surface, Grade::Sharp), (surface, Grade::Fair), (other, Grade::Sharp)];
        classes.update(wanted.into_iter().chain(two_sharp), 2, 1.0);
        let made = Grade::ALL.map(|grade| classes.in_motion(surface, grade));
        assert_eq!(made, [Grade::Sharp, Grade::Fair, Grade::Fair, Grade::Rough]);
        assert_eq!(classes.in_motion(other, Grade::Sharp), Grade::Sharp);
    }

    proptest! {
        /// Whoever is there, with whatever line: never finer than the line bears, and never more than four.
        #[test]
        fn of_one_revision_at_most_four_pictures_are_made_while_the_view_moves(
            people in prop::collection::vec((300_u32..2000, 300_u32..1500, 0_usize..4), 1..64),
            shape in 0.3..3.0_f64,
        ) {
            let wanted = people.into_iter().map(|(width, height, grade)| (Surface { width, height }, Grade::ALL[grade]));
            let wanted: Vec<_> = wanted.collect();
            let mut classes = SurfaceClasses::default();
            classes.update(wanted.iter().copied(), 1, shape);
            let mut made = BTreeSet::new();
            for (surface, finest) in wanted {
                let grade = classes.in_motion(surface, finest);
                prop_assert!(grade >= finest);
                let Rendering { surface, magnification } = classes.rendering(surface, grade);
                made.insert((surface.width, surface.height, magnification.to_bits(), grade));
            }
            prop_assert!(made.len() <= MAX_CLASSES, "{:?}", made);
        }
    }

    #[test]
    fn nonsense_for_a_shape_is_a_square() {
        let mut classes = SurfaceClasses::default();
        for shape in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let surfaces = surfaces(9);
            classes.update(surfaces.iter().map(|surface| (*surface, Grade::Fair)), 1, shape);
            assert!(classes.rendering(surfaces[8], Grade::Fair).magnification.is_finite());
        }
    }
}
