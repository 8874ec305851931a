//! The verbs of the command line. Exit codes: 0 done; 1 failed; 2 wrong usage; 3 this object cannot be shown (dicom verbs).

mod audit;
mod backup;
pub mod dicom;
mod keys;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

use crate::app::{self, App, Settings};
use crate::archive;
use crate::clinical::AppointmentId;
use crate::clock::Clock;
use crate::config::{Config, LogFormat, Mistake, log_filter_from_environment};
use crate::tasks::Tasks;
use crate::{demo, telemetry};

const DEFAULT_CONFIG: &str = "parvis.toml";

/// A hospital's own gateway for video consultations with its medical images.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run the gateway.
    Serve {
        /// File of settings.
        #[arg(long, default_value = DEFAULT_CONFIG)]
        config: PathBuf,
    },
    /// Everything on this machine alone, with synthetic people, appointments and studies.
    Demo {
        #[arg(long, default_value_t = 8080)]
        port: u16,
        /// Keep the data here; without it they are gone at the end.
        #[arg(long)]
        data: Option<PathBuf>,
    },
    /// Tell all mistakes of the settings and of the files that they name at once, and print the settings in force.
    CheckConfig {
        #[arg(long, default_value = DEFAULT_CONFIG)]
        config: PathBuf,
    },
    /// The trail of what was done with patients' data.
    #[command(subcommand)]
    Audit(audit::AuditVerb),
    /// Master keys, with which everything that is kept is sealed.
    #[command(subcommand)]
    Keys(keys::KeysVerb),
    /// Write everything that is kept, the database and the archive, into one sealed file, while the gateway runs. The file opens with the
    /// master key, which is not in it.
    Backup(backup::BackupArguments),
    /// Put a backup into an empty database, of either kind, and an empty archive: all of it, or nothing.
    Restore(backup::RestoreArguments),
    /// Look at DICOM files.
    #[command(subcommand)]
    Dicom(dicom::DicomVerb),
    /// Import studies from a ZIP or a folder for an appointment.
    Import {
        source: PathBuf,
        #[arg(long)]
        appointment: AppointmentId,
        #[arg(long, default_value = DEFAULT_CONFIG)]
        config: PathBuf,
    },
    /// Decode for the parent process; started by the gateway itself.
    #[command(hide = true)]
    DecodeWorker {
        /// Decoded frames that it keeps, in bytes.
        cache_bytes: u64,
    },
    /// Become a program of ffmpeg behind walls; started by the gateway itself.
    #[command(hide = true)]
    ClipWorker {
        program: PathBuf,
        /// The one file that it reads.
        #[arg(long)]
        reads: PathBuf,
        /// The one file that it writes.
        #[arg(long)]
        writes: Option<PathBuf>,
        /// How large that may become, in bytes.
        #[arg(long, default_value_t = 0)]
        most_bytes: u64,
        #[arg(last = true)]
        arguments: Vec<std::ffi::OsString>,
    },
}

/// Carries out what the command line asks for.
pub fn run(arguments: Arguments) -> ExitCode {
    // The children that decode hostile bytes need no runtime.
    let verb = match arguments.verb {
        Verb::DecodeWorker { cache_bytes } => return archive::run_worker(cache_bytes),
        Verb::ClipWorker { program, reads, writes, most_bytes, arguments } => {
            let writes = writes.map(|path| (path, most_bytes));
            return archive::run_clip_worker(&archive::ClipTask { program, arguments, reads, writes });
        }
        verb => verb,
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::Error::new(error).context("cannot start")),
    };
    let outcome = match verb {
        Verb::Serve { config } => runtime.block_on(serve(&config)),
        Verb::Demo { port, data } => runtime.block_on(run_demo(port, data)),
        Verb::CheckConfig { config } => check_config(&config),
        Verb::Audit(verb) => runtime.block_on(audit::run(verb)),
        Verb::Keys(verb) => runtime.block_on(keys::run(verb)),
        Verb::Backup(arguments) => runtime.block_on(backup::run_backup(arguments)),
        Verb::Restore(arguments) => runtime.block_on(backup::run_restore(arguments)),
        Verb::Dicom(verb) => return runtime.block_on(dicom::run(verb)),
        Verb::Import { source, appointment, config } => {
            runtime.block_on(import(&source, appointment, &config))
        }
        Verb::DecodeWorker { .. } | Verb::ClipWorker { .. } => Ok(ExitCode::FAILURE),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("parvis: {error:#}");
    ExitCode::from(1)
}

fn read(path: &Path) -> Option<Config> {
    match Config::load(path) {
        Ok(config) => Some(config),
        Err(mistakes) => {
            tell(path, &mistakes);
            None
        }
    }
}

