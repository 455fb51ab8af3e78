class_name VoiceGatewayTurn
extends RefCounted
## One reply, made by VoiceGateway.speak() or open_turn().
## Times are milliseconds of its audio clock.

## Every message of the gateway that names it.
signal received(message: Dictionary)
## The first sample sounds.
signal playing
## Each frame while it sounds.
signal heard(ms: float)
## A word begins to sound: {text, from_ms, to_ms, span, segment, exact}.
signal caption(word: Dictionary)
## The sound gets there; marks behind an interrupt never come.
signal mark(name: String, at_ms: float)
signal underrun
## The last sample has been heard, or there will be none.
## finish: {outcome, heard_ms, lost_ms, heard, unheard, terminal, error}; heard and unheard are the
## text. outcome: "done", "interrupted" by this client, "cancelled" by the gateway, "failed", or
## "lost" with the session.
signal finished(finish: Dictionary)

const REPORT_MS := 250.0
const OUTCOMES := {
	"turn.done": "done", "turn.cancelled": "cancelled", "turn.failed": "failed", "lost": "lost"
}

var id: String
## Of its binary frames; 0 until it is accepted.
var handle := 0
var text: String
var segments: Array[Dictionary] = []
## The gateway's last message about it.
var terminal: Dictionary = {}
## What the loudspeaker has played.
var heard_ms := 0.0
## What could not be had again after a cut, and was passed over.
var lost_ms := 0.0
var is_finished := false

var _opening: Dictionary
var _voice: VoiceGateway
var _loudspeaker: VoiceGatewayLoudspeaker
var _captions := VoiceGatewayCaptions.new()
var _mouth := VoiceGatewayMouth.new()
## That the loudspeaker has not reached.
var _marks: Array[Dictionary] = []
var _word: Dictionary = {}
var _reported_ms := 0.0
var _silenced := false
var _sounding := false
var _audio: Dictionary = {}
## Samples of it that came, or were passed over.
var _position := 0
## A cancel is not answered yet.
var _cancel: Dictionary = {}


func _init(opening: Dictionary, voice: VoiceGateway, loudspeaker: VoiceGatewayLoudspeaker) -> void:
	id = opening.turn
	text = opening.get("text", "")
	_opening = opening
	_voice = voice
	_loudspeaker = loudspeaker


## Text of any size, cut anywhere. manner: "voice" and "language" of this text only.
func append(more: String, manner: Dictionary = {}) -> void:
	text += more
	_say({"type": "turn.append", "text": more}.merged(manner))


## The signal of this name comes when what follows here in the text begins to sound.
func set_mark(name: String) -> void:
	_say({"type": "turn.append", "mark": name})


## Silence, here in the text.
func pause(ms: int) -> void:
	_say({"type": "turn.append", "pause_ms": ms})


## Speak what is held, without waiting for the end of its sentence.
func flush() -> void:
	_say({"type": "turn.flush"})


## No more text will come.
func commit() -> void:
	_say({"type": "turn.commit"})


## Be silent now, and tell the gateway what was heard. reason: "client" or "barge_in".
func cancel(reason := "client") -> void:
	if _silenced or is_finished:
		return
	_silenced = true
	_silence()
	_cancel = {"type": "turn.cancel", "played_ms": heard_ms, "reason": reason}
	_say(_cancel.duplicate())


## Its words with their times, as far as they are known.
func words() -> Array[Dictionary]:
	return _captions.words()


## The word that is being said, now unless said; empty in a rest.
func word_at(ms := heard_ms) -> Dictionary:
	return _captions.at(ms)


## How far the mouth is open, now unless said: 0 closed, 1 wide.
func level_at(ms := heard_ms) -> float:
	return _mouth.level_at(ms)


## One of: sil PP FF TH DD kk CH SS nn RR aa E ih oh ou. Empty where it is not known.
func viseme_at(ms := heard_ms) -> String:
	return _mouth.viseme_at(ms)


## For VoiceGateway: a message of the gateway that names this turn.
func take(message: Dictionary) -> void:
	match message.type:
		"turn.accepted":
			handle = int(message.handle)
		"turn.started":
			_start(message.audio)
		"segment.started":
			segments.append(message)
		"captions":
			_captions.take(message)
		"lip":
			_mouth.take(message)
		"mark":
			_marks.append(message)
		"turn.done", "turn.cancelled", "turn.failed":
			_end(message)
		"error":
			_refuse(message)
	received.emit(message)


## For VoiceGateway: a frame that bears its handle.
func take_frame(frame: VoiceGatewayFrame) -> void:
	if not _sounding:
		return
	lost_ms += (frame.position - _position) * 1000.0 / _audio.rate
	@warning_ignore("integer_division")
	_position = frame.position + frame.payload.size() / (2 * int(_audio.channels))
	_loudspeaker.push(self, frame.position, frame.payload)


