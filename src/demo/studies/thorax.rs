//! A synthetic thorax: plain shapes in millimetres, painted slice by slice. No person, no scanner.
//!
//! Axes are the patient's (PS3.3 C.7.6.2.1.1): x to the left, y to the back, z to the head. Values are Hounsfield units.

const FAT_HU: f32 = -95.0;
const MUSCLE_HU: f32 = 55.0;
const LUNG_HU: f32 = -870.0;
const BLOOD_HU: f32 = 185.0;
const LIVER_HU: f32 = 108.0;
const CORTEX_HU: f32 = 720.0;
const MARROW_HU: f32 = 230.0;
/// Height of a vertebra with its disc, mm.
const VERTEBRA_MM: f32 = 24.0;

/// Chance that is the same for the same seed (SplitMix64).
#[derive(Clone, Debug)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Between -1 and 1.
    pub(super) fn signed(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u32 << 23) as f32 - 1.0
    }
}

/// Where the pixels of a slice lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    pub(super) columns: usize,
    pub(super) rows: usize,
    /// Centre of the first pixel, mm.
    pub(super) left_mm: f32,
    pub(super) top_mm: f32,
    pub(super) column_mm: f32,
    pub(super) row_mm: f32,
}

#[derive(Clone, Copy, Debug)]
struct Point {
    x: f32,
    y: f32,
    z: f32,
}

const fn at(x: f32, y: f32, z: f32) -> Point {
    Point { x, y, z }
}

/// A piece of a vessel.
#[derive(Clone, Copy, Debug)]
struct Branch {
    from: Point,
    to: Point,
    radius_mm: f32,
}

/// What is the same in all slices.
#[derive(Debug)]
pub(super) struct Thorax {
    vessels: Vec<Branch>,
    /// Soft grain, between about -1 and 1, in a square of [`GRAIN`] x [`GRAIN`] mm.
    grain: Vec<f32>,
}

const GRAIN: usize = 256;

/// One slice while it is painted.
struct Canvas {
    grid: Grid,
    hu: Vec<f32>,
}

