//! Logs. What they hold is ids, counts and causes; names, tokens, addresses and descriptions stay out (see `secret`).

use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// The media engine's own lines can hold addresses of people's devices: they are never shown, whatever the filter says.
const SILENT: [&str; 13] = [
    "rtc", "rtc_crypto", "rtc_datachannel", "rtc_dtls", "rtc_ice", "rtc_interceptor", "rtc_mdns", "rtc_media", "rtc_sctp",
    "rtc_sdp", "rtc_shared", "rtc_srtp", "rtc_stun",
];

/// Sends log lines to standard error. `filter` is as `tracing` reads it; a filter that cannot be read becomes `info`.
pub fn start(filter: &str, format: LogFormat) {
    let filter = self::filter(filter);
    let lines =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(true);
    // A second start, as tests make it, changes nothing.
    let _ = match format {
        LogFormat::Text => lines.with_ansi(false).try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
}

/// The filter of a whole process.
pub fn filter(wanted: &str) -> EnvFilter {
    let filter = EnvFilter::try_new(wanted).unwrap_or_else(|_| EnvFilter::new("info"));
    let silence = SILENT.iter().filter_map(|target| format!("{target}=off").parse().ok());
    silence.fold(filter, EnvFilter::add_directive)
}
