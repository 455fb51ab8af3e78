//! A T2A v2 that costs nothing: chunks made once, stamped and sent at the pace that the request's text asks for.
//!
//!     {"text":"bench n40 b2048 us128000 mp3", …}     40 chunks of 2048 bytes, one each 128 ms; us0: as fast as they are taken

use crate::link::{find, listener, quoted, Link};
use crate::poll::{now_ns, Poll};
use crate::stamp::{hexadecimal, write, Stamp, FILLER, MARK};
use crate::{mp3, Options};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::os::fd::AsRawFd;

const LISTENER: u64 = u64::MAX;
/// So much is written at a time, and waits at most for a peer that does not read.
const BATCH_BYTES: usize = 64 << 10;
const IDLE_NS: u64 = 1_000_000_000;
const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
const BEFORE_AUDIO: &str = "data: {\"data\":{\"audio\":\"";
const AFTER_AUDIO: &str = "\",\"status\":1,\"ced\":\"\"},\"trace_id\":\"04c0f7b2d1f2a3b4c5d6e7f8a9b0c1d2\",\
    \"base_resp\":{\"status_code\":0,\"status_msg\":\"\"}}\n\n";
const LAST: &str = "data: {\"data\":{\"audio\":\"\",\"status\":2,\"ced\":\"\"},\"extra_info\":{\"audio_length\":1000,\
    \"audio_sample_rate\":32000,\"audio_size\":16000,\"bitrate\":128000,\"word_count\":4,\"invisible_character_ratio\":0,\
    \"usage_characters\":28,\"audio_format\":\"mp3\",\"audio_channel\":1},\
    \"trace_id\":\"04c0f7b2d1f2a3b4c5d6e7f8a9b0c1d2\",\"base_resp\":{\"status_code\":0,\"status_msg\":\"success\"}}\n\n";

/// What a text asks for.
#[derive(Clone, Default)]
struct Order {
    chunks: usize,
    bytes: usize,
    every_ns: u64,
    mp3: bool,
}

impl Order {
    fn parse(text: &str) -> Order {
        let mut order = Order::default();
        for word in text.split(' ') {
            let digits = word.trim_start_matches(|letter: char| letter.is_ascii_lowercase());
            let number = digits.trim_end_matches('.').parse().unwrap_or(0);
            match &word[..word.len() - digits.len()] {
                "n" => order.chunks = number,
                "b" => order.bytes = number,
                "us" => order.every_ns = number as u64 * 1000,
                "mp" => order.mp3 = true,
                _ => {}
            }
        }
        order
    }
}

/// An answer under way.
struct Job {
    order: Order,
    sent: usize,
    asked_ns: u64,
    due_ns: u64,
}

struct Caller {
    link: Link,
    job: Option<Job>,
}

/// One chunk of HTTP with one event; the times of its stamp are to be written at `times_at`.
struct Template {
    bytes: Vec<u8>,
    times_at: usize,
}

impl Template {
    fn new(index: usize, order: &Order) -> Template {
        let (mut audio, stamp_at) =
            if order.mp3 { mp3::chunk(index, order.bytes) } else { (vec![FILLER; order.bytes], 0) };
        audio[stamp_at..stamp_at + MARK.len()].copy_from_slice(MARK);
        let event = [BEFORE_AUDIO.as_bytes(), &hexadecimal(&audio), AFTER_AUDIO.as_bytes()].concat();
        let size = format!("{:x}\r\n", event.len());
        let times_at = size.len() + BEFORE_AUDIO.len() + 2 * (stamp_at + MARK.len());
        Template { bytes: [size.as_bytes(), &event, b"\r\n"].concat(), times_at }
    }
}

struct Upstream {
    poll: Poll,
    callers: Vec<Option<Caller>>,
    due: BinaryHeap<Reverse<(u64, usize)>>,
    /// By size, and for mp3 by where in a frame the chunk begins.
    templates: HashMap<(usize, bool, usize), Template>,
}

