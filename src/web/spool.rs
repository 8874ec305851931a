//! The body of an upload, written to a file as it comes.

use std::path::Path;

use axum::body::Body;
use futures_util::StreamExt as _;
use tokio::io::AsyncWriteExt as _;

use super::problem::Failure;

/// Writes a body of at most so many bytes to a new file.
///
/// # Errors
/// If the body breaks off or the disk fails; `too_large` if the body is longer.
pub(super) async fn spool(
    path: &Path,
    body: Body,
    most_bytes: u64,
    too_large: impl FnOnce() -> Failure,
) -> Result<(), Failure> {
    let mut file = tokio::fs::File::create(path).await?;
    let mut bytes = 0_u64;
    let mut stream = body.into_data_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Failure::bad_request("the upload broke off"))?;
        bytes += chunk.len() as u64;
        if bytes > most_bytes {
            return Err(too_large());
        }
        file.write_all(&chunk).await?;
    }
    file.flush().await?;
    Ok(())
}
