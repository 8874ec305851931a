//! `parvis keys`: makes master keys, says which is used for what, and puts everything under a new one.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Subcommand;

use super::{DEFAULT_CONFIG, program, read};
use crate::app::{self, Settings};
use crate::archive::Archive;
use crate::audit::{Deed, Record, Subject, Who};
use crate::clock::Clock;
use crate::sealing::{MasterId, MasterKeys};
use crate::store::Store;
use crate::tasks::Tasks;

#[derive(Debug, Subcommand)]
pub(super) enum KeysVerb {
    /// Make a master key: into a new file that only its owner may read, or onto standard output. Keep a copy away from this machine and
    /// from the backups; without it nothing that was sealed can ever be read.
    New {
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Say which master keys are there, and how many data keys each of them wraps.
    Status {
        #[arg(long, default_value = DEFAULT_CONFIG)]
        config: PathBuf,
    },
    /// Put all data keys under a new master key; the data stay as they are. With `[keys] file` the new key is made and put first into the
    /// file. With another source put it there first, the old one behind it. What is broken off goes on when it is called again. The gateway
    /// may run meanwhile when its keys are in a file. Keep the old key for as long as there are backups from before.
    Rotate {
        #[arg(long, default_value = DEFAULT_CONFIG)]
        config: PathBuf,
    },
}

pub(super) async fn run(verb: KeysVerb) -> Result<ExitCode> {
    let clock = Clock::system();
    let config = match verb {
        KeysVerb::New { out: None } => {
            print!("{}", MasterKeys::new_line(&clock).expose());
            return Ok(ExitCode::SUCCESS);
        }
        KeysVerb::New { out: Some(path) } => {
            MasterKeys::make_file(&path, &clock)?;
            println!(
                "a master key is in {}; keep a copy away from this machine and from the backups",
                path.display()
            );
            return Ok(ExitCode::SUCCESS);
        }
        KeysVerb::Status { ref config } | KeysVerb::Rotate { ref config } => config,
    };
    let Some(config) = read(config) else { return Ok(ExitCode::from(1)) };
    let masters = app::master_keys(&config)?;
    let settings = Settings::from_config(&config, program()?, masters.clone());
    Archive::refuse_half_restored(&settings.archive.folder)?;
    let store = Store::open_existing(&settings.store).await.context("the database cannot be used")?;
    let tasks = Tasks::default();
    let archive = Archive::open(settings.archive, &tasks).await.context("the archive cannot be used")?;
    let outcome = match verb {
        KeysVerb::Rotate { .. } => rotate(&store, &archive, &masters, &clock).await,
        _ => Ok(()),
    };
    if outcome.is_ok() {
        tell(&masters, &wrapping(&store, &archive).await?);
    }
    tasks.stop();
    store.close().await;
    outcome.map(|()| ExitCode::SUCCESS)
}

/// How many data keys each master key wraps.
async fn wrapping(store: &Store, archive: &Archive) -> Result<BTreeMap<MasterId, u64>> {
    let mut counts = BTreeMap::new();
    for master in store.wrapped_with().await?.into_iter().chain(archive.wrapped_with().await?) {
        *counts.entry(master).or_insert(0) += 1;
    }
    Ok(counts)
}

async fn rotate(store: &Store, archive: &Archive, masters: &MasterKeys, clock: &Clock) -> Result<()> {
    let current = masters.current()?;
    let is_finished = wrapping(store, archive).await?.keys().all(|master| *master == current);
    // One that was broken off is finished; the next call makes another.
    let current = if is_finished { masters.add_new()? } else { current };
    let rows = store.rewrap_keys(masters).await?;
    let files = archive.rewrap_keys().await?;
    let detail = format!("master key {current}: {} data keys", rows + files.done);
    let record = Record {
        detail: Some(detail),
        ..Record::new(clock.new_uuid(), clock.now(), Who::Gateway, Deed::Change, Subject::Gateway)
    };
    store.append_audit(&[record]).await?;
    println!(
        "{} data key(s) of the database and {} of the archive are under the new master key",
        rows, files.done
    );
    Ok(())
}

fn tell(masters: &MasterKeys, counts: &BTreeMap<MasterId, u64>) {
    for (place, id) in masters.ids().into_iter().enumerate() {
        let role = if place == 0 { "current" } else { "older" };
        println!("master key {id}: {role}, wraps {} data key(s)", counts.get(&id).copied().unwrap_or(0));
    }
    for (id, count) in counts {
        if !masters.ids().contains(id) {
            println!("master key {id}: NOT THERE, {count} data key(s) cannot be opened");
        }
    }
}
