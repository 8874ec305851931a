//! The report for other systems: a FHIR R4 document (Bundle of type `document`, section 3.3.1), complete in itself. Every resource is named
//! by a UUID of its own and refers to the others by that.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};
use sha1::{Digest, Sha1};
use uuid::Uuid;

use super::SignedReport;
use super::document::title;
use super::facts::{LocalTime, OutcomeFact, PersonFact, ReportFacts, RoleFact, SeriesFact, Span, StudyFact};
use super::words::{Group, Section, SectionKind, grouped, sections};
use crate::clinical::{Language, ReportStatus};
use crate::paper::tag;

/// LOINC 75496-0: what a report of a consultation at a distance is.
const TELEHEALTH_NOTE: (&str, &str) = ("75496-0", "Telehealth Note");

/// Identifiers that are made of others: each resource of a document has one of its own, and the same document has the same ones.
#[derive(Clone, Copy)]
enum Part {
    Composition = 1,
    Organization,
    Encounter,
    Document,
    Binary,
    Consent,
    Study,
}

/// A resource of the document.
struct Resource {
    id: Uuid,
    body: Map<String, Value>,
}

impl Resource {
    fn new(kind: &'static str, id: Uuid) -> Self {
        let mut body = Map::new();
        body.insert("resourceType".to_owned(), kind.into());
        body.insert("id".to_owned(), id.to_string().into());
        Self { id, body }
    }

    /// Puts an element in.
    fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.body.insert(name.to_owned(), value.into());
        self
    }

    /// The same, where there is one: FHIR has no empty elements.
    fn maybe(self, name: &'static str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// A list, where there is something in it.
    fn list(self, name: &'static str, values: Vec<Value>) -> Self {
        if values.is_empty() { self } else { self.with(name, values) }
    }

    fn entry(self) -> Value {
        json!({"fullUrl": urn(self.id), "resource": Value::Object(self.body)})
    }
}

fn urn(id: Uuid) -> String {
    format!("urn:uuid:{id}")
}

fn reference(id: Uuid) -> Value {
    json!({"reference": urn(id)})
}

fn named(id: Uuid, name: &str) -> Value {
    json!({"reference": urn(id), "display": name})
}

fn concept(system: &str, code: &str, display: &str) -> Value {
    json!({"coding": [{"system": system, "code": code, "display": display}]})
}

/// An instant or dateTime (FHIR R4 section 2.24.0.1): to the second, with its offset.
fn time(at: LocalTime) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

fn period(span: &Span) -> Value {
    json!({"start": time(span.from), "end": time(span.until)})
}

/// The whole document. `pdf` is the same report for people, `written_at` the time of this version: of its signature, or of the last
/// change of a draft.
pub fn bundle(signed: &SignedReport<'_>, pdf: &[u8], written_at: LocalTime) -> Value {
    let facts = signed.facts;
    let base = signed.report.id.uuid();
    let of = |part: Part| derived(base, part as u128);
    let study = |place: usize| derived(base, (Part::Study as u128 + place as u128) << 8);
    let patient = facts.patient().map(|patient| patient.id);
    let mut entries = vec![composition(signed, written_at, &of, &study)];
    entries.extend(facts.people.iter().map(|person| one_of(person, patient)));
    entries.push(organization(facts, of(Part::Organization)));
    entries.push(encounter(facts, of(Part::Encounter), of(Part::Organization)));
    if let Some(consent) = &facts.consent {
        let resource = Resource::new("Consent", of(Part::Consent))
            .with("status", if consent.is_given { "active" } else { "rejected" })
            .with(
                "scope",
                concept("http://terminology.hl7.org/CodeSystem/consentscope", "treatment", "Treatment"),
            )
            .with("category", vec![concept("http://loinc.org", "59284-0", "Consent Document")])
            .maybe("patient", patient.map(reference))
            .with("dateTime", time(consent.at))
            .with("organization", vec![reference(of(Part::Organization))])
            .with("policyRule", json!({"text": consent.version}));
        entries.push(resource.entry());
    }
    for (place, fact) in facts.studies.iter().enumerate() {
        entries.push(imaging_study(fact, study(place), patient, of(Part::Encounter)));
    }
    entries.push(document_reference(signed, pdf, written_at, &of));
    let binary = Resource::new("Binary", of(Part::Binary))
        .with("contentType", "application/pdf")
        .with("data", BASE64_STANDARD.encode(pdf));
    entries.push(binary.entry());
    json!({
        "resourceType": "Bundle",
        "id": base.to_string(),
        "identifier": {"system": "urn:ietf:rfc:3986", "value": urn(base)},
        "type": "document",
        "timestamp": time(written_at),
        "entry": entries,
    })
}

