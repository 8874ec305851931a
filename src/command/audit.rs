//! `parvis audit verify`: walks the chain, of the database or of an export, and names the first record that does not fit.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Subcommand;

use super::{DEFAULT_CONFIG, read};
use crate::app;
use crate::archive::Archive;
use crate::audit::{ExportWalk, Walked, hex, of_hex};
use crate::store::{Store, StoreSettings};
use crate::trail;

#[derive(Debug, Subcommand)]
pub(super) enum AuditVerb {
    /// Verify the chain of the database, or of an exported file, and name the first record that does not fit.
    Verify {
        /// A file from the page of the trail; without it the database is read.
        export: Option<PathBuf>,
        /// Where the database is, and the folder with the key.
        #[arg(long, default_value = DEFAULT_CONFIG)]
        config: PathBuf,
        /// The public key that signed, in hexadecimal letters: a head that another key signed does not fit.
        #[arg(long, value_parser = key)]
        key: Option<Key>,
    },
}

/// A public key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key([u8; 32]);

fn key(text: &str) -> Result<Key, String> {
    of_hex(text).map(Key).ok_or_else(|| "a key is 64 hexadecimal letters".to_owned())
}

pub(super) async fn run(verb: AuditVerb) -> Result<ExitCode> {
    let AuditVerb::Verify { export, config, key } = verb;
    let key = key.map(|Key(key)| key);
    let walked = match export {
        Some(path) => file(&path, key)?,
        None => {
            let Some(config) = read(&config) else { return Ok(ExitCode::from(1)) };
            Archive::refuse_half_restored(&config.archive.folder)?;
            let key = key.or_else(|| trail::public_key(&config.audit.folder));
            let keys = app::master_keys(&config)?;
            let settings = StoreSettings { url: config.database.url.clone(), max_connections: 2, keys };
            let store = Store::open_existing(&settings).await.context("the database cannot be used")?;
            let walked = trail::verify(&store, key).await?;
            store.close().await;
            walked.map_err(|fault| fault.to_string())
        }
    };
    Ok(match walked {
        Ok(walked) => {
            tell(&walked);
            ExitCode::SUCCESS
        }
        Err(fault) => {
            eprintln!("the trail is broken: {fault}");
            ExitCode::from(1)
        }
    })
}

fn file(path: &Path, key: Option<[u8; 32]>) -> Result<Result<Walked, String>> {
    let mut file =
        BufReader::new(std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?);
    let mut walk = ExportWalk::new(key);
    let mut line = Vec::new();
    loop {
        line.clear();
        if file.read_until(b'\n', &mut line)? == 0 {
            return Ok(Ok(walk.end()));
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        if let Err(fault) = walk.line(&line) {
            return Ok(Err(fault.to_string()));
        }
    }
}

fn tell(walked: &Walked) {
    println!("{} record(s), each follows on the one before", walked.records);
    let unsigned = walked.last.saturating_sub(walked.signed_to);
    println!(
        "{} signed head(s), the last over record {}; {unsigned} record(s) after it",
        walked.heads, walked.signed_to
    );
    for key in &walked.keys {
        println!("signed with the key {}", hex(key));
    }
}
