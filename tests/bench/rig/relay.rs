//! The compiled yardstick: about the least that a gateway can do. Text in, one upstream request, each chunk of audio out
//! at once as a binary message with the protocol's header. No limits, no backpressure, no checks.

use crate::link::{find, listener, quoted, Link};
use crate::poll::{now_ns, Poll};
use crate::websocket::{begin, message, Frame, BINARY, CLOSE, TEXT};
use crate::Options;
use std::os::fd::AsRawFd;

const LISTENER: u64 = u64::MAX;
const IDLE_NS: u64 = 1_000_000_000;
const HEADER_BYTES: usize = 16;
/// The load client does not check the accepting key.
const SWITCHING: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
const AUDIO: &[u8] = b"\"audio\":\"";
const LAST: &[u8] = b"\"status\":2";
/// The last event is not longer; looking for its mark in an ordinary one's end costs little.
const LAST_BYTES: usize = 600;
const END: &[u8] = b"\r\n0\r\n\r\n";

struct Client {
    link: Link,
    shaken: bool,
    seq: u32,
    position: u32,
}

struct Source {
    link: Link,
    /// Whom it speaks to; none: it waits in the pool.
    client: Option<usize>,
    /// No event ends before here.
    scanned: usize,
    ended: bool,
}

struct Relay {
    poll: Poll,
    upstream: u16,
    clients: Vec<Option<Client>>,
    sources: Vec<Option<Source>>,
    idle: Vec<usize>,
    digits: [u8; 256],
}

pub fn run(options: &Options) {
    let listener = listener(options.number("port"));
    let poll = Poll::new();
    poll.add(listener.as_raw_fd(), LISTENER);
    let upstream = options.number("upstream");
    let mut relay = Relay { poll, upstream, clients: vec![], sources: vec![], idle: vec![], digits: digits() };
    loop {
        for token in relay.poll.wait(now_ns() + IDLE_NS) {
            match token {
                LISTENER => {
                    while let Ok((socket, _)) = listener.accept() {
                        let link = Link::new(socket, &relay.poll, 2 * relay.clients.len() as u64);
                        relay.clients.push(Some(Client { link, shaken: false, seq: 0, position: 0 }));
                    }
                }
                token if token % 2 == 0 => relay.hear((token / 2) as usize),
                token => relay.relay((token / 2) as usize),
            }
        }
    }
}

impl Relay {
    /// A client said something, or has room again, or has gone.
    fn hear(&mut self, index: usize) {
        let Some(mut client) = self.clients[index].take() else { return };
        let mut alive = client.link.fill();
        if alive && !client.shaken && find(client.link.input(), b"\r\n\r\n", 0).is_some() {
            client.link.take(client.link.input().len());
            client.shaken = true;
            client.link.output.extend_from_slice(SWITCHING);
        }
        while let Some(frame) = client.shaken.then(|| Frame::parse(client.link.input())).flatten() {
            alive = alive && frame.opcode != CLOSE;
            let said = frame.unmasked(client.link.input());
            client.link.take(frame.payload.end);
            if find(&said, b"\"hello\"", 0).is_some() {
                message(&mut client.link.output, TEXT, b"{\"type\":\"welcome\"}", false);
            } else if let Some(text) = quoted(&said, b"\"text\":\"") {
                self.ask(index, text);
            }
        }
        if alive && client.link.flush(&self.poll) {
            self.clients[index] = Some(client);
        }
    }

    fn ask(&mut self, client: usize, text: &[u8]) {
        let index = self.idle.pop().unwrap_or_else(|| self.connect());
        let Some(source) = self.sources[index].as_mut() else { return };
        let body = format!(
            "{{\"text\":\"{}\",\"model\":\"speech-2.8-turbo\",\"stream\":true,\"voice_setting\":{{\"voice_id\":\"v\"}}}}",
            String::from_utf8_lossy(text)
        );
        let head = format!("POST /v1/t2a_v2 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\n\r\n", body.len());
        source.client = Some(client);
        source.ended = false;
        source.link.output.extend_from_slice(head.as_bytes());
        source.link.output.extend_from_slice(body.as_bytes());
        source.link.flush(&self.poll);
    }

    fn connect(&mut self) -> usize {
        let index = self.sources.len();
        let link = Link::connect(self.upstream, &self.poll, 2 * index as u64 + 1);
        self.sources.push(link.map(|link| Source { link, client: None, scanned: 0, ended: false }));
        index
    }

    /// Upstream said something: pass on what is complete.
    fn relay(&mut self, index: usize) {
        let Some(mut source) = self.sources[index].take() else { return };
        let alive = source.link.fill();
        let listener = source.client.and_then(|client| self.clients[client].as_mut());
        let Some(client) = listener.filter(|_| alive) else { return };
        while let Some(end) = find(source.link.input(), b"\n\n", source.scanned) {
            let event = &source.link.input()[..end];
            source.ended = find(event, LAST, event.len().saturating_sub(LAST_BYTES)).is_some();
            pass_on(event, client, &self.digits);
            source.link.take(end + 2);
            source.scanned = 0;
        }
        source.scanned = source.link.input().len().saturating_sub(1);
        if source.ended && find(source.link.input(), END, 0).is_some() {
            source.link.take(source.link.input().len());
            source.scanned = 0;
            source.client = None;
            self.idle.push(index);
            message(&mut client.link.output, TEXT, b"{\"type\":\"turn.done\"}", false);
        }
        client.link.flush(&self.poll);
        self.sources[index] = Some(source);
    }
}

fn pass_on(event: &[u8], client: &mut Client, digits: &[u8; 256]) {
    let audio = quoted(event, AUDIO).unwrap_or_default();
    if audio.is_empty() {
        return;
    }
    let bytes = audio.len() / 2;
    client.seq += 1;
    let output = &mut client.link.output;
    begin(output, BINARY, HEADER_BYTES + bytes, false);
    output.extend_from_slice(&[1, 0, 0, 0, 1, 0, 0, 0]);
    output.extend_from_slice(&client.seq.to_le_bytes());
    output.extend_from_slice(&client.position.to_le_bytes());
    output.extend(audio.chunks_exact(2).map(|pair| digits[pair[0] as usize] << 4 | digits[pair[1] as usize]));
    client.position += bytes as u32;
}

/// The value of each hexadecimal digit.
fn digits() -> [u8; 256] {
    let mut values = [0; 256];
    for (value, digit) in b"0123456789abcdef".iter().enumerate() {
        values[*digit as usize] = value as u8;
    }
    values
}
