//! The calls by which this program changes files. They are defined here, so the linker takes them instead of the C
//! library's: Vigil's own code, the standard library and SQLite come through them unchanged, and a tape hears of each.
//!
//! A sync is recorded and not done: the disk of these tests is the model in `disk.rs`, and no real one has to wait.
#![allow(unsafe_code, reason = "the C library's functions have C signatures, and they are replaced by name")]

use crate::tape;
use libc::{AT_FDCWD, c_char, c_int, c_void, iovec, mode_t, off64_t, size_t, ssize_t};
use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// # Safety
/// As for the call itself: a string that ends with a zero byte.
unsafe fn path<'a>(text: *const c_char) -> &'a Path {
    // SAFETY: the caller promises it, and whoever called it lives longer than the call.
    Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(text) }.to_bytes()))
}

/// # Safety
/// As for the call itself: `length` bytes that can be read.
unsafe fn bytes<'a>(start: *const c_void, length: ssize_t) -> &'a [u8] {
    // SAFETY: the caller promises it; `length` is what the kernel has taken.
    unsafe { std::slice::from_raw_parts(start.cast(), usize::try_from(length).unwrap_or(0)) }
}

// SAFETY of all that follows: the same arguments go to the same system call, whose answer and `errno` come back; a tape is
// told only of what succeeded. Optional arguments (`mode`) arrive like the others in the calling conventions of Linux.

#[unsafe(no_mangle)]
unsafe extern "C" fn open64(name: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    unsafe {
        let fd = libc::syscall(libc::SYS_openat, AT_FDCWD, name, flags, mode) as c_int;
        if fd >= 0 {
            tape::opened(fd, path(name), flags & libc::O_TRUNC != 0);
        }
        fd
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn open(name: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    unsafe { open64(name, flags, mode) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn close(fd: c_int) -> c_int {
    tape::closed(fd);
    unsafe { libc::syscall(libc::SYS_close, fd) as c_int }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn write(fd: c_int, start: *const c_void, length: size_t) -> ssize_t {
    unsafe {
        let at = if tape::is_heard(fd) { libc::syscall(libc::SYS_lseek, fd, 0, libc::SEEK_CUR) as off64_t } else { 0 };
        let done = libc::syscall(libc::SYS_write, fd, start, length) as ssize_t;
        if done > 0 && tape::is_heard(fd) {
            tape::written(fd, at, bytes(start, done));
        }
        done
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn writev(fd: c_int, parts: *const iovec, count: c_int) -> ssize_t {
    unsafe {
        if tape::is_heard(fd) && count > 0 {
            // Writing less than was asked for is allowed.
            return write(fd, (*parts).iov_base, (*parts).iov_len);
        }
        libc::syscall(libc::SYS_writev, fd, parts, count) as ssize_t
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite64(fd: c_int, start: *const c_void, length: size_t, at: off64_t) -> ssize_t {
    unsafe {
        let done = libc::syscall(libc::SYS_pwrite64, fd, start, length, at) as ssize_t;
        if done > 0 && tape::is_heard(fd) {
            tape::written(fd, at, bytes(start, done));
        }
        done
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ftruncate64(fd: c_int, length: off64_t) -> c_int {
    unsafe {
        let done = libc::syscall(libc::SYS_ftruncate, fd, length) as c_int;
        if done == 0 {
            tape::resized(fd, length);
        }
        done
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fsync(fd: c_int) -> c_int {
    tape::synced(fd);
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fdatasync(fd: c_int) -> c_int {
    unsafe { fsync(fd) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn mkdir(name: *const c_char, mode: mode_t) -> c_int {
    unsafe {
        let done = libc::syscall(libc::SYS_mkdirat, AT_FDCWD, name, mode) as c_int;
        if done == 0 {
            tape::folder_made(path(name));
        }
        done
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn unlink(name: *const c_char) -> c_int {
    unsafe {
        let done = libc::syscall(libc::SYS_unlinkat, AT_FDCWD, name, 0) as c_int;
        if done == 0 {
            tape::removed(path(name));
        }
        done
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    unsafe {
        let done = libc::syscall(libc::SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0) as c_int;
        if done == 0 {
            tape::renamed(path(from), path(to));
        }
        done
    }
}
