//! What keeps names and keys out of memory that is no longer in use: an allocator for our programs that wipes what is freed,
//! a way to wipe the stack below, and a process of which the system writes no image.
//!
//! It promises that a block is wiped before anybody else can get it, also where it only moved (ADR 0021).
#![allow(unsafe_code, reason = "the interface of an allocator is raw memory, and libc's calls are C functions")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use zeroize::Zeroize;

/// The system's allocator, with every block wiped when it is freed. A program names it with `#[global_allocator]`; the strings
/// of a record pass through a dozen owners, libraries' among them, and no owner has to remember.
pub struct WipingAllocator;

// SAFETY: every block comes from `System` and goes back to it with the layout that it was asked for; what is done in between is
// writing zeros into it while it is still ours.
unsafe impl GlobalAlloc for WipingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block is the caller's, of this length, and nobody else's until it is given back.
        unsafe {
            block.write_bytes(0, layout.size());
            // It escapes here, so the compiler cannot leave the wiping out.
            System.dealloc(black_box(block), layout);
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller promises that `new_size`, rounded up to the alignment, fits; the new block is another one, and
        // both are at least as long as what is copied. The system's own `realloc` would leave the old block as it was.
        unsafe {
            let new = System.alloc(Layout::from_size_align_unchecked(new_size, layout.align()));
            if !new.is_null() {
                new.copy_from_nonoverlapping(block, layout.size().min(new_size));
                self.dealloc(block, layout);
            }
            new
        }
    }
}

/// As much of the stack as one call deep inside may have used. The smallest stack of a thread that calls is 1 MiB.
const STACK_BYTES: usize = 512 * 1024;

/// Wipes the part of the stack below the caller: short strings are passed along there. For the moment of locking.
#[inline(never)]
pub fn wipe_unused_stack() {
    let mut below = [0_u8; STACK_BYTES];
    black_box(&mut below).zeroize();
}

/// Keeps the system from writing this process's memory down: no core file, and on Linux nobody but the system's administrator
/// may look into it. Says whether it is so. Programs call it first of all.
pub fn keep_memory_private() -> bool {
    #[cfg(unix)]
    {
        let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: the structure is read during the call.
        let no_core = unsafe { libc::setrlimit(libc::RLIMIT_CORE, &none) } == 0;
        #[cfg(any(target_os = "linux", target_os = "android"))]
        // SAFETY: this call reads and writes no memory of ours.
        let closed = unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) } == 0;
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        let closed = true;
        no_core && closed
    }
    #[cfg(not(unix))]
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_that_moved_or_was_freed_is_wiped_and_what_moved_is_whole() {
        let small = Layout::array::<u8>(64).unwrap();
        let large = Layout::array::<u8>(4096).unwrap();
        // SAFETY: each block is used within its length while it is ours, and freed once.
        unsafe {
            let block = WipingAllocator.alloc(small);
            block.write_bytes(0x41, 64);
            let grown = WipingAllocator.realloc(block, small, 4096);
            assert_eq!(std::slice::from_raw_parts(grown, 64), [0x41; 64]);
            let shrunk = WipingAllocator.realloc(grown, large, 16);
            assert_eq!(std::slice::from_raw_parts(shrunk, 16), [0x41; 16]);
            WipingAllocator.dealloc(shrunk, Layout::array::<u8>(16).unwrap());
            let zeroed = WipingAllocator.alloc_zeroed(small);
            assert_eq!(std::slice::from_raw_parts(zeroed, 64), [0; 64]);
            WipingAllocator.dealloc(zeroed, small);
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_that_keeps_its_memory_private_cannot_be_dumped() {
        assert!(keep_memory_private());
        // SAFETY: the calls write into the structure that they are given, and nowhere else.
        unsafe {
            assert_eq!(libc::prctl(libc::PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
            let mut limit = libc::rlimit { rlim_cur: 1, rlim_max: 1 };
            assert_eq!(libc::getrlimit(libc::RLIMIT_CORE, &mut limit), 0);
            assert_eq!((limit.rlim_cur, limit.rlim_max), (0, 0));
        }
    }
}
