use super::*;

/// 8 x 4 pixels.
pub(super) fn format(samples: u16, bits: u16) -> PixelFormat {
    sized(samples, bits, 8, 4)
}

pub(super) fn sized(samples: u16, bits: u16, columns: u16, rows: u16) -> PixelFormat {
    use dicom_core::{DataElement, VR, dicom_value};
    use dicom_dictionary_std::tags;
    let mut set = dicom_object::InMemDicomObject::new_empty();
    let numbers = [
        (tags::SAMPLES_PER_PIXEL, samples),
        (tags::ROWS, rows),
        (tags::COLUMNS, columns),
        (tags::BITS_ALLOCATED, bits),
    ];
    for (tag, number) in numbers {
        set.put(DataElement::new(tag, VR::US, dicom_value!(U16, [number])));
    }
    PixelFormat::read(&set).unwrap()
}

#[test]
fn planes_are_interleaved() {
    assert_eq!(interleave(&[1, 2, 3, 4, 5, 6], 3, 1), [1, 3, 5, 2, 4, 6]);
    assert_eq!(interleave(&[1, 0, 2, 0, 3, 1, 4, 1], 2, 2), [1, 0, 3, 1, 2, 0, 4, 1]);
}
