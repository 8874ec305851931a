//! What is rendered and decoded: objects of the sizes that hospitals have, made anew in every run and the same each time.

use std::io::Cursor;

use anyhow::{Context, Result};
use dicom_core::{DataElement, PrimitiveValue, VR, dicom_value};
use dicom_dictionary_std::tags;
use dicom_object::{DefaultDicomObject, OpenFileOptions};

/// The synthetic studies of the measurements: the same pictures in every run.
pub const SEED: u64 = 1;
/// Of the radiograph, as a flat detector gives it.
pub const CR: (usize, usize) = (2500, 3000);

/// One slice of a CT, 512 x 512, and a radiograph, 2500 columns x 3000 rows; both uncompressed.
pub struct Objects {
    ct: DefaultDicomObject,
    cr: DefaultDicomObject,
}

impl Objects {
    pub fn make() -> Result<Self> {
        let (mut ct, mut cr) = (None, None);
        for (place, (name, bytes)) in parvis::demo::studies::demo_objects(SEED).enumerate() {
            if name.starts_with("CR") {
                cr = Some(open(&bytes)?);
            } else if place == 30 {
                ct = Some(open(&bytes)?);
            }
        }
        let mut cr = cr.context("the demonstration has no radiograph")?;
        enlarge(&mut cr)?;
        Ok(Self { ct: ct.context("the demonstration has no CT")?, cr })
    }

    /// The CT slice as a series of its own; each number gives another object.
    pub fn ct(&self, number: usize) -> Result<Vec<u8>> {
        copy(&self.ct, number)
    }

    /// The radiograph, likewise.
    pub fn cr(&self, number: usize) -> Result<Vec<u8>> {
        copy(&self.cr, number)
    }
}

fn open(bytes: &[u8]) -> Result<DefaultDicomObject> {
    Ok(OpenFileOptions::new().from_reader(Cursor::new(bytes))?)
}

fn copy(object: &DefaultDicomObject, number: usize) -> Result<Vec<u8>> {
    let mut object = object.clone();
    for tag in [tags::SOP_INSTANCE_UID, tags::SERIES_INSTANCE_UID] {
        let uid = format!("{}.{number}", object.element(tag)?.to_str()?.trim_end_matches('\0'));
        if tag == tags::SOP_INSTANCE_UID {
            object.meta_mut().media_storage_sop_instance_uid.clone_from(&uid);
        }
        object.put(DataElement::new(tag, VR::UI, uid));
    }
    object.meta_mut().update_information_group_length();
    let mut bytes = Vec::new();
    object.write_all(&mut bytes)?;
    Ok(bytes)
}

/// Bilinear from the small radiograph, with fine grain: without it every codec would look better than it is.
fn enlarge(object: &mut DefaultDicomObject) -> Result<()> {
    let side = |tag| Ok::<_, anyhow::Error>(object.element(tag)?.to_int::<usize>()?);
    let (columns, rows) = (side(tags::COLUMNS)?, side(tags::ROWS)?);
    let most = (1_u32 << object.element(tags::BITS_STORED)?.to_int::<u32>()?) - 1;
    let small: Vec<u16> = object.element(tags::PIXEL_DATA)?.to_multi_int()?;
    let mut large = Vec::with_capacity(CR.0 * CR.1);
    let mut state = 0x9E37_79B9_u32;
    for row in 0..CR.1 {
        let y = row as f32 * (rows - 1) as f32 / (CR.1 - 1) as f32;
        let (upper, part_y) = (y as usize, y.fract());
        let lower = (upper + 1).min(rows - 1);
        for column in 0..CR.0 {
            let x = column as f32 * (columns - 1) as f32 / (CR.0 - 1) as f32;
            let (left, part_x) = (x as usize, x.fract());
            let right = (left + 1).min(columns - 1);
            let at = |row: usize, column: usize| f32::from(small[row * columns + column]);
            let top = at(upper, left) * (1.0 - part_x) + at(upper, right) * part_x;
            let bottom = at(lower, left) * (1.0 - part_x) + at(lower, right) * part_x;
            // xorshift32 (Marsaglia 2003)
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            let grain = (state >> 28) as f32 - 7.5;
            let value = top * (1.0 - part_y) + bottom * part_y + grain;
            large.push(value.clamp(0.0, most as f32) as u16);
        }
    }
    object.put(DataElement::new(tags::COLUMNS, VR::US, dicom_value!(U16, [CR.0 as u16])));
    object.put(DataElement::new(tags::ROWS, VR::US, dicom_value!(U16, [CR.1 as u16])));
    object.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(large.into())));
    Ok(())
}
