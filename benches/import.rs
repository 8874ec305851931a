//! `import`: a study of 500 CT slices, taken in as `parvis import` does it: read, parsed by the children, sealed, on the disk.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use parvis::archive::{Archive, ArchiveSettings};
use parvis::clock::Clock;
use parvis::sealing::{DataKey, KeyId, MasterKeys, SealedWriter};
use parvis::tasks::Tasks;

use crate::figure::{Figure, Sample};
use crate::objects::Objects;

/// Slices of 512 x 512, 16 bits each, uncompressed.
const SLICES: usize = 500;
const RUNS: usize = 3;

/// Milliseconds of an import, megabytes a second, and how much of that time sealing the same bytes takes by itself.
pub async fn measure(folder: &Path) -> Result<Vec<Figure>> {
    let study = folder.join("import-study");
    let bytes = write_study(&study)?;
    let megabytes = bytes as f64 / 1e6;
    let (mut imports, mut seals) = (Vec::new(), Vec::new());
    for run in 0..RUNS {
        let archive = folder.join(format!("import-archive-{run}"));
        // What an earlier run left, and what this one leaves, is of no use.
        drop(std::fs::remove_dir_all(&archive));
        imports.push(import(&study, &archive).await?);
        drop(std::fs::remove_dir_all(&archive));
        seals.push(seal(&study)?);
    }
    std::fs::remove_dir_all(&study)?;
    let (import, seal) = (Sample::new(imports)?.median(), Sample::new(seals)?.median());
    let note = format!("{SLICES} slices, {megabytes:.0} MB");
    Ok(vec![
        Figure::alone("import.ct500.ms", import, "ms", RUNS, note.clone()),
        Figure::alone("import.ct500.mb_per_s", megabytes / (import / 1000.0), "MB/s", RUNS, note.clone()),
        Figure::alone(
            "import.ct500.sealing_pct",
            100.0 * seal / import,
            "%",
            RUNS,
            format!("{note}: sealing them in memory, by itself, of the time of the import"),
        ),
    ])
}

fn write_study(folder: &Path) -> Result<u64> {
    drop(std::fs::remove_dir_all(folder));
    std::fs::create_dir_all(folder)?;
    let objects = Objects::make()?;
    let mut all = 0;
    for number in 0..SLICES {
        let bytes = objects.ct(number)?;
        all += bytes.len() as u64;
        std::fs::write(folder.join(format!("IM{number:04}")), bytes)?;
    }
    Ok(all)
}

async fn import(study: &Path, folder: &Path) -> Result<f64> {
    let masters = MasterKeys::passing(&[], Clock::system());
    let settings = ArchiveSettings::new(folder.to_owned(), env!("CARGO_BIN_EXE_parvis").into(), masters);
    let tasks = Tasks::default();
    let archive = Archive::open(settings, &tasks).await?;
    let (progress, mut told) = tokio::sync::mpsc::channel(16);
    let begun = Instant::now();
    let listen = async { while told.recv().await.is_some() {} };
    let (receipt, ()) = tokio::join!(archive.receive(study, "study", progress), listen);
    let took = begun.elapsed();
    tasks.stop();
    let received = receipt?.received.len();
    anyhow::ensure!(received == SLICES, "{received} of {SLICES} slices were taken in");
    Ok(took.as_secs_f64() * 1000.0)
}

/// What sealing them costs, without a disk.
fn seal(study: &Path) -> Result<f64> {
    let clock = Clock::system();
    let (key, id) = (DataKey::new(&clock), KeyId([1; 16]));
    let mut objects = Vec::new();
    for entry in std::fs::read_dir(study)? {
        objects.push(std::fs::read(entry?.path())?);
    }
    let first = objects.first().context("no slices")?.len();
    let mut into = Vec::with_capacity(first * 2);
    let begun = Instant::now();
    for bytes in &objects {
        into.clear();
        let mut writer = SealedWriter::new(&mut into, &key, id, b"object", &clock)?;
        std::io::Write::write_all(&mut writer, bytes)?;
        writer.finish()?;
    }
    Ok(begun.elapsed().as_secs_f64() * 1000.0)
}
