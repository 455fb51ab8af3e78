class_name VoiceGatewayLink
extends RefCounted
## A session's connection: greets, resumes after a cut, sends again what did not arrive.

## The gateway's welcome to a new session.
signal opened(message: Dictionary)
signal resumed(message: Dictionary)
signal received(message: Dictionary)
signal framed(frame: VoiceGatewayFrame)
## The session is gone, and its turns with it but for those that are kept for the next one.
signal lost(kept: Array)
## The token expires in so many seconds.
signal token_expires(in_s: float)
signal reconnecting(delay_s: float)
## It will not come back by itself; error is what the gateway said before, or empty.
signal closed(code: int, error: Dictionary)

const CLIENT := "voice-gateway-godot/0.1.0"
const OUTBOUND_BYTES := 1 << 18
const INBOUND_MESSAGES := 8192
const PING_MS := 5000
const SILENCE_MS := 15000
## The credential is wrong for this session, or the session is not there any more.
const RESUME_REFUSED := 4008
## Another token is asked for when so much of its time has gone.
const RENEW_AT := 0.8

static var _vertical_tab := RegEx.create_from_string("(?<!\\\\)((?:\\\\\\\\)*)\\\\v")

var url: String
var token := ""
var config: Dictionary
var inbound_bytes: int

var _wanted := false
var _socket: WebSocketPeer
var _session := VoiceGatewaySession.new()
var _asked_hello := false
var _greeted := false
var _attempt := 0
## Ticks in milliseconds.
var _due := 0
var _pinged := 0
var _heard := 0
var _cut := 0
## 0: no need.
var _renew_at := 0
## How long the token was good when it was shown; 0 for one that does not expire.
var _token_ms := 0
var _fatal: Dictionary = {}


## JSON that others can read: the engine's own has "\v" in strings, which is no escape of JSON, and
## other control characters as they are.
static func encode(message: Dictionary) -> String:
	var json := _vertical_tab.sub(JSON.stringify(message), "$1\\u000b", true)
	for code in range(1, 32):
		json = json.replace(char(code), "\\u%04x" % code)
	return json


func open() -> void:
	_wanted = true
	_attempt = 0
	_due = 0


## Ends the session.
func close() -> void:
	var waits := _wanted and _socket == null
	_wanted = false
	if waits:
		_lose()
		closed.emit(1000, {})
	if _socket == null:
		return
	if _greeted:
		_socket.send_text(encode({"type": "bye"}))
	_socket.close(1000)


## Go on with another token, now and after a cut.
func renew(fresh: String) -> void:
	token = fresh
	_wait_for_renewal()
	if _greeted:
		_socket.send_text(encode({"type": "configure", "token": token}))


## A message that must arrive: it is sent again after a cut.
func send(message: Dictionary) -> void:
	_session.keep(message)
	_write()


## A message that is worth nothing later.
func tell(message: Dictionary) -> void:
	if _greeted:
		_socket.send_text(encode(message.merged({"last_seq": _session.last_seq})))


## Once a frame.
func poll() -> void:
	if _socket == null:
		_come_back()
		return
	_socket.poll()
	if not _read():
		_end(VoiceGatewayCloses.CUT)
		return
	var state := _socket.get_ready_state()
	if state == WebSocketPeer.STATE_OPEN:
		_greet()
		_write()
	if state == WebSocketPeer.STATE_CLOSED:
		_end(_socket.get_close_code())
	else:
		_keep_alive()


func _come_back() -> void:
	var now := Time.get_ticks_msec()
	if _session.id != "" and (_session.token == "" or now - _cut > _session.window_ms):
		_lose()
	if not _wanted or now < _due:
		return
	_socket = WebSocketPeer.new()
	_socket.inbound_buffer_size = inbound_bytes
	_socket.outbound_buffer_size = OUTBOUND_BYTES
	_socket.max_queued_packets = INBOUND_MESSAGES
	_socket.supported_protocols = ["voice-gateway.v1"]
	_heard = now
	if _socket.connect_to_url(url) != OK:
		_end(VoiceGatewayCloses.CUT)


