//! Clinical documents (HL7 CDA release 2): title, author, and the narrative of the sections as plain text.
//!
//! The reader expands nothing: a document type declaration, and any entity but the five of XML and numbers, end it.

use base64::Engine as _;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::encapsulated;
use super::words::{self, Facts};
use super::{Content, ContentError, Document, Section};

/// The largest document that is read, in bytes.
const MAX_BYTES: usize = 32 << 20;
/// The deepest nesting of elements.
const MAX_DEPTH: usize = 100;
/// The most elements and pieces of text.
const MAX_NODES: usize = 300_000;
/// The most attributes of an element that are looked at.
const MAX_ATTRIBUTES: usize = 50;
/// The most characters of narrative.
const MAX_CHARACTERS: usize = 400_000;

/// The text of a clinical document, or the PDF that it carries instead.
pub(super) fn clinical_document(bytes: &[u8], facts: Vec<(String, String)>) -> Result<Content, ContentError> {
    if bytes.len() > MAX_BYTES {
        return Err(fault("is larger than is read here"));
    }
    let root = parse(&decode(bytes)?)?;
    if root.name != "ClinicalDocument" {
        return Err(fault(&format!(
            "begins with <{}> and not with <ClinicalDocument>",
            words::tidy(&root.name)
        )));
    }
    let mut facts = Facts(facts);
    if let Some(time) = root.child("effectiveTime").and_then(|time| time.attribute("value")) {
        facts.add("date", words::date_time(time));
    }
    for author in root.children("author").take(10) {
        let assigned = author.child("assignedAuthor");
        facts.add("author", assigned.map(who).unwrap_or_default());
    }
    if let Some(legal) = root.child("legalAuthenticator").and_then(|legal| legal.child("assignedEntity")) {
        facts.add("verified_by", who(legal));
    }
    let custodian = ["assignedCustodian", "representedCustodianOrganization", "name"];
    let custodian = root.child("custodian").and_then(|node| node.path(&custodian));
    facts.add("organization", custodian.map(Node::plain).unwrap_or_default());
    let code = root.child("code").and_then(|code| code.attribute("displayName")).unwrap_or_default();
    let title = root.child("title").map(Node::plain).filter(|title| !title.is_empty());
    let title = title.unwrap_or_else(|| words::tidy(code));
    let mut sections = Vec::new();
    let mut characters = 0;
    for component in root.children("component") {
        if let Some(body) = component.child("nonXMLBody") {
            if let Some(pages) = embedded_pdf(body)? {
                return Ok(Content::Pages(pages));
            }
            let media_type =
                body.child("text").and_then(|text| text.attribute("mediaType")).unwrap_or("unknown");
            let text = match media_type {
                "text/plain" => body.child("text").map(Node::plain).unwrap_or_default(),
                _ => format!(
                    "The body of this document is a file of the type {}. It is not shown here.",
                    words::tidy(media_type)
                ),
            };
            sections.push(Section { text, ..Section::default() });
        }
        if let Some(body) = component.child("structuredBody") {
            sections.extend(body_sections(body, &mut characters));
        }
    }
    if characters > MAX_CHARACTERS {
        let text = "The document goes on: it is too long to be shown whole.".to_owned();
        sections.push(Section { text, ..Section::default() });
    }
    Ok(Content::Text(Document { title, facts: facts.0, sections }))
}

fn fault(why: &str) -> ContentError {
    ContentError::Damaged(format!("the clinical document {why}"))
}

