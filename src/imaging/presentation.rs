//! How a frame is shown: presentation (grey values) and view (navigation). Nothing here depends on a screen.

use super::Window;

/// How stored values become grey: what the presenter chose. `Default` is what the object asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Presentation {
    /// `None`: the first window of the object, else its full range (PS3.3 C.11.2).
    pub window: Option<Window>,
    pub is_inverted: bool,
}

/// What part of the frame is seen, in units of the frame, so that every screen sees the same part whatever its size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// 1 fits the whole frame into the screen; 2 shows it twice as large.
    pub zoom: f64,
    /// The point of the frame at the middle of the screen: 0..1 along columns and rows, (0.5, 0.5) is the middle.
    pub center: (f64, f64),
}

impl Default for View {
    fn default() -> Self {
        Self { zoom: 1.0, center: (0.5, 0.5) }
    }
}

/// A client's surface for one viewport, in device pixels. Each between 1 and [`Surface::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Surface {
    pub width: u32,
    pub height: u32,
}

impl Surface {
    /// The largest side that is rendered for a client.
    pub const MAX: u32 = 4096;
}

/// How an encoded picture treats its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quality {
    /// PNG: the rendered 8-bit pixels, exactly.
    Lossless,
    /// JPEG of this quality, 1..=100; for pictures in motion on slow networks.
    Lossy(u8),
}