impl Thorax {
    pub(super) fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let mut vessels = Vec::new();
        for side in [-1.0, 1.0] {
            for trunk in 0..16 {
                let turn = trunk as f32 / 16.0 * std::f32::consts::TAU + chance.signed() * 0.25;
                let out = side * (0.5 + 0.4 * chance.signed().abs());
                let direction = at(out, 0.85 * turn.cos(), 1.25 * turn.sin());
                let hilum = at(side * 36.0, 8.0 + chance.signed() * 6.0, 14.0 + chance.signed() * 12.0);
                grow(&mut vessels, &mut chance, hilum, direction, 3.8, 0);
            }
        }
        Self { vessels, grain: grain(&mut chance) }
    }

    fn grain_at(&self, x: f32, y: f32, z: f32) -> f32 {
        // A different part of the square for every slice.
        let column = (x + z * 7.3 + 4096.0) as usize % GRAIN;
        let row = (y + z * 3.1 + 4096.0) as usize % GRAIN;
        self.grain[row * GRAIN + column]
    }

    /// The slice at a height, without noise.
    pub(super) fn slice(&self, grid: Grid, z: f32, has_table: bool) -> Vec<f32> {
        let mut canvas = Canvas { grid, hu: vec![-1000.0; grid.columns * grid.rows] };
        self.paint_trunk(&mut canvas, z, has_table);
        if z < -25.0 {
            abdomen(&mut canvas, z);
        }
        self.paint_vessels(&mut canvas, z);
        great_vessels(&mut canvas, z);
        heart(&mut canvas, z);
        airways(&mut canvas, z);
        spine(&mut canvas, z);
        cage(&mut canvas, z);
        canvas.hu
    }

    /// Skin, fat, muscle, lungs, and what lies below the diaphragm.
    fn paint_trunk(&self, canvas: &mut Canvas, z: f32, has_table: bool) {
        let grid = canvas.grid;
        let (a, b) = (163.0 - 0.0004 * (z - 30.0) * (z - 30.0), 110.0 - 0.0004 * (z + 40.0) * (z + 40.0));
        let size = cavity(z);
        let mediastinum = 23.0 + 9.0 * bump((z - 5.0) / 60.0) + 14.0 * bump((z + 60.0) / 45.0);
        // Bends that keep outlines from being ellipses: one table for rows, one for columns.
        let bend_x: Vec<f32> = (0..grid.rows)
            .map(|row| grid.top_mm + row as f32 * grid.row_mm)
            .map(|y| 3.5 * (y / 31.0 + z / 47.0).sin() + 1.6 * (y / 11.0 - z / 19.0).sin())
            .collect();
        let bend_y: Vec<f32> = (0..grid.columns)
            .map(|column| grid.left_mm + column as f32 * grid.column_mm)
            .map(|x| 3.0 * (x / 37.0 - z / 53.0).sin() + 1.4 * (x / 13.0 + z / 23.0).sin())
            .collect();
        for (row, bend_x) in bend_x.into_iter().enumerate() {
            let y = grid.top_mm + row as f32 * grid.row_mm;
            let line = &mut canvas.hu[row * grid.columns..][..grid.columns];
            for (column, hu) in line.iter_mut().enumerate() {
                let x = grid.left_mm + column as f32 * grid.column_mm;
                if has_table {
                    let table = y - 134.0 - 0.0011 * x * x;
                    if (table.abs() < 1.6 || (table - 20.0).abs() < 1.2) && x.abs() < 168.0 {
                        *hu = -350.0;
                    }
                }
                let (u, v) = (x + 0.5 * bend_x, y - 9.0 + 0.5 * bend_y[column]);
                let skin = inside(u / a, v / b, b);
                if skin < -1.0 {
                    continue;
                }
                let (u, v) = (x + bend_x, y - 8.0 + bend_y[column]);
                let muscle = inside(u / (a - 13.0), v / (b - 11.0), b);
                let grain = self.grain_at(x, y, z);
                let mut tissue = mix(FAT_HU + 12.0 * grain, MUSCLE_HU + 18.0 * grain, cover(muscle, 0.8));
                if muscle > 1.0 {
                    // Fat between the muscles of the wall.
                    let layer = (muscle * 0.5 + 0.03 * x + 0.2 * bend_x + 0.25 * grain).sin();
                    tissue = mix(tissue, FAT_HU + 25.0, 0.8 * cover(layer - 0.9, 0.1));
                }
                if size > 0.2 {
                    let wall = inside(
                        (x + 0.8 * bend_x) / (130.0 * size),
                        (y + 0.6 * bend_y[column]) / (86.0 * size.max(0.35)),
                        86.0 * size,
                    );
                    if wall > -2.0 {
                        let hollow = self.hollow(x + bend_x, y, z, mediastinum, grain);
                        tissue = mix(tissue, hollow, cover(wall, 0.7));
                    }
                }
                *hu = mix(*hu, mix(20.0, tissue, cover(skin - 1.6, 0.7)), cover(skin, 0.7));
            }
        }
    }

    /// Inside the cage: lung, mediastinum, or below the diaphragm.
    fn hollow(&self, x: f32, y: f32, z: f32, mediastinum: f32, grain: f32) -> f32 {
        let lung = LUNG_HU + 0.35 * y - 0.12 * z + 26.0 * grain;
        let middle = ball((x - 3.0) / mediastinum, (y - 8.0) / 84.0, mediastinum)
            .max(ball(x / 31.0, (y - 70.0) / 30.0, 30.0))
            .max(ball((x - 18.0) / 15.0, (y - 46.0) / 16.0, 15.0));
        let mut hu = mix(lung, FAT_HU + 22.0 * grain + 15.0, cover(middle, 0.8));
        let right = -46.0 - 0.0085 * (x + 58.0) * (x + 58.0) - 0.0105 * (y + 12.0) * (y + 12.0);
        let left = -60.0 - 0.0095 * (x - 64.0) * (x - 64.0) - 0.0105 * (y + 8.0) * (y + 8.0);
        let (dome, below) =
            if x < 14.0 { (right, LIVER_HU + 9.0 * grain) } else { (left, FAT_HU + 18.0 * grain) };
        let under = cover(dome - z, 1.6);
        if under > 0.0 {
            // The diaphragm itself is a thin sheet of muscle.
            let sheet = if dome - z < 4.0 { MUSCLE_HU } else { below };
            hu = mix(hu, sheet, under);
        }
        hu
    }

    fn paint_vessels(&self, canvas: &mut Canvas, z: f32) {
        for branch in &self.vessels {
            let reach = branch.radius_mm + 2.5;
            let (low, high) = (branch.from.z.min(branch.to.z), branch.from.z.max(branch.to.z));
            if z < low - reach || z > high + reach {
                continue;
            }
            canvas.tube(*branch, z, |hu| if hu < -400.0 { Some(45.0) } else { None });
        }
        // The finding: a solid nodule of 14 mm with a rough edge, in the right upper lobe.
        let (center, radius) = (at(-78.0, -8.0, 62.0), 7.0_f32);
        let dz = z - center.z;
        if dz.abs() < radius {
            let round = (radius * radius - dz * dz).sqrt();
            canvas.ellipse(center.x, center.y, round, round * 0.9, 0.4, 48.0, 1.0);
            for spike in 0..9 {
                let turn = spike as f32 * 0.7;
                let tip = at(center.x + (round + 3.5) * turn.cos(), center.y + (round + 3.5) * turn.sin(), z);
                canvas.tube(Branch { from: at(center.x, center.y, z), to: tip, radius_mm: 0.55 }, z, |hu| {
                    (hu < -300.0).then_some(-120.0)
                });
            }
        }
    }
}

