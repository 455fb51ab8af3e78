class_name VoiceGatewayPiece
extends RefCounted
## Audio of one turn, without a gap. The last piece of a turn is empty.

var turn: VoiceGatewayTurn
var rate: int
var channels: int
## Samples per channel before it: of its turn, and of all that its loudspeaker was given.
var position: int
var start: int
## s16le
var pcm: PackedByteArray
var last := false


func _init(of: VoiceGatewayTurn, audio: Dictionary, begin := 0, data := PackedByteArray()) -> void:
	turn = of
	rate = int(audio.rate)
	channels = int(audio.channels)
	position = begin
	pcm = data


## Samples per channel.
func size() -> int:
	@warning_ignore("integer_division")
	return pcm.size() / (2 * channels)


func part(from: int, to: int) -> VoiceGatewayPiece:
	var data := pcm.slice(from * 2 * channels, to * 2 * channels)
	var audio := {"rate": rate, "channels": channels}
	var piece := VoiceGatewayPiece.new(turn, audio, position + from, data)
	piece.last = last
	return piece


func frames() -> PackedVector2Array:
	var result := PackedVector2Array()
	result.resize(size())
	if channels == 1:
		for index in result.size():
			var sample := pcm.decode_s16(2 * index) / 32768.0
			result[index] = Vector2(sample, sample)
	else:
		for index in result.size():
			var at := 2 * channels * index
			result[index] = Vector2(pcm.decode_s16(at), pcm.decode_s16(at + 2)) / 32768.0
	return result
