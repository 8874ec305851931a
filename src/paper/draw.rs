//! Writes sheets as PDF, with the tags that make it readable aloud.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use chrono::{Datelike, Timelike};
use krilla::Document;
use krilla::SerializeSettings;
use krilla::color::{luma, rgb};
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::error::KrillaError;
use krilla::geom::{PathBuilder, Point, Rect, Size, Transform};
use krilla::image::Image;
use krilla::metadata::{DateTime as PdfDate, Metadata};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, LineCap, LineJoin, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, BBox, ContentTag, Identifier, ListNumbering, Node, SpanTag, Tag, TagGroup,
    TagKind, TagTree,
};
use krilla::text::{Font, GlyphId, KrillaGlyph};

use super::layout::{Block, HEIGHT, MARGIN, Piece, Role, Shape, Sheet, WIDTH};
use super::typeface::{Faces, Weight, writable};
use super::{Footer, PaperError, PictureMark, PrintedPicture, Work, tag};

const FOOTER_SIZE: f32 = 9.0;
const LABEL_SIZE: f32 = 10.0;

/// Reads the pictures. What could not be drawn over them is refused here.
pub(super) fn pictures(printed: &[PrintedPicture]) -> Result<Vec<Image>, PaperError> {
    let read = |(place, picture): (usize, &PrintedPicture)| {
        for (label, _) in picture.marks.iter().filter_map(|mark| mark.label.as_ref()) {
            writable(label.expose())?;
        }
        let image = Image::from_png(picture.png.clone().into(), false);
        let image = image.ok().filter(|image| image.size().0 > 0 && image.size().1 > 0);
        image.ok_or(PaperError::BadPicture(place))
    };
    printed.iter().enumerate().map(read).collect()
}

struct Pen<'f> {
    faces: &'f Faces,
    regular: Font,
    bold: Font,
}

/// The document as bytes.
pub(super) fn write(
    work: &Work<'_>,
    sheets: &[Sheet],
    faces: &Faces,
    pictures: &[Image],
) -> Result<Vec<u8>, PaperError> {
    let unreadable = PaperError::NotWritten("the fonts cannot be read");
    let font = |weight| Font::new(faces.of(weight).bytes.into(), 0).ok_or_else(|| unreadable.clone());
    let pen = Pen { faces, regular: font(Weight::Regular)?, bold: font(Weight::Bold)? };
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|_| PaperError::NotWritten("the kind of PDF is not known"))?;
    let settings = SerializeSettings { configuration, enable_tagging: true, ..SerializeSettings::default() };
    let mut document = Document::new_with(settings);
    let mut read = Reading::default();
    for (number, sheet) in sheets.iter().enumerate() {
        let page =
            PageSettings::from_wh(WIDTH, HEIGHT).ok_or(PaperError::NotWritten("the page has no size"))?;
        let mut page = document.start_page_with(page);
        let mut surface = page.surface();
        for piece in sheet {
            let id = piece_of(&mut surface, &pen, work, piece, pictures)?;
            read.note(number, piece, id);
        }
        footer(&mut surface, &pen, work.footer, (number, sheets.len()));
        surface.finish();
        page.finish();
    }
    document.set_metadata(metadata(work));
    document.set_outline(read.outline(work.blocks));
    document.set_tag_tree(read.tags(work));
    document.finish().map_err(|error| match error {
        KrillaError::Image(bad, ..) | KrillaError::SixteenBitImage(bad, ..) => {
            PaperError::BadPicture(pictures.iter().position(|image| *image == bad).unwrap_or_default())
        }
        KrillaError::Font(..) => unreadable,
        KrillaError::Validation(_) => PaperError::NotWritten("it would not be PDF/A-2a"),
        _ => PaperError::NotWritten("it is too large or not whole"),
    })
}

fn metadata(work: &Work<'_>) -> Metadata {
    let at = work.made_at;
    let part = |value: u32| u8::try_from(value).unwrap_or_default();
    let date = PdfDate::new(u16::try_from(at.year()).unwrap_or_default())
        .month(part(at.month()))
        .day(part(at.day()))
        .hour(part(at.hour()))
        .minute(part(at.minute()))
        .second(part(at.second()))
        .utc_offset_hour(0);
    Metadata::new()
        .title(work.title.to_owned())
        .language(tag(work.language).to_owned())
        .creator("Parvis".to_owned())
        .creation_date(date)
}

