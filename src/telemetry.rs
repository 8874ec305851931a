//! Logs. What they hold is ids, counts and causes; names, tokens, addresses and descriptions stay out (see `secret`).

use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Sends log lines to standard error. `filter` is as `tracing` reads it; a filter that cannot be read becomes `info`.
pub fn start(filter: &str, format: LogFormat) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(true);
    // A second start, as tests make it, changes nothing.
    let _ = match format {
        LogFormat::Text => lines.with_ansi(false).try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
}
