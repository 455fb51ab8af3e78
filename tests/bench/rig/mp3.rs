//! A stream of mp3 frames that may be cut anywhere: MPEG-1 layer III, 128 kbit/s, 32 kHz, mono, hence 576 bytes each.

use crate::stamp::FILLER;

pub const FRAME_BYTES: usize = 576;
const HEADER: [u8; 4] = [0xFF, 0xFB, 0x98, 0xC0];
/// Beyond the side information and where an encoder would leave its notes.
const STAMP_AT: usize = 64;

/// The `index`th chunk of the stream, and where its stamp goes: into its first whole frame, so that whoever waits for
/// the rest of the last one still delivers it. A chunk without a whole frame has its stamp at the front.
pub fn chunk(index: usize, bytes: usize) -> (Vec<u8>, usize) {
    let begin = index * bytes;
    let audio = (begin..begin + bytes).map(|at| HEADER.get(at % FRAME_BYTES).copied().unwrap_or(FILLER)).collect();
    let frame = (FRAME_BYTES - begin % FRAME_BYTES) % FRAME_BYTES;
    (audio, if frame + FRAME_BYTES <= bytes { frame + STAMP_AT } else { STAMP_AT.min(bytes / 2) })
}