/// Draws one piece; what it is tagged with.
fn piece_of(
    surface: &mut Surface<'_>,
    pen: &Pen<'_>,
    work: &Work<'_>,
    piece: &Piece,
    pictures: &[Image],
) -> Result<Identifier, PaperError> {
    match &piece.shape {
        Shape::Line { text, x, y, size, weight } => {
            let tag = SpanTag::empty().with_lang(Some(tag(work.language)));
            let id = surface.start_tagged(ContentTag::Span(tag));
            surface.set_stroke(None);
            surface.set_fill(Some(ink(luma::Color::black().into())));
            line(surface, pen, text, *weight, (*x, *y), *size);
            surface.end_tagged();
            Ok(id)
        }
        Shape::Picture { place, x, y, width, height } => {
            let area = Rect::from_xywh(*x, *y, *width, *height);
            let size = Size::from_wh(*width, *height);
            let (Some(image), Some(area), Some(size)) = (pictures.get(*place), area, size) else {
                return Err(PaperError::BadPicture(*place));
            };
            let id = surface.start_tagged(ContentTag::Other);
            surface.push_transform(&Transform::from_translate(*x, *y));
            surface.draw_image(image.clone(), size);
            surface.pop();
            let marks = work.pictures.get(*place).map(|picture| &picture.marks[..]);
            over_picture(surface, pen, marks.unwrap_or_default(), area);
            surface.end_tagged();
            Ok(id)
        }
    }
}

/// Draws marks, and nothing of them beside the picture.
fn over_picture(surface: &mut Surface<'_>, pen: &Pen<'_>, marks: &[PictureMark], area: Rect) {
    let mut edge = PathBuilder::new();
    edge.push_rect(area);
    let Some(edge) = edge.finish().filter(|_| !marks.is_empty()) else { return };
    surface.push_clip_path(&edge, &FillRule::NonZero);
    for mark in marks {
        drawn(surface, pen, mark, area);
    }
    surface.pop();
}

fn ink(paint: krilla::paint::Paint) -> Fill {
    Fill { paint, opacity: NormalizedF32::ONE, rule: FillRule::NonZero }
}

/// One line of words from its left end; its width in points.
fn line(surface: &mut Surface<'_>, pen: &Pen<'_>, text: &str, weight: Weight, at: (f32, f32), size: f32) {
    let face = pen.faces.of(weight);
    let glyph = |(start, c): (usize, char)| {
        let letter = face.letter(c)?;
        Some(KrillaGlyph {
            glyph_id: GlyphId::new(letter.glyph),
            text_range: start..start + c.len_utf8(),
            x_advance: letter.width,
            x_offset: 0.0,
            y_offset: 0.0,
            y_advance: 0.0,
            location: None,
        })
    };
    let glyphs: Vec<KrillaGlyph> = text.char_indices().filter_map(glyph).collect();
    let font = if weight == Weight::Bold { &pen.bold } else { &pen.regular };
    surface.draw_glyphs(Point::from_xy(at.0, at.1), &glyphs, font.clone(), text, size, false);
}

/// A mark in yellow with a dark edge, so that it is seen on bright and on dark.
fn drawn(surface: &mut Surface<'_>, pen: &Pen<'_>, mark: &PictureMark, area: Rect) {
    let on_paper =
        |(x, y): (f64, f64)| (area.left() + area.width() * x as f32, area.top() + area.height() * y as f32);
    let yellow = rgb::Color::new(255, 221, 64);
    surface.set_fill(None);
    for (width, paint) in [(3.0, luma::Color::black().into()), (1.4, yellow.into())] {
        surface.set_stroke(Some(Stroke {
            paint,
            width,
            line_cap: LineCap::Round,
            line_join: LineJoin::Round,
            ..Stroke::default()
        }));
        for points in &mark.lines {
            let mut path = PathBuilder::new();
            for (place, point) in points.iter().enumerate() {
                let (x, y) = on_paper(*point);
                if place == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
            }
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
    }
    surface.set_stroke(None);
    if let Some((label, at)) = &mark.label {
        let text = writable(label.expose()).unwrap_or_default();
        let width = pen.faces.of(Weight::Bold).width(&text, LABEL_SIZE);
        let (x, y) = on_paper(*at);
        // Inside of the picture where it fits.
        let x = x.min(area.right() - width - 8.0).max(area.left());
        let y = y.clamp(area.top() + 8.0, (area.bottom() - 8.0).max(area.top() + 8.0));
        let mut ground = PathBuilder::new();
        if let Some(rect) = Rect::from_xywh(x + 2.0, y - 7.0, width + 4.0, 14.0) {
            ground.push_rect(rect);
        }
        if let Some(ground) = ground.finish() {
            surface.set_fill(Some(ink(luma::Color::black().into())));
            surface.draw_path(&ground);
        }
        surface.set_fill(Some(ink(yellow.into())));
        line(surface, pen, &text, Weight::Bold, (x + 4.0, y + 3.5), LABEL_SIZE);
    }
}

/// What stands at the foot of each page. It is no part of what is read aloud there: the same words stand once in the text.
fn footer(surface: &mut Surface<'_>, pen: &Pen<'_>, footer: &Footer, (number, count): (usize, usize)) {
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Footer)));
    surface.set_stroke(None);
    surface.set_fill(Some(ink(luma::Color::new(64).into())));
    let face = pen.faces.of(Weight::Regular);
    let page = format!("{} {} / {}", footer.page, number + 1, count);
    let right = WIDTH - MARGIN - face.width(&page, FOOTER_SIZE);
    let room = right - MARGIN - 12.0;
    let hospital = super::layout::broken(&footer.hospital, face, FOOTER_SIZE, room);
    let hospital = hospital.first().map_or("", String::as_str);
    line(surface, pen, &footer.notice, Weight::Regular, (MARGIN, HEIGHT - 50.0), FOOTER_SIZE);
    line(surface, pen, hospital, Weight::Regular, (MARGIN, HEIGHT - 36.0), FOOTER_SIZE);
    line(surface, pen, &page, Weight::Regular, (right, HEIGHT - 36.0), FOOTER_SIZE);
    surface.end_tagged();
}

