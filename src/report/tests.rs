use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::words::{Section, SectionKind};
use super::*;
use crate::clinical::{ClinicalText, KeyImageId, Language, ParticipantId, ReportBody, ReportId, Signature};
use crate::paper::{Block, PaperError, PictureMark};

const PATIENT: Uuid = Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0001);
const RELATIVE: Uuid = Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0002);
const INTERPRETER: Uuid = Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0003);
const DOCTOR: Uuid = Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0004);
const RADIOLOGIST: Uuid = Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0005);
const REPORT: Uuid = Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0010);
const IMAGE: Uuid = Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0020);

fn local(hour: u32, minute: u32) -> LocalTime {
    let paris = chrono::FixedOffset::east_opt(3600).unwrap();
    paris.with_ymd_and_hms(2026, 11, 29, hour, minute, 0).unwrap()
}

fn utc(hour: u32, minute: u32) -> DateTime<Utc> {
    local(hour, minute).to_utc()
}

/// Hour and minute.
type Time = (u32, u32);

fn span(from: Time, until: Time) -> Span {
    Span { from: local(from.0, from.1), until: local(until.0, until.1) }
}

fn person(id: Uuid, role: RoleFact, name: &str, presences: &[(Time, Time)]) -> PersonFact {
    PersonFact {
        id,
        role,
        name: name.into(),
        birth_date: None,
        practitioner: (role == RoleFact::Practitioner).then_some(Uuid::from_u128(id.as_u128() + 0x1000)),
        has_dropped_in: id == RADIOLOGIST,
        presences: presences.iter().map(|(from, until)| span(*from, *until)).collect(),
    }
}

fn facts() -> ReportFacts {
    let born = NaiveDate::from_ymd_opt(1944, 3, 1).unwrap();
    let patient = PersonFact {
        birth_date: Some(crate::secret::Pii::new(born)),
        ..person(
            PATIENT,
            RoleFact::Patient,
            "Hélène <Lefèvre> & fille",
            &[((14, 32), (14, 40)), ((14, 41), (14, 52))],
        )
    };
    let instance =
        InstanceFact { uid: "1.2.3.4.1".to_owned(), class: "1.2.840.10008.5.1.4.1.1.2".to_owned() };
    ReportFacts {
        appointment: Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0099),
        hospital: "Hôpital Saint-Michel".to_owned(),
        telephone: "01 23 45 67 89".to_owned(),
        service: "Pneumologie".to_owned(),
        planned: span((14, 30), (15, 0)),
        held: Some(span((14, 31), (14, 52))),
        outcome: Some(OutcomeFact::FollowUp),
        people: vec![
            patient,
            person(RELATIVE, RoleFact::Relative, "Anne Lefèvre", &[]),
            person(INTERPRETER, RoleFact::Interpreter, "Ines Costa", &[((14, 33), (14, 52))]),
            person(DOCTOR, RoleFact::Practitioner, "Claire Martin", &[((14, 31), (14, 52))]),
            person(RADIOLOGIST, RoleFact::Practitioner, "Karim Benali", &[((14, 40), (14, 45))]),
        ],
        identity: Some(IdentityFact {
            at: local(14, 31),
            by: "Claire Martin".into(),
            means: MeansFact::IdentityCard,
            is_name_right: true,
            is_birth_date_right: true,
        }),
        consent: Some(ConsentFact {
            at: local(14, 20),
            is_given: true,
            version: "Pneumologie, 2".to_owned(),
        }),
        studies: vec![StudyFact {
            uid: "1.2.3".to_owned(),
            description: "CT thorax".to_owned(),
            date: NaiveDate::from_ymd_opt(2026, 11, 3),
            series: vec![SeriesFact {
                uid: "1.2.3.4".to_owned(),
                modality: "CT".to_owned(),
                title: "Poumon".to_owned(),
                steps: 12,
                instances: vec![instance],
            }],
            seen_by: vec![PATIENT, RADIOLOGIST],
        }],
        studies_of_others: 0,
        images: vec![ImageFact {
            id: IMAGE,
            caption: "Le nodule".into(),
            modality: "CT".to_owned(),
            title: "Poumon".to_owned(),
        }],
        incidents: vec![IncidentFact { person: PATIENT, what: IncidentWord::BrokenSound }],
        telephones: vec![TelephoneFact {
            since: local(14, 40),
            until: Some(local(14, 41)),
            reason: ReasonFact::NoSound,
        }],
    }
}

