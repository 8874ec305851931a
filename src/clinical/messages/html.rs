//! The HTML of a mail, made from its plain text: no template holds markup, so none can break or mislead.

use std::fmt::Write;

use super::super::Language;
use super::template::{Piece, pieces};
use super::{Placeholder, Values};

const PARAGRAPH: &str = "margin:0 0 16px;font-size:17px;line-height:1.5";
const BUTTON: &str = "display:inline-block;padding:14px 24px;border-radius:8px;background:#0b5c8a;color:#ffffff;\
    font-size:18px;font-weight:bold;text-decoration:none";

/// A mail as HTML: nothing is fetched from anywhere when it is opened. A link that stands alone is a button, with the address below it.
pub fn html(body: &str, values: &Values, language: Language) -> String {
    let (code, button) = match language {
        Language::French => ("fr", "Ouvrir mon rendez-vous vidéo"),
        Language::English => ("en", "Open my video appointment"),
    };
    let mut out = format!(
        "<!DOCTYPE html><html lang=\"{code}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{}</title></head>\
         <body style=\"margin:0;padding:24px;background:#ffffff;color:#16212b;font-family:Arial,Helvetica,sans-serif\">\
         <div style=\"max-width:600px;margin:0 auto\">",
        escape(&values.hospital)
    );
    for paragraph in body.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
        let _ = write!(out, "<p style=\"{PARAGRAPH}\">");
        let pieces = pieces(paragraph);
        if pieces == [Piece::Place(Placeholder::Link)] {
            let link = escape(&values.link);
            let _ = write!(out, "<a style=\"{BUTTON}\" href=\"{link}\">{button}</a><br><br>{link}");
        } else {
            for piece in pieces {
                match piece {
                    Piece::Words(words) => out.push_str(&escape(words).replace('\n', "<br>")),
                    Piece::Place(Placeholder::Link) => {
                        let link = escape(&values.link);
                        let _ = write!(out, "<a href=\"{link}\">{link}</a>");
                    }
                    Piece::Place(Placeholder::Code) => {
                        let _ = write!(
                            out,
                            "<strong style=\"font-size:28px;letter-spacing:4px\">{}</strong>",
                            escape(&values.code)
                        );
                    }
                    Piece::Place(place @ (Placeholder::When | Placeholder::Time)) => {
                        let _ = write!(out, "<strong>{}</strong>", escape(values.of(place)));
                    }
                    Piece::Place(place) => out.push_str(&escape(values.of(place))),
                }
            }
        }
        out.push_str("</p>");
    }
    out.push_str("</div></body></html>");
    out
}

/// A mail to staff as HTML: its plain text, in paragraphs.
pub fn html_of_text(text: &str) -> String {
    let mut out = String::from("<!DOCTYPE html><html><head><meta charset=\"utf-8\"></head><body>");
    for paragraph in text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
        let _ = write!(out, "<p style=\"{PARAGRAPH}\">{}</p>", escape(paragraph).replace('\n', "<br>"));
    }
    out.push_str("</body></html>");
    out
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}
