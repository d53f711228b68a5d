//! A Pod where there is no operating system: memory is a fixed block that is given out once, and a panic stops everything.
#![no_std]

extern crate alloc;

use alloc::alloc::{GlobalAlloc, Layout};
use alloc::sync::Arc;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicUsize, Ordering};
use pod_lifecycle::pod::{Event, NewPod, NodeConfig};
use pod_lifecycle::{Pod, Spec, Time, api};

/// Births and one event; the number of its phase, 1 for Pending.
#[unsafe(no_mangle)]
pub extern "C" fn pod_lifecycle_is_here() -> i32 {
    let container = api::Container { name: "a".into(), image: "app:1".into(), ..api::Container::default() };
    let spec = api::PodSpec { containers: alloc::vec![container], ..api::PodSpec::default() };
    let Ok(spec) = Spec::parse(spec) else {
        return -1;
    };
    let new = NewPod { meta: &api::ObjectMeta::default(), spec: &Arc::new(spec), status: None };
    let mut pod = Pod::new(new, &Arc::new(NodeConfig::default()), &mut ());
    match pod.handle(Time::from_secs(1), Event::Stored, &mut ()) {
        Ok(()) => i32::from(pod.phase() == api::PodPhase::Pending),
        Err(_) => -2,
    }
}

const SIZE: usize = 1 << 20;

struct Block {
    bytes: UnsafeCell<[u8; SIZE]>,
    used: AtomicUsize,
}

// SAFETY: no byte is given out twice.
unsafe impl Sync for Block {}

// SAFETY: each call gets bytes of its own, aligned as asked.
unsafe impl GlobalAlloc for Block {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let used = self.used.fetch_add(layout.size() + layout.align(), Ordering::Relaxed);
        if used + layout.size() + layout.align() > SIZE {
            return core::ptr::null_mut();
        }
        let start = self.bytes.get().cast::<u8>().wrapping_add(used);
        start.wrapping_add(start.align_offset(layout.align()))
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static MEMORY: Block = Block { bytes: UnsafeCell::new([0; SIZE]), used: AtomicUsize::new(0) };

#[panic_handler]
fn stop(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
