//! Lengths on ultrasound, real and generated: what regions say is measured, and between or beside them nothing is; and how the archive answers.

use std::fs;
use std::path::Path;

use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use parvis::archive::{Archive, ArchiveSettings};
use parvis::demo::studies::demo_objects;
use parvis::imaging::{
    CalibrationSource, ContentHash, FrameNumber, LengthUnit, MeasureRefusal, MeasureShape, Measured,
    Quantity, StoredFrame, ValueUnit, decode_frame, measure,
};
use parvis::tasks::Tasks;
use tokio::sync::mpsc;

use crate::support::corpus::{corpus, list};

/// A region as this test reads or makes it: its pixels, both ends inside, and what one measures, mm; `None`: no lengths.
#[derive(Clone, Debug, PartialEq)]
struct Truth {
    x: (u32, u32),
    y: (u32, u32),
    pixel_mm: Option<(f64, f64)>,
    is_low: bool,
}

impl Truth {
    fn holds(&self, (x, y): (u32, u32)) -> bool {
        (self.x.0..=self.x.1).contains(&x) && (self.y.0..=self.y.1).contains(&y)
    }

    fn area(&self) -> u64 {
        u64::from(self.x.1 - self.x.0 + 1) * u64::from(self.y.1 - self.y.0 + 1)
    }
}

/// The region on top at a pixel: of the highest priority, then the smallest.
fn top(regions: &[Truth], pixel: (u32, u32)) -> Option<&Truth> {
    regions.iter().filter(|region| region.holds(pixel)).min_by_key(|region| (region.is_low, region.area()))
}

/// What a length from the middle of a pixel to the middle of another is to be. `None`: refused, in pixels.
fn expected(regions: &[Truth], from: (u32, u32), to: (u32, u32)) -> Option<f64> {
    let (across, down) = (f64::from(to.0) - f64::from(from.0), f64::from(to.1) - f64::from(from.1));
    let sizes = [from, to].map(|pixel| top(regions, pixel).and_then(|region| region.pixel_mm));
    let [Some(one), Some(other)] = sizes else { return None };
    let is_of_both = |region: &&Truth| region.holds(from) && region.holds(to) && region.pixel_mm == Some(one);
    regions.iter().find(is_of_both).filter(|_| one == other)?;
    Some((across * one.0).hypot(down * one.1))
}

fn length(frame: &StoredFrame, from: (u32, u32), to: (u32, u32)) -> Measured {
    let middle = |(x, y): (u32, u32)| {
        ((f64::from(x) + 0.5) / f64::from(frame.columns), (f64::from(y) + 0.5) / f64::from(frame.rows))
    };
    measure(frame, &MeasureShape::Length([middle(from), middle(to)]))
}

/// Checks a length; answers with whether it was one.
fn check(frame: &StoredFrame, regions: &[Truth], from: (u32, u32), to: (u32, u32), of: &str) -> bool {
    let Measured { length, refused, .. } = length(frame, from, to);
    let Quantity { value, unit, source } = length.unwrap();
    let words = || format!("{of}: {from:?} to {to:?}, {value} {unit:?} {source:?} {refused:?}");
    match expected(regions, from, to) {
        Some(mm) => {
            assert_eq!(
                (unit, source, refused),
                (LengthUnit::Mm, Some(CalibrationSource::Ultrasound), None),
                "{}",
                words()
            );
            assert!((value - mm).abs() <= 1e-9 * mm.max(1.0), "{}, not {mm}", words());
            true
        }
        None => {
            let has_length = |pixel| top(regions, pixel).is_some_and(|region| region.pixel_mm.is_some());
            let why = match has_length(from) || has_length(to) {
                true => MeasureRefusal::DifferentRegions,
                false => MeasureRefusal::NoLengthHere,
            };
            assert_eq!((unit, source, refused), (LengthUnit::Pixels, None, Some(why)), "{}", words());
            false
        }
    }
}