fn text(words: &str) -> ClinicalText {
    ClinicalText::new(words).unwrap()
}

fn report(language: Language, number: u32, is_signed: bool) -> Report {
    Report {
        id: ReportId::new(REPORT),
        number,
        body: ReportBody {
            language,
            reason: text("Toux depuis trois semaines."),
            findings: text("Pas de fièvre.\n\nPas de perte de poids."),
            act: text("Téléconsultation de spécialiste"),
            conclusions: text("Nodule de 6 mm, stable <sans doute> & à revoir."),
            prescriptions: text("Paracétamol 1 g, si besoin."),
            follow_up: text(""),
            images: vec![KeyImageId::new(IMAGE)],
        },
        why: text(if number > 1 { "Le côté était faux." } else { "" }),
        revision: 4,
        begun_at: utc(14, 40),
        changed_at: utc(15, 5),
        by: ParticipantId::new(DOCTOR),
        signature: is_signed.then_some(Signature { at: utc(15, 10), by: ParticipantId::new(DOCTOR) }),
    }
}

fn signed<'r>(report: &'r Report, facts: &'r ReportFacts) -> SignedReport<'r> {
    SignedReport {
        report,
        facts,
        signed: report.signature.map(|signature| SignedBy {
            person: signature.by.uuid(),
            name: "Claire Martin".into(),
            at: local(15, 10),
        }),
        amends: (report.number > 1).then_some(Uuid::from_u128(REPORT.as_u128() - 1)),
    }
}

fn png() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 64, 48);
    encoder.set_color(png::ColorType::Grayscale);
    let pixels: Vec<u8> = (0..64 * 48).map(|place| (place % 64 * 4) as u8).collect();
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    bytes
}

fn picture() -> ReportPicture {
    let mark =
        PictureMark { lines: vec![vec![(0.2, 0.3), (0.6, 0.7)]], label: Some(("6 mm".into(), (0.6, 0.7))) };
    ReportPicture { png: png(), marks: vec![mark] }
}

fn kept(path: &str, made: &[u8]) {
    #[expect(clippy::disallowed_methods, reason = "how somebody asks a test to write its files")]
    let is_update = std::env::var_os("UPDATE").is_some();
    if is_update {
        std::fs::write(path, made).unwrap();
    }
    assert!(
        std::fs::read(path).unwrap() == made,
        "{path} is another one: UPDATE=1 writes it anew, then look at it"
    );
}

/// As they lie in `fixtures/report/`: `scripts/fhir-check.py` holds the bundles against a model of FHIR that is not ours.
#[test]
fn the_documents_and_bundles_of_the_fixtures_come_out_as_they_are() {
    let facts = facts();
    let draft = ReportFacts {
        held: None,
        outcome: None,
        identity: None,
        consent: None,
        studies: Vec::new(),
        images: Vec::new(),
        ..facts.clone()
    };
    for (name, report, facts) in [
        ("final.fr", report(Language::French, 1, true), &facts),
        ("amended.en", report(Language::English, 2, true), &facts),
        ("draft.fr", report(Language::French, 1, false), &draft),
    ] {
        let signed = signed(&report, facts);
        let pictures: Vec<ReportPicture> = facts.images.iter().map(|_| picture()).collect();
        let pdf = document(&signed, &pictures, report.changed_at).unwrap();
        assert_eq!(pdf, document(&signed, &pictures, report.changed_at).unwrap(), "the same again");
        kept(&format!("fixtures/report/{name}.pdf"), &pdf);
        let written_at = if report.signature.is_some() { local(15, 10) } else { local(15, 5) };
        // Its own document would make the file large and tell nothing.
        let bundle = bundle(&signed, b"%PDF-1.7 in short", written_at);
        kept(&format!("fixtures/report/{name}.json"), format!("{bundle:#}\n").as_bytes());
    }
}

