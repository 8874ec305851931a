//! From DICOM bytes to a rendered frame under a presentation. Pure: bytes in, pixels out.
mod presentation;
mod study;
pub use presentation::*;
pub use study::*;
