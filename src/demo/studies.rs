//! Synthetic studies of one synthetic patient: a CT of the thorax with marks of a radiologist, and a chest radiograph; written as real objects.

mod marks;
mod thorax;

use dicom_core::{DataElement, PrimitiveValue, Tag, VR, dicom_value};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};

use thorax::{Chance, Grid, Thorax};

const SLICES: usize = 60;
const SLICE_MM: f32 = 5.0;
const LOWEST_MM: f32 = -150.0;
const CT_SIDE: usize = 512;
const CT_PIXEL_MM: f32 = 0.7;
/// Stored value 0, in HU.
const CT_INTERCEPT: f32 = -1024.0;
/// The radiograph is computed at half its size.
const CR_SIDE: usize = 512;
const CR_PIXEL_MM: f32 = 0.68;

/// The objects of the demonstration as files: name and bytes. The same seed gives the same bytes.
pub fn demo_objects(seed: u64) -> impl Iterator<Item = (String, Vec<u8>)> {
    let thorax = Thorax::new(seed);
    let radiograph = std::iter::once_with(move || ("CR0001.dcm".to_owned(), radiograph(seed)));
    let mut noise = Noise::new(seed);
    let slices = (0..SLICES).map(move |slice| {
        let bytes = ct_slice(&thorax, &mut noise, seed, slice);
        (format!("CT{:04}.dcm", slice + 1), bytes)
    });
    let marks = std::iter::once_with(move || ("PR0001.dcm".to_owned(), marks::arrow(seed)))
        .chain(std::iter::once_with(move || ("KO0001.dcm".to_owned(), marks::selection(seed))));
    slices.chain(radiograph).chain(marks).filter(|(_, bytes)| !bytes.is_empty())
}

/// Soft noise from a table: independent enough for the eye, and cheap.
struct Noise {
    table: Vec<f32>,
    chance: Chance,
}

impl Noise {
    const SIZE: usize = 1 << 16;

    fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed ^ 0x5EED);
        // The sum of some uniform values is near enough to normal; neighbours share one, as a kernel makes them.
        let raw: Vec<f32> =
            (0..Self::SIZE).map(|_| chance.signed() + chance.signed() + chance.signed()).collect();
        let table = (0..Self::SIZE).map(|i| (raw[i] + 0.6 * raw[(i + 1) % Self::SIZE]) * 0.85).collect();
        Self { table, chance }
    }

    /// Standard deviation about 1, as many values as asked for.
    fn line(&mut self) -> impl Iterator<Item = f32> + '_ {
        let start = self.chance.next() as usize % Self::SIZE;
        self.table[start..].iter().chain(&self.table).copied()
    }
}

/// Where the pixels of a slice lie.
fn ct_grid() -> Grid {
    let first_mm = -(CT_SIDE as f32 - 1.0) / 2.0 * CT_PIXEL_MM;
    Grid {
        columns: CT_SIDE,
        rows: CT_SIDE,
        left_mm: first_mm,
        top_mm: first_mm + 12.0,
        column_mm: CT_PIXEL_MM,
        row_mm: CT_PIXEL_MM,
    }
}

/// How high a slice lies.
fn height_mm(slice: usize) -> f32 {
    LOWEST_MM + slice as f32 * SLICE_MM
}

fn ct_slice(thorax: &Thorax, noise: &mut Noise, seed: u64, slice: usize) -> Vec<u8> {
    let hu = thorax.slice(ct_grid(), height_mm(slice), true);
    let mut stored = Vec::with_capacity(hu.len());
    for line in hu.chunks(CT_SIDE) {
        let grains = noise.line();
        stored.extend(line.iter().zip(grains).map(|(hu, grain)| {
            // Less signal in the middle of the body: more noise where there is tissue.
            let value = hu + grain * if *hu > -300.0 { 13.0 } else { 19.0 };
            // 12 bits with a sign.
            (value - CT_INTERCEPT).round().clamp(0.0, 2047.0) as i16 as u16
        }));
    }
    let mut set = ct_header(seed, slice);
    set.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(stored.into())));
    file(set)
}

