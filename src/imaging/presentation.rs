//! How a frame is shown: presentation (grey values, layers) and view (navigation). Nothing here depends on a screen.

use super::{ContentHash, Spot, Window};

/// How stored values become what is seen: what the presenter chose. `Default` is what the object asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Presentation {
    pub voi: VoiChoice,
    pub is_inverted: bool,
    /// Overlay planes (PS3.3 C.9.2) are drawn over the picture.
    pub has_overlays: bool,
    /// What the object hides behind shutters (PS3.3 C.7.6.11) stays hidden.
    pub has_shutters: bool,
    /// The mask that the object recommends is subtracted (PS3.3 C.7.6.10); a presentation state says itself what is.
    pub is_subtracted: bool,
    /// The object of a presentation state (PS3.3 A.33) that is applied, where it refers to the frame.
    pub state: Option<ContentHash>,
    /// Lowest and highest value, after the modality stage, that are spread over the greys where the frame says nothing of its
    /// own: one for all frames of a stack, so that its brightness does not jump from frame to frame. `None`: those of the frame.
    pub range: Option<(f64, f64)>,
}

impl Presentation {
    /// The pixels by themselves: no overlay, no shutter, no mask, no presentation state.
    pub const PLAIN: Self = Self {
        voi: VoiChoice::Object,
        is_inverted: false,
        has_overlays: false,
        has_shutters: false,
        is_subtracted: false,
        state: None,
        range: None,
    };
}

impl Default for Presentation {
    fn default() -> Self {
        Self { has_overlays: true, has_shutters: true, is_subtracted: true, ..Self::PLAIN }
    }
}

/// Which values of interest (PS3.3 C.11.2) are spread over the greys.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum VoiChoice {
    /// The first alternative of the object, else the range of its stack, else its own.
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

impl View {
    /// Where a point of the frame stands on a surface, both in units of their own; outside of 0..1 it is not seen. `shape`: height of the frame
    /// over its width, as it is displayed without a turn.
    pub fn on_surface(&self, (x, y): Spot, shape: f64, surface: Surface) -> Spot {
        let (width, height) = (f64::from(surface.width.max(1)), f64::from(surface.height.max(1)));
        let shown = if self.quarter_turns.is_multiple_of(2) { (1.0, shape) } else { (shape, 1.0) };
        let scale = (width / shown.0).min(height / shown.1) * self.zoom;
        let (right, down) = (x - self.center.0, (y - self.center.1) * shape);
        let (right, down) = match self.quarter_turns % 4 {
            0 => (right, down),
            1 => (-down, right),
            2 => (-right, -down),
            _ => (down, -right),
        };
        let right = if self.is_flipped { -right } else { right };
        (0.5 + right * scale / width, 0.5 + down * scale / height)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame twice as wide as high, on a square surface.
    fn at(view: View, spot: Spot) -> (i64, i64) {
        let (x, y) = view.on_surface(spot, 0.5, Surface { width: 400, height: 400 });
        ((x * 1000.0).round() as i64, (y * 1000.0).round() as i64)
    }

    #[test]
    fn points_of_a_frame_are_found_on_a_surface_however_it_is_turned() {
        let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
        let all = |view: View| corners.map(|corner| at(view, corner));
        let plain = View::default();
        assert_eq!(all(plain), [(0, 250), (1000, 250), (1000, 750), (0, 750)]);
        // Clockwise: the upper left corner comes to the upper right.
        let once = View { quarter_turns: 1, ..plain };
        assert_eq!(all(once), [(750, 0), (750, 1000), (250, 1000), (250, 0)]);
        assert_eq!(all(View { quarter_turns: 2, ..plain }), [(1000, 750), (0, 750), (0, 250), (1000, 250)]);
        assert_eq!(all(View { quarter_turns: 3, ..plain }), [(250, 1000), (250, 0), (750, 0), (750, 1000)]);
        // Flipped after the turn.
        assert_eq!(all(View { is_flipped: true, ..once }), [(250, 0), (250, 1000), (750, 1000), (750, 0)]);
        let close = View { zoom: 4.0, center: (0.25, 0.5), ..plain };
        assert_eq!(at(close, (0.25, 0.5)), (500, 500));
        assert_eq!(at(close, (0.375, 0.75)), (1000, 1000));
    }
}
