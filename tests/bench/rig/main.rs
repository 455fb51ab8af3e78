//! The bench's other ends, in one program without dependencies: `rig upstream`, `rig load`, `rig relay`.
//!
//!     load ──WebSocket──▶ gateway under test ──HTTP──▶ upstream
//!      └──────────── reads the stamps ◀──────────────────┘
//!
//! One thread and epoll each, so that they cost less than what they measure. Every chunk of audio carries
//! the monotonic clock's time of its sending: the client tells how long the way took without touching what lies between.

mod link;
mod load;
mod mp3;
mod poll;
mod relay;
mod stamp;
mod upstream;
mod websocket;

use std::collections::HashMap;
use std::str::FromStr;

/// `--name value` pairs.
pub struct Options(HashMap<String, String>);

impl Options {
    fn parse(words: &[String]) -> Options {
        let pairs = words.chunks(2).map(|pair| (pair[0].trim_start_matches("--").to_string(), pair[1].clone()));
        Options(pairs.collect())
    }

    pub fn text(&self, name: &str) -> String {
        self.0.get(name).cloned().unwrap_or_default()
    }

    /// Zero when it is not given.
    pub fn number<T: FromStr + Default>(&self, name: &str) -> T {
        self.0.get(name).and_then(|value| value.parse().ok()).unwrap_or_default()
    }
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let options = Options::parse(words.get(1..).unwrap_or_default());
    match words.first().map(String::as_str) {
        Some("upstream") => upstream::run(&options),
        Some("load") => load::run(&options),
        Some("relay") => relay::run(&options),
        _ => eprintln!("usage: rig upstream|load|relay --name value ..."),
    }
}