/// One branch and those that come out of it.
fn grow(
    vessels: &mut Vec<Branch>,
    chance: &mut Chance,
    from: Point,
    direction: Point,
    radius_mm: f32,
    depth: u32,
) {
    let norm = (direction.x.powi(2) + direction.y.powi(2) + direction.z.powi(2)).sqrt().max(1e-3);
    let length = (19.0 - 1.1 * depth as f32) * (1.0 + 0.35 * chance.signed()) / norm;
    let to = at(from.x + direction.x * length, from.y + direction.y * length, from.z + direction.z * length);
    vessels.push(Branch { from, to, radius_mm });
    let size = cavity(to.z);
    let is_inside = (to.x / (125.0 * size.max(0.1))).powi(2) + (to.y / (82.0 * size.max(0.1))).powi(2) < 1.0;
    if depth >= 7 || !is_inside {
        return;
    }
    let mut turned = |by: f32| {
        at(
            direction.x / norm + by * chance.signed(),
            direction.y / norm + by * chance.signed(),
            direction.z / norm + by * chance.signed(),
        )
    };
    let (main, side) = (turned(0.45), turned(1.0));
    grow(vessels, chance, to, main, radius_mm * 0.84, depth + 1);
    grow(vessels, chance, to, side, radius_mm * 0.62, depth + 1);
}

/// Smooth grain that repeats without a seam.
fn grain(chance: &mut Chance) -> Vec<f32> {
    let raw: Vec<f32> = (0..GRAIN * GRAIN).map(|_| chance.signed()).collect();
    let value = |row: usize, column: usize| raw[(row % GRAIN) * GRAIN + column % GRAIN];
    (0..GRAIN * GRAIN)
        .map(|place| {
            let (row, column) = (place / GRAIN, place % GRAIN);
            let sum: f32 = (0..9).map(|near| value(row + near / 3, column + near % 3)).sum();
            sum / 3.2
        })
        .collect()
}

/// The size of the cage at a height, 1 below the middle, 0 above the tips of the lungs.
fn cavity(z: f32) -> f32 {
    let up = ((z - 10.0) / 118.0).max(0.0);
    (1.0 - up * up).max(0.0).sqrt() * (1.0 - 0.12 * up)
}

/// 1 at 0, 0 beyond 1.
fn bump(t: f32) -> f32 {
    let rest = (1.0 - t * t).max(0.0);
    rest * rest
}

/// Depth inside a rounded box, about in mm near its edge. `u`, `v`: 1 at the edge.
fn inside(u: f32, v: f32, radius_mm: f32) -> f32 {
    let (u, v) = (u * u, v * v);
    (1.0 - 0.5 * (u + v) - 0.5 * (u * u + v * v)) * 0.36 * radius_mm
}

/// Depth inside an ellipse, about in mm near its edge.
fn ball(u: f32, v: f32, radius_mm: f32) -> f32 {
    (1.0 - u * u - v * v) * 0.5 * radius_mm
}

/// How much of a pixel is covered at a depth, 0..=1.
fn cover(depth_mm: f32, soft_mm: f32) -> f32 {
    (0.5 + 0.5 * depth_mm / soft_mm).clamp(0.0, 1.0)
}

fn mix(from: f32, to: f32, share: f32) -> f32 {
    from + (to - from) * share
}

