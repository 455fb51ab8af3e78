//! Clients of the gateway's protocol, all in one thread, that tell how long everything took.
//!
//! Says CONNECTED when all were welcomed and OVER when it has seen enough, and each time waits for a line on standard
//! input, so that others can count in between; WARM when measuring begins late, without waiting; last what it saw, as JSON.

use crate::link::{find, Link};
use crate::poll::{now_ns, Poll};
use crate::stamp::stamps;
use crate::websocket::{message, Frame, BINARY, CLOSE, PING, PONG, TEXT};
use crate::Options;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

const HEADER_BYTES: usize = 16;
const MILLISECOND: u64 = 1_000_000;
const LONGEST_NS: u64 = 90_000 * MILLISECOND;
const FAREWELL_NS: u64 = 5_000 * MILLISECOND;
/// At most so many connect at a time.
const CONNECTING: usize = 50;

#[derive(Clone, Copy, PartialEq)]
enum State {
    Shaking,
    Greeting,
    Idle,
    Speaking,
    Done,
}

struct Session {
    link: Link,
    state: State,
    turns: usize,
    asked_ns: u64,
    /// Bytes of audio of this turn.
    heard: usize,
}

#[derive(Default)]
struct Seen {
    turns: u64,
    failed: u64,
    chunks: u64,
    bytes: u64,
    messages: u64,
    /// Microseconds: from asking to the first audio, from upstream's sending a chunk to its arrival, and whole turns.
    first_us: Vec<u32>,
    chunk_us: Vec<u32>,
    turn_us: Vec<u32>,
}

struct Plan {
    port: u16,
    sessions: usize,
    turns: usize,
    text: String,
    hello: String,
    bearer: String,
    spread_ns: u64,
    warm_ns: u64,
    for_ns: u64,
    stall: bool,
    /// Whether to say so when leaving: otherwise sessions would be kept, and spoken to, for who was cut.
    bye: bool,
    /// Where it is given, a turn is over after so many bytes of audio; else at `turn.done`.
    turn_bytes: usize,
}

impl Plan {
    fn new(options: &Options) -> Plan {
        Plan {
            port: options.number("port"),
            sessions: options.number("sessions"),
            turns: options.number("turns"),
            text: options.text("text"),
            hello: options.text("hello"),
            bearer: options.text("bearer"),
            spread_ns: options.number::<u64>("spread-ms") * MILLISECOND,
            warm_ns: options.number::<u64>("warm-ms") * MILLISECOND,
            for_ns: options.number::<u64>("for-ms") * MILLISECOND,
            stall: options.number::<u8>("stall") != 0,
            bye: options.number::<u8>("bye") != 0,
            turn_bytes: options.number("turn-bytes"),
        }
    }
}

struct Load {
    plan: Plan,
    poll: Poll,
    sessions: Vec<Option<Session>>,
    starts: BinaryHeap<Reverse<(u64, usize)>>,
    recording: bool,
    seen: Seen,
}

pub fn run(options: &Options) {
    let plan = Plan::new(options);
    let seen = Seen::default();
    let mut load = Load { plan, poll: Poll::new(), sessions: vec![], starts: BinaryHeap::new(), recording: false, seen };
    load.connect();
    agree("CONNECTED");
    load.speak();
    load.leave();
    println!("{}", load.seen.json(load.sessions.len()));
}

/// Say so, and wait until the other side has done what it wanted to.
fn agree(word: &str) {
    println!("{word}");
    std::io::stdin().read_line(&mut String::new()).expect("standard input is open");
}

impl Load {
    fn connect(&mut self) {
        let until_ns = now_ns() + LONGEST_NS;
        loop {
            let greeted = self.count(|state| state == State::Idle);
            let lost = self.sessions.iter().filter(|session| session.is_none()).count();
            if greeted + lost == self.plan.sessions || now_ns() > until_ns {
                return;
            }
            while self.sessions.len() < (greeted + lost + CONNECTING).min(self.plan.sessions) {
                let session = self.open(self.sessions.len());
                self.sessions.push(session);
            }
            self.turn_round(now_ns() + 100 * MILLISECOND);
        }
    }

