//! From DICOM bytes to a rendered frame under a presentation. Pure: bytes in, pixels out.
//!
//! The way of a frame: [`read`] opens the bytes (after `scan` has measured them), [`pixels`] gives stored values,
//! [`lut`] and [`window`] turn them into grey, [`color`] into RGB, [`render`] fits them to a surface,
//! [`encode`] makes a picture of them. [`stack`] puts the frames of a series in order. [`content()`] is what is shown of objects without
//! pictures; [`plain`] opens photographs and other files that are no DICOM.
pub mod clip;
mod codec;
pub mod color;
mod content;
pub mod dataset;
pub mod encode;
mod facts;
mod fragments;
pub mod header;
mod jpeg;
pub mod lut;
pub mod overlay;
pub mod pixels;
pub mod plain;
mod presentation;
pub mod read;
pub mod render;
mod rle;
mod scan;
pub mod shutter;
pub mod stack;
mod study;
pub mod window;
pub use content::{Content, ContentError, Document, FACTS, Section, content, is_picture};
pub use encode::PictureFormat;
pub use facts::*;
pub use header::{Inspection, inspect, read_header};
pub use pixels::{Appearance, DecodeError, StoredFrame, Values, decode_frame};
pub use presentation::*;
pub use read::OpenError;
pub use render::{Rendered8, render, render_view};
pub use stack::{Stack, display_order, stacks};
pub use study::*;