/// UTF-8, and the two other encodings that occur.
fn decode(bytes: &[u8]) -> Result<String, ContentError> {
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
struct Node {
    name: String,
    attributes: Vec<(String, String)>,
    content: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Element(Node),
    Text(String),
}

impl Node {
    fn elements(&self) -> impl Iterator<Item = &Node> {
        self.content.iter().filter_map(|part| match part {
            Part::Element(node) => Some(node),
            Part::Text(_) => None,
        })
    }

    fn children<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n Node> {
        self.elements().filter(move |node| node.name == name)
    }

    fn child(&self, name: &str) -> Option<&Node> {
        self.elements().find(|node| node.name == name)
    }

    fn path(&self, names: &[&str]) -> Option<&Node> {
        names.iter().try_fold(self, |node, name| node.child(name))
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn gather(&self, into: &mut String) {
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
    fn plain(&self) -> String {
        let mut text = String::new();
        self.gather(&mut text);
        words::tidy(&one_line(&text))
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn parse(text: &str) -> Result<Node, ContentError> {
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

/// Person and organization of an assigned author or entity.
fn who(assigned: &Node) -> String {
    let person = assigned.path(&["assignedPerson", "name"]).map(Node::plain).unwrap_or_default();
    let device =
        assigned.path(&["assignedAuthoringDevice", "softwareName"]).map(Node::plain).unwrap_or_default();
    let house = assigned.path(&["representedOrganization", "name"]).map(Node::plain).unwrap_or_default();
    [person, device, house].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ")
}

/// A PDF that stands for the body (CDA level 1).
fn embedded_pdf(body: &Node) -> Result<Option<Vec<u8>>, ContentError> {
    let Some(text) = body.child("text") else { return Ok(None) };
    if text.attribute("mediaType") != Some("application/pdf")
        || text.attribute("representation") != Some("B64")
    {
        return Ok(None);
    }
    let mut coded = String::new();
    text.gather(&mut coded);
    coded.retain(|c| !c.is_whitespace());
    let bytes = base64::engine::general_purpose::STANDARD.decode(coded);
    let bytes = bytes.map_err(|_| fault("carries a PDF that is no valid Base64"))?;
    encapsulated::pdf(&bytes).map(|pages| Some(pages.to_vec()))
}

fn body_sections(body: &Node, characters: &mut usize) -> Vec<Section> {
    let sections = body.children("component").filter_map(|component| component.child("section"));
    sections
        .map_while(|node| {
            if *characters > MAX_CHARACTERS {
                return None;
            }
            let code = node.child("code").and_then(|code| code.attribute("displayName"));
            let heading = node.child("title").map(Node::plain).filter(|title| !title.is_empty());
            let mut text = String::new();
            if let Some(narrative) = node.child("text") {
                narrate(narrative, &mut text);
            }
            let text = tidy_lines(&text);
            *characters += text.len();
            Some(Section {
                heading: heading.unwrap_or_else(|| words::tidy(code.unwrap_or_default())),
                text,
                references: Vec::new(),
                sections: body_sections(node, characters),
            })
        })
        .collect()
}

/// The narrative block of a section (CDA release 2, section 4.3.5) as lines.
fn narrate(node: &Node, into: &mut String) {
    for part in &node.content {
        let node = match part {
            Part::Text(text) => {
                // Line ends in the source are no line ends of the text.
                let starts = text.starts_with(char::is_whitespace);
                let ends = text.ends_with(char::is_whitespace);
                let words = one_line(text);
                if starts {
                    space(into);
                }
                into.push_str(&words);
                if ends && !words.is_empty() {
                    space(into);
                }
                continue;
            }
            Part::Element(node) => node,
        };
        match node.name.as_str() {
            "br" => into.push('\n'),
            "paragraph" | "caption" | "thead" | "tbody" | "tfoot" => {
                line(into);
                narrate(node, into);
                line(into);
            }
            "table" => {
                line(into);
                narrate(node, into);
                line(into);
            }
            "tr" => {
                line(into);
                let cells: Vec<String> = node
                    .elements()
                    .map(|cell| {
                        let mut text = String::new();
                        narrate(cell, &mut text);
                        one_line(&text)
                    })
                    .collect();
                into.push_str(&cells.join(" | "));
                line(into);
            }
            "list" => {
                let is_ordered = node.attribute("listType") == Some("ordered");
                for (number, item) in node.children("item").enumerate() {
                    line(into);
                    let mut text = String::new();
                    narrate(item, &mut text);
                    let mark = if is_ordered { format!("{}. ", number + 1) } else { "– ".to_owned() };
                    into.push_str(&mark);
                    into.push_str(tidy_lines(&text).replace('\n', "\n\u{2003}").as_str());
                    line(into);
                }
            }
            "renderMultiMedia" => {
                narrate(node, into);
                space(into);
                into.push_str("[picture]");
            }
            // content, linkHtml, sub, sup, footnote: only their words.
            _ => narrate(node, into),
        }
    }
}

fn space(into: &mut String) {
    if !into.is_empty() && !into.ends_with(char::is_whitespace) {
        into.push(' ');
    }
}

fn line(into: &mut String) {
    if !into.is_empty() && !into.ends_with('\n') {
        into.push('\n');
    }
}

fn tidy_lines(text: &str) -> String {
    let mut shown: String =
        text.chars().filter(|c| !c.is_control() || *c == '\n').take(MAX_CHARACTERS).collect();
    shown = shown.lines().map(|line| line.trim_end().trim_start_matches(' ')).collect::<Vec<_>>().join("\n");
    while shown.contains("\n\n\n") {
        shown = shown.replace("\n\n\n", "\n\n");
    }
    shown.trim_matches(['\n', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(body: &str) -> Result<Document, ContentError> {
        let xml = format!(
            "<?xml version=\"1.0\"?><ClinicalDocument xmlns=\"urn:hl7-org:v3\"><title>Letter</title>
            <recordTarget><patientRole><patient><name>SECRET</name></patient></patientRole></recordTarget>{body}</ClinicalDocument>"
        );
        match clinical_document(xml.as_bytes(), Vec::new())? {
            Content::Text(document) => Ok(document),
            other => panic!("{other:?}"),
        }
    }

    fn narrative(text: &str) -> String {
        let body = format!(
            "<component><structuredBody><component><section><title>Findings</title><text>{text}</text></section></component></structuredBody></component>"
        );
        document(&body).unwrap().sections.remove(0).text
    }

    #[test]
    fn narrative_becomes_lines() {
        assert_eq!(
            narrative("One\n   <content styleCode='Bold'>two</content>,<br/>three"),
            "One two,\nthree"
        );
        assert_eq!(narrative("<paragraph>a</paragraph> <paragraph>b &lt; &#233;</paragraph>"), "a\nb < é");
        assert_eq!(
            narrative(
                "<list><item>a</item><item>b<list listType='ordered'><item>c</item></list></item></list>"
            ),
            "– a\n– b\n\u{2003}1. c"
        );
        assert_eq!(
            narrative(
                "<table><thead><tr><th>Test</th><th>Value</th></tr></thead><tbody><tr><td>Hb</td><td>13 <content>g/dl</content></td></tr></tbody></table>"
            ),
            "Test | Value\nHb | 13 g/dl"
        );
        assert_eq!(narrative("<linkHtml href='javascript:alert(1)'>here</linkHtml>"), "here");
    }

    #[test]
    fn the_patient_is_not_named_and_the_author_is() {
        let author = "<author><assignedAuthor><assignedPerson><name><prefix>Dr</prefix><family>Martin</family></name></assignedPerson></assignedAuthor></author>";
        let document = document(author).unwrap();
        assert_eq!(document.facts, [("author".to_owned(), "Dr Martin".to_owned())]);
        assert!(!format!("{document:?}").contains("SECRET"));
    }

    #[test]
    fn bombs_are_not_expanded() {
        let bomb = b"<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><ClinicalDocument><title>&b;</title></ClinicalDocument>";
        assert!(
            clinical_document(bomb, Vec::new())
                .unwrap_err()
                .to_string()
                .contains("document type declaration")
        );
        let entity = b"<ClinicalDocument><title>&x;</title></ClinicalDocument>";
        assert!(clinical_document(entity, Vec::new()).unwrap_err().to_string().contains("entity"));
        let deep = format!("{}{}", "<a>".repeat(200), "</a>".repeat(200));
        assert!(clinical_document(deep.as_bytes(), Vec::new()).unwrap_err().to_string().contains("deeper"));
        let wide = format!("<ClinicalDocument>{}</ClinicalDocument>", "<a/>".repeat(MAX_NODES));
        assert!(
            clinical_document(wide.as_bytes(), Vec::new()).unwrap_err().to_string().contains("more elements")
        );
        for broken in ["", "<ClinicalDocument>", "<ClinicalDocument></b>", "no xml", "<a></a>", "<a/><"] {
            assert!(clinical_document(broken.as_bytes(), Vec::new()).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_latin_document_is_read_as_it_says() {
        let xml = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><ClinicalDocument><title>Compte rendu op\xE9ratoire</title></ClinicalDocument>";
        let Ok(Content::Text(document)) = clinical_document(xml, Vec::new()) else { panic!() };
        assert_eq!(document.title, "Compte rendu opératoire");
    }

    #[test]
    fn a_pdf_in_place_of_the_body_is_shown_as_pages() {
        let coded = base64::engine::general_purpose::STANDARD.encode(b"%PDF-1.4\n%%EOF");
        let xml = format!(
            "<ClinicalDocument><component><nonXMLBody><text mediaType='application/pdf' representation='B64'>{coded}</text></nonXMLBody></component></ClinicalDocument>"
        );
        assert_eq!(
            clinical_document(xml.as_bytes(), Vec::new()),
            Ok(Content::Pages(b"%PDF-1.4\n%%EOF".to_vec()))
        );
        let wrong = xml.replace(&coded, "???");
        assert!(clinical_document(wrong.as_bytes(), Vec::new()).is_err());
    }
}
