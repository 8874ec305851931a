//! Lines and sheets: where everything stands. Lengths are points (1/72 inch) from the upper left corner.

use super::typeface::{Face, Faces, Weight};

/// A4.
pub(crate) const WIDTH: f32 = 595.28;
pub(crate) const HEIGHT: f32 = 841.89;
pub(crate) const MARGIN: f32 = 56.0;
/// What is below belongs to the footer.
const BOTTOM: f32 = HEIGHT - 76.0;
const TEXT_WIDTH: f32 = WIDTH - 2.0 * MARGIN;
const LARGEST_PICTURE: f32 = 300.0;
/// From one baseline to the next, in sizes of the letters.
const LEADING: f32 = 1.4;
const INDENT: f32 = 14.0;
/// Room for the number of an item: two digits and a point.
const ITEM_INDENT: f32 = 22.0;

/// What the document consists of, in its order.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    Title(String),
    Heading(String),
    Paragraph(String),
    /// As a paragraph, to be seen at once.
    Notice(String),
    /// A word and what it means.
    Term {
        term: String,
        meaning: String,
    },
    /// One of a list, with the sign or the number before it.
    Item {
        label: String,
        text: String,
    },
    /// The place of a picture, its size in pixels, and what stands below it.
    Picture {
        place: usize,
        size: (u32, u32),
        caption: String,
    },
}

/// What a piece is of its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Words,
    Term,
    Meaning,
    Figure,
    Caption,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    /// One line; `y` is its baseline.
    Line { text: String, x: f32, y: f32, size: f32, weight: Weight },
    /// `y` is its upper edge.
    Picture { place: usize, x: f32, y: f32, width: f32, height: f32 },
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Piece {
    /// The place of its block.
    pub block: usize,
    pub role: Role,
    pub shape: Shape,
}

/// What stands on one page.
pub(crate) type Sheet = Vec<Piece>;

struct Style {
    role: Role,
    size: f32,
    weight: Weight,
    indent: f32,
}

const BODY: Style = Style { role: Role::Words, size: 12.0, weight: Weight::Regular, indent: 0.0 };
const CAPTION: Style = Style { role: Role::Caption, size: 11.0, weight: Weight::Regular, indent: 0.0 };

/// Puts blocks onto sheets. Headings stay with what follows, pictures with their captions; paragraphs go on over the edge.
pub(crate) fn lay_out(blocks: &[Block], faces: &Faces) -> Vec<Sheet> {
    let mut desk = Desk { faces, sheets: vec![Vec::new()], y: MARGIN };
    for (place, block) in blocks.iter().enumerate() {
        match block {
            Block::Title(text) => {
                let style = Style { size: 22.0, weight: Weight::Bold, ..BODY };
                desk.lines(place, text, &style, 0.0);
            }
            Block::Heading(text) => {
                let style = Style { size: 15.0, weight: Weight::Bold, ..BODY };
                let lines = desk.broken(text, &style).len() as f32;
                let next = blocks.get(place + 1).map_or(0.0, |next| desk.least(next));
                desk.keep(14.0 + lines * style.size * LEADING + 6.0 + next);
                desk.lines(place, text, &style, 14.0);
            }
            Block::Paragraph(text) => desk.lines(place, text, &BODY, 6.0),
            Block::Notice(text) => desk.lines(place, text, &Style { weight: Weight::Bold, ..BODY }, 6.0),
            Block::Term { term, meaning } => {
                desk.keep(desk.least(block));
                desk.lines(place, term, &Style { role: Role::Term, weight: Weight::Bold, ..BODY }, 6.0);
                desk.lines(place, meaning, &Style { role: Role::Meaning, indent: INDENT, ..BODY }, 0.0);
            }
            Block::Item { label, text } => {
                desk.keep(desk.least(block));
                desk.lines(place, label, &Style { role: Role::Term, ..BODY }, 3.0);
                // The words begin on the line of their sign.
                desk.y -= BODY.size * LEADING;
                desk.lines(place, text, &Style { role: Role::Meaning, indent: ITEM_INDENT, ..BODY }, 0.0);
            }
            Block::Picture { place: picture, size, caption } => {
                desk.keep(desk.least(block));
                desk.picture(place, *picture, *size);
                desk.lines(place, caption, &CAPTION, 4.0);
            }
        }
    }
    desk.sheets
}

