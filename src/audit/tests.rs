//! The chain, its signatures, and what leaves of it.

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::clinical::{AppointmentId, ParticipantId, PractitionerId};
use crate::secret::Pii;

fn at(seconds: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, 8, 0, 0).unwrap() + TimeDelta::microseconds(seconds * 1_000_000 + 123)
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + n)
}

/// Records of all kinds, with and without what they may have.
fn records() -> Vec<Record> {
    let full = |n: u128, who, deed, subject| Record {
        subject_id: Some("2.25.99/\"x\"é]\\".to_owned()),
        appointment: Some(AppointmentId::new(id(100 + n))),
        patient: Some(ParticipantId::new(id(200 + n))),
        origin: Some("192.0.2.7".to_owned()),
        detail: Some("GET /api/reports/{report}".to_owned()),
        reason: Some(Pii::new("Arrêt cardiaque de Mme Lefèvre".to_owned())),
        ..Record::new(id(n), at(n as i64), who, deed, subject)
    };
    let staff = Who::Staff(PractitionerId::new(id(7)));
    vec![
        Record::new(id(1), at(1), Who::Gateway, Deed::Start, Subject::Gateway),
        full(2, staff, Deed::Read, Subject::Report),
        Record {
            outcome: Outcome::Refused,
            ..Record::new(id(3), at(3), Who::Nobody, Deed::SignIn, Subject::Login)
        },
        full(4, Who::Guest(ParticipantId::new(id(204))), Deed::Download, Subject::Document),
        full(5, staff, Deed::Break, Subject::Appointment),
        full(6, staff, Deed::List, Subject::Agenda),
        full(7, staff, Deed::Delete, Subject::Study),
        full(8, Who::Sender(AppointmentId::new(id(108))), Deed::Create, Subject::Received),
    ]
}

fn chain() -> Vec<Sealed> {
    let mut previous = GENESIS;
    let sealed = (1..).zip(records()).map(|(seq, record)| {
        let sealed = Sealed::new(seq, record, previous);
        previous = sealed.digest;
        sealed
    });
    sealed.collect()
}

fn signer() -> Signer {
    Signer::of_seed(&[7; 32]).unwrap()
}

/// Lines, and for each what it is about: the number of the record, and whether it is a head.
fn export() -> (Vec<u8>, Vec<(u64, bool)>) {
    let (mut text, mut lines) = (String::new(), Vec::new());
    for sealed in chain() {
        text += &(sealed.line() + "\n");
        lines.push((sealed.seq, false));
        if sealed.seq % 4 == 0 {
            text += &(signer().sign(sealed.seq, sealed.digest, sealed.record.at).line() + "\n");
            lines.push((sealed.seq, true));
        }
    }
    (text.into_bytes(), lines)
}

#[test]
fn an_export_verifies_and_says_how_far_it_is_signed() {
    let (bytes, _) = export();
    let walked = verify_export(&bytes, Some(signer().key())).unwrap();
    assert_eq!((walked.records, walked.heads, walked.signed_to), (8, 2, 8));
    assert_eq!(walked.keys, [signer().key()]);
    // A part of it too, from wherever it begins.
    let text = String::from_utf8(bytes).unwrap();
    let part: String = text.lines().skip(2).map(|line| format!("{line}\n")).collect();
    assert_eq!(verify_export(part.as_bytes(), None).unwrap().records, 6);
}

#[test]
fn every_byte_of_an_export_counts_and_the_record_it_is_in_is_named() {
    let (bytes, lines) = export();
    let mut line = 0;
    for at in 0..bytes.len() {
        for flip in [1_u8, 0x20, 0x80] {
            let mut changed = bytes.clone();
            changed[at] ^= flip;
            let fault = verify_export(&changed, Some(signer().key()))
                .expect_err(&format!("byte {at} of {} by {flip}: nobody saw it", bytes.len()));
            let (seq, is_head) = lines[line];
            assert_eq!(fault.line, line as u64 + 1, "byte {at}: {fault}");
            // Of a head whose own words are spoiled nobody can say that it was one.
            let named = if is_head { seq..=seq + 1 } else { seq..=seq };
            assert!(named.contains(&fault.fault.seq), "byte {at} of record {seq}: {fault}");
        }
        if bytes[at] == b'\n' {
            line += 1;
        }
    }
}

