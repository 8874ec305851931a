//! Orthanc, the peer: the program that most hospitals would let render their images, as Debian ships it.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use reqwest::header;
use serde::Deserialize;
use serde_json::json;
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// How Debian calls the program.
const PROGRAM: &str = "Orthanc";
/// Its plugin for JPEG 2000, where Debian puts it, and for what it is used.
const GDCM: &str = "/usr/share/orthanc/plugins/libOrthancGdcm.so";
const JPEG_2000: [&str; 2] = ["1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"];
/// A server that is not ready after this will not be.
const LIMIT: Duration = Duration::from_secs(60);

/// A running server with an empty database of its own; both go when it is dropped.
pub struct Orthanc {
    _process: Child,
    pub id: u32,
    pub version: String,
    base: String,
    client: reqwest::Client,
    _data: TempDir,
}

#[derive(Deserialize)]
struct Uploaded {
    #[serde(rename = "ID")]
    id: String,
}

#[derive(Deserialize)]
struct About {
    #[serde(rename = "Version")]
    version: String,
}

impl Orthanc {
    /// Starts it on loopback and waits until it answers. What it says goes to `folder`.
    pub async fn start(folder: &Path) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let settings = json!({
            "Name": "BENCH",
            "StorageDirectory": data.path().join("db"),
            "IndexDirectory": data.path().join("db"),
            // It writes and reads JPEG 2000 only with this one.
            "Plugins": [GDCM],
            "Gdcm": { "Enable": true, "RestrictTransferSyntaxes": JPEG_2000 },
            "HttpServerEnabled": true,
            "HttpPort": port,
            "RemoteAccessAllowed": false,
            "AuthenticationEnabled": false,
            "DicomServerEnabled": false,
            "StorageCompression": false,
            "HttpThreadsCount": 4,
        });
        let path = data.path().join("orthanc.json");
        std::fs::write(&path, settings.to_string())?;
        let log = std::fs::File::create(folder.join("orthanc.log"))?;
        let mut process = Command::new(PROGRAM)
            .arg(&path)
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| {
                format!("cannot start {PROGRAM}: is it installed? `make bench` installs it on Debian")
            })?;
        let id = process.id().context("it ended at once")?;
        let (base, client) = (
            format!("http://127.0.0.1:{port}"),
            reqwest::Client::builder().pool_max_idle_per_host(0).build()?,
        );
        let started = Instant::now();
        let version = loop {
            if let Ok(answer) = client.get(format!("{base}/system")).send().await
                && let Ok(about) = answer.json::<About>().await
            {
                break about.version;
            }
            if let Some(status) = process.try_wait()? {
                bail!("it ended: {status}; see {}", folder.join("orthanc.log").display());
            }
            ensure!(started.elapsed() < LIMIT, "it was not ready in {} s", LIMIT.as_secs());
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        Ok(Self { _process: process, id, version, base, client, _data: data })
    }

    /// Keeps an object; the answer is its identifier there.
    pub async fn upload(&self, bytes: Vec<u8>) -> Result<String> {
        let answer = self.client.post(format!("{}/instances", self.base)).body(bytes).send().await?;
        let answer = answer.error_for_status().context("Orthanc does not take the object")?;
        Ok(answer.json::<Uploaded>().await?.id)
    }

    /// An object written anew in another transfer syntax.
    pub async fn coded(&self, bytes: Vec<u8>, syntax: &str) -> Result<Vec<u8>> {
        if JPEG_2000.contains(&syntax) {
            return gdcm_j2k(&bytes).await;
        }
        let kept = self.upload(bytes).await?;
        let coded = self.transcoded(&kept, syntax).await?;
        self.delete(&kept).await?;
        Ok(coded)
    }

    async fn transcoded(&self, instance: &str, syntax: &str) -> Result<Vec<u8>> {
        let wish = json!({ "Transcode": syntax, "Keep": ["SOPInstanceUID"], "Force": true });
        let address = format!("{}/instances/{instance}/modify", self.base);
        let answer = self.client.post(address).json(&wish).send().await?;
        let answer = answer.error_for_status().with_context(|| format!("Orthanc does not write {syntax}"))?;
        Ok(answer.bytes().await?.to_vec())
    }

    /// Forgets an object.
    pub async fn delete(&self, instance: &str) -> Result<()> {
        let answer = self.client.delete(format!("{}/instances/{instance}", self.base)).send().await?;
        answer.error_for_status().context("Orthanc does not delete the object")?;
        Ok(())
    }

    /// A rendered frame; `query` as in `window-center=40&window-width=400`. The answer is its size in bytes.
    pub async fn rendered(&self, instance: &str, query: &str, accept: &str) -> Result<usize> {
        let address = format!("{}/instances/{instance}/rendered?{query}", self.base);
        let answer = self.client.get(address).header(header::ACCEPT, accept).send().await?;
        Ok(answer.error_for_status().context("Orthanc does not render")?.bytes().await?.len())
    }
}

/// JPEG 2000 without loss, by the tool of the library that Orthanc's plugin stands on: the plugin ends the server when it writes several.
async fn gdcm_j2k(bytes: &[u8]) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let (from, to) = (folder.path().join("from.dcm"), folder.path().join("to.dcm"));
    tokio::fs::write(&from, bytes).await?;
    let written = Command::new("gdcmconv").arg("--j2k").arg(&from).arg(&to).output().await;
    let written = written.context("cannot start gdcmconv: `make bench` installs it on Debian")?;
    ensure!(written.status.success(), "gdcmconv: {}", String::from_utf8_lossy(&written.stderr));
    Ok(tokio::fs::read(&to).await?)
}
