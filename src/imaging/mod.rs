//! From DICOM bytes to a rendered frame under a presentation. Pure: bytes in, pixels out.
//!
//! The way of a frame: [`read`] opens the bytes (after `scan` has measured them), [`pixels`] gives stored values,
//! [`lut`] and [`window`] turn them into grey, [`color`] into RGB (an angiography after its `mask` is subtracted), [`render`] fits them to a surface and
//! lays [`shutter`]s and [`overlay`]s on them, [`encode`] makes a picture of them. [`stack`] puts the frames of a series in order.
//! [`content()`] is what is shown of objects without pictures; [`plain`] opens photographs and other files that are no DICOM.
mod appearance;
mod calibration;
mod charset;
mod cine;
pub mod clip;
mod codec;
pub mod color;
mod content;
mod damage;
pub mod dataset;
mod details;
mod dicomweb;
pub mod encode;
mod enlarge;
mod facts;
mod first_look;
mod fragments;
pub mod header;
mod icc;
mod key_objects;
mod lossy;
pub mod lut;
mod mask;
mod measure;
mod native;
mod orientation;
pub mod overlay;
pub mod pixels;
mod place;
pub mod plain;
mod presentation;
mod ramp;
pub mod read;
mod reduced;
mod referenced;
pub mod render;
mod rewrite;
mod rle;
#[cfg(test)]
mod sample;
mod scan;
mod segmentation;
pub mod shutter;
mod slope;
pub mod stack;
mod state;
mod study;
mod tones;
mod turn;
pub mod window;
mod write;
pub use appearance::Appearance;
pub use content::{Content, ContentError, Document, FACTS, Section, content, is_picture};
pub use damage::Damage;
pub use dicomweb::*;
pub use encode::PictureFormat;
pub use facts::*;
pub use first_look::reduction_for;
pub use header::{Inspection, inspect, read_header};
pub use icc::IccTransform;
pub use key_objects::{KeyImage, key_objects};
pub use mask::Subtraction;
pub use measure::*;
pub use pixels::{DecodeError, StoredFrame, Values, decode_frame, decode_reduced, reductions};
pub use presentation::*;
pub use read::OpenError;
pub use reduced::Reduced;
pub use referenced::{ReferencedFrame, ReferencedImage, ReferencedModality};
pub use render::{Rendered8, render, render_view};
pub use stack::{FramePlace, FramesOfReference, Regularity, Stack, StackPlaces, display_order, stacks};
pub use state::{AppliedState, PresentationState, StateError, StateMark, StateShape, presentation_states};
pub use study::*;
pub use write::{WriteError, Writing};
