//! SQLite's memory, wiped when it is freed: pages, rows and statements hold names.
//!
//! SQLCipher's own `cipher_memory_security` does this too and, for every allocation, asks the kernel to lock it; measured,
//! that makes a sync ten times slower (ADR 0008). This module wipes and does not lock: SQLCipher keeps its keys locked in
//! either case. It is the one place of this crate with `unsafe`: SQLite takes an allocator as C functions only.
#![allow(unsafe_code, reason = "SQLite's allocator interface is C functions and raw memory")]

use rusqlite::ffi::{SQLITE_CONFIG_MALLOC, SQLITE_OK, sqlite3_config, sqlite3_mem_methods};
use std::ffi::{c_int, c_void};
use std::sync::OnceLock;

/// What stands before each allocation: its size, in a block that keeps every alignment SQLite asks for.
const HEADER: usize = 16;

/// Installs the allocator for the whole process. Says whether it is in force: SQLite takes one only before its first use,
/// and then the caller has to fall back to SQLCipher's own.
pub(super) fn install() -> bool {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    *INSTALLED.get_or_init(|| {
        let methods = sqlite3_mem_methods {
            xMalloc: Some(allocate),
            xFree: Some(free),
            xRealloc: Some(reallocate),
            xSize: Some(size),
            xRoundup: Some(round_up),
            xInit: Some(initialise),
            xShutdown: Some(shut_down),
            pAppData: std::ptr::null_mut(),
        };
        // SAFETY: SQLite copies the structure during the call, and refuses it (SQLITE_MISUSE) once it is initialised. The
        // functions are `extern "C"`, never unwind and live as long as the process.
        unsafe { sqlite3_config(SQLITE_CONFIG_MALLOC, std::ptr::from_ref(&methods)) == SQLITE_OK }
    })
}

unsafe extern "C" fn allocate(bytes: c_int) -> *mut c_void {
    let Ok(length) = usize::try_from(bytes) else { return std::ptr::null_mut() };
    // SAFETY: `malloc` gives memory aligned for any type, or null; the size is written inside the block, before what SQLite
    // gets, and HEADER keeps the alignment.
    unsafe {
        let block = libc::malloc(length + HEADER).cast::<u8>();
        if block.is_null() {
            return std::ptr::null_mut();
        }
        block.cast::<usize>().write(length);
        block.add(HEADER).cast()
    }
}

unsafe extern "C" fn free(memory: *mut c_void) {
    if memory.is_null() {
        return;
    }
    // SAFETY: SQLite frees only what `allocate` gave, once; the header says how long it is.
    unsafe {
        let block = memory.cast::<u8>().sub(HEADER);
        let length = block.cast::<usize>().read();
        memory.cast::<u8>().write_bytes(0, length);
        // The memory escapes here, so the compiler cannot leave the wiping out.
        libc::free(std::hint::black_box(block).cast());
    }
}

unsafe extern "C" fn reallocate(memory: *mut c_void, bytes: c_int) -> *mut c_void {
    // SAFETY: as above. The old block is wiped by `free`, which `realloc` of the C library would not do.
    unsafe {
        let new = allocate(bytes);
        if !new.is_null() && !memory.is_null() {
            let both = usize::try_from(size(memory).min(bytes)).unwrap_or(0);
            new.cast::<u8>().copy_from_nonoverlapping(memory.cast::<u8>(), both);
            free(memory);
        }
        new
    }
}

unsafe extern "C" fn size(memory: *mut c_void) -> c_int {
    if memory.is_null() {
        return 0;
    }
    // SAFETY: SQLite asks only for what `allocate` gave.
    let length = unsafe { memory.cast::<u8>().sub(HEADER).cast::<usize>().read() };
    c_int::try_from(length).unwrap_or(c_int::MAX)
}

unsafe extern "C" fn round_up(bytes: c_int) -> c_int {
    bytes.saturating_add(7) & !7
}

unsafe extern "C" fn initialise(_: *mut c_void) -> c_int {
    SQLITE_OK
}

unsafe extern "C" fn shut_down(_: *mut c_void) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freed_memory_is_wiped_and_the_header_tells_its_length() {
        // SAFETY: the block is read before it goes back to the C library: `free` is taken apart here.
        unsafe {
            let memory = allocate(64).cast::<u8>();
            memory.write_bytes(0x41, 64);
            assert_eq!(size(memory.cast()), 64);
            let grown = reallocate(memory.cast(), 128).cast::<u8>();
            assert_eq!(std::slice::from_raw_parts(grown, 64), [0x41; 64]);
            assert_eq!(size(grown.cast()), 128);
            free(grown.cast());
            free(std::ptr::null_mut());
            assert!(allocate(-1).is_null());
        }
    }
}
