//! The program under measurement: the demonstration as its own process, with data of its own.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::machine::{children, processor_ms};

/// A gateway that is not ready after this will not be.
const LIMIT: Duration = Duration::from_secs(30);
/// How often it is asked whether it is ready: the resolution of the time to be ready.
const ASK_EVERY: Duration = Duration::from_millis(1);

/// What is measured.
const PROGRAM: &str = env!("CARGO_BIN_EXE_parvis");
/// Where it listens in a namespace of its own.
const PORT_ALONE: u16 = 8080;

/// A running gateway. Its process ends and its data go when it is dropped.
pub struct Gateway {
    process: Child,
    pub id: u32,
    pub base: String,
    port: u16,
    /// From the start of the process to the first answer that it is ready, in milliseconds.
    pub ready_ms: f64,
    _data: TempDir,
}

impl Gateway {
    /// Starts the demonstration with empty data, and waits until it is ready. What it says goes to `folder`.
    pub async fn start(folder: &Path) -> Result<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        Self::begin(Command::new(PROGRAM), port, folder).await
    }

    /// Likewise in a network namespace where nothing else is. Whoever calls this reaches its loopback address, see
    /// [`Lab`](crate::lab::Lab).
    pub async fn start_in(namespace: &str, folder: &Path) -> Result<Self> {
        let mut command = Command::new("ip");
        // Becomes the program, so that it is the one that is measured.
        command.args(["netns", "exec", namespace, PROGRAM]);
        Self::begin(command, PORT_ALONE, folder).await
    }

    async fn begin(mut command: Command, port: u16, folder: &Path) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let log = File::create(folder.join("gateway.log"))?;
        let client = reqwest::Client::builder().pool_max_idle_per_host(0).build()?;
        let base = format!("http://localhost:{port}");
        let ready = format!("http://127.0.0.1:{port}/health/ready");
        command
            .args(["demo", "--port", &port.to_string(), "--data"])
            .arg(data.path())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true);
        let started = Instant::now();
        let mut process = command.spawn().with_context(|| format!("cannot start {PROGRAM}"))?;
        let id = process.id().context("the gateway ended at once")?;
        loop {
            if let Ok(answer) = client.get(&ready).send().await
                && answer.status().is_success()
            {
                break;
            }
            if let Some(status) = process.try_wait()? {
                bail!("the gateway ended: {status}; see {}", folder.join("gateway.log").display());
            }
            if started.elapsed() > LIMIT {
                bail!("the gateway was not ready in {} s", LIMIT.as_secs());
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
        let ready_ms = started.elapsed().as_secs_f64() * 1000.0;
        Ok(Self { process, id, base, port, ready_ms, _data: data })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Processor time that it and its decoders have used, in milliseconds.
    pub fn used_ms(&self) -> f64 {
        std::iter::once(self.id).chain(children(self.id)).filter_map(processor_ms).sum()
    }

    /// Waits until it has made its synthetic studies and rests: what is measured then does not share the processor with that.
    pub async fn settled(&self) -> Result<()> {
        const LOOK_EVERY: Duration = Duration::from_millis(300);
        /// Ticks of the clock of processor time that a resting program may use in that time, in milliseconds.
        const REST_MS: f64 = 20.0;
        let used = || processor_ms(self.id).context("the gateway has ended");
        let started = Instant::now();
        let mut before = used()?;
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let now = used()?;
            if now - before <= REST_MS {
                return Ok(());
            }
            anyhow::ensure!(started.elapsed() < LIMIT, "the gateway does not come to rest");
            before = now;
        }
    }

    /// Ends the process and waits for it, so that the next one starts on a quiet machine.
    pub async fn end(mut self) -> Result<()> {
        self.process.kill().await.context("the gateway does not end")
    }
}