/// What was drawn, by block and by what it is of it.
#[derive(Default)]
struct Reading {
    drawn: BTreeMap<usize, Vec<(usize, Piece, Identifier)>>,
}

impl Reading {
    fn note(&mut self, page: usize, piece: &Piece, id: Identifier) {
        self.drawn.entry(piece.block).or_default().push((page, piece.clone(), id));
    }

    fn group(&self, block: usize, role: Role, tag: impl Into<TagKind>) -> TagGroup {
        let pieces = self.drawn.get(&block).map(|pieces| &pieces[..]).unwrap_or_default();
        let leaves =
            pieces.iter().filter(|(_, piece, _)| piece.role == role).map(|(_, _, id)| Node::from(*id));
        TagGroup::with_children(tag, leaves.collect())
    }

    /// Headings, each with the place that it stands at.
    fn outline(&self, blocks: &[Block]) -> Outline {
        let mut outline = Outline::new();
        for (place, block) in blocks.iter().enumerate() {
            if let Block::Title(text) | Block::Heading(text) = block
                && let Some((page, Piece { shape: Shape::Line { x, y, size, .. }, .. }, _)) =
                    self.drawn.get(&place).and_then(|pieces| pieces.first())
            {
                let at = XyzDestination::new(*page, Point::from_xy(*x, y - size));
                outline.push_child(OutlineNode::new(text.clone(), at));
            }
        }
        outline
    }

    fn tags(&self, work: &Work<'_>) -> TagTree {
        let mut tree = TagTree::new().with_lang(Some(tag(work.language).to_owned()));
        // What stands in a list one after the other, and how it is numbered.
        let mut list: Option<(ListNumbering, TagGroup)> = None;
        for (place, block) in work.blocks.iter().enumerate() {
            let numbering = numbering(block);
            if let Some((_, done)) = list.take_if(|(of, _)| Some(*of) != numbering) {
                tree.push(done);
            }
            match block {
                Block::Title(text) => {
                    tree.push(self.group(place, Role::Words, heading(NonZeroU16::MIN, text)))
                }
                Block::Heading(text) => {
                    tree.push(self.group(
                        place,
                        Role::Words,
                        heading(NonZeroU16::MIN.saturating_add(1), text),
                    ));
                }
                Block::Paragraph(_) | Block::Notice(_) => tree.push(self.group(place, Role::Words, Tag::P)),
                Block::Term { .. } | Block::Item { .. } => {
                    let of = numbering.unwrap_or(ListNumbering::None);
                    let (_, list) = list.get_or_insert_with(|| (of, TagGroup::new(Tag::L(of))));
                    let mut item = TagGroup::new(Tag::LI);
                    item.push(self.group(place, Role::Term, Tag::Lbl));
                    item.push(self.group(place, Role::Meaning, Tag::LBody));
                    list.push(item);
                }
                Block::Picture { caption, .. } => {
                    let figure = Tag::Figure(Some(caption.clone())).with_bbox(self.bbox(place));
                    tree.push(self.group(place, Role::Figure, figure));
                    tree.push(self.group(place, Role::Caption, Tag::Caption));
                }
            }
        }
        if let Some((_, list)) = list {
            tree.push(list);
        }
        tree
    }

    fn bbox(&self, block: usize) -> Option<BBox> {
        let (page, piece, _) = self.drawn.get(&block)?.first()?;
        match piece.shape {
            Shape::Picture { x, y, width, height, .. } => {
                Some(BBox::new(*page, Rect::from_xywh(x, y, width, height)?))
            }
            Shape::Line { .. } => None,
        }
    }
}

/// How the list is numbered that a block stands in, if it stands in one.
fn numbering(block: &Block) -> Option<ListNumbering> {
    match block {
        Block::Term { .. } => Some(ListNumbering::None),
        Block::Item { label, .. } if label.starts_with(|sign: char| sign.is_ascii_digit()) => {
            Some(ListNumbering::Decimal)
        }
        Block::Item { .. } => Some(ListNumbering::Disc),
        _ => None,
    }
}

fn heading(level: NonZeroU16, text: &str) -> Tag<krilla::tagging::kind::Hn> {
    Tag::Hn(level, Some(text.to_owned()))
}
