class_name VoiceGateway
extends Node
## A session with a Voice Gateway, heard through players of the scene.
##
##     voice.open()
##     var finish: Dictionary = await voice.speak("Hello!").finished
##
## Turns may be spoken before the connection is there, and go on after it was cut.

## A session has begun, the first one or another after lost turns: the gateway's "welcome".
signal opened(welcome: Dictionary)
## The connection is back after a cut: the gateway's "resumed". "lost" there says that not all was
## kept: finish.lost_ms tells how much of a turn's sound that was.
signal resumed(message: Dictionary)
signal reconnecting(delay_s: float)
## The token expires in so many seconds: set another one.
signal token_expires(in_s: float)
## It will not come back by itself: open() again. error is the gateway's, or empty.
signal closed(code: int, error: Dictionary)
## An error that is about no turn.
signal refused(error: Dictionary)
## Every message of the gateway.
signal received(message: Dictionary)
## The same as the signals of the turn.
signal turn_playing(turn: VoiceGatewayTurn)
signal turn_caption(turn: VoiceGatewayTurn, word: Dictionary)
signal turn_mark(turn: VoiceGatewayTurn, name: String)
signal turn_finished(turn: VoiceGatewayTurn, finish: Dictionary)
## Each frame while a turn sounds: 0 closed to 1 wide; the viseme is empty where it is not known.
signal mouth(turn: VoiceGatewayTurn, level: float, viseme: String)

const MAIN := "main"
## So far ahead that a scene may load, and no further than the inbound buffer holds.
const LEAD_MS := 20000
const DEFAULTS := {
	"audio": {"codec": "pcm_s16le", "rate": 24000, "channels": 1, "lead_ms": LEAD_MS},
	"captions": "words",
	"lip": true
}

@export var url := "ws://127.0.0.1:8080/v1/stream"
## A short-lived token of your own server; never ship the gateway's secret with a game.
## Another one goes on with the session.
@export var token := "":
	set(fresh):
		token = fresh
		_link.renew(fresh)
## The session's settings, merged over what this addon needs.
@export var config: Dictionary = {}
## An AudioStreamPlayer, 2D or 3D; made here when there is none.
@export var player: Node
## For what comes between two frames: Godot's own 64 KiB overflow while a scene loads.
@export var inbound_bytes := 1 << 22

var _link := VoiceGatewayLink.new()
## By track.
var _loudspeakers: Dictionary = {}
var _turns: Dictionary = {}
## By handle.
var _accepted: Dictionary = {}
## Turns that have ended while the connection was cut, where the gateway has not kept all.
var _unsure: Array = []
var _count := 0


func _init() -> void:
	_link.opened.connect(opened.emit)
	_link.resumed.connect(_on_resumed)
	_link.received.connect(_on_received)
	_link.framed.connect(_on_framed)
	_link.lost.connect(_on_lost)
	_link.reconnecting.connect(reconnecting.emit)
	_link.token_expires.connect(token_expires.emit)
	_link.closed.connect(closed.emit)


## Connect, and stay so.
func open() -> void:
	_link.url = url
	_link.inbound_bytes = inbound_bytes
	_link.config = _merged(DEFAULTS, config)
	_link.open()


## End the session; what came is still played.
func close() -> void:
	_link.close()


## Another mouth of the same session, such as an NPC: turns with {"track": track} sound there.
func add_mouth(track: String, mouth_player: Node) -> void:
	var loudspeaker := VoiceGatewayLoudspeaker.new(mouth_player)
	loudspeaker.playing.connect(_on_playing)
	loudspeaker.heard.connect(_on_heard)
	loudspeaker.underrun.connect(_on_underrun)
	loudspeaker.ended.connect(_on_ended)
	_loudspeakers[track] = loudspeaker


## Say a whole reply. options: "track", "voice", "language" and the others of PROTOCOL.md.
func speak(text: String, options: Dictionary = {}) -> VoiceGatewayTurn:
	return _begin({"type": "speak", "text": text}.merged(options))


## Begin a reply whose text streams in: append() it as it comes, then commit().
func open_turn(options: Dictionary = {}) -> VoiceGatewayTurn:
	return _begin({"type": "turn.open"}.merged(options))


