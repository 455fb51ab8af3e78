//! What every chunk of audio carries: `MARK`, then when it was sent and when its request came, as u64 nanoseconds.

use crate::link::find;

/// Its first byte stands nowhere else in the audio.
pub const MARK: &[u8; 8] = b"\xA7stamp:)";
pub const BYTES: usize = 24;
pub const FILLER: u8 = 0x55;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

pub struct Stamp {
    pub sent_ns: u64,
    pub asked_ns: u64,
}

/// All stamps of a message, in order; one that was cut is none.
pub fn stamps(message: &[u8]) -> Vec<Stamp> {
    let mut found = vec![];
    let mut at = 0;
    while let Some(begin) = find(message, MARK, at) {
        at = begin + BYTES;
        if let Some(times) = message.get(begin + MARK.len()..at) {
            found.push(Stamp { sent_ns: number(&times[..8]), asked_ns: number(&times[8..]) });
        }
    }
    found
}

/// Both times, written as hexadecimal digits over `place`.
pub fn write(stamp: &Stamp, place: &mut [u8]) {
    let times = [stamp.sent_ns.to_le_bytes(), stamp.asked_ns.to_le_bytes()].concat();
    place.copy_from_slice(&hexadecimal(&times));
}

pub fn hexadecimal(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| [DIGITS[(byte >> 4) as usize], DIGITS[(byte & 15) as usize]]).collect()
}

fn number(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().expect("eight bytes"))
}
