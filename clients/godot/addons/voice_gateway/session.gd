class_name VoiceGatewaySession
extends RefCounted
## What outlives a connection: the session's name and token, which numbers have arrived here,
## and which messages may have to be sent again.

var id := ""
var token := ""
## The gateway keeps a session so long without a connection.
var window_ms := 0
var last_seq := 0

var _n := 0
## Messages whose arrival the gateway has not told, in order.
var _kept: Array[Dictionary] = []
## How many of them this connection has carried.
var _carried := 0


## Number a message, and keep it until it has arrived.
func keep(message: Dictionary) -> void:
	_n += 1
	message["n"] = _n
	_kept.append(message)


## The next message for this connection; empty when it has carried all.
func next() -> Dictionary:
	return {} if _carried == _kept.size() else _kept[_carried]


## The connection has taken what next() gave.
func carried() -> void:
	_carried += 1


## Numbers in between have not come.
func misses(seq: int) -> bool:
	return seq > last_seq + 1


## A message of the gateway.
func take(message: Dictionary) -> void:
	if message.type == "skipped":
		last_seq = int(message.to_seq)
	elif message.has("seq"):
		last_seq = int(message.seq)
	elif message.type in ["welcome", "resumed"]:
		_carried = 0
		id = message.session
		token = message.get("resume_token", "")
		window_ms = int(message.get("resume_window_ms", 0))
	if message.type in ["resumed", "pong"]:
		_let_go(int(message.get("last_n", 0)))


func take_frame(frame: VoiceGatewayFrame) -> void:
	last_seq = frame.seq


## What hello.resume says; empty when there is nothing to go on with.
func resume() -> Dictionary:
	return {} if token == "" else {"session": id, "token": token, "last_seq": last_seq}


func _let_go(last_n: int) -> void:
	while not _kept.is_empty() and _kept[0].n <= last_n:
		_kept.pop_front()
		_carried = maxi(_carried - 1, 0)
