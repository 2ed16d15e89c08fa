//! Keeps the process's memory from being written down: its key signs every answer.
//! It promises no core file and, on Linux, no look inside for anybody but the system's administrator.
#![allow(unsafe_code, reason = "the calls to the system are C functions")]

/// Keeps this process's memory private. Says whether it is; a program calls it first of all.
pub fn keep_memory_private() -> bool {
    #[cfg(unix)]
    {
        let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: the structure is read during the call.
        let no_core = unsafe { libc::setrlimit(libc::RLIMIT_CORE, &none) } == 0;
        #[cfg(target_os = "linux")]
        // SAFETY: this call reads and writes no memory of ours.
        let closed = unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) } == 0;
        #[cfg(not(target_os = "linux"))]
        let closed = true;
        no_core && closed
    }
    #[cfg(not(unix))]
    false
}
