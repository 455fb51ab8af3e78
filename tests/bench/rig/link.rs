//! A socket with what came and was not taken yet, and what is still to go out.

use crate::poll::Poll;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;

const READ_BYTES: usize = 256 << 10;
const LOOPBACK: &str = "127.0.0.1";
const BACKLOG: i32 = 4096;

extern "C" {
    fn listen(fd: i32, backlog: i32) -> i32;
    fn memmem(hay: *const u8, hay_bytes: usize, needle: *const u8, needle_bytes: usize) -> *const u8;
}

/// Where `needle` begins at or after `from`.
pub fn find(hay: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    let rest = hay.get(from..)?;
    let found = unsafe { memmem(rest.as_ptr(), rest.len(), needle.as_ptr(), needle.len()) };
    if found.is_null() {
        return None;
    }
    Some(found as usize - hay.as_ptr() as usize)
}

/// What stands between `before` and the next quotation mark.
pub fn quoted<'a>(text: &'a [u8], before: &[u8]) -> Option<&'a [u8]> {
    let begin = find(text, before, 0)? + before.len();
    Some(&text[begin..find(text, b"\"", begin)?])
}

pub fn listener(port: u16) -> TcpListener {
    let listener = TcpListener::bind((LOOPBACK, port)).expect("the port is free");
    unsafe { listen(listener.as_raw_fd(), BACKLOG) };
    listener.set_nonblocking(true).expect("a socket can be non-blocking");
    listener
}

pub struct Link {
    pub output: Vec<u8>,
    socket: TcpStream,
    token: u64,
    input: Vec<u8>,
    taken: usize,
    sent: usize,
    writing: bool,
}

impl Link {
    pub fn new(socket: TcpStream, poll: &Poll, token: u64) -> Link {
        socket.set_nonblocking(true).expect("a socket can be non-blocking");
        socket.set_nodelay(true).expect("a socket can go without delay");
        poll.add(socket.as_raw_fd(), token);
        Link { output: vec![], socket, token, input: vec![], taken: 0, sent: 0, writing: false }
    }

    pub fn connect(port: u16, poll: &Poll, token: u64) -> Option<Link> {
        TcpStream::connect((LOOPBACK, port)).ok().map(|socket| Link::new(socket, poll, token))
    }

    pub fn input(&self) -> &[u8] {
        &self.input[self.taken..]
    }

    pub fn take(&mut self, bytes: usize) {
        self.taken += bytes;
        if self.taken == self.input.len() {
            self.input.clear();
            self.taken = 0;
        }
    }

    pub fn backlog(&self) -> usize {
        self.output.len() - self.sent
    }

    /// Read what is there; false when the peer has gone.
    pub fn fill(&mut self) -> bool {
        self.input.drain(..self.taken);
        self.taken = 0;
        loop {
            let held = self.input.len();
            self.input.resize(held + READ_BYTES, 0);
            let read = self.socket.read(&mut self.input[held..]);
            self.input.truncate(held + read.as_ref().copied().unwrap_or(0));
            match read {
                Ok(0) => return false,
                Ok(READ_BYTES) => {}
                Ok(_) => return true,
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            }
        }
    }

    /// Write what the kernel takes, and ask to be told of room for the rest; false when the peer has gone.
    pub fn flush(&mut self, poll: &Poll) -> bool {
        while self.backlog() > 0 {
            match self.socket.write(&self.output[self.sent..]) {
                Ok(bytes) => self.sent += bytes,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => return false,
            }
        }
        self.output.drain(..self.sent);
        self.sent = 0;
        let wanted = !self.output.is_empty();
        if wanted != self.writing {
            self.writing = wanted;
            poll.writing(self.socket.as_raw_fd(), self.token, wanted);
        }
        true
    }

    /// Hear nothing more of it; the socket stays open.
    pub fn ignore(&self, poll: &Poll) {
        poll.remove(self.socket.as_raw_fd());
    }
}
