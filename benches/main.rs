//! `make bench`: figures of the release program, measured from outside as its users meet it.
//!
//! A part that cannot run on this machine says so; its figures are then absent, never guessed.

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock, starts programs and drives several clients"
)]

mod beside;
mod browser;
mod bucket;
mod drawn;
mod figure;
mod first_image;
mod gateway;
mod import;
mod join;
mod lab;
mod line;
mod lines;
mod linked;
mod load;
mod machine;
mod memory;
mod net;
mod objects;
mod orthanc;
mod person;
mod render;
mod report;
mod sfu;
mod soak;
mod start;
mod viewing;
mod visit;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::figure::Figure;
use crate::machine::Machine;
use crate::report::Report;

/// What can be run alone: `make bench ONLY=viewing`, `ONLY=render.cr.`.
const PARTS: [&str; 6] = ["start", "viewing", "render", "import", "sfu", "net"];
/// Not measured with the others: half a load for so many minutes.
const SOAK: &str = "soak";
const SOAK_MINUTES: usize = 30;

fn main() -> ExitCode {
    // cargo passes `--bench`.
    let mut words = std::env::args().skip(1).filter(|argument| !argument.starts_with('-'));
    let only = words.next();
    if only.as_deref() == Some(SOAK) {
        return soak(words.next());
    }
    if let Some(only) = &only
        && !PARTS.contains(&part_of(only))
    {
        eprintln!("there is no part {only}: one of {}, or nothing for all", PARTS.join(", "));
        return ExitCode::from(2);
    }
    match run(only.as_deref()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The part that measures what was asked for: a part itself, or the beginning of a figure's name.
fn part_of(only: &str) -> &str {
    match only.split_once('.') {
        None => only,
        Some(("render" | "decode" | "first_image", _)) => "render",
        Some((part, _)) => part,
    }
}

fn soak(minutes: Option<String>) -> ExitCode {
    let minutes = minutes.map_or(Ok(SOAK_MINUTES), |minutes| minutes.parse());
    let done = minutes.context("minutes are a number").and_then(|minutes| soak::run(&prepare()?, minutes));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("soak: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The folder of what is written.
fn prepare() -> Result<PathBuf> {
    parvis::app::install_crypto();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// Runs the parts that are asked for. False when one of them failed.
fn run(only: Option<&str>) -> Result<bool> {
    let folder = prepare()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let is_wanted = |part: &str| only.is_none_or(|only| part_of(only) == part);
    // Of pictures and decoders one figure can be had alone, to see where its time goes.
    let is_figure_wanted = |name: &str| only.is_none_or(|only| !only.contains('.') || name.starts_with(only));
    let mut report = Report::new(Machine::look());
    if is_wanted("start") {
        take(&mut report, "start", runtime.block_on(start::measure(&folder)));
        take(&mut report, "join", runtime.block_on(join::measure(&folder)));
    }
    if is_wanted("viewing") {
        // Lines take minutes: their figures can be had alone, too.
        if lines::NAMES.into_iter().any(is_figure_wanted) {
            take(&mut report, "viewing", runtime.block_on(lines::measure(&folder)));
        }
        if is_figure_wanted(linked::NAME) {
            take(&mut report, "viewing", runtime.block_on(linked::measure(&folder)));
        }
        if only.is_none_or(|only| !only.contains('.')) {
            take(&mut report, "viewing", runtime.block_on(viewing::measure(&folder)));
            take(&mut report, "viewing", runtime.block_on(drawn::measure(&folder)));
            take(&mut report, "viewing", runtime.block_on(memory::measure(&folder)));
        }
    }
    if is_wanted("render") {
        if let Err(error) = runtime.block_on(render::measure(&folder, &is_figure_wanted, &mut report)) {
            report.fail("render", &error);
        }
        if let Err(error) = runtime.block_on(first_image::measure(&folder, &is_figure_wanted, &mut report)) {
            report.fail("first_image", &error);
        }
    }
    if is_wanted("import") {
        take(&mut report, "import", runtime.block_on(import::measure(&folder)));
    }
    if is_wanted("sfu") {
        take(&mut report, "sfu", sfu::lecture(&folder));
        take(&mut report, "sfu", sfu::visits(&folder));
        take(&mut report, "sfu", beside::measure(&folder));
    }
    if is_wanted("net") {
        take(&mut report, "net", runtime.block_on(net::measure(&folder)));
    }
    for part in PARTS.into_iter().filter(|part| !is_wanted(part)) {
        report.skip(part, "not asked for");
    }
    report.end(Machine::look());
    print!("{}", report.text());
    for (name, content) in [("results.json", report.json()?), ("report.html", report.html())] {
        let path = folder.join(name);
        std::fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
        println!("{}", path.display());
    }
    let missed = report.missed();
    if !missed.is_empty() {
        eprintln!("bench: these miss what they must reach: {}", missed.join(", "));
    }
    Ok(missed.is_empty() && !report.has_failed())
}

fn take(report: &mut Report, part: &'static str, measured: Result<Vec<Figure>>) {
    match measured {
        Ok(figures) => report.add(figures),
        Err(error) => report.fail(part, &error),
    }
}
