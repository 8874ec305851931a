//! A record as a message of syslog (RFC 5424), with structured data. Identifiers and no names, and nothing that somebody typed.

use std::fmt::Write;

use super::record::{Sealed, hex};
use super::words::{Deed, Outcome};

/// Facility 13, log audit (RFC 5424 section 6.2.1).
const FACILITY: u8 = 13;

/// One message; UDP carries it as it is (RFC 5426).
pub fn datagram(sealed: &Sealed, host: &str) -> String {
    let record = &sealed.record;
    let severity = match (record.deed, record.outcome) {
        (Deed::Alert | Deed::Break | Deed::Lose, _) => 1,
        (_, Outcome::Failed) => 3,
        (_, Outcome::Refused) => 4,
        _ => 6,
    };
    let mut text = format!(
        "<{}>1 {} {} parvis - {} [parvis@32473",
        u32::from(FACILITY) * 8 + severity,
        record.at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
        header(host, 255),
        header(record.deed.word(), 32),
    );
    let (actor, actor_id) = record.who.parts();
    let mut say = |name: &str, value: &str| {
        let _ = write!(text, " {name}=\"{}\"", escaped(value));
    };
    say("seq", &sealed.seq.to_string());
    say("id", &record.id.to_string());
    say("actor", actor);
    if let Some(id) = actor_id {
        say("actorId", &id.to_string());
    }
    say("deed", record.deed.word());
    say("subject", record.subject.word());
    if let Some(id) = &record.subject_id {
        say("subjectId", id);
    }
    if let Some(id) = record.appointment {
        say("appointment", &id.to_string());
    }
    if let Some(id) = record.patient {
        say("patient", &id.to_string());
    }
    say("outcome", record.outcome.word());
    if let Some(origin) = &record.origin {
        say("origin", origin);
    }
    if let Some(detail) = &record.detail {
        say("detail", detail);
    }
    say("digest", &hex(&sealed.digest));
    text.push(']');
    text
}

/// One message for TCP, counted in octets (RFC 6587 section 3.4.1).
pub fn frame(sealed: &Sealed, host: &str) -> String {
    let message = datagram(sealed, host);
    format!("{} {message}", message.len())
}

/// Printable ASCII without spaces, at most so long; `-` for nothing (section 6).
fn header(text: &str, at_most: usize) -> String {
    let text: String = text.chars().filter(char::is_ascii_graphic).take(at_most).collect();
    if text.is_empty() { "-".to_owned() } else { text }
}

/// Section 6.3.3: `"`, `\` and `]` are escaped. A line feed would be a second message to many who listen.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' | ']' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push('?'),
            c => out.push(c),
        }
    }
    out
}
