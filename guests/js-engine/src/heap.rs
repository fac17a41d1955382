//! Where allocations lie in linear memory.
//!
//! The host keeps the first pages of each sandbox resident and copies them back from the snapshot
//! when it resets one, because a page fault costs more than copying a page. So what every call
//! touches has to lie in few pages, at the front:
//!
//! ```text
//! 0            stack of `boot`; afterwards the first allocations of the program
//! __stack_high the runtime and its intrinsics: allocated while the front is open
//! __global_base static data; what `boot` allocated while the front was closed (the prelude);
//!              the program's stack; everything else
//! ```

use std::alloc::{GlobalAlloc, Layout};
use std::cell::{Cell, UnsafeCell};
use std::ptr;

use dlmalloc::Dlmalloc;

/// What of the first page stays free, so that the null pointer is nobody's.
const NULL_BYTES: usize = 1024;
/// The least that memory grows by, in bytes: each growth is a call of the host.
const GROWTH_BYTES_MIN: usize = 512 * 1024;
const WASM_PAGE_BYTES: usize = 64 * 1024;

unsafe extern "C" {
    /// The end of the linker's stack, which lies first.
    static __stack_high: u8;
    /// The beginning of static data.
    static __global_base: u8;
}

fn stack_end() -> usize {
    (&raw const __stack_high).addr()
}

fn front_end() -> usize {
    (&raw const __global_base).addr()
}

#[global_allocator]
static HEAP: Heap = Heap {
    front: UnsafeCell::new(Dlmalloc::new_with_allocator(Front {
        given: Cell::new(Given::Nothing),
    })),
    rest: UnsafeCell::new(Dlmalloc::new_with_allocator(Grown)),
    front_bytes_min: Cell::new(0),
    front_bytes_end: Cell::new(usize::MAX),
    touched: Cell::new(false),
};

/// Sends further allocations of at least this many bytes to the front, as long as there is room,
/// and the others behind the static data.
pub fn set_front_bytes_min(bytes: usize) {
    HEAP.front_bytes_min.set(bytes);
}

/// Sends further allocations behind the static data.
pub fn close_front() {
    set_front_bytes_min(usize::MAX);
}

/// Sends further allocations to the front, as long as there is room.
pub fn open_front() {
    HEAP.front_bytes_end.set(usize::MAX);
    set_front_bytes_min(0);
}

/// Adds the linker's stack to the front. From the next call on, nobody may run on that stack.
pub fn take_over_boot_stack() {
    // SAFETY: there is one thread, and no allocation is under way.
    let front = unsafe { &*HEAP.front.get() };
    front.allocator().given.set(Given::BehindFreeStack);
}

struct Heap {
    front: UnsafeCell<Dlmalloc<Front>>,
    rest: UnsafeCell<Dlmalloc<Grown>>,
    /// What is smaller than this goes behind the static data.
    front_bytes_min: Cell<usize>,
    /// So does what is as large as this: it did not fit before, and asking again costs time.
    front_bytes_end: Cell<usize>,
    /// Written and never read: see `alloc`.
    touched: Cell<bool>,
}

impl Heap {
    fn belongs_to_front(&self, size: usize) -> bool {
        (self.front_bytes_min.get()..self.front_bytes_end.get()).contains(&size)
    }
}

// SAFETY: WebAssembly without threads.
unsafe impl Sync for Heap {}

// SAFETY: every block is freed by the allocator that made it, told apart by address, and neither
// calls the other.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe {
            // The first thing that a call does is to allocate its arguments. A page that is read
            // first and then written costs the host two faults, and its other threads a flush of
            // their address caches.
            ptr::write_volatile(self.touched.as_ptr(), true);
            if self.belongs_to_front(layout.size()) {
                let block = (*self.front.get()).malloc(layout.size(), layout.align());
                if !block.is_null() {
                    return block;
                }
                self.front_bytes_end.set(layout.size());
            }
            (*self.rest.get()).malloc(layout.size(), layout.align())
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe {
            if block.addr() < front_end() {
                (*self.front.get()).free(block, layout.size(), layout.align());
            } else {
                (*self.rest.get()).free(block, layout.size(), layout.align());
            }
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        unsafe {
            let in_front = block.addr() < front_end();
            let to_front = self.belongs_to_front(new_size);
            let (size, align) = (layout.size(), layout.align());
            let resized = match (in_front, to_front) {
                (true, true) => (*self.front.get()).realloc(block, size, align, new_size),
                (false, false) => (*self.rest.get()).realloc(block, size, align, new_size),
                _ => ptr::null_mut(),
            };
            if !resized.is_null() {
                return resized;
            }
            // It does not fit where it is, or belongs elsewhere.
            let new_layout = Layout::from_size_align_unchecked(new_size, align);
            let moved = self.alloc(new_layout);
            if !moved.is_null() {
                ptr::copy_nonoverlapping(block, moved, size.min(new_size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

/// What the front has been given of its two parts.
#[derive(Clone, Copy)]
enum Given {
    Nothing,
    /// What lies behind the linker's stack, which is still in use.
    BehindStack,
    /// The same, and nobody runs on the linker's stack any more.
    BehindFreeStack,
    All,
}

/// The memory before the static data.
struct Front {
    given: Cell<Given>,
}

// SAFETY: the two parts are disjoint, nobody else's, and each is handed out once.
unsafe impl dlmalloc::Allocator for Front {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        let (start, end) = match self.given.get() {
            Given::Nothing => {
                self.given.set(Given::BehindStack);
                (stack_end(), front_end())
            }
            Given::BehindFreeStack => {
                self.given.set(Given::All);
                (NULL_BYTES, stack_end())
            }
            Given::BehindStack | Given::All => return (ptr::null_mut(), 0, 0),
        };
        match end - start >= size {
            true => (ptr::with_exposed_provenance_mut(start), end - start, 0),
            false => (ptr::null_mut(), 0, 0),
        }
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        ptr::null_mut()
    }

    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }

    fn free(&self, _: *mut u8, _: usize) -> bool {
        false
    }

    fn can_release_part(&self, _: u32) -> bool {
        false
    }

    fn allocates_zeros(&self) -> bool {
        false
    }

    fn page_size(&self) -> usize {
        WASM_PAGE_BYTES
    }
}

/// Memory that is grown as needed.
struct Grown;

// SAFETY: `memory.grow` hands out each page once.
unsafe impl dlmalloc::Allocator for Grown {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        let grow = |bytes: usize| {
            let pages = bytes.div_ceil(WASM_PAGE_BYTES);
            let before = core::arch::wasm32::memory_grow(0, pages);
            (before != usize::MAX).then(|| {
                let start = ptr::with_exposed_provenance_mut(before * WASM_PAGE_BYTES);
                (start, pages * WASM_PAGE_BYTES, 0)
            })
        };
        // Near its limit a program still gets what it asks for.
        grow(size.max(GROWTH_BYTES_MIN))
            .or_else(|| grow(size))
            .unwrap_or((ptr::null_mut(), 0, 0))
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        ptr::null_mut()
    }

    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }

    fn free(&self, _: *mut u8, _: usize) -> bool {
        false
    }

    fn can_release_part(&self, _: u32) -> bool {
        false
    }

    fn allocates_zeros(&self) -> bool {
        true
    }

    fn page_size(&self) -> usize {
        WASM_PAGE_BYTES
    }
}