/// The regions of an object, read here and not by what is tested.
fn regions_in(set: &InMemDicomObject, columns: u32, rows: u32) -> Vec<Truth> {
    let items = set.element(tags::SEQUENCE_OF_ULTRASOUND_REGIONS).unwrap().items().unwrap();
    let mut found: Vec<Truth> = items
        .iter()
        .map(|item| {
            let whole = |tag| item.element(tag).unwrap().to_int::<u32>().unwrap();
            let delta = |tag| item.element(tag).unwrap().to_float64().unwrap().abs() * 10.0;
            let is_flat = whole(tags::REGION_SPATIAL_FORMAT) == 1
                && whole(tags::PHYSICAL_UNITS_X_DIRECTION) == 3
                && whole(tags::PHYSICAL_UNITS_Y_DIRECTION) == 3;
            Truth {
                x: (whole(tags::REGION_LOCATION_MIN_X0), whole(tags::REGION_LOCATION_MAX_X1)),
                y: (whole(tags::REGION_LOCATION_MIN_Y0), whole(tags::REGION_LOCATION_MAX_Y1)),
                pixel_mm: is_flat.then(|| (delta(tags::PHYSICAL_DELTA_X), delta(tags::PHYSICAL_DELTA_Y))),
                is_low: whole(tags::REGION_FLAGS) & 1 == 1,
            }
        })
        .collect();
    // Written for a picture of another size.
    if found.iter().any(|region| region.x.1 > columns || region.y.1 > rows) {
        found.iter_mut().for_each(|region| region.pixel_mm = None);
    }
    found
}

/// Pixels to measure between: the middle and near the corners of each region, near the corners of the frame, and a grid over it.
fn pixels_of(regions: &[Truth], columns: u32, rows: u32) -> Vec<(u32, u32)> {
    let ends = |(low, high): (u32, u32), size: u32| {
        let high = high.min(size - 1);
        (low <= high).then(|| [low, low.midpoint(high), high])
    };
    let of_regions =
        regions.iter().filter_map(|region| Some((ends(region.x, columns)?, ends(region.y, rows)?)));
    let grid = (0..4).flat_map(|x| (0..4).map(move |y| ((2 * x + 1) * columns / 8, (2 * y + 1) * rows / 8)));
    of_regions
        .flat_map(|(xs, ys)| xs.into_iter().flat_map(move |x| ys.map(|y| (x, y))))
        .chain(grid)
        .chain([(0, 0), (columns - 1, rows - 1)])
        .collect()
}

/// PS3.3 C.8.5.5, on every ultrasound of the corpus that has regions, in its first and its last frame.
#[test]
fn real_ultrasound_is_measured_within_its_regions_and_nowhere_else() {
    let Some(folder) = corpus() else { return };
    let (mut files, mut lengths, mut refusals) = (0, 0, 0);
    for file in list(&folder, "manifest.json").as_array().unwrap() {
        let has_regions = file["has"].as_array().is_some_and(|has| has.iter().any(|one| one == "us_regions"));
        if !has_regions || file["class"] == "broken" {
            continue;
        }
        let name = file["path"].as_str().unwrap();
        let bytes = fs::read(folder.join(name)).unwrap();
        let set = dicom_object::from_reader(&bytes[..]).unwrap();
        let last = file["frames"].as_u64().unwrap_or(1) as u32;
        for number in [1, last] {
            let frame = decode_frame(&bytes, FrameNumber::new(number).unwrap()).unwrap();
            let regions = regions_in(&set, frame.columns, frame.rows);
            let pixels = pixels_of(&regions, frame.columns, frame.rows);
            for from in &pixels {
                for to in &pixels {
                    let is_length = check(&frame, &regions, *from, *to, name);
                    if is_length { lengths += 1 } else { refusals += 1 }
                }
            }
        }
        files += 1;
    }
    assert!(
        files >= 12 && lengths > 1_000 && refusals > 1_000,
        "{files} files, {lengths} lengths, {refusals} refusals"
    );
}

/// Numbers without order, the same for the same seed.
struct Chance(u64);

impl Chance {
    /// From `low` to `high`, both possible.
    fn between(&mut self, low: u32, high: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        low + ((self.0 >> 33) % u64::from(high - low + 1)) as u32
    }
}

const COLUMNS: u32 = 96;
const ROWS: u32 = 72;

