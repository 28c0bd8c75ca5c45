//! Calls to the kernel that no job needs and container engines deny too: a filter that holds for a process and what it starts.

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, sock_filter,
};
use std::collections::BTreeMap;

/// What is denied whatever its arguments are.
const DENIED: &[c_long] = &[
    // The view of files: mounts, old and new calls.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_fanotify_init,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    // Namespaces.
    libc::SYS_setns,
    libc::SYS_unshare,
    // The kernel itself.
    libc::SYS_kexec_load,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_reboot,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_lookup_dcookie,
    libc::SYS_vhangup,
    libc::SYS_nfsservctl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_uselib,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_modify_ldt,
    // Keys of the kernel.
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    // The clock of the machine.
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    // What other processes hold. (`ptrace` of its own is what a debugger needs; others it does not reach.)
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_move_pages,
    libc::SYS_migrate_pages,
];

/// Any of these makes a namespace.
const NAMESPACES: &[i32] = &[
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWCGROUP,
];

/// Words put into the terminal from which the server was started would be run there.
const TERMINAL: &[u64] = &[libc::TIOCSTI, libc::TIOCLINUX];

/// The filter for this machine; `None` for a kind of processor that it does not know.
///
/// # Errors
/// When it cannot be made.
pub(super) fn filter() -> Result<Option<BpfProgram>, String> {
    let Ok(arch) = TargetArch::try_from(std::env::consts::ARCH) else {
        return Ok(None);
    };
    let failed = |error: seccompiler::BackendError| format!("failed to make the filter of calls: {error}");
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = DENIED.iter().map(|call| (*call, Vec::new())).collect();
    let when = |argument: u8, size: SeccompCmpArgLen, how: SeccompCmpOp, value: u64| {
        SeccompCondition::new(argument, size, how, value)
            .and_then(|condition| SeccompRule::new(vec![condition]))
            .map_err(failed)
    };
    for flag in NAMESPACES {
        let flag = u64::from(flag.unsigned_abs());
        let rule = when(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(flag), flag)?;
        rules.entry(libc::SYS_clone).or_default().push(rule);
    }
    for request in TERMINAL {
        let rule = when(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, *request)?;
        rules.entry(libc::SYS_ioctl).or_default().push(rule);
    }
    let denied = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, denied, arch).map_err(failed)?;
    let filter: BpfProgram = filter.try_into().map_err(failed)?;
    Ok(Some(absent().into_iter().chain(filter).collect()))
}

/// What is to look as if the kernel were older: `clone3`, whose flags a filter cannot see, so that programs fall back to
/// `clone`; and the numbers of the x32 kind of program, which would go past the rules.
fn absent() -> [sock_filter; 4] {
    const LOAD_WORD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    const IF_EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    const IF_AT_LEAST: u16 = (libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K) as u16;
    const ANSWER: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
    const X32: u32 = 0x4000_0000;
    let line = |code, jt, jf, k| sock_filter { code, jt, jf, k };
    let clone3 = u32::try_from(libc::SYS_clone3).unwrap_or(u32::MAX);
    [
        line(LOAD_WORD, 0, 0, 0),
        line(IF_EQUAL, 1, 0, clone3),
        line(IF_AT_LEAST, 0, 1, X32),
        line(
            ANSWER,
            0,
            0,
            libc::SECCOMP_RET_ERRNO | libc::ENOSYS.unsigned_abs(),
        ),
    ]
}

/// The filter as the kernel reads it, for a program that sets it itself.
pub(super) fn bytes(filter: &BpfProgram) -> Vec<u8> {
    let line = |line: &sock_filter| {
        let sock_filter { code, jt, jf, k } = *line;
        let [a, b] = code.to_ne_bytes();
        let [c, d, e, f] = k.to_ne_bytes();
        [a, b, jt, jf, c, d, e, f]
    };
    filter.iter().flat_map(line).collect()
}

/// Sets the filter for the calling thread, for ever, and every process that it starts.
///
/// # Errors
/// When the kernel does not take it.
pub(super) fn restrict() -> Result<(), String> {
    match filter()? {
        Some(filter) => seccompiler::apply_filter(&filter)
            .map_err(|error| format!("failed to filter the calls of the job: {error}")),
        None => Ok(()),
    }
}
