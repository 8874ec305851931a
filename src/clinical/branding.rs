//! What the hospital looks like on the pages: a colour that everybody can read, and a logo that is an image and nothing else.

use thiserror::Error;

/// A colour of sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color([u8; 3]);

/// Why a colour cannot be the hospital's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadColor {
    #[error("a colour is written as #rrggbb")]
    Form,
    /// WCAG 2.2 success criterion 1.4.3 asks for 4.5 to 1.
    #[error("white and this colour cannot be told apart well enough")]
    Contrast,
}

impl Color {
    /// The darkest ground on which the colour is text, and the one that is text on it.
    const GROUNDS: [Self; 2] = [Self([0xf3, 0xf6, 0xf8]), Self([0xff, 0xff, 0xff])];
    /// WCAG 2.2 success criterion 1.4.3.
    const LEAST_CONTRAST: f64 = 4.5;

    /// Reads `#rrggbb`, and takes no colour that is hard to read.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Self, BadColor> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or(BadColor::Form)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(BadColor::Form);
        }
        let number = u32::from_str_radix(digits, 16).map_err(|_| BadColor::Form)?;
        let [_, red, green, blue] = number.to_be_bytes();
        let color = Self([red, green, blue]);
        let is_readable = |ground: &Self| color.contrast(*ground) >= Self::LEAST_CONTRAST;
        if Self::GROUNDS.iter().all(is_readable) { Ok(color) } else { Err(BadColor::Contrast) }
    }

    /// As it is kept.
    pub fn text(self) -> String {
        let Self([red, green, blue]) = self;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }

    /// A darker one, for what is under the pointer.
    pub fn darker(self) -> Self {
        Self(self.0.map(|part| u8::try_from(u16::from(part) * 3 / 4).unwrap_or(part)))
    }

    /// Contrast ratio, 1 to 21 (WCAG 2.2, definition).
    fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Relative luminance, 0 to 1 (WCAG 2.2, definition).
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

/// What a logo is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogoKind {
    Png,
    Svg,
}

/// Why a file is no logo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadLogo {
    #[error("a logo has at most {} bytes", LogoKind::MOST_BYTES)]
    TooLarge,
    #[error("a logo is a PNG or an SVG image")]
    Kind,
    #[error("the SVG image holds more than an image")]
    Active,
}

impl LogoKind {
    /// The largest logo.
    pub const MOST_BYTES: usize = 200 << 10;

    /// As `Content-Type` says it.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Svg => "image/svg+xml",
        }
    }

    /// What a file is, if it can be shown as a logo. An SVG image that would run, fetch or embed something is refused, although pages show it
    /// only in ways in which nothing of that would happen.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of(bytes: &[u8]) -> Result<Self, BadLogo> {
        const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
        if bytes.len() > Self::MOST_BYTES {
            return Err(BadLogo::TooLarge);
        }
        if bytes.starts_with(PNG) {
            return Ok(Self::Png);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| BadLogo::Kind)?.to_ascii_lowercase();
        let start = text.trim_start_matches('\u{feff}').trim_start();
        let is_svg = (start.starts_with("<?xml") || start.starts_with("<svg") || start.starts_with("<!--"))
            && text.contains("<svg")
            && text.trim_end().ends_with("</svg>");
        if !is_svg {
            return Err(BadLogo::Kind);
        }
        if is_drawing(&text) { Ok(Self::Svg) } else { Err(BadLogo::Active) }
    }
}

/// What a drawing is made of, and what drawing programs write beside it.
const ELEMENTS: &[&str] = &[
    "circle",
    "clippath",
    "defs",
    "desc",
    "ellipse",
    "feblend",
    "fecolormatrix",
    "fecomposite",
    "feflood",
    "fegaussianblur",
    "femerge",
    "femergenode",
    "feoffset",
    "filter",
    "g",
    "line",
    "lineargradient",
    "marker",
    "mask",
    "metadata",
    "path",
    "pattern",
    "polygon",
    "polyline",
    "radialgradient",
    "rect",
    "stop",
    "style",
    "svg",
    "switch",
    "symbol",
    "text",
    "textpath",
    "title",
    "tspan",
    // Of metadata, and of the window in which it was drawn.
    "agent",
    "bag",
    "creator",
    "date",
    "description",
    "format",
    "grid",
    "guide",
    "li",
    "license",
    "namedview",
    "permits",
    "publisher",
    "rdf",
    "requires",
    "rights",
    "subject",
    "type",
    "work",
];

