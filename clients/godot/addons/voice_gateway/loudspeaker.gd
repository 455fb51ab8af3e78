class_name VoiceGatewayLoudspeaker
extends RefCounted
## One mouth: feeds an AudioStreamPlayer, 2D or 3D, and knows what of each turn has been heard.
## Turns sound one after another. Times are milliseconds of a turn's own audio clock.

signal playing(turn: VoiceGatewayTurn)
signal heard(turn: VoiceGatewayTurn, ms: float)
signal underrun(turn: VoiceGatewayTurn)
## Heard to the last sample.
signal ended(turn: VoiceGatewayTurn)

## What the engine holds beyond our reach; a frame may take so long without a gap.
const BUFFER_S := 0.25
## Audio that must be there before a turn sounds; an underrun adds to it, up to the most.
const PREBUFFER_S := 0.06
const MORE_S := 0.04
const MOST_S := 0.4

var _player: Node
var _generator := AudioStreamGenerator.new()
var _playback: AudioStreamGeneratorPlayback
var _capacity := 0
var _skips := 0
var _latency_s := 0.0
## Not given to the engine.
var _waiting: Array[VoiceGatewayPiece] = []
var _waiting_since := 0
## Given to the engine and not heard to its end; the samples of all that was given.
var _given: Array[VoiceGatewayPiece] = []
var _given_samples := 0
## What the mixer has taken of it, and when that last changed, in microseconds.
var _taken := 0
var _taken_at := 0
var _heard := 0.0
var _buffering := true
var _prebuffer_s := PREBUFFER_S
## Turns whose audio comes, and its format.
var _open: Dictionary = {}
var _sounding: VoiceGatewayTurn


func _init(player: Node) -> void:
	_player = player
	_player.stream = _generator
	# Web exports would play a sample, and a generator is none.
	_player.playback_type = AudioServer.PLAYBACK_TYPE_STREAM
	_generator.buffer_length = BUFFER_S


## A turn will sound after those that were opened before. audio: as in turn.started.
func open(turn: VoiceGatewayTurn, audio: Dictionary) -> void:
	_open[turn] = audio
	_rest()


func push(turn: VoiceGatewayTurn, position: int, pcm: PackedByteArray) -> void:
	_wait(VoiceGatewayPiece.new(turn, _open[turn], position, pcm))


## Nothing more will come.
func complete(turn: VoiceGatewayTurn) -> void:
	var end := VoiceGatewayPiece.new(turn, _open[turn])
	end.last = true
	_wait(end)
	_open.erase(turn)


## Silence a turn and forget the rest of it. What the engine holds of others sounds again.
func flush(turn: VoiceGatewayTurn) -> void:
	_open.erase(turn)
	var is_other := func(piece: VoiceGatewayPiece) -> bool: return piece.turn != turn
	if not _given.all(is_other):
		_take_back()
	_waiting.assign(_waiting.filter(is_other))
	_rest()


## Once a frame.
func feed() -> void:
	if _playback == null:
		return
	_listen()
	# Whoever heard may have silenced it.
	if _playback == null:
		return
	if _buffering and _is_ready():
		_buffering = false
	if not _buffering:
		_give()
		_starve()
	_rest()


func _wait(piece: VoiceGatewayPiece) -> void:
	if _waiting.is_empty():
		_waiting_since = Time.get_ticks_msec()
	_waiting.append(piece)


func _start(rate: int) -> void:
	_generator.mix_rate = rate
	_player.play()
	_playback = _player.get_stream_playback()
	_capacity = _playback.get_frames_available()
	_skips = _playback.get_skips()
	_latency_s = AudioServer.get_output_latency()
	_given_samples = 0
	_taken = 0
	_heard = 0.0
	_buffering = true


func _stop() -> void:
	_player.stop()
	_playback = null


## Little that comes slowly is played too: nothing waits longer than twice the jitter buffer.
## A player's first block is faded in, over what the one before fades out: it gets silence.
func _is_ready() -> bool:
	if _playback.get_skips() == _skips:
		return false
	var ahead_s := 0.0
	for piece in _waiting:
		ahead_s += float(piece.size()) / piece.rate
		if piece.last or ahead_s >= _prebuffer_s:
			return true
	return ahead_s > 0 and Time.get_ticks_msec() - _waiting_since >= 2000 * _prebuffer_s


func _give() -> void:
	while not _waiting.is_empty() and _waiting[0].rate == roundi(_generator.mix_rate):
		var room := _playback.get_frames_available()
		var piece := _waiting[0]
		if piece.size() <= room:
			_waiting.pop_front()
		elif room > 0:
			_waiting[0] = piece.part(room, piece.size())
			piece = piece.part(0, room)
		else:
			return
		piece.start = _given_samples
		_playback.push_buffer(piece.frames())
		_given_samples += piece.size()
		_given.append(piece)


## What the mixer has taken is heard after the output's latency; it takes in steps, time does not.
func _listen() -> void:
	var now := Time.get_ticks_usec()
	var taken := _given_samples - (_capacity - _playback.get_frames_available())
	if taken != _taken:
		_taken = taken
		_taken_at = now
	var before_s := maxf(0.0, _latency_s - (now - _taken_at) / 1e6)
	_heard = clampf(_taken - before_s * _generator.mix_rate, _heard, _taken)
	while not _given.is_empty() and _heard >= _given[0].start + _given[0].size():
		_leave(_given.pop_front())
	if not _given.is_empty() and _heard > _given[0].start:
		_tell(_given[0], _heard - _given[0].start)


func _leave(piece: VoiceGatewayPiece) -> void:
	if piece.last:
		_sounding = null
		ended.emit(piece.turn)
	else:
		_tell(piece, piece.size())


func _tell(piece: VoiceGatewayPiece, samples: float) -> void:
	if _sounding != piece.turn:
		_sounding = piece.turn
		playing.emit(piece.turn)
	heard.emit(piece.turn, (piece.position + samples) * 1000.0 / piece.rate)


func _starve() -> void:
	if not _waiting.is_empty() or _taken < _given_samples:
		return
	_buffering = true
	if _open.has(_sounding):
		_prebuffer_s = minf(_prebuffer_s + MORE_S, MOST_S)
		underrun.emit(_sounding)


## What was given and not heard waits again.
func _take_back() -> void:
	var back: Array[VoiceGatewayPiece] = []
	for piece in _given:
		var from := clampi(roundi(_heard) - piece.start, 0, piece.size())
		back.append(piece.part(from, piece.size()))
	_given.clear()
	_stop()
	_waiting = back + _waiting


## The player stops when there is nothing to come, and starts anew for another rate.
func _rest() -> void:
	if not _given.is_empty():
		return
	if _waiting.is_empty() and _open.is_empty():
		if _playback != null:
			_stop()
		return
	var rate := _waiting[0].rate if not _waiting.is_empty() else int(_open.values()[0].rate)
	if _playback == null or rate != roundi(_generator.mix_rate):
		_start(rate)
