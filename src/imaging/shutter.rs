//! Shutters (PS3.3 C.7.6.11, C.7.6.15): what of a frame is hidden behind a frame of one tone.

use dicom_object::InMemDicomObject;

use super::overlay::Overlay;

/// What hides parts of a frame. What any shape hides is hidden.
#[derive(Clone, Debug, PartialEq)]
pub struct Shutters {
    pub shapes: Vec<ShutterShape>,
    /// The tone of what is hidden, 0 (black) to 1 (white): Shutter Presentation Value (0018,1622).
    pub tone: f64,
}

/// Shows what is inside, in pixels of the frame counted from 1 as DICOM does.
#[derive(Clone, Debug, PartialEq)]
pub enum ShutterShape {
    Rectangle {
        left: i32,
        right: i32,
        upper: i32,
        lower: i32,
    },
    Circle {
        row: i32,
        column: i32,
        radius: i32,
    },
    /// Vertices: row, column.
    Polygon(Vec<(i32, i32)>),
    /// Hides where the overlay has a bit.
    Bitmap(Overlay),
}

impl Shutters {
    /// Those of an image, or of a presentation state; `None` when there are none. `overlays`: the planes of the same data set, for a bitmap.
    pub(super) fn read(_set: &InMemDicomObject, _overlays: &[Overlay]) -> Option<Self> {
        None
    }
}
