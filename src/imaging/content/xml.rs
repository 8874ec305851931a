//! XML as a small tree, read within limits. Nothing is expanded: a document type declaration, and any entity but the five of XML and
//! numbers, end it.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{ContentError, words};

/// The deepest nesting of elements.
const MAX_DEPTH: usize = 100;
/// The most elements and pieces of text.
pub(super) const MAX_NODES: usize = 300_000;
/// The most attributes of an element that are looked at.
const MAX_ATTRIBUTES: usize = 50;

pub(super) fn fault(why: &str) -> ContentError {
    ContentError::Damaged(format!("the clinical document {why}"))
}

/// UTF-8, and the two other encodings that occur.
pub(super) fn decode(bytes: &[u8]) -> Result<String, ContentError> {
    let wide = |order: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|pair| order(*pair)).collect();
        String::from_utf16(&units).map_err(|_| fault("is not valid UTF-16"))
    };
    let text = match bytes {
        [0xFF, 0xFE, ..] => wide(u16::from_le_bytes)?,
        [0xFE, 0xFF, ..] => wide(u16::from_be_bytes)?,
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            // ISO 8859-1: the first 256 characters of Unicode.
            Err(_) if declares_latin1(bytes) => bytes.iter().map(|byte| char::from(*byte)).collect(),
            Err(_) => return Err(fault("is not valid UTF-8")),
        },
    };
    Ok(text.trim_start_matches('\u{FEFF}').to_owned())
}

fn declares_latin1(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).to_lowercase();
    let declaration = head.split("?>").next().unwrap_or_default();
    ["iso-8859-1", "iso-8859-15", "windows-1252", "latin1"].iter().any(|name| declaration.contains(name))
}

/// An element. Names are without their prefixes.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) content: Vec<Part>,
}

#[derive(Debug)]
pub(super) enum Part {
    Element(Node),
    Text(String),
}

impl Node {
    pub(super) fn elements(&self) -> impl Iterator<Item = &Node> {
        self.content.iter().filter_map(|part| match part {
            Part::Element(node) => Some(node),
            Part::Text(_) => None,
        })
    }

    pub(super) fn children<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n Node> {
        self.elements().filter(move |node| node.name == name)
    }

    pub(super) fn child(&self, name: &str) -> Option<&Node> {
        self.elements().find(|node| node.name == name)
    }

    pub(super) fn path(&self, names: &[&str]) -> Option<&Node> {
        names.iter().try_fold(self, |node, name| node.child(name))
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn gather(&self, into: &mut String) {
        for part in &self.content {
            match part {
                Part::Text(text) => into.push_str(text),
                Part::Element(node) => {
                    into.push(' ');
                    node.gather(into);
                    into.push(' ');
                }
            }
        }
    }

    /// All text in it as one line.
    pub(super) fn plain(&self) -> String {
        let mut text = String::new();
        self.gather(&mut text);
        words::tidy(&one_line(&text))
    }
}

pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn parse(text: &str) -> Result<Node, ContentError> {
    let broken = |_| fault("is no well-formed XML");
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Node> = vec![Node::default()];
    let mut nodes = 0;
    loop {
        nodes += 1;
        if nodes > MAX_NODES {
            return Err(fault("has more elements than are read here"));
        }
        match reader.read_event().map_err(broken)? {
            Event::Start(start) => {
                if open.len() > MAX_DEPTH {
                    return Err(fault(&format!("is nested deeper than {MAX_DEPTH} levels")));
                }
                open.push(node(&start)?);
            }
            Event::Empty(start) => {
                let node = node(&start)?;
                add(&mut open, Part::Element(node));
            }
            Event::End(_) => {
                let Some(node) = open.pop() else { break };
                add(&mut open, Part::Element(node));
            }
            Event::Text(text) => add(&mut open, Part::Text(text.to_string())),
            Event::CData(text) => add(&mut open, Part::Text(text.to_string())),
            Event::GeneralRef(reference) => {
                let number =
                    reference.resolve_char_ref().map_err(|_| fault("has a character that does not exist"))?;
                let letter = match (number, &*reference) {
                    (Some(letter), _) => letter,
                    (None, "lt") => '<',
                    (None, "gt") => '>',
                    (None, "amp") => '&',
                    (None, "quot") => '"',
                    (None, "apos") => '\'',
                    (None, _) => return Err(fault("uses an entity of its own, which is not expanded here")),
                };
                add(&mut open, Part::Text(letter.to_string()));
            }
            Event::DocType(_) => {
                return Err(fault("has a document type declaration, which is not read here"));
            }
            Event::Eof => break,
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
        }
    }
    if open.len() != 1 {
        return Err(fault("ends inside an element"));
    }
    let root = open.pop().and_then(|top| {
        top.content.into_iter().find_map(|part| match part {
            Part::Element(node) => Some(node),
            Part::Text(_) => None,
        })
    });
    root.ok_or_else(|| fault("has no element"))
}

fn add(open: &mut [Node], part: Part) {
    if let Some(node) = open.last_mut() {
        node.content.push(part);
    }
}

fn node(start: &BytesStart<'_>) -> Result<Node, ContentError> {
    let broken = || fault("has an attribute that cannot be read");
    let mut attributes = Vec::new();
    for attribute in start.attributes().with_checks(false).take(MAX_ATTRIBUTES) {
        let attribute = attribute.map_err(|_| broken())?;
        let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).map_err(|_| broken())?;
        attributes.push((attribute.key.local_name().as_ref().to_owned(), value.into_owned()));
    }
    Ok(Node { name: start.local_name().as_ref().to_owned(), attributes, content: Vec::new() })
}