    fn open(&self, index: usize) -> Option<Session> {
        let mut link = Link::connect(self.plan.port, &self.poll, index as u64)?;
        let request = format!(
            "GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nAuthorization: Bearer {}\r\n\r\n",
            self.plan.bearer
        );
        link.output.extend_from_slice(request.as_bytes());
        link.flush(&self.poll);
        Some(Session { link, state: State::Shaking, turns: 0, asked_ns: 0, heard: 0 })
    }

    fn speak(&mut self) {
        let began_ns = now_ns();
        self.recording = self.plan.warm_ns == 0;
        let spread_ns = self.plan.spread_ns / self.sessions.len().max(1) as u64;
        self.starts = (0..self.sessions.len()).map(|index| Reverse((began_ns + spread_ns * index as u64, index))).collect();
        let over_ns = began_ns + if self.plan.for_ns > 0 { self.plan.for_ns } else { LONGEST_NS };
        while now_ns() < over_ns && self.count(|state| state != State::Done) > 0 {
            if !self.recording && now_ns() >= began_ns + self.plan.warm_ns {
                println!("WARM");
                self.recording = true;
            }
            let next_ns = self.starts.peek().map_or(u64::MAX, |Reverse((start_ns, _))| *start_ns);
            self.turn_round(next_ns.min(over_ns).min(now_ns() + 50 * MILLISECOND));
            self.start();
        }
        if self.plan.for_ns == 0 {
            self.seen.failed += self.count(|state| state == State::Speaking) as u64;
        }
        agree("OVER");
    }

    fn leave(&mut self) {
        if !self.plan.bye || self.plan.stall {
            return;
        }
        let failed = self.seen.failed;
        self.recording = false;
        self.starts.clear();
        for session in self.sessions.iter_mut().flatten() {
            session.state = State::Done;
            message(&mut session.link.output, TEXT, b"{\"type\":\"bye\"}", true);
            session.link.flush(&self.poll);
        }
        let until_ns = now_ns() + FAREWELL_NS;
        while self.sessions.iter().any(Option::is_some) && now_ns() < until_ns {
            self.turn_round(now_ns() + 50 * MILLISECOND);
        }
        self.seen.failed = failed; // what is cancelled by leaving did not fail
    }

    fn count(&self, wanted: impl Fn(State) -> bool) -> usize {
        self.sessions.iter().flatten().filter(|session| wanted(session.state)).count()
    }

    fn turn_round(&mut self, until_ns: u64) {
        for token in self.poll.wait(until_ns) {
            let index = token as usize;
            let Some(mut session) = self.sessions[index].take() else { continue };
            let alive = session.link.fill();
            if self.hear(index, &mut session) && alive && session.link.flush(&self.poll) {
                self.sessions[index] = Some(session);
            } else if session.state != State::Done {
                self.seen.failed += 1;
            }
        }
    }

    /// Ask for what is due.
    fn start(&mut self) {
        while self.starts.peek().is_some_and(|Reverse((start_ns, _))| *start_ns <= now_ns()) {
            let Reverse((_, index)) = self.starts.pop().expect("one is due");
            let Some(session) = self.sessions[index].as_mut() else { continue };
            session.turns += 1;
            session.state = State::Speaking;
            session.heard = 0;
            let speak = format!("{{\"type\":\"speak\",\"turn\":\"t{}\",\"text\":\"{}\"}}", session.turns, self.plan.text);
            message(&mut session.link.output, TEXT, speak.as_bytes(), true);
            session.asked_ns = now_ns();
            session.link.flush(&self.poll);
            if self.plan.stall {
                session.link.ignore(&self.poll);
            }
        }
    }