impl Canvas {
    /// Calls for every pixel in a box, with its place in mm.
    fn each(&mut self, x: (f32, f32), y: (f32, f32), mut paint: impl FnMut(f32, f32, &mut f32)) {
        let Grid { columns, rows, left_mm, top_mm, column_mm, row_mm } = self.grid;
        let index = |mm: f32, first: f32, step: f32, count: usize| {
            ((mm - first) / step).clamp(0.0, count as f32) as usize
        };
        let (first, end) =
            (index(x.0, left_mm, column_mm, columns), index(x.1 + column_mm, left_mm, column_mm, columns));
        for row in index(y.0, top_mm, row_mm, rows)..index(y.1 + row_mm, top_mm, row_mm, rows) {
            let at_y = top_mm + row as f32 * row_mm;
            for column in first..end {
                paint(left_mm + column as f32 * column_mm, at_y, &mut self.hu[row * columns + column]);
            }
        }
    }

    /// An ellipse, turned by `turn` radians.
    #[expect(clippy::too_many_arguments, reason = "place, form and tone of one shape")]
    fn ellipse(&mut self, x: f32, y: f32, a: f32, b: f32, turn: f32, hu: f32, soft_mm: f32) {
        if a < 0.3 || b < 0.3 {
            return;
        }
        let (sin, cos) = turn.sin_cos();
        let reach = a.max(b) + soft_mm;
        self.each((x - reach, x + reach), (y - reach, y + reach), |px, py, value| {
            let (dx, dy) = (px - x, py - y);
            let depth = ball((dx * cos + dy * sin) / a, (dy * cos - dx * sin) / b, a.min(b));
            let share = cover(depth, soft_mm);
            if share > 0.0 {
                *value = mix(*value, hu, share);
            }
        });
    }

    fn disc(&mut self, x: f32, y: f32, radius: f32, hu: f32) {
        self.ellipse(x, y, radius, radius, 0.0, hu, 0.7);
    }

    /// A bone: hard outside, soft inside.
    fn bone(&mut self, from: (f32, f32), to: (f32, f32), radius: f32, cortex_mm: f32) {
        let branch = |radius_mm| Branch { from: at(from.0, from.1, 0.0), to: at(to.0, to.1, 0.0), radius_mm };
        self.tube(branch(radius), 0.0, |_| Some(CORTEX_HU));
        if radius > cortex_mm + 0.5 {
            self.tube(branch(radius - cortex_mm), 0.0, |_| Some(MARROW_HU));
        }
    }

    /// Where a slice of some thickness cuts a tube. `tone` says what becomes of a value, if anything.
    fn tube(&mut self, branch: Branch, z: f32, tone: impl Fn(f32) -> Option<f32>) {
        let Branch { from, to, radius_mm } = branch;
        let (dx, dy, dz) = (to.x - from.x, to.y - from.y, to.z - from.z);
        let square = (dx * dx + dy * dy + dz * dz).max(1e-3);
        let reach = radius_mm + 0.8;
        // Only the part of the tube that is near the slice.
        let (mut start, mut end) = (0.0_f32, 1.0_f32);
        if dz.abs() > 0.5 {
            let near = reach + 2.0;
            let (one, other) = ((z - near - from.z) / dz, (z + near - from.z) / dz);
            start = one.min(other).clamp(0.0, 1.0);
            end = one.max(other).clamp(0.0, 1.0);
        }
        let (x0, x1) = (from.x + dx * start, from.x + dx * end);
        let (y0, y1) = (from.y + dy * start, from.y + dy * end);
        let height = z - from.z;
        self.each(
            (x0.min(x1) - reach, x0.max(x1) + reach),
            (y0.min(y1) - reach, y0.max(y1) + reach),
            |px, py, value| {
                let (ex, ey) = (px - from.x, py - from.y);
                let along = ((ex * dx + ey * dy + height * dz) / square).clamp(0.0, 1.0);
                let (fx, fy) = (ex - along * dx, ey - along * dy);
                // The slice has a thickness: what lies just above or below still counts.
                let fz = ((height - along * dz).abs() - 1.2).max(0.0);
                let gap = fx * fx + fy * fy + fz * fz;
                if gap > reach * reach {
                    return;
                }
                let share = cover(radius_mm - gap.sqrt(), 0.8);
                if let Some(hu) = tone(*value) {
                    *value = mix(*value, hu, share);
                }
            },
        );
    }
}