pub fn run(options: &Options) {
    let listener = listener(options.number("port"));
    let poll = Poll::new();
    poll.add(listener.as_raw_fd(), LISTENER);
    let mut upstream = Upstream { poll, callers: vec![], due: BinaryHeap::new(), templates: HashMap::new() };
    loop {
        let until_ns = upstream.due.peek().map_or(now_ns() + IDLE_NS, |Reverse((due_ns, _))| *due_ns);
        for token in upstream.poll.wait(until_ns) {
            if token == LISTENER {
                while let Ok((socket, _)) = listener.accept() {
                    let link = Link::new(socket, &upstream.poll, upstream.callers.len() as u64);
                    upstream.callers.push(Some(Caller { link, job: None }));
                }
            } else {
                upstream.serve(token as usize, true);
            }
        }
        while upstream.due.peek().is_some_and(|Reverse((due_ns, _))| *due_ns <= now_ns()) {
            let Reverse((_, index)) = upstream.due.pop().expect("one is due");
            upstream.serve(index, false);
        }
    }
}

impl Upstream {
    /// Do what can be done for a caller; one that has gone is forgotten.
    fn serve(&mut self, index: usize, fill: bool) {
        let Some(mut caller) = self.callers[index].take() else { return };
        if (!fill || caller.link.fill()) && self.answer(index, &mut caller) {
            self.callers[index] = Some(caller);
        }
    }

    /// False when the caller has gone.
    fn answer(&mut self, index: usize, caller: &mut Caller) -> bool {
        if caller.job.is_none() {
            caller.job = request(&mut caller.link);
        }
        loop {
            let more = caller.job.as_mut().is_some_and(|job| self.speak(index, job, &mut caller.link));
            if !caller.link.flush(&self.poll) {
                return false;
            }
            if caller.job.as_ref().is_some_and(|job| job.sent == job.order.chunks) {
                caller.job = None;
            }
            if !more || caller.link.backlog() > 0 {
                return true;
            }
        }
    }

    /// Write what is due, a batch at most; true when more could go at once.
    fn speak(&mut self, index: usize, job: &mut Job, link: &mut Link) -> bool {
        while job.sent < job.order.chunks {
            let now = now_ns();
            if job.due_ns > now {
                self.due.push(Reverse((job.due_ns, index)));
                return false;
            }
            if link.backlog() >= BATCH_BYTES {
                return true;
            }
            self.chunk(job, link, now);
        }
        link.output.extend_from_slice(format!("{:x}\r\n{LAST}\r\n0\r\n\r\n", LAST.len()).as_bytes());
        false
    }

    fn chunk(&mut self, job: &mut Job, link: &mut Link, now: u64) {
        let order = &job.order;
        let phase = if order.mp3 { job.sent * order.bytes % mp3::FRAME_BYTES } else { 0 };
        let make = || Template::new(job.sent, order);
        let template = self.templates.entry((order.bytes, order.mp3, phase)).or_insert_with(make);
        let at = link.output.len() + template.times_at;
        link.output.extend_from_slice(&template.bytes);
        write(&Stamp { sent_ns: now, asked_ns: job.asked_ns }, &mut link.output[at..at + 32]);
        job.sent += 1;
        job.due_ns += order.every_ns;
    }
}

/// The next request, once all of it is there; its answer's head is on its way then.
fn request(link: &mut Link) -> Option<Job> {
    let input = link.input();
    let body_at = find(input, b"\r\n\r\n", 0)? + 4;
    let head = String::from_utf8_lossy(&input[..body_at]).to_ascii_lowercase();
    let length: usize = head.split("content-length: ").nth(1)?.split('\r').next()?.parse().ok()?;
    let body = input.get(body_at..body_at + length)?;
    let text = quoted(body, b"\"text\":\"").or_else(|| quoted(body, b"\"text\": \"")).unwrap_or_default();
    let order = Order::parse(&String::from_utf8_lossy(text));
    link.take(body_at + length);
    link.output.extend_from_slice(HEAD);
    let now = now_ns();
    Some(Job { order, sent: 0, asked_ns: now, due_ns: now })
}
