//! What happens to a network and when, as text: one line a change, in the order of time.
//!
//! ```text
//! 0s    both delay=30ms
//! 5s    both delay=30ms loss=20% jitter=100ms reorder=1%
//! 20s   both blackout
//! 30s   up rate=300kbit queue=16000
//! 35s   both block=udp
//! 38s   both only=443
//! 40s   address 10.77.0.3
//! 60s   end
//! ```
//!
//! A line of conditions replaces all earlier conditions of its direction: `up` from the client, `down` to it. `address` and `end`
//! are told to whoever runs the bridge.

use std::time::Duration;

use super::shaper::{Conditions, Firewall};

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Up,
    Down,
}

/// What a line says.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Conditions(Vec<Way>, Conditions),
    /// The client's address becomes this one.
    Address(String),
    End,
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// From the beginning.
    pub at: Duration,
    pub change: Change,
}

/// Reads a schedule. Empty lines and those that begin with `#` are skipped.
///
/// # Errors
/// One sentence that names the line.
pub fn read(text: &str) -> Result<Vec<Step>, String> {
    let mut steps: Vec<Step> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.first().is_none_or(|word| word.starts_with('#')) {
            continue;
        }
        let step = read_line(&words).map_err(|why| format!("line {}: {why}", number + 1))?;
        if steps.last().is_some_and(|last| last.at > step.at) {
            return Err(format!("line {}: earlier than the line before", number + 1));
        }
        steps.push(step);
    }
    Ok(steps)
}

fn read_line(words: &[&str]) -> Result<Step, String> {
    let [at, what, rest @ ..] = words else { return Err("a time and what happens then".to_owned()) };
    let at = duration(at)?;
    let ways = match (*what, rest) {
        ("end", []) => return Ok(Step { at, change: Change::End }),
        ("address", [address]) => {
            let address =
                address.parse::<std::net::IpAddr>().map_err(|_| format!("no address: {address}"))?;
            return Ok(Step { at, change: Change::Address(address.to_string()) });
        }
        ("up", _) => vec![Way::Up],
        ("down", _) => vec![Way::Down],
        ("both", _) => vec![Way::Up, Way::Down],
        _ => return Err(format!("up, down, both, address or end, not {what}")),
    };
    let mut conditions = Conditions::default();
    for word in rest {
        set(&mut conditions, word)?;
    }
    Ok(Step { at, change: Change::Conditions(ways, conditions) })
}

fn set(conditions: &mut Conditions, word: &str) -> Result<(), String> {
    let (name, value) = word.split_once('=').unwrap_or((word, ""));
    match name {
        "delay" => conditions.delay = duration(value)?,
        "jitter" => conditions.jitter = duration(value)?,
        "loss" => conditions.loss = percent(value)?,
        "reorder" => conditions.reorder = percent(value)?,
        "rate" => conditions.rate_bps = Some(rate(value)?),
        "queue" => conditions.queue_bytes = value.parse().map_err(|_| format!("no bytes: {value}"))?,
        "block" if value == "udp" => conditions.firewall = Firewall::NoUdp,
        "only" => {
            let port = value.parse().map_err(|_| format!("no port: {value}"))?;
            conditions.firewall = Firewall::OnlyTcp(port);
        }
        "blackout" if value.is_empty() => conditions.is_black = true,
        _ => return Err(format!("nobody knows {word}")),
    }
    Ok(())
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("no time such as 250ms or 10s: {text}");
    let (number, scale) = match text.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => (text.strip_suffix('s').ok_or_else(wrong)?, 1.0),
    };
    let number: f64 = number.parse().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(number * scale).map_err(|_| wrong())
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').and_then(|number| number.parse::<f64>().ok());
    number
        .filter(|number| (0.0..=100.0).contains(number))
        .map(|number| number / 100.0)
        .ok_or_else(|| format!("no share such as 20%: {text}"))
}

fn rate(text: &str) -> Result<u64, String> {
    let wrong = || format!("no rate such as 300kbit or 2mbit: {text}");
    let (number, scale) = match text.strip_suffix("kbit") {
        Some(number) => (number, 1_000),
        None => (text.strip_suffix("mbit").ok_or_else(wrong)?, 1_000_000),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    number.checked_mul(scale).filter(|rate| *rate > 0).ok_or_else(wrong)
}