proptest! {
    #[test]
    fn no_byte_of_an_export_can_become_any_other(at in 0_usize..1 << 16, to in any::<u8>()) {
        let (bytes, lines) = export();
        let at = at % bytes.len();
        prop_assume!(bytes[at] != to);
        let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count();
        let mut changed = bytes;
        changed[at] = to;
        let fault = verify_export(&changed, None).unwrap_err();
        prop_assert_eq!(fault.line, line as u64 + 1);
        if !lines[line].1 {
            prop_assert_eq!(fault.fault.seq, lines[line].0);
        }
    }
}

#[test]
fn a_record_that_is_gone_added_or_moved_is_named() {
    let (bytes, _) = export();
    let text = String::from_utf8(bytes).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let verify = |lines: &[&str]| {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        verify_export(text.as_bytes(), None).unwrap_err().fault
    };
    let without: Vec<_> = lines.iter().enumerate().filter(|(n, _)| *n != 2).map(|(_, line)| *line).collect();
    assert_eq!(verify(&without), Fault { seq: 3, what: Misfit::Missing { found: 4 } });
    let mut twice = lines.clone();
    twice.insert(2, lines[1]);
    assert_eq!(verify(&twice), Fault { seq: 3, what: Misfit::Missing { found: 2 } });
    let mut moved = lines.clone();
    moved.swap(1, 2);
    assert_eq!(verify(&moved), Fault { seq: 2, what: Misfit::Missing { found: 3 } });
    // The end cut off, as far as a head is over it.
    let cut: Vec<_> = lines.iter().filter(|line| !line.contains("\"seq\":8")).copied().collect();
    assert_eq!(verify(&cut), Fault { seq: 8, what: Misfit::CutOff });
}

#[test]
fn whoever_writes_the_chain_anew_needs_the_key() {
    // Everything from the third on another, and chained again.
    let mut previous = GENESIS;
    let mut forged = Vec::new();
    for (seq, mut record) in (1..).zip(records()) {
        if seq == 3 {
            record.outcome = Outcome::Done;
        }
        let sealed = Sealed::new(seq, record, previous);
        previous = sealed.digest;
        forged.push(sealed);
    }
    let honest = chain();
    let head = signer().sign(4, honest[3].digest, at(9));
    let walk = |head: &Head, key| {
        let mut walk = Walk::new(key);
        forged[..4].iter().try_for_each(|sealed| walk.record(sealed, false))?;
        walk.head(head)
    };
    assert_eq!(walk(&head, None).unwrap_err().what, Misfit::OtherHead);
    let own = Signer::of_seed(&[8; 32]).unwrap().sign(4, forged[3].digest, at(9));
    let told = walk(&own, Some(signer().key())).unwrap_err();
    assert_eq!(told.what, Misfit::OtherKey { key: hex(&own.key) });
    let claimed = Head { key: signer().key(), ..own };
    assert_eq!(walk(&claimed, Some(signer().key())).unwrap_err().what, Misfit::BadSignature);
}

#[test]
fn words_read_back_and_a_waiting_record_too() {
    for deed in Deed::ALL {
        assert_eq!(Deed::of_word(deed.word()), Some(*deed));
    }
    for subject in Subject::ALL {
        assert_eq!(Subject::of_word(subject.word()), Some(*subject));
    }
    for outcome in Outcome::ALL {
        assert_eq!(Outcome::of_word(outcome.word()), Some(*outcome));
    }
    for record in records() {
        assert_eq!(of_unsealed_line(&unsealed_line(&record)), Some(record));
    }
}