/// All of a slice but its pixels.
fn ct_header(seed: u64, slice: usize) -> InMemDicomObject {
    let (grid, z) = (ct_grid(), height_mm(slice));
    let mut set = patient(seed, 1, uids::CT_IMAGE_STORAGE, slice as u128 + 1);
    text(&mut set, tags::STUDY_DESCRIPTION, VR::LO, "CT thorax");
    text(&mut set, tags::SERIES_DESCRIPTION, VR::LO, "Poumons");
    text(&mut set, tags::MODALITY, VR::CS, "CT");
    text(&mut set, tags::STUDY_DATE, VR::DA, "20261120");
    text(&mut set, tags::STUDY_TIME, VR::TM, "101500");
    text(&mut set, tags::IMAGE_TYPE, VR::CS, "ORIGINAL\\PRIMARY\\AXIAL");
    text(&mut set, tags::INSTANCE_NUMBER, VR::IS, &(SLICES - slice).to_string());
    text(&mut set, tags::SLICE_THICKNESS, VR::DS, &format!("{SLICE_MM}"));
    text(&mut set, tags::KVP, VR::DS, "120");
    text(&mut set, tags::PIXEL_SPACING, VR::DS, &format!("{CT_PIXEL_MM}\\{CT_PIXEL_MM}"));
    let position = format!("{:.3}\\{:.3}\\{z:.1}", grid.left_mm, grid.top_mm);
    text(&mut set, tags::IMAGE_POSITION_PATIENT, VR::DS, &position);
    text(&mut set, tags::IMAGE_ORIENTATION_PATIENT, VR::DS, "1\\0\\0\\0\\1\\0");
    text(&mut set, tags::FRAME_OF_REFERENCE_UID, VR::UI, &uid(seed, 1, 9_000));
    text(&mut set, tags::RESCALE_INTERCEPT, VR::DS, &format!("{CT_INTERCEPT}"));
    text(&mut set, tags::RESCALE_SLOPE, VR::DS, "1");
    text(&mut set, tags::RESCALE_TYPE, VR::LO, "HU");
    text(&mut set, tags::WINDOW_CENTER, VR::DS, "40\\-600");
    text(&mut set, tags::WINDOW_WIDTH, VR::DS, "400\\1500");
    text(&mut set, tags::WINDOW_CENTER_WIDTH_EXPLANATION, VR::LO, "Tissus mous\\Poumon");
    pixel_format(&mut set, "MONOCHROME2", CT_SIDE, true);
    set
}

/// The radiograph: rays from front to back through the same thorax.
fn radiograph(seed: u64) -> Vec<u8> {
    let thorax = Thorax::new(seed);
    let row_mm = 4.0;
    let grid = Grid {
        columns: CR_SIDE,
        rows: 64,
        left_mm: -(CR_SIDE as f32 - 1.0) / 2.0 * CR_PIXEL_MM,
        top_mm: -116.0,
        column_mm: CR_PIXEL_MM,
        row_mm,
    };
    let mut rays: Vec<Vec<f32>> = Vec::with_capacity(CR_SIDE);
    for line in 0..CR_SIDE {
        let z = 172.0 - line as f32 * CR_PIXEL_MM;
        let hu = thorax.slice(grid, z, false);
        let mut sums = vec![0.0_f32; CR_SIDE];
        for row in hu.chunks(CR_SIDE) {
            // Attenuation, water is 1 a cm; bone counts more at the energy of a radiograph.
            row.iter().zip(&mut sums).for_each(|(hu, sum)| {
                let density = (hu + 1000.0) / 1000.0;
                *sum += (density + 1.3 * (density - 1.15).max(0.0)) * row_mm / 10.0;
            });
        }
        rays.push(sums);
    }
    let side = CR_SIDE * 2;
    let mut noise = Noise::new(seed ^ 0xC2);
    let mut stored = Vec::with_capacity(side * side);
    for row in 0..side {
        let (upper, lower) = (&rays[row / 2], &rays[(row / 2 + row % 2).min(CR_SIDE - 1)]);
        let grains = noise.line();
        stored.extend((0..side).zip(grains).map(|(column, grain)| {
            let (left, right) = (column / 2, (column / 2 + column % 2).min(CR_SIDE - 1));
            let water_cm = (upper[left] + upper[right] + lower[left] + lower[right]) / 4.0;
            // What passes is bright in the stored values, and MONOCHROME1 shows it dark.
            (3700.0 - 145.0 * water_cm + 9.0 * grain).round().clamp(0.0, 4095.0) as u16
        }));
    }
    let mut set = patient(seed, 2, uids::COMPUTED_RADIOGRAPHY_IMAGE_STORAGE, 1);
    text(&mut set, tags::STUDY_DESCRIPTION, VR::LO, "Radiographie du thorax");
    text(&mut set, tags::SERIES_DESCRIPTION, VR::LO, "Face");
    text(&mut set, tags::MODALITY, VR::CS, "CR");
    text(&mut set, tags::STUDY_DATE, VR::DA, "20261112");
    text(&mut set, tags::STUDY_TIME, VR::TM, "083000");
    text(&mut set, tags::IMAGE_TYPE, VR::CS, "ORIGINAL\\PRIMARY");
    text(&mut set, tags::INSTANCE_NUMBER, VR::IS, "1");
    text(&mut set, tags::VIEW_POSITION, VR::CS, "PA");
    text(&mut set, tags::BODY_PART_EXAMINED, VR::CS, "CHEST");
    text(&mut set, tags::PATIENT_ORIENTATION, VR::CS, "L\\F");
    let spacing = CR_PIXEL_MM / 2.0;
    text(&mut set, tags::IMAGER_PIXEL_SPACING, VR::DS, &format!("{spacing}\\{spacing}"));
    text(&mut set, tags::WINDOW_CENTER, VR::DS, "1900");
    text(&mut set, tags::WINDOW_WIDTH, VR::DS, "3300");
    text(&mut set, tags::WINDOW_CENTER_WIDTH_EXPLANATION, VR::LO, "Normal");
    pixel_format(&mut set, "MONOCHROME1", side, false);
    set.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(stored.into())));
    file(set)
}