fn great_vessels(canvas: &mut Canvas, z: f32) {
    let between = |low: f32, high: f32| (low..high).contains(&z);
    let drift = z / 150.0;
    // Descending aorta, oesophagus, azygos vein.
    if z < 58.0 {
        canvas.disc(19.0 + 6.0 * drift, 47.0 - 3.0 * drift, 12.5, BLOOD_HU);
    }
    canvas.ellipse(6.0, 32.0, 8.0, 5.5, 0.3, 42.0, 0.8);
    canvas.disc(-7.0, 46.0, 4.0, BLOOD_HU - 40.0);
    if between(-12.0, 52.0) {
        canvas.disc(-11.0 + 3.0 * drift, -24.0 + 5.0 * drift, 16.0, BLOOD_HU + 8.0);
    }
    if between(-8.0, 96.0) {
        canvas.ellipse(-27.0 + 6.0 * drift, -14.0, 8.5, 10.0, 0.2, BLOOD_HU + 40.0, 0.8);
    }
    if between(52.0, 68.0) {
        let arch = Branch { from: at(-10.0, -20.0, z), to: at(22.0, 40.0, z), radius_mm: 12.0 };
        canvas.tube(arch, z, |_| Some(BLOOD_HU + 6.0));
    }
    if z >= 68.0 {
        for (x, y, radius) in [(-14.0, -14.0, 7.0), (6.0, -10.0, 4.5), (20.0, 4.0, 5.5)] {
            canvas.disc(x * (1.0 + 0.003 * (z - 68.0)), y, radius, BLOOD_HU);
        }
        canvas.ellipse(14.0, -30.0, 12.0, 5.5, -0.4, BLOOD_HU + 25.0, 0.8);
        canvas.ellipse(-24.0, -26.0, 7.5, 6.0, 0.4, BLOOD_HU + 30.0, 0.8);
    }
    let lung_artery = |canvas: &mut Canvas, from: (f32, f32), to: (f32, f32), radius_mm: f32| {
        let branch = Branch { from: at(from.0, from.1, z), to: at(to.0, to.1, z), radius_mm };
        canvas.tube(branch, z, |_| Some(BLOOD_HU + 28.0));
    };
    if between(2.0, 32.0) {
        lung_artery(canvas, (16.0, -34.0), (18.0, -26.0), 14.0);
    }
    if between(12.0, 28.0) {
        lung_artery(canvas, (14.0, -18.0), (-22.0, -4.0), 9.5);
        lung_artery(canvas, (-22.0, -4.0), (-44.0, 8.0), 7.5);
    }
    if between(20.0, 36.0) {
        lung_artery(canvas, (18.0, -26.0), (34.0, 4.0), 10.5);
        lung_artery(canvas, (34.0, 4.0), (46.0, 16.0), 7.5);
    }
    // Lower lobe arteries beside their bronchi.
    if between(-40.0, 14.0) {
        let sink = (14.0 - z) * 0.3;
        canvas.disc(-44.0 - sink, 12.0 + sink, 7.0 - 0.25 * sink, BLOOD_HU + 10.0);
        canvas.disc(45.0 + sink, 16.0 + sink, 6.5 - 0.25 * sink, BLOOD_HU + 10.0);
    }
}

fn heart(canvas: &mut Canvas, z: f32) {
    let t = (z + 40.0) / 52.0;
    if t.abs() >= 1.0 {
        return;
    }
    let s = (1.0 - t * t).sqrt();
    let low = (-t).max(0.0) * 12.0;
    let (x, y) = (19.0 + low, -20.0 - low * 0.6);
    canvas.ellipse(x, y, 66.0 * s, 50.0 * s, 0.62, FAT_HU + 12.0, 1.4);
    canvas.ellipse(x, y, 62.0 * s, 45.5 * s, 0.62, 118.0, 1.0);
    // Left ventricle with its papillary muscles, right ventricle, septum between them.
    canvas.ellipse(x + 22.0, y + 11.0, 33.0 * s, 19.0 * s, 0.66, BLOOD_HU + 4.0, 1.6);
    canvas.ellipse(x + 30.0, y + 22.0, 6.5 * s, 4.0 * s, 0.5, 125.0, 1.0);
    canvas.ellipse(x + 34.0, y + 9.0, 5.0 * s, 3.5 * s, 0.5, 125.0, 1.0);
    canvas.ellipse(x - 3.0, y - 20.0, 38.0 * s, 16.0 * s, 0.72, BLOOD_HU + 22.0, 1.6);
    canvas.ellipse(x - 37.0, y + 2.0, 18.0 * s, 23.0 * s, 0.2, BLOOD_HU + 26.0, 1.4);
    if t > -0.45 {
        canvas.ellipse(x - 14.0, y + 33.0, 29.0 * s, 15.0 * s, 0.05, BLOOD_HU + 2.0, 1.2);
        for side in [-1.0, 1.0] {
            let vein = Branch {
                from: at(x - 14.0 + side * 20.0, y + 34.0, z),
                to: at(x - 14.0 + side * 46.0, y + 44.0, z),
                radius_mm: 5.0 * s,
            };
            if (-0.1..0.35).contains(&t) {
                canvas.tube(vein, z, |_| Some(BLOOD_HU));
            }
        }
    }
}

