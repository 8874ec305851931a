//! Clinical documents (HL7 CDA release 2): title, author, and the narrative of the sections as plain text.

use base64::Engine as _;

use super::encapsulated;
use super::words::{self, Facts};
use super::xml::{Node, Part, decode, fault, one_line, parse};
use super::{Content, ContentError, Document, Section};

/// The largest document that is read, in bytes.
const MAX_BYTES: usize = 32 << 20;
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
    use super::super::xml::MAX_NODES;
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
