//! The allocator that `quickjs/wasm.patch` gives QuickJS: Rust's own, directly.
//!
//! rquickjs would put a boxed trait object between them, whose table of functions lies among the
//! constants, in a page that no program touches otherwise.

use std::alloc::{self, Layout};
use std::ffi::c_void;
use std::ptr;

/// The strictest alignment of what QuickJS allocates, that of its values. Each block has its size
/// before it, in as much room as keeps what follows aligned.
const ALIGN: usize = 8;

/// The layout of a block with room for `size` bytes, and these rounded up.
fn layout(size: usize) -> Option<(Layout, usize)> {
    let usable = size.checked_next_multiple_of(ALIGN)?;
    let layout = Layout::from_size_align(usable.checked_add(ALIGN)?, ALIGN).ok()?;
    Some((layout, usable))
}

/// # Safety
/// `block` is null, or as large as `layout` of `usable` says.
unsafe fn finish(block: *mut u8, usable: usize) -> *mut c_void {
    if block.is_null() {
        return ptr::null_mut();
    }
    unsafe {
        block.cast::<usize>().write(usable);
        block.add(ALIGN).cast()
    }
}

/// # Safety
/// `block` is of this allocator and not freed.
unsafe fn usable_size(block: *const c_void) -> usize {
    unsafe { block.byte_sub(ALIGN).cast::<usize>().read() }
}

/// # Safety
/// As [`usable_size`].
unsafe fn existing(block: *mut c_void) -> (*mut u8, Layout) {
    unsafe {
        let size = usable_size(block) + ALIGN;
        let layout = Layout::from_size_align_unchecked(size, ALIGN);
        (block.byte_sub(ALIGN).cast(), layout)
    }
}

#[unsafe(no_mangle)]
extern "C" fn vesicle_malloc(_: *mut c_void, size: usize) -> *mut c_void {
    let Some((layout, usable)) = layout(size) else {
        return ptr::null_mut();
    };
    // SAFETY: the layout is not empty, and is that of `usable`.
    unsafe { finish(alloc::alloc(layout), usable) }
}

#[unsafe(no_mangle)]
extern "C" fn vesicle_calloc(_: *mut c_void, count: usize, size: usize) -> *mut c_void {
    let Some((layout, usable)) = count.checked_mul(size).and_then(layout) else {
        return ptr::null_mut();
    };
    // SAFETY: as above.
    unsafe { finish(alloc::alloc_zeroed(layout), usable) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn vesicle_free(_: *mut c_void, block: *mut c_void) {
    if !block.is_null() {
        // SAFETY: QuickJS frees what it was given, once.
        unsafe {
            let (block, layout) = existing(block);
            alloc::dealloc(block, layout);
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn vesicle_realloc(
    opaque: *mut c_void,
    block: *mut c_void,
    size: usize,
) -> *mut c_void {
    if block.is_null() {
        return vesicle_malloc(opaque, size);
    }
    let Some((new_layout, usable)) = layout(size) else {
        return ptr::null_mut();
    };
    // SAFETY: QuickJS resizes what it was given; the new size is that of `usable`.
    unsafe {
        let (block, layout) = existing(block);
        finish(alloc::realloc(block, layout, new_layout.size()), usable)
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn vesicle_usable_size(block: *const c_void) -> usize {
    if block.is_null() {
        return 0;
    }
    // SAFETY: QuickJS asks about what it was given.
    unsafe { usable_size(block) }
}
