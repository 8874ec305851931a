//! What a child process may use at most. It takes these limits upon itself before it reads the first byte.

use rustix::io::Result;
use rustix::process::{Resource, Rlimit, setrlimit};

/// Address space beside the cache: the largest object, decoded, and its picture.
const WORKING_BYTES: u64 = 1536 << 20;
/// Standard streams, the object, and what the program itself has open.
const FILES: u64 = 32;

/// No core files, no written files, little memory, few open files.
///
/// # Errors
/// If the system refuses; the child must not go on then.
pub fn limit_this_process(cache_bytes: u64) -> Result<()> {
    let at_most = |limit| Rlimit { current: Some(limit), maximum: Some(limit) };
    setrlimit(Resource::As, at_most(WORKING_BYTES + cache_bytes))?;
    setrlimit(Resource::Core, at_most(0))?;
    setrlimit(Resource::Fsize, at_most(0))?;
    setrlimit(Resource::Nofile, at_most(FILES))
}