fn airways(canvas: &mut Canvas, z: f32) {
    let tube = |canvas: &mut Canvas, from: Point, to: Point, radius_mm: f32| {
        canvas.tube(Branch { from, to, radius_mm: radius_mm + 1.4 }, z, |_| Some(35.0));
        canvas.tube(Branch { from, to, radius_mm }, z, |_| Some(-990.0));
    };
    let carina = at(-1.0, 12.0, 34.0);
    tube(canvas, at(0.0, 2.0, 170.0), carina, 8.8);
    tube(canvas, carina, at(-30.0, 17.0, 16.0), 6.8);
    tube(canvas, carina, at(36.0, 20.0, 8.0), 6.2);
    tube(canvas, at(-30.0, 17.0, 16.0), at(-52.0, 22.0, 38.0), 3.6);
    tube(canvas, at(-30.0, 17.0, 16.0), at(-46.0, 24.0, -30.0), 4.4);
    tube(canvas, at(36.0, 20.0, 8.0), at(56.0, 12.0, 30.0), 3.4);
    tube(canvas, at(36.0, 20.0, 8.0), at(52.0, 30.0, -34.0), 4.2);
}

fn spine(canvas: &mut Canvas, z: f32) {
    let level = (z + 240.0).rem_euclid(VERTEBRA_MM);
    let wide = 1.0 + (30.0 - z).max(0.0) * 0.0012;
    // Muscles of the back on both sides.
    for side in [-1.0, 1.0] {
        canvas.ellipse(side * 30.0, 97.0, 23.0, 12.0, side * -0.2, 60.0, 1.2);
    }
    if level < 4.5 {
        canvas.ellipse(0.0, 66.0, 16.5 * wide, 13.0 * wide, 0.0, 92.0, 0.8);
    } else {
        // Denser near the end plates.
        let edge = (level - 4.5).min(VERTEBRA_MM - level);
        let marrow = MARROW_HU - 30.0 + 170.0 * (1.0 - edge / 3.0).max(0.0);
        canvas.ellipse(0.0, 66.0, 16.0 * wide, 12.6 * wide, 0.0, CORTEX_HU - 120.0, 0.7);
        canvas.ellipse(0.0, 66.0, 14.4 * wide, 11.0 * wide, 0.0, marrow, 1.0);
    }
    let has_arch = level > 7.0;
    if has_arch {
        canvas.ellipse(0.0, 87.0, 13.5, 11.5, 0.0, CORTEX_HU - 60.0, 0.8);
        for side in [-1.0, 1.0] {
            canvas.bone((side * 10.0, 82.0), (side * 12.0, 76.0), 3.6, 1.2);
            if (9.0..19.0).contains(&level) {
                canvas.bone((side * 12.0, 88.0), (side * 33.0, 95.0), 4.4, 1.4);
            }
        }
    } else {
        canvas.ellipse(0.0, 87.0, 11.0, 9.5, 0.0, 55.0, 0.8);
    }
    let spinous = 101.0 + 0.5 * level;
    canvas.bone((0.0, 97.0), (0.0, spinous), if has_arch { 3.4 } else { 2.4 }, 1.1);
    canvas.ellipse(0.0, 86.5, 9.2, 7.8, 0.0, FAT_HU + 50.0, 0.8);
    canvas.ellipse(0.0, 86.5, 7.2, 6.2, 0.0, 30.0, 0.8);
}

