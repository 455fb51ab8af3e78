class_name VoiceGatewaySession
extends RefCounted
## What outlives a connection: the session's name and token, which numbers have arrived here,
## which messages may have to be sent again, and which wait for another gateway.

const OPENINGS := ["speak", "turn.open"]

var id := ""
var token := ""
## The gateway keeps a session so long without a connection.
var window_ms := 0
var last_seq := 0

var _n := 0
## Messages whose arrival the gateway has not told, in order.
var _kept: Array[Dictionary] = []
## How many of them this connection has carried, and the number of the last that any has.
var _carried := 0
var _said := 0
## The gateway goes away; messages of turns that it does not take, in order.
var _leaving := false
var _put_off: Array[Dictionary] = []


## Number a message, and keep it until it has arrived. Of a turn that is new to a gateway which goes
## away it is put off.
func keep(message: Dictionary) -> void:
	if _puts_off(message.get("turn", "")) or (_leaving and message.type in OPENINGS):
		_put_off.append(message)
		return
	_n += 1
	message["n"] = _n
	_kept.append(message)


## The next message for this connection; empty when it has carried all.
func next() -> Dictionary:
	return {} if _carried == _kept.size() else _kept[_carried]


## The connection has taken what next() gave.
func carried() -> void:
	_said = maxi(_said, _kept[_carried].n)
	_carried += 1


## Whether an error only says that its turn came too late for a gateway which goes away.
func crosses(error: Dictionary) -> bool:
	var turn: String = error.get("turn", "")
	if error.code == "draining" and turn != "" and not error.fatal:
		var is_other := func(message: Dictionary) -> bool: return message.get("turn") != turn
		_carried = _kept.slice(0, _carried).filter(is_other).size()
		_put_off.append_array(
			_kept.filter(func(each: Dictionary) -> bool: return not is_other.call(each))
		)
		_kept.assign(_kept.filter(is_other))
	return _puts_off(turn)


## For the next session when this one is gone: what is about turns of which it was told nothing, or
## about none.
func unsaid() -> Array[Dictionary]:
	var turns: Array = [null]
	for message in _kept:
		if message.n > _said and message.type in OPENINGS:
			turns.append(message.turn)
	var is_fresh := func(message: Dictionary) -> bool: return message.get("turn") in turns
	var result: Array[Dictionary] = []
	result.assign(_kept.filter(is_fresh) + _put_off)
	return result


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
		_begin(message)
	elif message.type == "goaway":
		_leaving = true
	if message.type in ["resumed", "pong"]:
		_let_go(int(message.get("last_n", 0)))


func take_frame(frame: VoiceGatewayFrame) -> void:
	last_seq = frame.seq


## What hello.resume says; empty when there is nothing to go on with.
func resume() -> Dictionary:
	return {} if token == "" else {"session": id, "token": token, "last_seq": last_seq}


func _begin(answer: Dictionary) -> void:
	id = answer.session
	token = answer.get("resume_token", "")
	window_ms = int(answer.get("resume_window_ms", 0))
	_carried = 0
	_leaving = false
	var put_off := _put_off
	_put_off = []
	for message in put_off:
		keep(message)


func _puts_off(turn: String) -> bool:
	return _put_off.any(func(message: Dictionary) -> bool: return message.get("turn", "") == turn)


func _let_go(last_n: int) -> void:
	while not _kept.is_empty() and _kept[0].n <= last_n:
		_kept.pop_front()
		_carried = maxi(_carried - 1, 0)
