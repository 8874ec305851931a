//! Overlay planes (PS3.3 C.9.2): one bit a pixel, drawn over the picture and never into it.

use dicom_object::InMemDicomObject;

/// One plane of the frame it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlay {
    /// 0x6000, 0x6002 ... 0x601E.
    pub group: u16,
    pub rows: u32,
    pub columns: u32,
    /// Row and column of its first pixel in the frame, counted from 1; may lie outside.
    pub origin: (i32, i32),
    /// Row by row without gaps, the first pixel in the lowest bit.
    pub bits: Vec<u8>,
    pub label: String,
}

impl Overlay {
    /// The packed planes (Overlay Data) of a data set that belong to a frame, index from 0.
    pub(super) fn read(_set: &InMemDicomObject, _frame_index: usize) -> Vec<Self> {
        Vec::new()
    }
}