    /// Take what came; false when the connection is to end.
    fn hear(&mut self, index: usize, session: &mut Session) -> bool {
        if session.state == State::Shaking {
            let Some(end) = find(session.link.input(), b"\r\n\r\n", 0) else { return true };
            if !session.link.input().starts_with(b"HTTP/1.1 101") {
                return false;
            }
            session.link.take(end + 4);
            session.state = State::Greeting;
            message(&mut session.link.output, TEXT, self.plan.hello.as_bytes(), true);
        }
        let arrived_ns = now_ns();
        while let Some(frame) = Frame::parse(session.link.input()) {
            match frame.opcode {
                BINARY => self.audio(index, session, frame.payload.clone(), arrived_ns),
                TEXT => self.text(index, session, frame.payload.clone(), arrived_ns),
                PING => {
                    let asked = session.link.input()[frame.payload.clone()].to_vec();
                    message(&mut session.link.output, PONG, &asked, true);
                }
                CLOSE => return false,
                _ => {}
            }
            session.link.take(frame.payload.end);
        }
        true
    }

    fn audio(&mut self, index: usize, session: &mut Session, payload: Range<usize>, arrived_ns: u64) {
        let first = session.heard == 0;
        session.heard += payload.len() - HEADER_BYTES;
        if self.recording {
            self.record(first, session, payload, arrived_ns);
        }
        if self.plan.turn_bytes > 0 && session.heard >= self.plan.turn_bytes && session.state == State::Speaking {
            self.turn_over(index, session, arrived_ns);
        }
    }

    fn record(&mut self, first: bool, session: &Session, payload: Range<usize>, arrived_ns: u64) {
        let stamps = stamps(&session.link.input()[payload.clone()]);
        self.seen.messages += 1;
        self.seen.bytes += payload.len() as u64;
        self.seen.chunks += stamps.len() as u64;
        self.seen.chunk_us.extend(stamps.iter().map(|stamp| us(stamp.sent_ns, arrived_ns)));
        if first {
            self.seen.first_us.push(us(session.asked_ns, arrived_ns));
        }
    }

    fn text(&mut self, index: usize, session: &mut Session, payload: Range<usize>, arrived_ns: u64) {
        let text = &session.link.input()[payload];
        let says = |words: &[u8]| find(text, words, 0).is_some();
        if session.state == State::Greeting && says(b"\"welcome\"") {
            session.state = State::Idle;
        } else if says(b"\"turn.done\"") {
            self.turn_over(index, session, arrived_ns);
        } else if says(b"\"turn.failed\"") || says(b"\"type\":\"error\"") {
            self.seen.failed += 1;
            self.turn_over(index, session, arrived_ns);
        }
    }

    fn turn_over(&mut self, index: usize, session: &mut Session, arrived_ns: u64) {
        if self.recording {
            self.seen.turns += 1;
            self.seen.turn_us.push(us(session.asked_ns, arrived_ns));
        }
        session.state = State::Done;
        if self.plan.turns == 0 || session.turns < self.plan.turns {
            session.state = State::Idle;
            self.starts.push(Reverse((arrived_ns, index)));
        }
    }
}

fn us(from_ns: u64, to_ns: u64) -> u32 {
    (to_ns.saturating_sub(from_ns) / 1000) as u32
}

impl Seen {
    fn json(&mut self, sessions: usize) -> String {
        format!(
            "{{\"sessions\":{sessions},\"turns\":{},\"failed\":{},\"chunks\":{},\"bytes\":{},\"messages\":{},\
             \"first_ms\":{},\"chunk_ms\":{},\"turn_ms\":{}}}",
            self.turns,
            self.failed,
            self.chunks,
            self.bytes,
            self.messages,
            spread(&mut self.first_us),
            spread(&mut self.chunk_us),
            spread(&mut self.turn_us),
        )
    }
}

fn spread(times_us: &mut [u32]) -> String {
    times_us.sort_unstable();
    let at = |share: f64| times_us.get((times_us.len() as f64 * share) as usize).map_or(0.0, |us| f64::from(*us) / 1000.0);
    format!("{{\"p50\":{:.3},\"p99\":{:.3}}}", at(0.5), at(0.99))
}
