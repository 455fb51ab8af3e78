class_name VoiceGatewayFrame
extends RefCounted
## A binary message of the gateway, little-endian; PROTOCOL.md is normative.
##
##     0  u8   kind      1 streamed audio, 2 a piece of a file
##     1  u8   flags     1 from cache
##     2  u16  segment
##     4  u32  turn handle
##     8  u32  seq
##    12  u32  position  how much of this turn's audio came before
##    16  ...  payload

const HEADER_BYTES := 16
const FROM_CACHE := 1

var kind: int
var cached: bool
var segment: int
var handle: int
var seq: int
## In the unit that turn.started.audio.unit names.
var position: int
var payload: PackedByteArray


## Null for what is no frame.
static func parse(message: PackedByteArray) -> VoiceGatewayFrame:
	if message.size() < HEADER_BYTES or not message[0] in [1, 2]:
		return null
	var frame := VoiceGatewayFrame.new()
	frame.kind = message[0]
	frame.cached = message[1] & FROM_CACHE != 0
	frame.segment = message.decode_u16(2)
	frame.handle = message.decode_u32(4)
	frame.seq = message.decode_u32(8)
	frame.position = message.decode_u32(12)
	frame.payload = message.slice(HEADER_BYTES)
	return frame