/// The size of a picture on paper: as wide as the text, no higher than two on a page, never larger than 96 of its pixels an inch.
fn fitted((width, height): (u32, u32)) -> (f32, f32) {
    let (width, height) = (width.max(1) as f32, height.max(1) as f32);
    let scale = (TEXT_WIDTH / width).min(LARGEST_PICTURE / height).min(0.75);
    (width * scale, height * scale)
}

struct Desk<'f> {
    faces: &'f Faces,
    sheets: Vec<Sheet>,
    y: f32,
}

impl Desk<'_> {
    /// The height that a block needs at its beginning, with the space above it.
    fn least(&self, block: &Block) -> f32 {
        match block {
            Block::Picture { size, caption, .. } => {
                let lines = self.broken(caption, &CAPTION).len() as f32;
                10.0 + fitted(*size).1 + 4.0 + lines * CAPTION.size * LEADING
            }
            Block::Term { .. } => 6.0 + 2.0 * BODY.size * LEADING,
            _ => 6.0 + BODY.size * LEADING,
        }
    }

    /// Goes to a new sheet if less than this is left, unless this one is empty.
    fn keep(&mut self, height: f32) {
        if self.y + height > BOTTOM && self.sheets.last().is_some_and(|sheet| !sheet.is_empty()) {
            self.sheets.push(Vec::new());
            self.y = MARGIN;
        }
    }

    fn put(&mut self, piece: Piece) {
        if let Some(sheet) = self.sheets.last_mut() {
            sheet.push(piece);
        }
    }

    fn broken(&self, text: &str, style: &Style) -> Vec<String> {
        broken(text, self.faces.of(style.weight), style.size, TEXT_WIDTH - style.indent)
    }

    fn lines(&mut self, block: usize, text: &str, style: &Style, above: f32) {
        self.y += above;
        for text in self.broken(text, style) {
            self.keep(style.size * LEADING);
            self.y += style.size * LEADING;
            let (x, y) = (MARGIN + style.indent, self.y - style.size * (LEADING - 1.0));
            let shape = Shape::Line { text, x, y, size: style.size, weight: style.weight };
            self.put(Piece { block, role: style.role, shape });
        }
    }

    fn picture(&mut self, block: usize, place: usize, size: (u32, u32)) {
        let (width, height) = fitted(size);
        let shape = Shape::Picture { place, x: MARGIN, y: self.y + 10.0, width, height };
        self.put(Piece { block, role: Role::Figure, shape });
        self.y += 10.0 + height;
    }
}

/// Breaks words into lines no wider than `width` points: at blanks, and inside of a word where it alone is too wide. A line that ends
/// between words keeps one blank at its end, so that whoever reads the text aloud hears two words.
pub(crate) fn broken(text: &str, face: &Face, size: f32, width: f32) -> Vec<String> {
    let mut lines = Vec::new();
    let blank = face.width(" ", size);
    for paragraph in text.split('\n') {
        let (mut line, mut used) = (String::new(), 0.0);
        for word in paragraph.split(' ').filter(|word| !word.is_empty()) {
            let needed = face.width(word, size);
            if !line.is_empty() && used + blank + needed <= width {
                line.push(' ');
                used += blank;
            } else if !line.is_empty() {
                line.push(' ');
                lines.push(std::mem::take(&mut line));
                used = 0.0;
            }
            for c in word.chars() {
                let letter = face.letter(c).map_or(0.0, |letter| letter.width * size);
                if used + letter > width && !line.is_empty() && needed > width {
                    lines.push(std::mem::take(&mut line));
                    used = 0.0;
                }
                line.push(c);
                used += letter;
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
    }
    lines
}
