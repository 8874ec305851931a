//! Scripts of `web/bench` that drive browsers and print what they saw.

use std::path::Path;

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use tokio::process::Command;

/// Runs a script with these words, and reads the JSON that it prints.
///
/// # Errors
/// If Node is missing, the script fails, or it prints something else.
pub async fn run<T: DeserializeOwned>(script: &str, words: &[&str]) -> Result<T> {
    let output = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(script))
        .args(words)
        .kill_on_drop(true)
        .output()
        .await
        .context("cannot start node")?;
    let said = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{script} ended with {}: {said}", output.status);
    serde_json::from_slice(&output.stdout).with_context(|| format!("the answer of {script}"))
}