#[test]
fn one_row_has_one_record() {
    let of = |parts: &[Uuid]| Record::id_of(Deed::View, Subject::Viewing, parts);
    assert_eq!(of(&[id(1), id(2)]), of(&[id(1), id(2)]));
    assert_ne!(of(&[id(1), id(2)]), of(&[id(2), id(1)]));
    assert_ne!(of(&[id(1)]), Record::id_of(Deed::Read, Subject::Viewing, &[id(1)]));
    assert_eq!(of(&[id(1)]).get_version_num(), 8);
}

#[test]
fn syslog_is_as_rfc_5424_has_it_and_holds_no_words_of_people() {
    let chain = chain();
    let message = datagram(&chain[1], "visio.hopital.example");
    assert!(
        message.starts_with(
            "<110>1 2026-03-02T08:00:02.000123Z visio.hopital.example parvis - read [parvis@32473 seq=\"2\""
        ),
        "{message}"
    );
    assert!(message.contains(r#"subjectId="2.25.99/\"x\"é\]\\""#), "{message}");
    assert!(message.ends_with("\"]"));
    assert!(datagram(&chain[4], "h").starts_with("<105>1 "), "breaking the glass is an alert");
    assert!(datagram(&chain[2], "h").starts_with("<108>1 "), "a refusal is a warning");
    for sealed in &chain {
        assert!(!datagram(sealed, "h").contains("Lefèvre"));
        let frame = frame(sealed, "h");
        let (length, message) = frame.split_once(' ').unwrap();
        assert_eq!(length.parse::<usize>().unwrap(), message.len());
    }
}

/// Written for `scripts/fhir-check.sh`, which holds them against models of FHIR that are not ours.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads and writes a fixture")]
fn audit_events_come_out_as_they_are() {
    let base = url::Url::parse("https://visio.hopital.example").unwrap();
    let events: Vec<_> = chain().iter().map(|sealed| audit_event(sealed, &base)).collect();
    let text = serde_json::to_string_pretty(&events).unwrap() + "\n";
    assert!(!text.contains("Lefèvre"));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/audit/events.json");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/audit")).unwrap();
        std::fs::write(path, &text).unwrap();
    }
    let known = std::fs::read_to_string(path).unwrap_or_default();
    assert!(known == text, "UPDATE=1 writes {path} anew, then look at it and run scripts/fhir-check.sh");
}

#[test]
fn events_have_the_shapes_of_balp() {
    let base = url::Url::parse("https://visio.hopital.example").unwrap();
    let chain = chain();
    let event = |n: usize| audit_event(&chain[n], &base);
    let profile =
        |n| event(n)["meta"]["profile"][0].as_str().map(|p| p.rsplit('.').next().unwrap().to_owned());
    assert_eq!(profile(1).as_deref(), Some("PatientRead"));
    assert_eq!(profile(5).as_deref(), Some("PatientQuery"));
    assert_eq!(profile(6).as_deref(), Some("PatientDelete"));
    assert_eq!(profile(7).as_deref(), Some("PatientCreate"));
    assert_eq!(profile(2), None, "a refusal follows none");
    // Read: the client is the destination, the server the source.
    let read = event(1);
    assert_eq!(read["agent"][0]["type"]["coding"][0]["code"], "110152");
    assert_eq!(read["agent"][1]["type"]["coding"][0]["code"], "110153");
    assert_eq!(read["agent"][2]["type"]["coding"][0]["code"], "IRCP");
    assert_eq!(event(3)["agent"][2]["type"]["coding"][0]["code"], "PAT");
    assert_eq!(event(4)["agent"][2]["purposeOfUse"][0]["coding"][0]["code"], "BTG");
    assert_eq!(event(2)["outcome"], "4");
}

#[test]
fn many_patients_are_an_alert_once() {
    let rule = MassAccess { patients: 3, within: TimeDelta::hours(1) };
    assert!(!rule.is_reached(2, false) && rule.is_reached(3, false) && !rule.is_reached(9, true));
    assert!(!MassAccess { patients: 0, ..rule }.is_reached(9, false));
    assert_eq!(rule.since(at(0)), at(0) - TimeDelta::hours(1));
}
