//! The body of an upload, written to a file as it comes, sealed, and gone when its request is.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use futures_util::StreamExt as _;

use super::Edge;
use super::problem::Failure;
use crate::archive::Archive;

/// Of a body that is not wanted, so much is read all the same, in bytes and time: whoever is still sending when the connection
/// closes never reads why (RFC 9112 section 9.6).
const MAX_UNWANTED: usize = 4 << 20;
const UNWANTED_FOR: Duration = Duration::from_secs(5);

/// A place for a file among those that come in. Whatever becomes of the request that has it, the file goes.
pub(super) struct Landing {
    path: PathBuf,
    is_clear: bool,
}

impl Landing {
    /// # Errors
    /// If the disk fails.
    pub(super) async fn new(edge: &Edge) -> Result<Self, Failure> {
        tokio::fs::create_dir_all(&edge.incoming).await?;
        Ok(Self { path: edge.incoming.join(edge.clock.new_uuid().to_string()), is_clear: false })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes what lies there, unless it was put elsewhere.
    pub(super) async fn clear(mut self) {
        tell(tokio::fs::remove_file(&self.path).await);
        self.is_clear = true;
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        if !self.is_clear {
            tell(std::fs::remove_file(&self.path));
        }
    }
}

fn tell(removed: std::io::Result<()>) {
    if let Err(error) = removed
        && error.kind() != ErrorKind::NotFound
    {
        tracing::warn!(error = &error as &dyn std::error::Error, "an upload was not cleared away");
    }
}

/// Reads what comes of a body that is refused, within bounds, and forgets it.
pub(super) async fn drain(body: Body) {
    drain_stream(body.into_data_stream()).await;
}

async fn drain_stream(mut stream: BodyDataStream) {
    let reading = async {
        let mut bytes = 0;
        while let Some(Ok(chunk)) = stream.next().await {
            bytes += chunk.len();
            if bytes > MAX_UNWANTED {
                break;
            }
        }
    };
    // Whoever is slower than that does not hear it.
    let _ = tokio::time::timeout(UNWANTED_FOR, reading).await;
}

/// Writes a body of at most so many bytes to a new file.
///
/// # Errors
/// If the body breaks off or the disk fails; `too_large` if the body is longer.
pub(super) async fn spool(
    archive: &Archive,
    path: &Path,
    body: Body,
    most_bytes: u64,
    too_large: impl FnOnce() -> Failure,
) -> Result<(), Failure> {
    let mut file = archive.incoming(path).await?;
    let mut bytes = 0_u64;
    let mut stream = body.into_data_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Failure::bad_request("the upload broke off"))?;
        bytes += chunk.len() as u64;
        if bytes > most_bytes {
            drain_stream(stream).await;
            return Err(too_large());
        }
        file.write(&chunk).await?;
    }
    file.finish().await?;
    Ok(())
}