/// An ultrasound with some regions: pictures, Dopplers, M-modes and others, that lie beside, over and within each other.
fn ultrasound(chance: &mut Chance) -> (Vec<u8>, Vec<Truth>) {
    let text = |tag: Tag, vr: VR, value: &str| DataElement::new(tag, vr, PrimitiveValue::from(value));
    let short = |tag: Tag, value: u32| DataElement::new(tag, VR::US, PrimitiveValue::from(value as u16));
    let long = |tag: Tag, value: u32| DataElement::new(tag, VR::UL, PrimitiveValue::from(value));
    let double = |tag: Tag, value: f64| DataElement::new(tag, VR::FD, PrimitiveValue::from(value));
    let mut truths: Vec<Truth> = Vec::new();
    let mut items = Vec::new();
    for _ in 0..chance.between(1, 5) {
        let (left, top) = (chance.between(0, COLUMNS - 2), chance.between(0, ROWS - 2));
        let (x, y) = ((left, chance.between(left, COLUMNS - 1)), (top, chance.between(top, ROWS - 1)));
        // Format, and the units across and down: pictures as often as M-mode, Doppler, wave form, graphics, nothing and a percentage together.
        let kinds = [(2, 4, 3), (3, 4, 7), (4, 4, 0), (5, 3, 3), (0, 0, 0), (1, 3, 1)];
        let (format, across, down) = kinds.get(chance.between(0, 11) as usize).copied().unwrap_or((1, 3, 3));
        // Few sizes, so that some are the same.
        let (wide, high) = (f64::from(chance.between(1, 2)) / 64.0, f64::from(chance.between(1, 2)) / 64.0);
        let flags = chance.between(0, 3);
        let truth = Truth {
            x,
            y,
            pixel_mm: ((format, across, down) == (1, 3, 3)).then_some((wide * 10.0, high * 10.0)),
            is_low: flags & 1 == 1,
        };
        // Of two of one size at one priority that overlap, neither is known to lie on top.
        if truths.iter().any(|one| (one.area(), one.is_low) == (truth.area(), truth.is_low)) {
            continue;
        }
        items.push(InMemDicomObject::from_element_iter([
            short(tags::REGION_SPATIAL_FORMAT, format),
            long(tags::REGION_FLAGS, flags),
            long(tags::REGION_LOCATION_MIN_X0, x.0),
            long(tags::REGION_LOCATION_MIN_Y0, y.0),
            long(tags::REGION_LOCATION_MAX_X1, x.1),
            long(tags::REGION_LOCATION_MAX_Y1, y.1),
            short(tags::PHYSICAL_UNITS_X_DIRECTION, across),
            short(tags::PHYSICAL_UNITS_Y_DIRECTION, down),
            double(tags::PHYSICAL_DELTA_X, if chance.between(0, 1) == 0 { wide } else { -wide }),
            double(tags::PHYSICAL_DELTA_Y, high),
        ]));
        truths.push(truth);
    }
    let mut set = InMemDicomObject::from_element_iter([
        text(tags::SOP_CLASS_UID, VR::UI, uids::ULTRASOUND_IMAGE_STORAGE),
        text(tags::SOP_INSTANCE_UID, VR::UI, "2.25.7"),
        text(tags::MODALITY, VR::CS, "US"),
        text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
        DataElement::new(tags::SEQUENCE_OF_ULTRASOUND_REGIONS, VR::SQ, DataSetSequence::from(items)),
    ]);
    let numbers = [
        (tags::SAMPLES_PER_PIXEL, 1),
        (tags::ROWS, ROWS),
        (tags::COLUMNS, COLUMNS),
        (tags::BITS_ALLOCATED, 8),
        (tags::BITS_STORED, 8),
        (tags::HIGH_BIT, 7),
        (tags::PIXEL_REPRESENTATION, 0),
    ];
    numbers.into_iter().for_each(|(tag, number)| {
        set.put(short(tag, number));
    });
    let pixels = vec![0x40_u8; (COLUMNS * ROWS) as usize];
    set.put(DataElement::new(tags::PIXEL_DATA, VR::OB, PrimitiveValue::from(pixels)));
    let mut bytes = Vec::new();
    let meta = FileMetaTableBuilder::new().transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN);
    set.with_meta(meta).unwrap().write_all(&mut bytes).unwrap();
    (bytes, truths)
}