fn words(sections: &[Section], kind: SectionKind) -> String {
    sections
        .iter()
        .filter(|section| section.kind == kind)
        .flat_map(|section| &section.lines)
        .cloned()
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_gateway_says_what_it_knows_and_says_also_that_nothing_was_done() {
    let report = report(Language::French, 1, true);
    let all = sections(&facts(), &report.body, Language::French);
    let people = words(&all, SectionKind::People);
    for expected in [
        "tenue de 14\u{A0}h\u{A0}31 à 14\u{A0}h\u{A0}52",
        "(patient)\u{A0}: de 14\u{A0}h\u{A0}32 à 14\u{A0}h\u{A0}40, de 14\u{A0}h\u{A0}41 à 14\u{A0}h\u{A0}52",
        "Anne Lefèvre (proche)\u{A0}: n'est pas entré dans l'appel",
        "Le patient est à revoir.",
    ] {
        assert!(people.contains(expected), "{expected}: {people}");
    }
    assert!(words(&all, SectionKind::Identity).contains("Vérifiée par Claire Martin"));
    assert!(words(&all, SectionKind::Consent).contains("a donné son accord le 29\u{A0}novembre 2026"));
    let images = words(&all, SectionKind::Images);
    assert!(images.contains("CT thorax du 3\u{A0}novembre 2026\u{A0}: Poumon (12 vues)"), "{images}");
    assert!(images.contains("Vu par\u{A0}: Hélène"), "{images}");
    assert!(words(&all, SectionKind::Technical).contains("son haché"));
    assert_eq!(words(&all, SectionKind::Findings), "Pas de fièvre.\nPas de perte de poids.");
    assert!(all.iter().all(|section| section.kind != SectionKind::FollowUp), "nothing was written");
    assert!(all.is_sorted_by_key(|section| section.kind));

    let nothing = ReportFacts {
        held: None,
        identity: None,
        consent: None,
        studies: Vec::new(),
        images: Vec::new(),
        incidents: Vec::new(),
        telephones: Vec::new(),
        ..facts()
    };
    let all = sections(&nothing, &ReportBody::default(), Language::English);
    let facts: Vec<_> = all.iter().map(|section| (section.kind, section.is_fact())).collect();
    use SectionKind::{Consent, Identity, Images, People, Technical};
    assert_eq!(facts, [People, Identity, Consent, Images, Technical].map(|kind| (kind, true)));
    assert!(words(&all, Identity).contains("No check was written down."));
}

#[test]
fn a_document_says_on_every_page_whether_it_is_signed_and_by_whom() {
    let facts = facts();
    let draft = report(Language::French, 1, false);
    let lines = |report: &Report| {
        let blocks = super::document::blocks(&signed(report, &facts), &[(64, 48)]).unwrap();
        let words = blocks.iter().map(|block| match block {
            Block::Title(words) | Block::Heading(words) | Block::Paragraph(words) | Block::Notice(words) => {
                words.clone()
            }
            Block::Term { term, .. } => term.clone(),
            Block::Item { label, text } => format!("{label} {text}"),
            Block::Picture { caption, .. } => caption.clone(),
        });
        words.collect::<Vec<_>>().join("\n")
    };
    assert!(lines(&draft).contains("ce document n'est pas signé"));
    let amended = lines(&report(Language::English, 2, true));
    assert!(amended.contains("Version 2, signed by Claire Martin"), "{amended}");
    assert!(amended.contains("Amends the version before: Le côté était faux."));
    assert!(amended.contains("born 1\u{A0}March 1944") && amended.contains("Image\u{A0}1 (CT): Le nodule"));
    let mut smile = draft;
    smile.body.conclusions = text("bien \u{1F600}");
    let refused = document(&signed(&smile, &facts), &[picture()], utc(15, 0));
    assert_eq!(refused, Err(PaperError::NoLetter('\u{1F600}')));
}

/// What the standard asks of a document (FHIR R4 section 3.3.1): the composition first, everything there is referred to, and nothing is
/// referred to that is not there.
#[test]
fn a_bundle_is_complete_in_itself() {
    let facts = facts();
    let report = report(Language::French, 2, true);
    let bundle = bundle(&signed(&report, &facts), b"%PDF", local(15, 10));
    assert_eq!(
        (&bundle["type"], &bundle["timestamp"]),
        (&"document".into(), &"2026-11-29T15:10:00+01:00".into())
    );
    let entries = bundle["entry"].as_array().unwrap();
    let kinds: Vec<&str> =
        entries.iter().map(|entry| entry["resource"]["resourceType"].as_str().unwrap()).collect();
    assert_eq!(kinds[0], "Composition");
    for kind in [
        "Patient",
        "Practitioner",
        "RelatedPerson",
        "Organization",
        "Encounter",
        "Consent",
        "ImagingStudy",
        "DocumentReference",
        "Binary",
    ] {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
    let names: std::collections::BTreeSet<&str> =
        entries.iter().map(|entry| entry["fullUrl"].as_str().unwrap()).collect();
    assert_eq!(names.len(), entries.len(), "each has a name of its own");
    for entry in entries {
        assert_eq!(entry["fullUrl"], format!("urn:uuid:{}", entry["resource"]["id"].as_str().unwrap()));
    }
    let mut referred = std::collections::BTreeSet::new();
    references(&bundle, &mut referred);
    for reference in &referred {
        assert!(names.contains(reference.as_str()), "{reference} is not there");
    }
    let composition = &entries[0]["resource"];
    assert_eq!(
        (&composition["status"], &composition["type"]["coding"][0]["code"]),
        (&"amended".into(), &"75496-0".into())
    );
    assert_eq!(composition["relatesTo"][0]["code"], "replaces");
    assert_eq!(composition["attester"][0]["mode"], "professional");
    let conclusions = composition["section"]
        .as_array()
        .unwrap()
        .iter()
        .find(|part| part["title"] == "Conclusions")
        .unwrap();
    assert_eq!(
        conclusions["text"]["div"],
        "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Nodule de 6 mm, stable &lt;sans doute&gt; &amp; à revoir.</p></div>"
    );
    let encounter = entries
        .iter()
        .map(|entry| &entry["resource"])
        .find(|one| one["resourceType"] == "Encounter")
        .unwrap();
    assert_eq!((&encounter["class"]["code"], &encounter["status"]), (&"VR".into(), &"finished".into()));
    assert_eq!(encounter["statusHistory"][1]["period"]["start"], "2026-11-29T14:31:00+01:00");
    assert_eq!(encounter["participant"].as_array().unwrap().len(), 4);
    no_empty(&bundle);
}

fn references(value: &Value, found: &mut std::collections::BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if let ("reference" | "url", Some(urn)) = (name.as_str(), value.as_str()) {
                    found.insert(urn.to_owned());
                }
                references(value, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

/// FHIR has no empty elements (section 2.6.2.2).
fn no_empty(value: &Value) {
    match value {
        Value::Object(fields) => {
            assert!(!fields.is_empty());
            fields.values().for_each(no_empty);
        }
        Value::Array(values) => {
            assert!(!values.is_empty());
            values.iter().for_each(no_empty);
        }
        Value::String(text) => assert!(!text.is_empty()),
        Value::Null => panic!("null"),
        _ => {}
    }
}

#[test]
fn lists_stay_lists_on_paper_and_in_the_bundle() {
    use super::words::{Group, grouped};
    let facts = facts();
    let mut report = report(Language::French, 1, true);
    report.body.prescriptions = text(
        "À prendre :\n- bisoprolol 2,5 mg\n•  aspirine 75 mg\n1. Revoir <dans> un mois.\n2) Bilan.\n4. Non.",
    );
    let lines: Vec<String> = report.body.prescriptions.expose().split('\n').map(str::to_owned).collect();
    assert_eq!(
        grouped(&lines),
        [
            Group::Paragraph("À prendre :"),
            Group::Bullets(vec!["bisoprolol 2,5 mg", "aspirine 75 mg"]),
            Group::Numbered(vec!["Revoir <dans> un mois.", "Bilan."]),
            Group::Paragraph("4. Non."),
        ]
    );
    for line in ["-5 °C", "2,5 mg le soir", "12/03 : IRM", "- ", "1.", "2. Deux"] {
        assert_eq!(grouped(&[line.to_owned()]), [Group::Paragraph(line)]);
    }
    let signed = signed(&report, &facts);
    let blocks = super::document::blocks(&signed, &[]).unwrap();
    let items: Vec<_> = blocks
        .iter()
        .filter_map(|block| match block {
            crate::paper::Block::Item { label, text } => Some((label.as_str(), text.as_str())),
            _ => None,
        })
        .collect();
    let wanted = [
        ("•", "bisoprolol 2,5 mg"),
        ("•", "aspirine 75 mg"),
        ("1.", "Revoir <dans> un mois."),
        ("2.", "Bilan."),
    ];
    assert_eq!(items, wanted);
    let pdf =
        document(&signed, &facts.images.iter().map(|_| picture()).collect::<Vec<_>>(), utc(15, 0)).unwrap();
    assert!(pdf.len() > 1000);
    let bundle = bundle(&signed, &pdf, local(15, 10)).to_string();
    assert!(bundle.contains("<ul><li>bisoprolol 2,5 mg</li><li>aspirine 75 mg</li></ul>"), "{bundle}");
    assert!(bundle.contains("<ol><li>Revoir &lt;dans&gt; un mois.</li><li>Bilan.</li></ol><p>4. Non.</p>"));
}
