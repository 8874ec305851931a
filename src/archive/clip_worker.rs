//! The step between the gateway and a program of ffmpeg: this program, started once more, takes limits upon itself, puts up walls,
//! and becomes that program. So there is no moment in which bytes of a clip are read without them.

use std::convert::Infallible;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use rustix::process::Resource;

use super::limits;
use super::sandbox::{self, Openings};

/// Address space of a process, in bytes.
pub(super) const MEMORY_BYTES: u64 = 2 << 30;
/// Seconds of a processor that one process may use: a clip that is looked at for long starts another.
const PROCESSOR_SECONDS: u64 = 900;
/// Exit status when it did not become the program.
pub(super) const NOT_STARTED: u8 = 125;

/// What is to be started, and what it may touch.
#[derive(Clone, Debug)]
pub struct ClipTask {
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
    /// The one file that it reads, beside its libraries.
    pub reads: PathBuf,
    /// The one file that it writes, which is there already; and how large it may become, in bytes.
    pub writes: Option<(PathBuf, u64)>,
}

/// Becomes the program; comes back only when that fails.
pub fn run_clip_worker(task: &ClipTask) -> ExitCode {
    let Err(error) = become_program(task);
    // Nothing of it names a patient: a clip is called by its hash.
    eprintln!("parvis: {error}");
    ExitCode::from(NOT_STARTED)
}

fn become_program(task: &ClipTask) -> io::Result<Infallible> {
    limits::bind(MEMORY_BYTES, task.writes.as_ref().map_or(0, |(_, bytes)| *bytes))?;
    limits::forbid_beyond(Resource::Cpu, PROCESSOR_SECONDS)?;
    #[expect(clippy::disallowed_methods, reason = "the archive is what starts processes")]
    let mut command = Command::new(&task.program);
    command.args(&task.arguments);
    let walls = sandbox::enter_with(&Openings {
        program: &task.program,
        reads: &task.reads,
        writes: task.writes.as_ref().map(|(path, _)| path.as_path()),
    });
    if !(walls.has_landlock || walls.has_seccomp) {
        return Err(io::Error::other(
            "the kernel, or SystemCallFilter of the unit, has no walls for a program",
        ));
    }
    Err(command.exec())
}
