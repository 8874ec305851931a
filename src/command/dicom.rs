#[derive(Debug, clap::Subcommand)]
pub enum DicomVerb {
    Inspect,
}
pub async fn run(_: DicomVerb) -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