#[test]
fn generated_ultrasound_is_measured_as_its_regions_lie() {
    let (mut lengths, mut refusals) = (0, 0);
    for seed in 0..400 {
        let mut chance = Chance(seed);
        let (bytes, regions) = ultrasound(&mut chance);
        let frame = decode_frame(&bytes, FrameNumber::FIRST).unwrap();
        let mut pixels = pixels_of(&regions, COLUMNS, ROWS);
        pixels.extend((0..8).map(|_| (chance.between(0, COLUMNS - 1), chance.between(0, ROWS - 1))));
        for from in &pixels {
            let to = pixels[chance.between(0, pixels.len() as u32 - 1) as usize];
            let is_length = check(&frame, &regions, *from, to, &format!("seed {seed}"));
            if is_length { lengths += 1 } else { refusals += 1 }
        }
    }
    assert!(lengths > 1_000 && refusals > 1_000, "{lengths} lengths, {refusals} refusals");
}

async fn kept(archive: &Archive, path: &Path, bytes: &[u8]) -> ContentHash {
    fs::write(path, bytes).unwrap();
    let (progress, _) = mpsc::channel(1);
    let receipt = archive.receive(path, "object", progress).await.unwrap();
    receipt.received[0].instance.content
}

#[tokio::test]
async fn the_archive_measures_what_it_keeps_and_says_why_where_it_cannot() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = ArchiveSettings::new(
        folder.path().join("archive"),
        env!("CARGO_BIN_EXE_parvis").into(),
        crate::support::db::keys(),
    );
    settings.workers = 1;
    let archive = Archive::open(settings, &Tasks::default()).await.unwrap();
    let bytes = demo_objects(11).next().unwrap().1;
    let content = kept(&archive, &folder.path().join("slice"), &bytes).await;
    let frame = decode_frame(&bytes, FrameNumber::FIRST).unwrap();
    for shape in [
        MeasureShape::Length([(0.25, 0.25), (0.75, 0.5)]),
        MeasureShape::Angle([(0.2, 0.3), (0.4, 0.5), (0.9, 0.1)]),
        MeasureShape::Ellipse([(0.25, 0.25), (0.5, 0.6)]),
        MeasureShape::Rectangle([(0.1, 0.1), (0.12, 0.12)]),
        MeasureShape::Probe((0.5, 0.5)),
    ] {
        let told = archive.measure(content, FrameNumber::FIRST, &shape).await;
        let truth = measure(&frame, &shape);
        // Numbers that went through text may differ in their last digit.
        assert_eq!(format!("{:.9?}", told), format!("{:.9?}", truth));
        assert_eq!(told.refused, None);
    }
    // 128 pixels across and 64 down, of 0.7 mm.
    let line = MeasureShape::Length([(0.25, 0.25), (0.5, 0.375)]);
    let told = archive.measure(content, FrameNumber::FIRST, &line).await.length.unwrap();
    assert!((told.value - 0.7 * 128.0_f64.hypot(64.0)).abs() < 1e-4, "{told:?}");
    let region = MeasureShape::Ellipse([(0.25, 0.25), (0.5, 0.6)]);
    let values = archive.measure(content, FrameNumber::FIRST, &region).await.values.unwrap();
    assert_eq!(values.unit, ValueUnit::Hu);

    let why = async |content, frame: u32, shape| {
        archive.measure(content, FrameNumber::new(frame).unwrap(), &shape).await
    };
    let failed = Measured::refused(MeasureRefusal::FrameFailed);
    assert_eq!(why(content, 2, line).await, failed, "there is no second frame");
    assert_eq!(why(ContentHash([7; 32]), 1, line).await, failed, "there is no such object");
    let nowhere = MeasureShape::Probe((f64::NAN, 0.5));
    assert_eq!(why(content, 1, nowhere).await, Measured::refused(MeasureRefusal::OutsideFrame));
}
