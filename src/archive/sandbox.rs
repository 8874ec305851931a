//! What a child process can still ask of the kernel: to compute. It cannot open, name or write a file, reach a network, start
//! or stop a process, or make memory executable. Files come to it opened, over the socket that its requests come by.
//!
//! Two walls, each for itself. Landlock takes every path away, TCP too, and signals to others where the kernel knows of that.
//! seccomp allows the calls that are listed here and says of all others that they do not exist (ENOSYS): deny by default, and
//! not fragile, because a C library that tries a call from after its time takes that answer and uses an older one; with
//! EPERM, or by being killed, it would break at each of its updates.
//!
//! A kernel without one of them leaves the other, and the limits of `limits`; the parent says so in the log.
//!
//! ffmpeg is no part of this program and opens its file itself. Its walls have [`Openings`]: its libraries and one file to read,
//! at most one to write, and the calls that a program needs to start. There is no socket and no other process for it either.

use std::collections::BTreeMap;
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus, Scope, path_beneath_rules,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

/// Memory, threads of its own, time, chance, and bytes from and to what is open.
const CALLS: [libc::c_long; 44] = [
    libc::SYS_brk,
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_close,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_fstat,
    libc::SYS_futex,
    libc::SYS_getcpu,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_getrusage,
    libc::SYS_gettid,
    libc::SYS_gettimeofday,
    libc::SYS_lseek,
    libc::SYS_madvise,
    libc::SYS_membarrier,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_ppoll,
    libc::SYS_pread64,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_sigaltstack,
    libc::SYS_sysinfo,
    libc::SYS_times,
    libc::SYS_uname,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_getuid,
    libc::SYS_geteuid,
];

/// What a program needs beside them to be started and to find its libraries and its file. Which files, Landlock says.
const PROGRAM_CALLS: &[libc::c_long] = &[
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_execve,
    libc::SYS_faccessat,
    libc::SYS_fadvise64,
    libc::SYS_ftruncate,
    libc::SYS_getcwd,
    libc::SYS_getdents64,
    libc::SYS_getegid,
    libc::SYS_getgid,
    libc::SYS_getppid,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_newfstatat,
    libc::SYS_openat,
    libc::SYS_pipe2,
    libc::SYS_pwrite64,
    libc::SYS_readlinkat,
    libc::SYS_sched_setaffinity,
    libc::SYS_statx,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_access,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_arch_prctl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_dup2,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lstat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_open,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_readlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_stat,
];

/// Where libraries lie.
const LIBRARIES: [&str; 6] =
    ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache"];
/// What the kernel starts in the place of a program, to load its libraries.
const LOADERS: [&str; 4] = [
    "/lib64/ld-linux-x86-64.so.2",
    "/lib/ld-linux-aarch64.so.1",
    "/lib/ld-musl-x86_64.so.1",
    "/lib/ld-musl-aarch64.so.1",
];

/// What a program of others is left of the file system.
pub(super) struct Openings<'a> {
    /// It is started next.
    pub(super) program: &'a Path,
    /// A file that it reads.
    pub(super) reads: &'a Path,
    /// A file that is there and that it writes.
    pub(super) writes: Option<&'a Path>,
}

/// Which walls stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Walls {
    pub(super) has_landlock: bool,
    pub(super) has_seccomp: bool,
}

/// Puts up what the kernel has. Nothing takes it down again, and threads that start later stand behind it too.
pub(super) fn enter() -> Walls {
    let rules = rules().map_err(seccompiler::Error::from).and_then(seccomp);
    Walls { has_landlock: landlock(None).unwrap_or(false), has_seccomp: rules.is_ok() }
}

/// The same with openings, for a program that takes the place of this process next.
pub(super) fn enter_with(openings: &Openings<'_>) -> Walls {
    let rules = program_rules().map_err(seccompiler::Error::from);
    // Landlock first: putting it up is no call of a program.
    let has_landlock = landlock(Some(openings)).unwrap_or(false);
    Walls { has_landlock, has_seccomp: rules.and_then(seccomp).is_ok() }
}

/// Everything that this crate knows of is forbidden, and what the openings name is allowed again.
fn landlock(openings: Option<&Openings<'_>>) -> Result<bool, landlock::RulesetError> {
    let known = ABI::V6;
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(known))?
        .handle_access(AccessNet::from_all(known))?
        .scope(Scope::AbstractUnixSocket | Scope::Signal)?
        .create()?
        .set_compatibility(CompatLevel::BestEffort);
    if let Some(Openings { program, reads, writes }) = openings {
        let started: BitFlags<AccessFs> = AccessFs::Execute | AccessFs::ReadFile;
        let written = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate;
        ruleset = ruleset
            .add_rules(path_beneath_rules(LIBRARIES, AccessFs::ReadFile | AccessFs::ReadDir))?
            .add_rules(path_beneath_rules(LOADERS, started))?
            .add_rules(path_beneath_rules([program], started))?
            .add_rules(path_beneath_rules(
                [reads].into_iter().filter(|path| has_name(path)),
                AccessFs::ReadFile,
            ))?
            .add_rules(path_beneath_rules(writes.iter().filter(|path| has_name(path)), written))?;
    }
    let status = ruleset.restrict_self()?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}

