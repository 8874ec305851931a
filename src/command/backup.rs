//! `parvis backup` and `parvis restore`: everything that is kept in one sealed file, and back.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;

use super::{DEFAULT_CONFIG, program, read};
use crate::app::{self, Settings};
use crate::audit::{Deed, Record, Subject, Who};
use crate::backup::{self, Checked, Made, Manifest, Phase, Places, Progress, Size};
use crate::clock::Clock;
use crate::config::Config;
use crate::store::{Store, migrations};
use crate::trail;

/// Nothing is told of what takes less.
const FIRST_TOLD: Duration = Duration::from_secs(1);
const TOLD_ON_TERMINAL: Duration = Duration::from_millis(500);
const TOLD_IN_FILE: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
pub(super) struct BackupArguments {
    /// The file to write. One that is there is never written over; until it is whole it is called FILE.part.
    file: PathBuf,
    #[arg(long, default_value = DEFAULT_CONFIG)]
    config: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct RestoreArguments {
    /// A file that `parvis backup` wrote.
    file: PathBuf,
    #[arg(long, default_value = DEFAULT_CONFIG)]
    config: PathBuf,
    /// Only read the file to its end and say what is in it and whether it could be restored with these keys.
    #[arg(long)]
    check: bool,
    /// Withdraw all personal links, links of upload folders and addresses of calendars: those that were withdrawn since the backup would
    /// open again.
    #[arg(long, conflicts_with = "check")]
    withdraw_links: bool,
}

fn places(config: &Config) -> Result<Places> {
    let masters = app::master_keys(config)?;
    let settings = Settings::from_config(config, program()?, masters.clone());
    let (archive, audit) = (settings.archive.folder, settings.trail.folder);
    Ok(Places { store: settings.store, archive, audit, masters })
}

pub(super) async fn run_backup(arguments: BackupArguments) -> Result<ExitCode> {
    let Some(config) = read(&arguments.config) else { return Ok(ExitCode::from(1)) };
    let (places, clock) = (places(&config)?, Clock::system());
    let progress = Arc::new(Progress::default());
    let made = told(&progress, backup::make(&places, &arguments.file, &clock, &progress)).await;
    let made = made.context("there is no backup")?;
    tell_made(&made, &arguments.file);
    record_made(&places, &made, &clock).await;
    Ok(ExitCode::from(u8::from(made.manifest.damaged > 0)))
}

pub(super) async fn run_restore(arguments: RestoreArguments) -> Result<ExitCode> {
    let Some(config) = read(&arguments.config) else { return Ok(ExitCode::from(1)) };
    let (places, clock) = (places(&config)?, Clock::system());
    let (progress, file) = (Arc::new(Progress::default()), &arguments.file);
    if arguments.check {
        let checked = told(&progress, backup::check(file, &places.masters, &progress)).await?;
        tell_checked(&checked);
        println!("it is whole, and can be restored with these keys");
        return Ok(ExitCode::SUCCESS);
    }
    let restore = backup::restore(&places, file, arguments.withdraw_links, &clock, &progress);
    let restored = told(&progress, restore).await.context("nothing was restored")?;
    let open = restored.still_open;
    tell_checked(&Checked { head: restored.head.clone(), manifest: restored.manifest });
    println!("it is restored; everybody has to sign in again");
    if arguments.withdraw_links {
        println!("all links are withdrawn: give new ones to whoever still needs one");
    } else if open.links > 0 {
        eprintln!(
            "parvis: {} link(s) are open as they were at {}: one that was withdrawn since opens again. To withdraw all of them restore \
             with --withdraw-links",
            open.links,
            restored.head.made_at.format("%Y-%m-%d %H:%M UTC")
        );
    }
    if open.tokens > 0 {
        eprintln!(
            "parvis: {} token(s) of programs are valid as they were then: look at them under Administration, and at who was disabled",
            open.tokens
        );
    }
    let store =
        Store::open(&places.store).await.context("it is restored, but the database cannot be used")?;
    let detail =
        format!("restored from backup {} of {}", restored.head.id, restored.head.made_at.to_rfc3339());
    store.append_audit(&[record(detail, Deed::Change, &clock)]).await?;
    let walked = trail::verify(&store, trail::public_key(&places.audit)).await?;
    store.close().await;
    Ok(match walked {
        Ok(walked) => {
            println!("the trail is whole: {} record(s), each follows on the one before", walked.records);
            ExitCode::SUCCESS
        }
        Err(fault) => {
            eprintln!("parvis: it is restored, and the trail in it is broken: {fault}");
            ExitCode::from(1)
        }
    })
}

fn record(detail: String, deed: Deed, clock: &Clock) -> Record {
    let record = Record::new(clock.new_uuid(), clock.now(), Who::Gateway, deed, Subject::Gateway);
    Record { detail: Some(detail), ..record }
}

/// The trail says that a copy of everything was made. A database of an older release is left as it is.
async fn record_made(places: &Places, made: &Made, clock: &Clock) {
    let seen = made.head.migrations.iter().map(|step| step.number);
    let known = migrations(made.head.dialect()).into_iter().map(|step| step.number);
    if !seen.eq(known) {
        eprintln!("parvis: the tables are not of this release; the trail has no record of this backup");
        return;
    }
    let detail =
        format!("backup {}: {} rows, {} files", made.head.id, made.manifest.rows(), files(&made.manifest));
    let written = async {
        let store = Store::open(&places.store).await?;
        store.append_audit(&[record(detail, Deed::Export, clock)]).await?;
        store.close().await;
        Ok::<_, crate::store::Error>(())
    };
    if let Err(error) = written.await {
        let error = anyhow::Error::new(error);
        eprintln!("parvis: the backup is whole, but the trail has no record of it: {error:#}");
    }
}

fn files(manifest: &Manifest) -> u64 {
    manifest.objects.count + manifest.files.count
}

fn tell_made(made: &Made, file: &Path) {
    let manifest = &made.manifest;
    println!("{}: {}, {} rows, {} files", file.display(), Size(made.bytes), manifest.rows(), files(manifest));
    let names: Vec<_> = made.masters.iter().map(ToString::to_string).collect();
    println!(
        "it is of no use without the master key {}, which is not in it: keep that elsewhere",
        names.join(" and ")
    );
    if made.is_on_same_disk {
        eprintln!("parvis: {} lies on the same disk as the archive: copy it elsewhere", file.display());
    }
    if manifest.missing > 0 {
        eprintln!(
            "parvis: {} file(s) that rows name were not there: they were deleted meanwhile, or are lost",
            manifest.missing
        );
    }
    if manifest.damaged > 0 {
        eprintln!(
            "parvis: {} file(s) of the archive are damaged and are in the backup as they are: look for them in an older one",
            manifest.damaged
        );
    }
}

fn tell_checked(checked: &Checked) {
    let Checked { head, manifest } = checked;
    println!("backup {} of {}", head.id, head.made_at.format("%Y-%m-%d %H:%M:%S UTC"));
    println!(
        "made by Parvis {} from {}: {} rows in {} tables, {} objects, {} shared files, {}",
        head.program,
        head.database,
        manifest.rows(),
        manifest.tables.len(),
        manifest.objects.count,
        manifest.files.count,
        Size(manifest.row_bytes() + manifest.file_bytes())
    );
}

/// Says how far it is, once it takes longer than a moment, and hands on that it is asked to end.
async fn told<T>(progress: &Progress, work: impl Future<Output = T>) -> T {
    let asked = app::asked_to_end();
    tokio::pin!(work, asked);
    let is_terminal = std::io::stderr().is_terminal();
    let every = if is_terminal { TOLD_ON_TERMINAL } else { TOLD_IN_FILE };
    let (mut wait, mut is_asked) = (FIRST_TOLD, false);
    loop {
        tokio::select! {
            done = &mut work => {
                if is_terminal && wait != FIRST_TOLD {
                    eprint!("\r\x1b[K");
                }
                return done;
            }
            () = &mut asked, if !is_asked => {
                is_asked = true;
                progress.stop();
            }
            () = tokio::time::sleep(wait) => {
                wait = every;
                let line = line(progress.now());
                if is_terminal { eprint!("\r\x1b[K{line}") } else { eprintln!("{line}") }
                // A terminal that is gone is no reason to stop.
                drop(std::io::stderr().flush());
            }
        }
    }
}

fn line((phase, done, of): (Phase, u64, u64)) -> String {
    let percent = (u128::from(done) * 100).checked_div(u128::from(of)).unwrap_or(0).min(100);
    let (what, is_bytes) = match phase {
        Phase::Looking => return "looking what there is".to_owned(),
        Phase::Rows => ("rows", false),
        Phase::Files => ("files", true),
        Phase::Checking => ("checking", true),
        Phase::Restoring => ("restoring", true),
    };
    if is_bytes {
        format!("{what}: {percent} %, {} of {}", Size(done), Size(of))
    } else {
        format!("{what}: {percent} %, {done} of {of}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_it_is() {
        assert_eq!(line((Phase::Looking, 0, 0)), "looking what there is");
        assert_eq!(line((Phase::Rows, 5, 20)), "rows: 25 %, 5 of 20");
        assert_eq!(line((Phase::Files, 0, 0)), "files: 0 %, 0 bytes of 0 bytes");
        assert_eq!(line((Phase::Checking, 3 << 20, 2 << 20)), "checking: 100 %, 3.0 MiB of 2.0 MiB");
    }
}