/// The same, and the files that the settings name can be used.
fn read_with_files(path: &Path) -> Option<Config> {
    let config = read(path)?;
    let mistakes = app::file_mistakes(&config);
    if mistakes.is_empty() {
        return Some(config);
    }
    tell(path, &mistakes);
    None
}

fn tell(path: &Path, mistakes: &[Mistake]) {
    eprintln!("parvis: {} mistake(s) in {}:", mistakes.len(), path.display());
    for mistake in mistakes {
        eprintln!("  {mistake}");
    }
}

fn check_config(path: &Path) -> Result<ExitCode> {
    let Some(config) = read_with_files(path) else { return Ok(ExitCode::from(1)) };
    print!("{}", config.effective());
    Ok(ExitCode::SUCCESS)
}

async fn serve(path: &Path) -> Result<ExitCode> {
    let Some(config) = read_with_files(path) else { return Ok(ExitCode::from(1)) };
    let filter = log_filter_from_environment().unwrap_or_else(|| config.log.level.clone());
    telemetry::start(&filter, config.log.format);
    let keys = app::master_keys(&config)?;
    let app = App::build(Settings::from_config(&config, program()?, keys), Clock::system()).await?;
    let listener = app::listen(config.http.listen).await?;
    if let Some(first) = app.first_address().await? {
        // Not through the log, which others may read.
        eprintln!(
            "parvis: nobody is an administrator yet. Set up the first account at this address; it works once, until {}:\n  {}",
            first.expires_at.format("%Y-%m-%d %H:%M UTC"),
            first.address.expose()
        );
    }
    tracing::info!(http.listen = %config.http.listen, media.listen = %config.media.listen, "ready");
    let acme = app::acme_settings(&config);
    let served = match (config.http.tls_certificate, config.http.tls_key, acme) {
        (_, _, Some(acme)) => {
            until_asked(&app, app.serve_acme(listener, acme, &config.http.public_url)).await
        }
        (Some(certificate), Some(key), None) => {
            until_asked(&app, app.serve_tls(listener, certificate, key, &config.http.public_url)).await
        }
        _ => until_asked(&app, app.serve(listener)).await,
    };
    app.end().await;
    served.map(|()| ExitCode::SUCCESS)
}

async fn until_asked(app: &App, serve: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::pin!(serve);
    tokio::select! {
        served = &mut serve => served,
        () = app::asked_to_end() => {
            tracing::info!("asked to end");
            app.tasks.stop();
            serve.await
        }
    }
}

async fn run_demo(port: u16, data: Option<PathBuf>) -> Result<ExitCode> {
    let filter =
        log_filter_from_environment().unwrap_or_else(|| "warn,parvis=info,parvis::sfu=warn".to_owned());
    telemetry::start(&filter, LogFormat::Text);
    let listener = app::listen(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)).await?;
    let demo = demo::Demo::build(listener.local_addr()?, data, program()?, Clock::system()).await?;
    let served = tokio::select! {
        served = until_asked(&demo.app, demo.app.serve(listener)) => served,
        told = demo.tell() => told.map(|never| match never {}),
    };
    demo.end().await;
    served.map(|()| ExitCode::SUCCESS)
}

async fn import(source: &Path, appointment: AppointmentId, path: &Path) -> Result<ExitCode> {
    let Some(config) = read(path) else { return Ok(ExitCode::from(1)) };
    let settings = Settings::from_config(&config, program()?, app::master_keys(&config)?);
    let clock = Clock::system();
    archive::Archive::refuse_half_restored(&settings.archive.folder)?;
    let store =
        crate::store::Store::open_existing(&settings.store).await.context("the database cannot be used")?;
    anyhow::ensure!(store.appointment(appointment).await?.is_some(), "there is no appointment {appointment}");
    let archive = archive::Archive::open(settings.archive, &Tasks::default())
        .await
        .context("the archive cannot be used")?;
    let name = source.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (progress, mut told) = tokio::sync::mpsc::channel(16);
    let receive = archive.receive(source, &name, progress);
    let tell = async {
        let mut last = String::new();
        while let Some(step) = told.recv().await {
            let line = format!("{} file(s) looked at, {} object(s) taken in", step.files, step.received);
            if line != last {
                eprintln!("{line}");
                last = line;
            }
        }
    };
    let (receipt, ()) = tokio::join!(receive, tell);
    let receipt = receipt?;
    store.add_received(appointment, &receipt.received, &clock).await?;
    println!("{} object(s) taken in, {} file(s) ignored", receipt.received.len(), receipt.ignored.len());
    for refused in &receipt.refused {
        println!("refused: {}: {}", refused.name, refused.reason);
    }
    store.close().await;
    Ok(if receipt.received.is_empty() { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// The path of this program, for its child processes.
fn program() -> Result<PathBuf> {
    std::env::current_exe().context("cannot find this program")
}
