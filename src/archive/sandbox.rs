//! What a child process can still ask of the kernel: to compute. It cannot open, name or write a file, reach a network, start
//! or stop a process, or make memory executable. Files come to it opened, over the socket that its requests come by.
//!
//! Two walls, each for itself. Landlock takes every path away, TCP too, and signals to others where the kernel knows of that.
//! seccomp allows the calls that are listed here and says of all others that they do not exist (ENOSYS): deny by default, and
//! not fragile, because a C library that tries a call from after its time takes that answer and uses an older one; with
//! EPERM, or by being killed, it would break at each of its updates.
//!
//! A kernel without one of them leaves the other, and the limits of `limits`; the parent says so in the log.

use std::collections::BTreeMap;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetStatus, Scope,
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

/// Which walls stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Walls {
    pub(super) has_landlock: bool,
    pub(super) has_seccomp: bool,
}

/// Puts up what the kernel has. Nothing takes it down again, and threads that start later stand behind it too.
pub(super) fn enter() -> Walls {
    Walls { has_landlock: landlock().unwrap_or(false), has_seccomp: seccomp().is_ok() }
}

/// Everything that this crate knows of is forbidden, and no rule allows any of it again.
fn landlock() -> Result<bool, landlock::RulesetError> {
    let known = ABI::V6;
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(known))?
        .handle_access(AccessNet::from_all(known))?
        .scope(Scope::AbstractUnixSocket | Scope::Signal)?
        .create()?
        .set_compatibility(CompatLevel::BestEffort)
        .restrict_self()?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}

fn seccomp() -> Result<(), seccompiler::Error> {
    let filter = SeccompFilter::new(
        rules()?,
        SeccompAction::Errno(libc::ENOSYS as u32),
        SeccompAction::Allow,
        std::env::consts::ARCH.try_into()?,
    )?;
    seccompiler::apply_filter(&BpfProgram::try_from(filter)?)
}

fn rules() -> Result<BTreeMap<i64, Vec<SeccompRule>>, seccompiler::BackendError> {
    let is = |place, value| SeccompCondition::new(place, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value);
    let masked = |place, mask: i32, value: i32| {
        let operator = SeccompCmpOp::MaskedEq(mask as u32 as u64);
        SeccompCondition::new(place, SeccompCmpArgLen::Dword, operator, value as u32 as u64)
    };
    let one = |condition| SeccompRule::new(vec![condition]);
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = CALLS.iter().map(|call| (*call, Vec::new())).collect();
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
        let arch = std::env::consts::ARCH.try_into().unwrap();
        let filter = SeccompFilter::new(
            rules().unwrap(),
            SeccompAction::Errno(libc::ENOSYS as u32),
            SeccompAction::Allow,
            arch,
        );
        BpfProgram::try_from(filter.unwrap()).unwrap();
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