## For VoiceGateway: the first sample sounds.
func begin() -> void:
	playing.emit()
	_voice.turn_playing.emit(self)


## For VoiceGateway: its audio was played so far.
func hear(ms: float) -> void:
	if _silenced:
		return
	heard_ms = ms
	heard.emit(ms)
	if _silenced:
		return
	_voice.mouth.emit(self, level_at(), viseme_at())
	_reach(ms)
	if ms - _reported_ms >= REPORT_MS:
		_report("playing")


## For VoiceGateway: its audio was played to the end.
func hear_end() -> void:
	if _silenced:
		return
	_sounding = false
	_report("ended")
	_finish()


## For VoiceGateway: after a cut, "resumed" tells of it.
func go_on(standing: Dictionary) -> void:
	handle = int(standing.handle)
	if standing.audio != null:
		_start(standing.audio)


## For VoiceGateway: after a cut, what may have been answered into it is asked again.
func ask_again() -> void:
	if handle == 0:
		_voice.send(_opening.duplicate())
	elif not _cancel.is_empty() and not terminal.is_empty():
		_say(_cancel.duplicate())


## For VoiceGateway: the session is gone; what came is still played.
func lose() -> void:
	_cancel = {}
	if terminal.is_empty():
		_end({"type": "lost"})
	else:
		_finish()


func _say(message: Dictionary) -> void:
	_voice.send(message.merged({"turn": id}))


func _start(audio: Dictionary) -> void:
	if _silenced:
		return
	if audio.codec != "pcm_s16le":
		push_warning("Turn %s is not played: its audio is %s" % [id, audio.codec])
		return
	_audio = audio
	_sounding = true
	_loudspeaker.open(self, audio)


func _silence() -> void:
	if _sounding:
		_loudspeaker.flush(self)
	_sounding = false


## A cancel that crosses the end of its turn is answered by that end once more, with what was heard.
func _end(message: Dictionary) -> void:
	var first := terminal.is_empty()
	if not first and _cancel.is_empty():
		return
	terminal = message
	if message.type != "turn.done" or message.get("repeated", false):
		_cancel = {}
	if message.type == "turn.cancelled":
		_silence()
	elif first and _sounding:
		_loudspeaker.complete(self)
	_finish()


## An error about a turn that was not accepted is its end; one about a cancel, its answer.
func _refuse(error: Dictionary) -> void:
	if handle == 0:
		_end(error)
	elif not terminal.is_empty():
		_cancel = {}
		_finish()


func _reach(ms: float) -> void:
	while not _marks.is_empty() and _marks[0].at_ms <= ms:
		var reached: Dictionary = _marks.pop_front()
		mark.emit(reached.name, reached.at_ms)
		_voice.turn_mark.emit(self, reached.name)
	var word := _captions.at(ms)
	if not word.is_empty() and word.span != _word.get("span"):
		_word = word
		caption.emit(word)
		_voice.turn_caption.emit(self, word)


func _report(state: String) -> void:
	_reported_ms = heard_ms
	_voice.tell({"type": "playback", "turn": id, "played_ms": heard_ms, "state": state})


func _finish() -> void:
	if is_finished or terminal.is_empty() or _sounding or not _cancel.is_empty():
		return
	is_finished = true
	var outcome: String = "interrupted" if _silenced else OUTCOMES.get(terminal.type, "failed")
	if outcome == "done":
		_reach(INF)
	var finish := _parts(outcome).merged(
		{"outcome": outcome, "heard_ms": heard_ms, "lost_ms": lost_ms, "terminal": terminal}
	)
	finish["error"] = terminal if terminal.type == "error" else terminal.get("error", {})
	_voice.forget(self)
	finished.emit(finish)
	_voice.turn_finished.emit(self, finish)


## As the gateway says, but for a turn that was played to the end of what had come.
func _parts(outcome: String) -> Dictionary:
	var told: bool = (
		terminal.get("heard", {}).has("text") and terminal.get("unheard", {}).has("text")
	)
	if told and outcome != "failed":
		return {"heard": terminal.heard.text, "unheard": terminal.unheard.text}
	var border := text.length() if outcome == "done" else _heard_length()
	return {"heard": text.left(border), "unheard": text.substr(border)}


## Code points, to the last word begun; without captions, to the last segment begun.
func _heard_length() -> int:
	var word := _captions.begun_at(heard_ms)
	if heard_ms <= 0.0:
		return 0
	if not word.is_empty():
		return int(word.span[1])
	for index in range(segments.size() - 1, -1, -1):
		if segments[index].at_ms < heard_ms:
			return int(segments[index].span[1])
	return 0
