//! How a frame is shown: presentation (grey values, layers) and view (navigation). Nothing here depends on a screen.

use super::{ContentHash, Window};

/// How stored values become what is seen: what the presenter chose. `Default` is what the object asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Presentation {
    pub voi: VoiChoice,
    pub is_inverted: bool,
    /// Overlay planes (PS3.3 C.9.2) are drawn over the picture.
    pub has_overlays: bool,
    /// What the object hides behind shutters (PS3.3 C.7.6.11) stays hidden.
    pub has_shutters: bool,
    /// The object of a presentation state (PS3.3 A.33) that is applied, where it refers to the frame.
    pub state: Option<ContentHash>,
}

impl Presentation {
    /// The pixels by themselves: no overlay, no shutter, no presentation state.
    pub const PLAIN: Self = Self {
        voi: VoiChoice::Object,
        is_inverted: false,
        has_overlays: false,
        has_shutters: false,
        state: None,
    };
}

impl Default for Presentation {
    fn default() -> Self {
        Self { has_overlays: true, has_shutters: true, ..Self::PLAIN }
    }
}

/// Which values of interest (PS3.3 C.11.2) are spread over the greys.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum VoiChoice {
    /// The first alternative of the object, else its full range.
    #[default]
    Object,
    Window(Window),
    /// The alternative of this number in [`super::FrameFacts::alternatives`], from 0; where the frame has fewer, as [`VoiChoice::Object`].
    Alternative(u16),
}

impl VoiChoice {
    /// The window, if it is one that a person set.
    pub fn window(self) -> Option<Window> {
        match self {
            Self::Window(window) => Some(window),
            _ => None,
        }
    }
}

/// What part of the frame is seen and how it is turned, in units of the frame, so that every screen sees the same part whatever its size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// 1 fits the whole frame into the screen; 2 shows it twice as large.
    pub zoom: f64,
    /// The point of the frame at the middle of the screen: 0..1 along columns and rows of the source, whatever the turn; (0.5, 0.5) is the middle.
    pub center: (f64, f64),
    /// Quarter turns clockwise, 0..=3, done before the flip (PS3.3 C.10.6).
    pub quarter_turns: u8,
    /// Left and right are exchanged, after the turn.
    pub is_flipped: bool,
}

impl Default for View {
    fn default() -> Self {
        Self { zoom: 1.0, center: (0.5, 0.5), quarter_turns: 0, is_flipped: false }
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
