//! Where a frame lies on a picture: the geometry of views, without turn and flip.

use std::ops::Range;

use fast_image_resize::FilterType;

use super::{StoredFrame, View};

/// A rectangle of a frame, or of a reduced copy of it, in whole pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Region {
    pub(super) fn pixels(self) -> usize {
        self.width * self.height
    }
}

/// One axis of a frame on a picture: pixel `p` of the frame, from 0, begins at `edge + p * scale`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    edge: f64,
    /// Pixels of the picture for a pixel of the frame.
    pub(super) scale: f64,
    /// Pixels of the frame.
    size: usize,
    /// Pixels of the picture that show the frame.
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Axis {
    /// A picture of the frame itself.
    fn whole(size: u32) -> Self {
        Self { edge: 0.0, scale: 1.0, size: size as usize, start: 0, end: size as usize }
    }

    /// `None` when nothing of the frame is seen.
    fn new(size: u32, center: f64, scale: f64, length: u32) -> Option<Self> {
        let center = if center.is_finite() { center } else { 0.5 };
        let (extent, limit) = (f64::from(size) * scale, f64::from(length));
        let edge = limit / 2.0 - center * extent;
        let start = edge.round().clamp(0.0, limit);
        let mut end = (edge + extent).round().clamp(0.0, limit);
        if end <= start {
            // A frame thinner than a pixel is still there.
            if edge + extent <= 0.0 || edge >= limit || start >= limit {
                return None;
            }
            end = start + 1.0;
        }
        Some(Self { edge, scale, size: size as usize, start: start as usize, end: end as usize })
    }

    pub(super) fn length(&self) -> usize {
        self.end - self.start
    }

    /// What of the frame is seen, from and how much, in pixels of the frame.
    fn source(&self) -> (f64, f64) {
        let size = self.size as f64;
        let from = ((self.start as f64 - self.edge) / self.scale).clamp(0.0, size);
        let to = ((self.end as f64 - self.edge) / self.scale).clamp(0.0, size);
        let length = (to - from).max(1e-3);
        (from.min(size - length), length)
    }

    /// How many pixels of the frame come to one of the picture.
    pub(super) fn shrink(&self) -> f64 {
        self.source().1 / self.length() as f64
    }

    /// The part that is seen of a copy reduced by a factor: whole pixels that are needed, and what of them is seen.
    pub(super) fn cut(&self, factor: usize) -> Cut {
        let (from, length) = self.source();
        let (from, length) = (from / factor as f64, length / factor as f64);
        // Neighbours on both sides take part in what lies between pixels.
        let first = (from.floor() - 2.0).max(0.0);
        let last = ((from + length).ceil() + 2.0).min(self.size.div_ceil(factor) as f64);
        Cut { first: first as usize, count: (last - first) as usize, start: from - first, length }
    }

    /// The pixel of the frame under the middle of a pixel of the picture.
    pub(super) fn pixel_at(&self, place: usize) -> usize {
        let pixel = (place as f64 + 0.5 - self.edge) / self.scale;
        (pixel.max(0.0) as usize).min(self.size.saturating_sub(1))
    }

    /// The pixels of the picture for some of the frame; at least one where any of them is on it.
    pub(super) fn covered(&self, pixels: Range<i64>) -> Range<usize> {
        let (first, last) = (pixels.start.max(0), pixels.end.min(self.size as i64));
        let at = |pixel: i64| (self.edge + pixel as f64 * self.scale).floor();
        let (start, end) = (self.start as f64, self.end as f64);
        let (from, to) = (at(first), at(last));
        if first >= last || self.edge + last as f64 * self.scale <= start || from >= end {
            return 0..0;
        }
        let from = from.clamp(start, end - 1.0);
        from as usize..to.clamp(from + 1.0, end) as usize
    }
}

/// What is needed along one axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cut {
    pub(super) first: usize,
    pub(super) count: usize,
    /// From the first pixel.
    pub(super) start: f64,
    pub(super) length: f64,
}

impl Cut {
    /// Where what is seen begins, when its pixels are `count` pixels of the picture and none has to be scaled.
    pub(super) fn whole(&self, count: usize) -> Option<usize> {
        let is_near = |value: f64| (value - value.round()).abs() < 1e-6;
        let is_same = (self.length - count as f64).abs() < 1e-6 && is_near(self.start);
        (is_same && self.start.round() as usize + count <= self.count).then_some(self.start.round() as usize)
    }
}

/// How parts are scaled to so many pixels: what comes to a fraction of its size is averaged, the rest is linear.
pub(super) fn filter((across, columns): (Cut, usize), (down, rows): (Cut, usize)) -> FilterType {
    let shrink = (across.length / columns as f64).max(down.length / rows as f64);
    if shrink >= 2.0 { FilterType::Box } else { FilterType::Bilinear }
}

/// Both axes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placement {
    pub(super) columns: Axis,
    pub(super) rows: Axis,
}

impl Placement {
    /// A picture of the frame itself, pixel for pixel.
    pub(super) fn whole(frame: &StoredFrame) -> Self {
        Self { columns: Axis::whole(frame.columns), rows: Axis::whole(frame.rows) }
    }

    /// `None` when nothing of the frame is on the surface.
    pub(super) fn new(frame: &StoredFrame, view: &View, width: u32, height: u32) -> Option<Self> {
        if frame.columns == 0 || frame.rows == 0 {
            return None;
        }
        let aspect = frame.appearance.pixel_aspect;
        let aspect = if aspect.is_finite() && aspect > 0.0 { aspect.clamp(0.01, 100.0) } else { 1.0 };
        let zoom = if view.zoom.is_finite() { view.zoom.clamp(0.01, 1000.0) } else { 1.0 };
        let fit = (f64::from(width) / f64::from(frame.columns))
            .min(f64::from(height) / (f64::from(frame.rows) * aspect));
        Some(Self {
            columns: Axis::new(frame.columns, view.center.0, fit * zoom, width)?,
            rows: Axis::new(frame.rows, view.center.1, fit * zoom * aspect, height)?,
        })
    }

    /// The part of a copy reduced by a factor that is needed; across and down, what of it is seen.
    pub(super) fn cut(&self, factor: usize) -> (Region, Cut, Cut) {
        let (across, down) = (self.columns.cut(factor), self.rows.cut(factor));
        let region = Region { left: across.first, top: down.first, width: across.count, height: down.count };
        (region, across, down)
    }
}
