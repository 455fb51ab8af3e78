//! As much of RFC 6455 as both ends of the bench need: whole messages, no extensions.

pub const TEXT: u8 = 1;
pub const BINARY: u8 = 2;
pub const CLOSE: u8 = 8;
pub const PING: u8 = 9;
pub const PONG: u8 = 10;

const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;
/// A mask of zeros leaves the payload as it is.
const MASK: [u8; 4] = [0; 4];

/// A frame's place in the bytes that begin with it.
pub struct Frame {
    pub opcode: u8,
    pub payload: std::ops::Range<usize>,
    mask: Option<[u8; 4]>,
}

impl Frame {
    /// None until all of it is there.
    pub fn parse(bytes: &[u8]) -> Option<Frame> {
        let (length, mut at) = match bytes.get(1)? & 0x7F {
            126 => (u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?) as usize, 4),
            127 => (u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?) as usize, 10),
            short => (short as usize, 2),
        };
        let mut mask = None;
        if bytes[1] & MASKED != 0 {
            mask = Some(bytes.get(at..at + 4)?.try_into().ok()?);
            at += 4;
        }
        bytes.get(at..at + length)?;
        Some(Frame { opcode: bytes[0] & 15, payload: at..at + length, mask })
    }

    pub fn unmasked(&self, bytes: &[u8]) -> Vec<u8> {
        let mask = self.mask.unwrap_or(MASK);
        bytes[self.payload.clone()].iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key).collect()
    }
}

/// What stands before a payload.
pub fn begin(output: &mut Vec<u8>, opcode: u8, length: usize, masked: bool) {
    output.push(FIN | opcode);
    let bit = if masked { MASKED } else { 0 };
    match length {
        0..=125 => output.push(bit | length as u8),
        126..=65535 => {
            output.push(bit | 126);
            output.extend_from_slice(&(length as u16).to_be_bytes());
        }
        _ => {
            output.push(bit | 127);
            output.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    if masked {
        output.extend_from_slice(&MASK);
    }
}

pub fn message(output: &mut Vec<u8>, opcode: u8, payload: &[u8], masked: bool) {
    begin(output, opcode, payload.len(), masked);
    output.extend_from_slice(payload);
}