/// Whether an SVG text, in small letters, draws and does nothing else: every element is one of [`ELEMENTS`], no attribute is a handler
/// of events, and nothing is fetched from anywhere. What cannot be told is not a drawing.
fn is_drawing(text: &str) -> bool {
    // Entities and escapes hide what is written, and so does another encoding than the one in which it is read here.
    let is_utf_8 = |rest: &str| {
        rest.trim_start_matches(|c: char| c.is_whitespace() || "='\"".contains(c)).starts_with("utf-8")
    };
    let is_plain = !text.contains("<!doctype")
        && !text.contains("<!entity")
        && !text.contains("&#")
        && !text.contains('\\')
        && !text.contains('\u{1b}')
        && text.split("encoding").skip(1).all(is_utf_8);
    let element = |part: &str| {
        let part = part.strip_prefix('/').unwrap_or(part);
        if ["!--", "![cdata[", "?xml "].iter().any(|known| part.starts_with(known)) {
            return true;
        }
        let name = part.split(|c: char| c.is_whitespace() || c == '/' || c == '>').next().unwrap_or_default();
        let name = name.rsplit(':').next().unwrap_or_default();
        ELEMENTS.contains(&name)
    };
    let is_handler = |(at, _): (usize, &str)| {
        let is_start = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        let rest = text[at + 2..].trim_start_matches(|c: char| c.is_ascii_alphanumeric());
        is_start && rest.trim_start().starts_with('=')
    };
    // Of an address only a part of the same drawing is used.
    let is_inside = |rest: &str| {
        rest.trim_start_matches(|c: char| c.is_whitespace() || "='\"(".contains(c)).starts_with('#')
    };
    is_plain
        && text.split('<').skip(1).all(element)
        && !text.match_indices("on").any(is_handler)
        && text.split("href").skip(1).all(is_inside)
        && text.split("url(").skip(1).all(is_inside)
        && !["@import", "javascript:", "data:", "image-set", "src("].iter().any(|part| text.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_wcag() {
        let (black, white) = (Color([0; 3]), Color([255; 3]));
        assert!((black.contrast(white) - 21.0).abs() < 1e-9);
        assert!((white.contrast(white) - 1.0).abs() < 1e-9);
        // The well-known lightest grey that passes on white, and the next one that does not.
        assert!(Color([0x76; 3]).contrast(white) >= 4.5 && Color([0x77; 3]).contrast(white) < 4.5);
    }

    #[test]
    fn only_colours_that_everybody_can_read_are_taken() {
        for good in ["#0a5c73", "#8B0000", "#000000"] {
            assert_eq!(Color::read(good).unwrap().text(), good.to_ascii_lowercase());
        }
        for pale in ["#ffffff", "#777777", "#ffcc00", "#5cc3db"] {
            assert_eq!(Color::read(pale), Err(BadColor::Contrast), "{pale}");
        }
        for odd in ["", "#fff", "0a5c73", "#0a5c7g", "red", "#0a5c73;", "#+a5c73"] {
            assert_eq!(Color::read(odd), Err(BadColor::Form), "{odd}");
        }
        assert_eq!(Color::read("#0a5c73").unwrap().darker().text(), "#074556");
    }

    #[test]
    fn a_logo_is_an_image_and_nothing_else() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR....";
        assert_eq!(LogoKind::of(png), Ok(LogoKind::Png));
        let svg = |inner: &str| {
            format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\">{inner}</svg>")
        };
        assert_eq!(
            LogoKind::of(svg("<path fill=\"#0a5c73\" d=\"M0 0h9v9z\"/>").as_bytes()),
            Ok(LogoKind::Svg)
        );
        let drawn = "<?xml version=\"1.0\"?><!-- Drawn at home --><svg xmlns:inkscape=\"http://www.inkscape.org/namespaces/inkscape\"
            xmlns:sodipodi=\"http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd\"><sodipodi:namedview pagecolor=\"#fff\"/>
            <defs><linearGradient id=\"a\"><stop offset=\"0\"/></linearGradient>
            <linearGradient id=\"b\" xlink:href=\"#a\"/></defs><style><![CDATA[.a{fill:url(#b)}]]></style>
            <g font-variant=\"none\"><path class=\"a\" fill=\"url('#b')\" d=\"M0 0\"/></g></svg>";
        assert_eq!(LogoKind::of(drawn.as_bytes()), Ok(LogoKind::Svg), "as drawing programs write it");
        for active in [
            "<script>alert(1)</script>",
            "<path onload=\"alert(1)\" d=\"\"/>",
            "<path ONCLICK = 'x'/>",
            "<a href=\"javascript:alert(1)\"><path/></a>",
            "<image href=\"data:image/png;base64,AAAA\"/>",
            "<image href=\"https://evil.example/x.png\"/>",
            "<foreignObject><p/></foreignObject>",
            "<style>@import url(//evil.example)</style>",
            "<style>path{fill:url(https://evil.example/x)}</style>",
            "<style>path{fill:u\\72l(//evil.example/x)}</style>",
            "<path\tonload=\"alert(1)\" d=\"\"/>",
            "<path/onload=\"alert(1)\"/>",
            "<path d=\"\"onload=\"alert(1)\"/>",
            "<x:script xmlns:x=\"http://www.w3.org/2000/svg\">alert(1)</x:script>",
            "<animate attributeName=\"href\" values=\"javascript:alert(1)\"/>",
            "<set attributeName=\"onclick\" to=\"alert(1)\"/>",
            "<use href=\"https://evil.example/x.svg#a\"/>",
            "<a href=\"https://evil.example\"><path/></a>",
            "<linearGradient href=\"//evil.example/x.svg#a\"/>",
            "<path style=\"fill:&#117;rl(//evil.example)\"/>",
            "<iframe xmlns=\"http://www.w3.org/1999/xhtml\" srcdoc=\"x\"/>",
        ] {
            assert_eq!(LogoKind::of(svg(active).as_bytes()), Err(BadLogo::Active), "{active}");
        }
        let declared = |encoding| format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?><svg></svg>");
        assert_eq!(LogoKind::of(declared("UTF-8").as_bytes()), Ok(LogoKind::Svg));
        assert_eq!(LogoKind::of(declared("ISO-2022-JP").as_bytes()), Err(BadLogo::Active));
        let entity = "<?xml version=\"1.0\"?><!DOCTYPE svg [<!ENTITY a \"b\">]><svg></svg>";
        assert_eq!(LogoKind::of(entity.as_bytes()), Err(BadLogo::Active));
        for other in [&b"GIF89a"[..], b"<html><svg></svg></html>", b"", b"<svg>", b"\xff\xd8\xff\xe0"] {
            assert_eq!(LogoKind::of(other), Err(BadLogo::Kind));
        }
        assert_eq!(LogoKind::of(&vec![0; LogoKind::MOST_BYTES + 1]), Err(BadLogo::TooLarge));
    }
}