func _greet() -> void:
	if _asked_hello:
		return
	_asked_hello = true
	var hello := {"type": "hello", "v": 1, "client": CLIENT}
	if token != "":
		hello["token"] = token
	var resume := _session.resume()
	hello.merge({"config": config} if resume.is_empty() else {"resume": resume})
	_socket.send_text(encode(hello))


## False when something is missing, or may be: the engine drops messages when its buffer is full.
## The gateway has them, and says them again after a cut.
func _read() -> bool:
	var room := inbound_bytes / 2.0
	var count := _socket.get_available_packet_count()
	while _socket.get_available_packet_count() > 0:
		var packet := _socket.get_packet()
		room -= packet.size()
		_heard = Time.get_ticks_msec()
		if _socket.was_string_packet():
			var message: Dictionary = JSON.parse_string(packet.get_string_from_utf8())
			if _session.misses(int(message.get("seq", 0))):
				return false
			_take(message)
		else:
			var frame := VoiceGatewayFrame.parse(packet)
			if _session.misses(frame.seq):
				return false
			_session.take_frame(frame)
			_attempt = 0
			framed.emit(frame)
	return room > 0 and count < INBOUND_MESSAGES


func _take(message: Dictionary) -> void:
	_session.take(message)
	match message.type:
		"welcome", "resumed":
			_greeted = true
			_pinged = Time.get_ticks_msec() - PING_MS
			_token_ms = int(message.limits.get("token_ms", 0))
			_wait_for_renewal()
			(opened if message.type == "welcome" else resumed).emit(message)
		"configured":
			config = message.config
		"pong":
			_attempt = 0
		"error" when _session.crosses(message):
			return
		"error" when message.fatal:
			_fatal = message
	received.emit(message)


func _write() -> void:
	while _greeted and not _session.next().is_empty():
		if _socket.send_text(encode(_session.next())) != OK:
			return
		_session.carried()


func _keep_alive() -> void:
	var now := Time.get_ticks_msec()
	if _greeted and now - _pinged >= PING_MS:
		_pinged = now
		tell({"type": "ping"})
	if _renew_at > 0 and now >= _renew_at:
		_renew_at = 0
		token_expires.emit((1.0 - RENEW_AT) * _token_ms / 1000.0)
	if now - _heard >= SILENCE_MS:
		_end(VoiceGatewayCloses.CUT)


func _wait_for_renewal() -> void:
	_renew_at = Time.get_ticks_msec() + roundi(RENEW_AT * _token_ms) if _token_ms > 0 else 0


## Godot tells a cut as -1.
func _end(code: int) -> void:
	var was_greeted := _greeted
	var error := _fatal
	_socket = null
	_asked_hello = false
	_greeted = false
	_fatal = {}
	if code == -1:
		code = VoiceGatewayCloses.CUT
	if was_greeted:
		_cut = Time.get_ticks_msec()
	if code == RESUME_REFUSED and _session.id != "":
		_lose()
		return
	if VoiceGatewayCloses.then(code) in [VoiceGatewayCloses.Then.END, VoiceGatewayCloses.Then.STOP]:
		_wanted = false
	if _wanted:
		_wait(code)
	else:
		_lose()
		closed.emit(code, error)


func _wait(code: int) -> void:
	var delay := VoiceGatewayCloses.delay_s(code, _attempt)
	_attempt += 1
	_due = Time.get_ticks_msec() + roundi(delay * 1000)
	reconnecting.emit(delay)


func _lose() -> void:
	var unsaid: Array[Dictionary] = []
	if _wanted:
		unsaid = _session.unsaid()
	_session = VoiceGatewaySession.new()
	for message in unsaid:
		_session.keep(message)
	lost.emit(unsaid.map(func(message: Dictionary) -> Variant: return message.get("turn")))
