//! Linux's epoll and monotonic clock: the little that std does not offer.

use std::os::fd::RawFd;

const READ: u32 = 0x001 | 0x2000; // EPOLLIN, EPOLLRDHUP
const WRITE: u32 = 0x004;
const ADD: i32 = 1;
const REMOVE: i32 = 2;
const CHANGE: i32 = 3;
const MONOTONIC: i32 = 1;
const MOST: usize = 1024;

/// The kernel packs it on x86-64 only.
#[cfg_attr(target_arch = "x86_64", repr(C, packed))]
#[cfg_attr(not(target_arch = "x86_64"), repr(C))]
#[derive(Clone, Copy)]
struct Event {
    events: u32,
    token: u64,
}

#[repr(C)]
struct Time {
    seconds: i64,
    nanoseconds: i64,
}

extern "C" {
    fn epoll_create1(flags: i32) -> i32;
    fn epoll_ctl(poll: i32, operation: i32, fd: i32, event: *mut Event) -> i32;
    fn epoll_wait(poll: i32, events: *mut Event, most: i32, timeout_ms: i32) -> i32;
    fn clock_gettime(clock: i32, time: *mut Time) -> i32;
}

pub fn now_ns() -> u64 {
    let mut time = Time { seconds: 0, nanoseconds: 0 };
    unsafe { clock_gettime(MONOTONIC, &mut time) };
    time.seconds as u64 * 1_000_000_000 + time.nanoseconds as u64
}

pub struct Poll {
    fd: i32,
    events: Vec<Event>,
}

impl Poll {
    pub fn new() -> Poll {
        let fd = unsafe { epoll_create1(0) };
        Poll { fd, events: vec![Event { events: 0, token: 0 }; MOST] }
    }

    pub fn add(&self, fd: RawFd, token: u64) {
        self.control(ADD, fd, READ, token);
    }

    /// Report room to write too, or no longer.
    pub fn writing(&self, fd: RawFd, token: u64, wanted: bool) {
        self.control(CHANGE, fd, if wanted { READ | WRITE } else { READ }, token);
    }

    pub fn remove(&self, fd: RawFd) {
        self.control(REMOVE, fd, 0, 0);
    }

    /// Tokens of those with something to do, until `until_ns` at the latest.
    pub fn wait(&mut self, until_ns: u64) -> Vec<u64> {
        let left_ns = until_ns.saturating_sub(now_ns());
        let timeout_ms = left_ns.div_ceil(1_000_000).min(1000) as i32;
        let count = unsafe { epoll_wait(self.fd, self.events.as_mut_ptr(), MOST as i32, timeout_ms) };
        self.events[..count.max(0) as usize].iter().map(|event| event.token).collect()
    }

    fn control(&self, operation: i32, fd: RawFd, events: u32, token: u64) {
        let mut event = Event { events, token };
        unsafe { epoll_ctl(self.fd, operation, fd, &mut event) };
    }
}