/// A file without a name, which lies in no folder, needs no rule and can have none: whoever holds it may open it.
fn has_name(path: &Path) -> bool {
    !path.starts_with("/proc/self/fd")
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

fn seccomp(rules: Rules) -> Result<(), seccompiler::Error> {
    seccompiler::apply_filter(&filter(rules)?)
}

fn filter(rules: Rules) -> Result<BpfProgram, seccompiler::Error> {
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Errno(libc::ENOSYS as u32),
        SeccompAction::Allow,
        std::env::consts::ARCH.try_into()?,
    )?;
    Ok(BpfProgram::try_from(filter)?)
}

/// A program's own: memory of its libraries is executable, and its files are closed by themselves when that is wished.
fn program_rules() -> Result<Rules, seccompiler::BackendError> {
    let mut rules = rules()?;
    rules.extend(PROGRAM_CALLS.iter().map(|call| (*call, Vec::new())));
    let is = |value| SeccompCondition::new(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value);
    let commands = [libc::F_GETFD, libc::F_SETFD, libc::F_GETFL];
    let asked = commands.map(|command| SeccompRule::new(vec![is(command as u64)?]));
    rules.insert(libc::SYS_fcntl, asked.into_iter().collect::<Result<_, _>>()?);
    Ok(rules)
}

fn rules() -> Result<Rules, seccompiler::BackendError> {
    let is = |place, value| SeccompCondition::new(place, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value);
    let masked = |place, mask: i32, value: i32| {
        let operator = SeccompCmpOp::MaskedEq(mask as u32 as u64);
        SeccompCondition::new(place, SeccompCmpArgLen::Dword, operator, value as u32 as u64)
    };
    let one = |condition| SeccompRule::new(vec![condition]);
    let mut rules: Rules = CALLS.iter().map(|call| (*call, Vec::new())).collect();
    // A thread, never a process. clone3 has its flags in memory, where no filter sees them: it does not exist.
    let thread = libc::CLONE_THREAD | libc::CLONE_VM;
    rules.insert(libc::SYS_clone, vec![one(masked(0, thread, thread)?)?]);
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        rules.insert(call, vec![one(masked(2, libc::PROT_EXEC, 0)?)?]);
    }
    let asked = [libc::F_GETFD, libc::F_GETFL].map(|command| one(is(1, command as u64)?));
    rules.insert(libc::SYS_fcntl, asked.into_iter().collect::<Result<_, _>>()?);
    rules.insert(libc::SYS_prctl, vec![one(is(0, libc::PR_SET_NAME as u64)?)?]);
    // Its own limits, and signals to itself: that is how a process aborts.
    rules.insert(libc::SYS_prlimit64, vec![one(is(0, 0)?)?]);
    rules.insert(libc::SYS_getrlimit, Vec::new());
    rules.insert(libc::SYS_setrlimit, Vec::new());
    rules.insert(libc::SYS_tgkill, vec![one(is(0, u64::from(std::process::id()))?)?]);
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_make_a_filter() {
        filter(rules().unwrap()).unwrap();
        filter(program_rules().unwrap()).unwrap();
    }

    #[test]
    fn behind_the_walls_there_is_nothing_but_computing() {
        use std::fs::File;
        use std::net::{TcpListener, UdpSocket};
        use std::os::unix::fs::FileExt;

        // Both walls hold for a thread and those that it starts, so that the others of this program stay free.
        let thread = std::thread::Builder::new().name("walled".to_owned()).spawn(|| {
            let opened = File::open("Cargo.toml").unwrap();
            let parent = rustix::process::getppid();
            let walls = enter();
            assert!(walls.has_landlock || walls.has_seccomp, "this kernel has neither");
            assert!(File::open("Cargo.toml").is_err());
            assert!(std::fs::read_dir("/").is_err());
            assert!(File::create("/tmp/parvis-walled").is_err());
            if walls.has_seccomp {
                assert!(UdpSocket::bind("127.0.0.1:0").is_err());
                assert!(TcpListener::bind("127.0.0.1:0").is_err());
                #[expect(clippy::disallowed_methods, reason = "it must not start")]
                let started = std::process::Command::new("/bin/true").spawn();
                assert!(started.is_err());
                assert!(parent.is_none_or(|pid| rustix::process::test_kill_process(pid).is_err()));
            }
            let mut start = [0; 9];
            opened.read_exact_at(&mut start, 0).unwrap();
            assert_eq!(&start, b"[package]");
            let other = std::thread::Builder::new().name("other".to_owned());
            other.spawn(|| vec![1_u8; 8 << 20].len()).unwrap().join().unwrap()
        });
        assert_eq!(thread.unwrap().join().unwrap(), 8 << 20);
    }
}
