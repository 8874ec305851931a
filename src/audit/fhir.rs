//! A record as FHIR R4 AuditEvent, in the shapes of IHE BALP (Basic Audit Log Patterns, 1.1.4: Create, Read, Update, Delete and Query,
//! with or without a patient). What is no such access has the event types of DICOM PS3.15 A.5.3. Identifiers and no names.

use serde_json::{Value, json};

use super::record::{Sealed, Who};
use super::words::{Deed, Outcome, Subject};
use crate::clinical::{AppointmentId, ParticipantId};

const DCM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
const ROLE_CLASS: &str = "http://terminology.hl7.org/CodeSystem/v3-RoleClass";
const PROFILES: &str = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.";

/// What kind of access BALP calls it, or what kind of event it is.
enum Pattern {
    Rest { profile: &'static str, interaction: &'static str, action: &'static str },
    Event { code: &'static str, display: &'static str, subtype: Option<(&'static str, &'static str)> },
}

fn pattern(deed: Deed, subject: Subject) -> Pattern {
    let rest = |profile, interaction, action| Pattern::Rest { profile, interaction, action };
    let event = |code, display| Pattern::Event { code, display, subtype: None };
    match (deed, subject) {
        (Deed::List, _) => rest("Query", "search", "E"),
        (Deed::Read | Deed::View | Deed::Download, _) => rest("Read", "read", "R"),
        (Deed::Create | Deed::Write | Deed::Send, _) => rest("Create", "create", "C"),
        (Deed::Change | Deed::Sign, _) => rest("Update", "update", "U"),
        (Deed::Delete, _) => rest("Delete", "delete", "D"),
        (Deed::SignIn, _) => Pattern::Event {
            code: "110114",
            display: "User Authentication",
            subtype: Some(("110122", "Login")),
        },
        (Deed::SignOut, _) => Pattern::Event {
            code: "110114",
            display: "User Authentication",
            subtype: Some(("110123", "Logout")),
        },
        (Deed::Break, _) => Pattern::Event {
            code: "110113",
            display: "Security Alert",
            subtype: Some(("110127", "Emergency Override Started")),
        },
        (Deed::Alert | Deed::Lose, _) => event("110113", "Security Alert"),
        (Deed::Export, Subject::Trail) => event("110101", "Audit Log Used"),
        (Deed::Export, _) => event("110106", "Export"),
        (Deed::Start, _) => event("110100", "Application Activity"),
        (
            Deed::Open
            | Deed::Wait
            | Deed::Admit
            | Deed::Enter
            | Deed::Leave
            | Deed::Remove
            | Deed::DropIn
            | Deed::TakeOver
            | Deed::End,
            _,
        ) => event("110100", "Application Activity"),
    }
}

/// The AuditEvent of a record. `base` is the address of this gateway, which is also the namespace of its identifiers.
pub fn audit_event(sealed: &Sealed, base: &url::Url) -> Value {
    let record = &sealed.record;
    let system = |kind: &str| base.join(&format!("id/{kind}")).map_or_else(|_| kind.to_owned(), String::from);
    let identified =
        |kind: &str, id: String| json!({ "identifier": { "system": system(kind), "value": id } });
    let pattern = pattern(record.deed, record.subject);
    let (event_type, mut subtypes, action) = match &pattern {
        Pattern::Rest { interaction, action, .. } => (
            json!({ "system": "http://terminology.hl7.org/CodeSystem/audit-event-type", "code": "rest", "display": "Restful Operation" }),
            vec![
                json!({ "system": "http://hl7.org/fhir/restful-interaction", "code": interaction, "display": interaction }),
            ],
            *action,
        ),
        Pattern::Event { code, display, subtype } => (
            json!({ "system": DCM, "code": code, "display": display }),
            subtype
                .map(|(code, display)| json!({ "system": DCM, "code": code, "display": display }))
                .into_iter()
                .collect(),
            "E",
        ),
    };
    subtypes.push(json!({ "system": system("deed"), "code": record.deed.word() }));
    let source = json!({ "system": DCM, "code": "110153", "display": "Source Role ID" });
    let destination = json!({ "system": DCM, "code": "110152", "display": "Destination Role ID" });
    // What is read flows from the gateway to whoever reads; all else, also a question, flows to it.
    let (client, server) = if action == "R" {
        (destination, source)
    } else if action == "D" {
        (
            json!({ "system": DCM, "code": "110150", "display": "Application" }),
            json!({ "system": "http://terminology.hl7.org/CodeSystem/provenance-participant-type", "code": "custodian", "display": "Custodian" }),
        )
    } else {
        (source, destination)
    };
    let host = base.host_str().unwrap_or("parvis");
    let origin = record.origin.as_deref().unwrap_or("unknown");
    let network = |address: &str| {
        let kind = if address.parse::<std::net::IpAddr>().is_ok() { "2" } else { "1" };
        json!({ "address": address, "type": kind })
    };
    let mut agents = vec![
        json!({ "type": { "coding": [client] }, "who": { "display": origin }, "requestor": false, "network": network(origin) }),
        json!({ "type": { "coding": [server] }, "who": { "display": host }, "requestor": false, "network": { "address": base.as_str(), "type": "5" } }),
    ];
    let (kind, id) = record.who.parts();
    let is_patient = matches!(record.who, Who::Guest(participant) if record.patient == Some(participant));
    let coding = match action {
        _ if is_patient => json!({ "system": ROLE_CLASS, "code": "PAT", "display": "patient" }),
        "C" | "U" => json!({ "system": PARTICIPATION, "code": "AUT", "display": "author (originator)" }),
        "D" => json!({ "system": PARTICIPATION, "code": "CST", "display": "custodian" }),
        _ => json!({ "system": PARTICIPATION, "code": "IRCP", "display": "information recipient" }),
    };
    if let Some(id) = id {
        let mut agent = json!({
            "type": { "coding": [coding] }, "who": identified(kind, id.to_string()), "requestor": true
        });
        if record.deed == Deed::Break
            && let Some(agent) = agent.as_object_mut()
        {
            let purpose = json!([{ "coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "BTG", "display": "break the glass"
            }] }]);
            agent.insert("purposeOfUse".to_owned(), purpose);
        }
        agents.push(agent);
    }
    let mut entities = Vec::new();
    let subject_id = record.subject_id.clone().or_else(|| record.appointment.map(|id| id.to_string()));
    entities.push(json!({
        "what": identified(record.subject.word(), subject_id.unwrap_or_else(|| record.subject.word().to_owned())),
        "type": { "system": "http://terminology.hl7.org/CodeSystem/audit-entity-type", "code": "2", "display": "System Object" },
        "role": { "system": "http://terminology.hl7.org/CodeSystem/object-role", "code": "4", "display": "Domain Resource" }
    }));
    if let Some(patient) = record.patient {
        let mut what = identified("participant", ParticipantId::to_string(&patient));
        if let Some(what) = what.as_object_mut() {
            what.insert("type".to_owned(), json!("Patient"));
        }
        entities.push(json!({
            "what": what,
            "type": { "system": "http://terminology.hl7.org/CodeSystem/audit-entity-type", "code": "1", "display": "Person" },
            "role": { "system": "http://terminology.hl7.org/CodeSystem/object-role", "code": "1", "display": "Patient" }
        }));
    }
    if let Some(appointment) = record.appointment {
        let mut what = identified("appointment", AppointmentId::to_string(&appointment));
        if let Some(what) = what.as_object_mut() {
            what.insert("type".to_owned(), json!("Appointment"));
        }
        entities.push(json!({
            "what": what,
            "type": { "system": "http://terminology.hl7.org/CodeSystem/audit-entity-type", "code": "4", "display": "Other" }
        }));
    }
    // A query has what was asked for: the template of the address, and nothing of what was typed.
    if action == "E"
        && matches!(pattern, Pattern::Rest { .. })
        && let Some(entity) = entities.first_mut().and_then(Value::as_object_mut)
    {
        entity.insert(
            "role".to_owned(),
            json!({ "system": "http://terminology.hl7.org/CodeSystem/object-role", "code": "24", "display": "Query" }),
        );
        let asked = record.detail.as_deref().unwrap_or(record.subject.word());
        entity.insert("query".to_owned(), json!(base64(asked)));
    }
    let mut event = json!({
        "resourceType": "AuditEvent",
        "id": record.id.to_string(),
        "type": event_type,
        "subtype": subtypes,
        "action": action,
        "recorded": record.at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
        "outcome": outcome(record.outcome),
        "agent": agents,
        "source": {
            "site": host,
            "observer": { "display": format!("parvis {host}") },
            "type": [{ "system": "http://terminology.hl7.org/CodeSystem/security-source-type", "code": "4", "display": "Application Server" }]
        },
        "entity": entities
    });
    // The patterns are of what went well.
    if let Pattern::Rest { profile, .. } = pattern
        && record.outcome == Outcome::Done
        && let Some(event) = event.as_object_mut()
    {
        let with = if record.patient.is_some() { "Patient" } else { "" };
        event.insert("meta".to_owned(), json!({ "profile": [format!("{PROFILES}{with}{profile}")] }));
    }
    event
}

/// FHIR R4 audit-event-outcome.
const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "0",
        Outcome::Refused | Outcome::Rejected => "4",
        Outcome::Failed => "8",
    }
}

fn base64(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}