fn text(set: &mut InMemDicomObject, tag: Tag, vr: VR, value: &str) {
    set.put(DataElement::new(tag, vr, PrimitiveValue::from(value)));
}

/// A UUID-derived identifier (PS3.5 section B.2).
fn uid(seed: u64, study: u128, part: u128) -> String {
    format!("2.25.{}", (0x5AFE_u128 << 100) | (u128::from(seed) << 32) | (study << 24) | part)
}

/// An object of the patient, with what all have in common.
fn patient(seed: u64, study: u128, class_uid: &str, instance: u128) -> InMemDicomObject {
    let mut set = InMemDicomObject::new_empty();
    text(&mut set, tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192");
    text(&mut set, tags::SOP_CLASS_UID, VR::UI, class_uid);
    text(&mut set, tags::SOP_INSTANCE_UID, VR::UI, &uid(seed, study, 0x1_0000 + instance));
    text(&mut set, tags::STUDY_INSTANCE_UID, VR::UI, &uid(seed, study, 0));
    text(&mut set, tags::SERIES_INSTANCE_UID, VR::UI, &uid(seed, study, 1));
    text(&mut set, tags::PATIENT_NAME, VR::PN, "LEFEVRE^HELENE");
    text(&mut set, tags::PATIENT_ID, VR::LO, "DEMO-0001");
    text(&mut set, tags::PATIENT_BIRTH_DATE, VR::DA, "19580314");
    text(&mut set, tags::PATIENT_SEX, VR::CS, "F");
    text(&mut set, tags::MANUFACTURER, VR::LO, "Parvis (synthetic)");
    text(&mut set, tags::STUDY_ID, VR::SH, &study.to_string());
    text(&mut set, tags::SERIES_NUMBER, VR::IS, "1");
    set
}

/// How the pixels of a square are stored: in 12 of 16 bits.
fn pixel_format(set: &mut InMemDicomObject, photometric: &str, side: usize, is_signed: bool) {
    text(set, tags::PHOTOMETRIC_INTERPRETATION, VR::CS, photometric);
    let numbers = [
        (tags::SAMPLES_PER_PIXEL, 1),
        (tags::ROWS, side as u16),
        (tags::COLUMNS, side as u16),
        (tags::BITS_ALLOCATED, 16),
        (tags::BITS_STORED, 12),
        (tags::HIGH_BIT, 11),
        (tags::PIXEL_REPRESENTATION, u16::from(is_signed)),
    ];
    for (tag, number) in numbers {
        set.put(DataElement::new(tag, VR::US, dicom_value!(U16, [number])));
    }
}

/// The bytes of a file in explicit VR little endian.
fn file(set: InMemDicomObject) -> Vec<u8> {
    let mut bytes = Vec::new();
    let meta = FileMetaTableBuilder::new().transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN);
    let is_written = set.with_meta(meta).is_ok_and(|file| file.write_all(&mut bytes).is_ok());
    // Writing into memory a set that this file composes cannot fail; if it ever does, the object is left out.
    if is_written { bytes } else { Vec::new() }
}

#[cfg(test)]
mod tests;
