//! What was measured: as tables for people, as a page, and as a list for programs.

mod contract;
mod page;

use std::fmt::Write;

use anyhow::Result;

use crate::figure::Figure;
use crate::machine::Machine;
use contract::{CONTRACT, Promise, Verdict};

/// Why a part has no figures.
struct Silence {
    part: &'static str,
    why: String,
    is_fault: bool,
}

/// Figures in the order in which they were measured.
pub struct Report {
    figures: Vec<Figure>,
    /// Names of figures, and why they could not be measured.
    failures: Vec<(String, String)>,
    silences: Vec<Silence>,
    before: Machine,
    after: Machine,
}

/// A line of a part: a figure and what is said of it, or why there is none.
enum Line<'a> {
    Measured(&'a Figure, Option<Verdict>),
    Absent(String, String),
}

impl Report {
    pub fn new(before: Machine) -> Self {
        Self {
            figures: Vec::new(),
            failures: Vec::new(),
            silences: Vec::new(),
            after: before.clone(),
            before,
        }
    }

    pub fn add(&mut self, figures: Vec<Figure>) {
        self.figures.extend(figures);
    }

    /// A figure, or why there is none.
    pub fn take(&mut self, name: &str, measured: Result<Figure>) {
        match measured {
            Ok(figure) => self.figures.push(figure),
            Err(error) => {
                eprintln!("bench: {name}: {error:#}");
                self.failures.push((name.to_owned(), format!("failed: {error:#}")));
            }
        }
    }

    /// The part was not to be run.
    pub fn skip(&mut self, part: &'static str, why: &str) {
        self.silences.push(Silence { part, why: why.to_owned(), is_fault: false });
    }

    /// The part could not be measured.
    pub fn fail(&mut self, part: &'static str, error: &anyhow::Error) {
        eprintln!("bench: {part}: {error:#}");
        self.silences.push(Silence { part, why: format!("failed: {error:#}"), is_fault: true });
    }

    pub fn has_failed(&self) -> bool {
        !self.failures.is_empty() || self.silences.iter().any(|silence| silence.is_fault)
    }

    /// How busy the machine was at the end.
    pub fn end(&mut self, after: Machine) {
        self.after = after;
    }

    /// `results.json`: what was measured, and nothing else.
    pub fn json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(&self.figures)? + "\n")
    }

    /// Tables for a terminal.
    pub fn text(&self) -> String {
        let mut text = format!("\n{}\n", self.machine());
        for (title, lines) in self.parts() {
            let _ = writeln!(text, "\n{title}");
            for line in lines {
                let _ = match line {
                    Line::Measured(figure, verdict) => {
                        let verdict =
                            verdict.map_or_else(String::new, |verdict| format!("\n      {}", verdict.words));
                        let peer = peer(figure).map_or_else(String::new, |peer| format!("  {peer}"));
                        let value = format!("{} {}", figure.value, figure.unit);
                        writeln!(
                            text,
                            "  {:<36} {value:>14}{peer}  ({} runs){verdict}\n      {}",
                            figure.name, figure.runs, figure.note
                        )
                    }
                    Line::Absent(name, why) => writeln!(text, "  {name:<36} {:>14}  {why}", "-"),
                };
            }
        }
        text.push('\n');
        text
    }

    /// A page that needs nothing else.
    pub fn html(&self) -> String {
        page::html(&self.machine(), &self.parts())
    }

    fn machine(&self) -> String {
        let Machine { processor, cores, load } = &self.before;
        format!("{processor}, {cores} core(s); load {load} before, {} after", self.after.load)
    }

    fn parts(&self) -> Vec<(&'static str, Vec<Line<'_>>)> {
        let line = |part: &'static str, promise: &Promise| match self.figure(promise.name) {
            Some(figure) => Line::Measured(figure, promise.judge(figure)),
            None => Line::Absent(promise.name.to_owned(), self.why(part, promise.name)),
        };
        CONTRACT
            .iter()
            .map(|part| (part.title, part.figures.iter().map(|promise| line(part.key, promise)).collect()))
            .collect()
    }

    fn figure(&self, name: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.name == name)
    }

    /// Names of figures that miss what they must reach.
    pub fn missed(&self) -> Vec<&'static str> {
        let promises = CONTRACT.iter().flat_map(|part| part.figures);
        let is_missed = |promise: &&Promise| {
            let verdict = self.figure(promise.name).and_then(|figure| promise.judge(figure));
            verdict.is_some_and(|verdict| verdict.is_missed)
        };
        promises.filter(is_missed).map(|promise| promise.name).collect()
    }

    fn why(&self, part: &str, name: &str) -> String {
        if let Some((_, why)) = self.failures.iter().find(|(failed, _)| failed == name) {
            return why.clone();
        }
        // What is asked for with another part fails by itself.
        let said = self.silences.iter().find(|silence| {
            let with = [("join", "start"), ("first_image", "render")];
            silence.part == part || (with.contains(&(part, silence.part)) && !silence.is_fault)
        });
        said.map_or_else(|| "not measured on this system".to_owned(), |silence| silence.why.clone())
    }
}

/// Ours against the peer's.
fn peer(figure: &Figure) -> Option<String> {
    let (peer, value, ratio) = (figure.peer?, figure.peer_value?, figure.ratio?);
    Some(format!("{peer} {value} {}, ratio {ratio:.3}", figure.unit))
}