/// An identifier of version 8 (RFC 9562 section 5.8) that follows from another one.
fn derived(base: Uuid, part: u128) -> Uuid {
    let digest = Sha1::digest([base.as_bytes().as_slice(), &part.to_be_bytes()].concat());
    let mut bytes = [0_u8; 16];
    bytes.iter_mut().zip(digest.iter()).for_each(|(to, from)| *to = *from);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

fn composition(
    signed: &SignedReport<'_>,
    written_at: LocalTime,
    of: &impl Fn(Part) -> Uuid,
    study: &impl Fn(usize) -> Uuid,
) -> Value {
    let (facts, report) = (signed.facts, signed.report);
    let language = report.body.language;
    let author = signed.signed.as_ref().map_or(report.by.uuid(), |by| by.person);
    let status = match signed.status() {
        ReportStatus::Draft => "preliminary",
        ReportStatus::Final => "final",
        ReportStatus::Amended => "amended",
    };
    let parts = sections(facts, &report.body, language).into_iter().map(|section| {
        let entries = match section.kind {
            SectionKind::Images => (0..facts.studies.len()).map(|place| reference(study(place))).collect(),
            SectionKind::People => vec![reference(of(Part::Encounter))],
            SectionKind::Consent if facts.consent.is_some() => vec![reference(of(Part::Consent))],
            SectionKind::Conclusions => vec![reference(of(Part::Document))],
            _ => Vec::new(),
        };
        part(&section, entries)
    });
    let attester = signed
        .signed
        .as_ref()
        .map(|by| json!([{"mode": "professional", "time": time(by.at), "party": reference(by.person)}]));
    let replaces = signed.amends.map(|before| {
        json!([{"code": "replaces", "targetIdentifier": {"system": "urn:ietf:rfc:3986", "value": urn(before)}}])
    });
    Resource::new("Composition", of(Part::Composition))
        .with("language", tag(language))
        .with("identifier", json!({"system": "urn:ietf:rfc:3986", "value": urn(report.id.uuid())}))
        .with("status", status)
        .with("type", concept("http://loinc.org", TELEHEALTH_NOTE.0, TELEHEALTH_NOTE.1))
        .maybe("subject", facts.patient().map(|patient| named(patient.id, patient.name.expose())))
        .with("encounter", reference(of(Part::Encounter)))
        .with("date", time(written_at))
        .with("author", vec![reference(author)])
        .with("title", title(language))
        .with("confidentiality", "N")
        .maybe("attester", attester)
        .with("custodian", reference(of(Part::Organization)))
        .maybe("relatesTo", replaces)
        .with("section", parts.collect::<Vec<Value>>())
        .entry()
}

/// A section with its words as XHTML (FHIR R4 section 2.4.0).
fn part(section: &Section, entries: Vec<Value>) -> Value {
    let status = if section.is_fact() { "generated" } else { "additional" };
    let items = |items: Vec<&str>| -> String {
        items.into_iter().map(|item| format!("<li>{}</li>", escaped(item))).collect()
    };
    let words: String = grouped(&section.lines)
        .into_iter()
        .map(|group| match group {
            Group::Paragraph(line) => format!("<p>{}</p>", escaped(line)),
            Group::Bullets(bullets) => format!("<ul>{}</ul>", items(bullets)),
            Group::Numbered(numbered) => format!("<ol>{}</ol>", items(numbered)),
        })
        .collect();
    let div = format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{words}</div>");
    let mut part = Map::new();
    part.insert("title".to_owned(), section.title.into());
    if let Some((code, display)) = code(section.kind) {
        part.insert("code".to_owned(), concept("http://loinc.org", code, display));
    }
    part.insert("text".to_owned(), json!({"status": status, "div": div}));
    if !entries.is_empty() {
        part.insert("entry".to_owned(), entries.into());
    }
    Value::Object(part)
}

const fn code(kind: SectionKind) -> Option<(&'static str, &'static str)> {
    match kind {
        SectionKind::Reason => Some(("29299-5", "Reason for visit Narrative")),
        SectionKind::Findings => Some(("29545-1", "Physical findings Narrative")),
        SectionKind::Act => Some(("29554-3", "Procedure Narrative")),
        SectionKind::Conclusions => Some(("51848-0", "Evaluation note")),
        SectionKind::Prescriptions => Some(("57828-6", "Prescription list")),
        SectionKind::FollowUp => Some(("18776-5", "Plan of care note")),
        SectionKind::People
        | SectionKind::Identity
        | SectionKind::Consent
        | SectionKind::Images
        | SectionKind::Technical => None,
    }
}

/// Text of XML (XML 1.0 section 2.4), without the signs that XML has no place for.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push(' '),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// The patient, a member of staff, or somebody beside the patient.
fn one_of(person: &PersonFact, patient: Option<Uuid>) -> Value {
    let name = vec![json!({"text": person.name.expose()})];
    let born = person.birth_date.as_ref().map(|born| born.expose().format("%Y-%m-%d").to_string());
    let resource = match person.role {
        RoleFact::Patient => Resource::new("Patient", person.id).maybe("birthDate", born),
        RoleFact::Practitioner => {
            let known =
                person.practitioner.map(|id| vec![json!({"system": "urn:ietf:rfc:3986", "value": urn(id)})]);
            Resource::new("Practitioner", person.id).maybe("identifier", known)
        }
        RoleFact::Relative | RoleFact::Interpreter => {
            let relationship = match person.role {
                RoleFact::Interpreter => json!({"text": "interpreter"}),
                _ => concept("http://terminology.hl7.org/CodeSystem/v3-RoleCode", "FAMMEMB", "family member"),
            };
            Resource::new("RelatedPerson", person.id)
                .maybe("patient", patient.map(reference))
                .with("relationship", vec![relationship])
        }
    };
    resource.with("name", name).entry()
}

fn organization(facts: &ReportFacts, id: Uuid) -> Value {
    let telephone = facts.telephone.trim();
    let telecom =
        (!telephone.is_empty()).then(|| json!([{"system": "phone", "value": telephone, "use": "work"}]));
    Resource::new("Organization", id).with("name", facts.hospital.as_str()).maybe("telecom", telecom).entry()
}

/// The visit. Class VR of v3-ActCode: the patient and the practitioner are not in one place.
fn encounter(facts: &ReportFacts, id: Uuid, organization: Uuid) -> Value {
    let is_held = facts.held.is_some() && facts.outcome != Some(OutcomeFact::NotHeld);
    let status = match (facts.outcome, is_held) {
        (Some(_), true) => "finished",
        (Some(_), false) => "cancelled",
        (None, true) => "in-progress",
        (None, false) => "planned",
    };
    let mut history = vec![json!({"status": "planned", "period": period(&facts.planned)})];
    if let Some(held) = &facts.held {
        history.push(json!({"status": "in-progress", "period": period(held)}));
    }
    let participants = facts.people.iter().filter(|person| person.role != RoleFact::Patient).map(|person| {
        let (code, display) = match person.role {
            RoleFact::Practitioner if person.has_dropped_in => ("CON", "consultant"),
            RoleFact::Practitioner => ("PPRF", "primary performer"),
            RoleFact::Interpreter => ("translator", "Translator"),
            RoleFact::Relative | RoleFact::Patient => ("ESC", "escort"),
        };
        let system = match person.role {
            RoleFact::Interpreter => "http://terminology.hl7.org/CodeSystem/participant-type",
            _ => "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
        };
        let mut participant = Map::new();
        participant.insert("type".to_owned(), vec![concept(system, code, display)].into());
        if let (Some(first), Some(last)) = (person.presences.first(), person.presences.last()) {
            participant.insert("period".to_owned(), period(&Span { from: first.from, until: last.until }));
        }
        participant.insert("individual".to_owned(), named(person.id, person.name.expose()));
        Value::Object(participant)
    });
    Resource::new("Encounter", id)
        .with("identifier", vec![json!({"system": "urn:ietf:rfc:3986", "value": urn(facts.appointment)})])
        .with("status", status)
        .with("statusHistory", history)
        .with(
            "class",
            json!({"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "VR", "display": "virtual"}),
        )
        .with("serviceType", json!({"text": facts.service}))
        .maybe("subject", facts.patient().map(|patient| named(patient.id, patient.name.expose())))
        .list("participant", participants.collect())
        .with("period", period(facts.held.as_ref().unwrap_or(&facts.planned)))
        .with("serviceProvider", reference(organization))
        .entry()
}

/// A study of which something was shown, with the very objects.
fn imaging_study(study: &StudyFact, id: Uuid, patient: Option<Uuid>, encounter: Uuid) -> Value {
    let one_series = |series: &SeriesFact| {
        let instances: Vec<Value> = series
            .instances
            .iter()
            .map(|instance| {
                json!({
                    "uid": instance.uid,
                    "sopClass": {"system": "urn:ietf:rfc:3986", "code": format!("urn:oid:{}", instance.class)},
                })
            })
            .collect();
        let mut one = Map::new();
        one.insert("uid".to_owned(), series.uid.as_str().into());
        let modality =
            json!({"system": "http://dicom.nema.org/resources/ontology/DCM", "code": series.modality});
        one.insert("modality".to_owned(), modality);
        if !series.title.trim().is_empty() {
            one.insert("description".to_owned(), series.title.as_str().into());
        }
        if !instances.is_empty() {
            one.insert("instance".to_owned(), instances.into());
        }
        Value::Object(one)
    };
    let description = study.description.trim();
    Resource::new("ImagingStudy", id)
        .with(
            "identifier",
            vec![json!({"system": "urn:dicom:uid", "value": format!("urn:oid:{}", study.uid)})],
        )
        .with("status", "available")
        .maybe("subject", patient.map(reference))
        .with("encounter", reference(encounter))
        .maybe("started", study.date.map(|day| day.format("%Y-%m-%d").to_string()))
        .maybe("description", (!description.is_empty()).then_some(description))
        .list("series", study.series.iter().map(one_series).collect())
        .entry()
}

fn document_reference(
    signed: &SignedReport<'_>,
    pdf: &[u8],
    written_at: LocalTime,
    of: &impl Fn(Part) -> Uuid,
) -> Value {
    let facts = signed.facts;
    let language: Language = signed.report.body.language;
    let status = match signed.status() {
        ReportStatus::Draft => "preliminary",
        ReportStatus::Final => "final",
        ReportStatus::Amended => "amended",
    };
    let author = signed.signed.as_ref().map_or(signed.report.by.uuid(), |by| by.person);
    let attachment = json!({
        "contentType": "application/pdf",
        "language": tag(language),
        "url": urn(of(Part::Binary)),
        "size": pdf.len(),
        "hash": BASE64_STANDARD.encode(Sha1::digest(pdf)),
        "title": title(language),
        "creation": time(written_at),
    });
    let mut context = Map::new();
    context.insert("encounter".to_owned(), vec![reference(of(Part::Encounter))].into());
    if let Some(held) = &facts.held {
        context.insert("period".to_owned(), period(held));
    }
    Resource::new("DocumentReference", of(Part::Document))
        .with("status", "current")
        .with("docStatus", status)
        .with("type", concept("http://loinc.org", TELEHEALTH_NOTE.0, TELEHEALTH_NOTE.1))
        .maybe("subject", facts.patient().map(|patient| named(patient.id, patient.name.expose())))
        .with("date", time(written_at))
        .with("author", vec![reference(author)])
        .with("custodian", reference(of(Part::Organization)))
        .with("content", vec![json!({"attachment": attachment})])
        .with("context", Value::Object(context))
        .entry()
}