## Silence everything that sounds or waits.
func interrupt() -> void:
	for turn: VoiceGatewayTurn in _turns.values():
		turn.cancel("barge_in")


## A merge patch of the session's settings.
func configure(patch: Dictionary, apply := "next_segment") -> void:
	send({"type": "configure", "config": patch, "apply": apply})


## A message of PROTOCOL.md that must arrive: it is sent again after a cut.
func send(message: Dictionary) -> void:
	_link.send(message)


## A message that is worth nothing later, such as a report.
func tell(message: Dictionary) -> void:
	_link.tell(message)


## For its turns: this one is over.
func forget(turn: VoiceGatewayTurn) -> void:
	_turns.erase(turn.id)
	if _accepted.get(turn.handle) == turn:
		_accepted.erase(turn.handle)


func _process(_delta: float) -> void:
	_link.poll()
	for loudspeaker: VoiceGatewayLoudspeaker in _loudspeakers.values():
		loudspeaker.feed()


func _loudspeaker_of(track := MAIN) -> VoiceGatewayLoudspeaker:
	if not _loudspeakers.has(track):
		_add_main_mouth()
	return _loudspeakers.get(track, _loudspeakers[MAIN])


func _add_main_mouth() -> void:
	if _loudspeakers.has(MAIN):
		return
	if player == null:
		player = AudioStreamPlayer.new()
		add_child(player)
	add_mouth(MAIN, player)


func _begin(opening: Dictionary) -> VoiceGatewayTurn:
	if not opening.has("turn"):
		_count += 1
		opening["turn"] = "t%d" % _count
	opening["id"] = opening.turn
	var turn := VoiceGatewayTurn.new(opening, self, _loudspeaker_of(opening.get("track", MAIN)))
	_turns[turn.id] = turn
	send(opening.duplicate())
	return turn


func _on_received(message: Dictionary) -> void:
	received.emit(message)
	if message.type == "pong":
		_make_sure()
	var turn: VoiceGatewayTurn = _turns.get(message.get("turn", message.get("re", "")))
	if turn != null:
		turn.take(message)
		if message.type == "turn.accepted":
			_accepted[turn.handle] = turn
	elif message.type == "error":
		refused.emit(message)


func _on_framed(frame: VoiceGatewayFrame) -> void:
	if _accepted.has(frame.handle):
		_accepted[frame.handle].take_frame(frame)


func _on_resumed(message: Dictionary) -> void:
	if message.has("lost"):
		_unsure = _accepted.values()
		for standing: Dictionary in message.turns:
			_go_on(standing)
	for turn: VoiceGatewayTurn in _turns.values():
		turn.ask_again()
	resumed.emit(message)


## What told of its beginning may be lost.
func _go_on(standing: Dictionary) -> void:
	if _turns.has(standing.turn):
		var turn: VoiceGatewayTurn = _turns[standing.turn]
		turn.go_on(standing)
		_accepted[turn.handle] = turn
		_unsure.erase(turn)


## All that was kept has come, and no end of these.
func _make_sure() -> void:
	var unsure := _unsure
	_unsure = []
	for turn: VoiceGatewayTurn in unsure:
		if turn.terminal.is_empty():
			turn.lose()


## Handles are the session's.
func _on_lost(kept: Array) -> void:
	_accepted.clear()
	for turn: VoiceGatewayTurn in _turns.values():
		if not turn.id in kept:
			turn.lose()


func _on_playing(turn: VoiceGatewayTurn) -> void:
	turn.begin()


func _on_heard(turn: VoiceGatewayTurn, ms: float) -> void:
	turn.hear(ms)


func _on_underrun(turn: VoiceGatewayTurn) -> void:
	turn.underrun.emit()


func _on_ended(turn: VoiceGatewayTurn) -> void:
	turn.hear_end()


static func _merged(below: Dictionary, above: Dictionary) -> Dictionary:
	var result := below.duplicate(true)
	for key: String in above:
		if above[key] is Dictionary and result.get(key) is Dictionary:
			result[key] = _merged(result[key], above[key])
		else:
			result[key] = above[key]
	return result