/// Ribs, breastbone, shoulder blades and collar bones.
fn cage(canvas: &mut Canvas, z: f32) {
    for rib in 0..12 {
        let top = 138.0 - 24.0 * rib as f32;
        // A rib falls from the spine to the front; the short ones do not get there.
        let fall = 60.0 + 3.5 * (rib as f32).min(7.0);
        let reach: f32 = [0.95, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.98, 0.93, 0.88, 0.6, 0.4][rib];
        for side in [-1.0, 1.0] {
            let mut last: Option<(f32, f32, f32)> = None;
            for step in 0..=8 {
                let offset = (step as f32 - 4.0) / 4.0;
                let along = (top - z + offset * 5.6) / fall;
                if !(0.0..=reach).contains(&along) {
                    last = None;
                    continue;
                }
                let turn = 0.24 + 2.45 * along.powf(0.86);
                let size = cavity(z).max(0.42);
                let (x, y) = ((130.0 * size + 5.0) * turn.sin(), (85.0 * size + 5.0) * turn.cos());
                // The box is rounder than an ellipse.
                let round = 1.0 + 0.075 * (2.0 * turn).sin().powi(2);
                let (x, y) = (side * x * round, y * round);
                let thick = 4.6 * (1.0 - 0.75 * offset * offset).sqrt();
                if let Some((px, py, pthick)) = last {
                    let radius = thick.min(pthick);
                    if along > 0.84 {
                        let cartilage =
                            Branch { from: at(px, py, 0.0), to: at(x, y, 0.0), radius_mm: radius };
                        canvas.tube(cartilage, 0.0, |_| Some(125.0));
                    } else {
                        canvas.bone((px, py), (x, y), radius, 1.3);
                    }
                }
                last = Some((x, y, thick));
            }
        }
    }
    if (-62.0..84.0).contains(&z) {
        let front = -85.0 * cavity(z).max(0.62) - 7.0;
        canvas.ellipse(0.0, front, if z > 45.0 { 24.0 } else { 15.0 }, 5.6, 0.0, CORTEX_HU - 250.0, 0.8);
        canvas.ellipse(0.0, front, if z > 45.0 { 22.0 } else { 13.0 }, 3.9, 0.0, MARROW_HU - 60.0, 0.8);
    }
    if (5.0..132.0).contains(&z) {
        let up = (z - 5.0) / 127.0;
        for side in [-1.0, 1.0] {
            let inner = (side * (92.0 - 8.0 * up), 82.0 - 12.0 * up);
            let outer = (side * (122.0 + 12.0 * up), 64.0 - 36.0 * up);
            canvas.bone(inner, outer, 0.6 + 2.6 * bump(2.0 * up - 1.0), 1.2);
        }
    }
    for side in [-1.0, 1.0] {
        let collar = |radius_mm| Branch {
            from: at(side * 22.0, -68.0, 92.0),
            to: at(side * 132.0, -24.0, 126.0),
            radius_mm,
        };
        canvas.tube(collar(6.0), z, |_| Some(CORTEX_HU));
        canvas.tube(collar(4.2), z, |_| Some(MARROW_HU));
    }
}

/// Spleen, stomach and the great veins below the diaphragm.
fn abdomen(canvas: &mut Canvas, z: f32) {
    let below = |top: f32| (1.0 - ((z - (top - 55.0)) / 55.0).powi(2)).max(0.0).sqrt();
    if z < -78.0 {
        let s = below(-78.0);
        canvas.ellipse(98.0, 38.0, 17.0 * s, 36.0 * s, 0.35, 122.0, 1.2);
        canvas.ellipse(56.0, -20.0, 40.0 * s, 33.0 * s, 0.3, 60.0, 1.2);
        canvas.ellipse(56.0, -20.0, 36.0 * s, 29.0 * s, 0.3, 18.0, 1.2);
        canvas.ellipse(54.0, -38.0, 25.0 * s, 12.0 * s, 0.1, -980.0, 1.0);
    }
    canvas.ellipse(-20.0, 14.0, 12.0, 9.0, 0.2, 130.0, 1.0);
    if z < -70.0 {
        let s = below(-70.0);
        for (x, y, a, turn) in [(-52.0, 0.0, 17.0, 0.5), (-72.0, -28.0, 13.0, -0.5), (-60.0, 34.0, 12.0, 1.1)]
        {
            canvas.ellipse(x, y, a * s, 2.6, turn, 150.0, 1.4);
        }
    }
}
