extends Node
## The addon before a running gateway. What the engine mixed comes back as base64 of stereo floats.

const CONFIG := {"voice": {"voice_id": "test_tones"}}

var _voice: VoiceGateway
var _recorder := AudioEffectCapture.new()
var _log: Array = []


func _init() -> void:
	_recorder.buffer_length = 30.0
	AudioServer.add_bus_effect(0, _recorder)


func speak(asked: Dictionary) -> Dictionary:
	_begin(asked)
	var turn := _voice.speak(asked.text, asked.get("options", {}))
	if asked.has("stall_ms"):
		while turn.handle == 0:
			await get_tree().process_frame
		OS.delay_msec(int(asked.stall_ms))
	return await _ended(turn)


func stream(asked: Dictionary) -> Dictionary:
	_begin(asked)
	var turn := _voice.open_turn()
	turn.mark.connect(
		func(name: String, at_ms: float) -> void: _log.append(["mark", name, turn.heard_ms, at_ms])
	)
	for piece: Variant in asked.pieces:
		if piece is String:
			turn.append(piece)
		elif piece.has("mark"):
			turn.set_mark(piece.mark)
		elif piece.has("pause"):
			turn.pause(int(piece.pause))
	turn.commit()
	return await _ended(turn)


## Interrupted when it is heard so far, and then another turn.
func interrupt(asked: Dictionary) -> Dictionary:
	_begin(asked)
	var turn := _voice.speak(asked.text)
	while turn.heard_ms < asked.at_ms:
		await turn.heard
	turn.cancel("barge_in")
	return await _ended_both(turn, _voice.speak(asked.next))


## The same with another turn at the door, whose audio has come.
func interrupt_before(asked: Dictionary) -> Dictionary:
	_begin(asked)
	var turn := _voice.speak(asked.text)
	var second := _voice.speak(asked.next)
	while turn.heard_ms < asked.at_ms or second.terminal.is_empty():
		await get_tree().process_frame
	turn.cancel("barge_in")
	return await _ended_both(turn, second)


## A turn whose session is lost, and another one after it.
func lose(asked: Dictionary) -> Dictionary:
	_begin(asked)
	var turn := _voice.speak(asked.text)
	while turn.terminal.is_empty():
		await get_tree().process_frame
	return await _ended_both(turn, _voice.speak(asked.next))


## A turn during which the gateway says that it stops, and another one that it does not take.
func leave(asked: Dictionary) -> Dictionary:
	_begin(asked)
	var turn := _voice.speak(asked.text)
	while (await _voice.received).type != "goaway":
		pass
	return await _ended_both(turn, _voice.speak(asked.next))


## A turn that is lost with its session, and another one that is asked for meanwhile.
func outlast(asked: Dictionary) -> Dictionary:
	_begin(asked)
	_voice.configure({"voice": {"speed": 2.0}})
	var turn := _voice.speak(asked.text)
	await _voice.reconnecting
	return await _ended_both(turn, _voice.speak(asked.next))


## A turn that outlives the token with which it was begun.
func renew(asked: Dictionary) -> Dictionary:
	_begin(asked)
	_voice.token_expires.connect(func(_in_s: float) -> void: _voice.token = asked.fresh)
	return await _ended(_voice.speak(asked.text))


## A character in space, with the player that the scene gives.
func in_space(asked: Dictionary) -> Dictionary:
	var character := AudioStreamPlayer3D.new()
	character.position = Vector3(0, 0, -3)
	character.max_db = 3
	var camera := Camera3D.new()
	add_child(camera)
	camera.make_current()
	add_child(character)
	_begin(asked)
	_voice.add_mouth("smith", character)
	return await _ended(_voice.speak(asked.text, {"track": "smith"}))


## The example scene, its button pressed.
func example(asked: Dictionary) -> String:
	var scene: Control = load("res://example/example.tscn").instantiate()
	var voice: VoiceGateway = scene.get_node("VoiceGateway")
	voice.url = asked.url
	voice.config = CONFIG
	add_child(scene)
	scene.get_node("Speak").pressed.emit()
	await voice.turn_finished
	var shown: String = scene.get_node("Status").text
	scene.queue_free()
	return shown


func _begin(asked: Dictionary) -> void:
	_voice = VoiceGateway.new()
	_voice.url = asked.url
	_voice.inbound_bytes = int(asked.get("inbound_bytes", _voice.inbound_bytes))
	_voice.token = asked.get("token", "")
	_voice.config = CONFIG.merged(asked.get("config", {}))
	_log = []
	_voice.resumed.connect(func(_message: Dictionary) -> void: _log.append(["resumed"]))
	_voice.turn_caption.connect(_on_caption)
	_voice.closed.connect(_on_closed)
	add_child(_voice)
	_recorder.clear_buffer()
	_voice.open()


func _on_closed(code: int, error: Dictionary) -> void:
	_log.append(["closed", code, error])


func _on_caption(turn: VoiceGatewayTurn, word: Dictionary) -> void:
	_log.append(["caption", word.text, turn.heard_ms, word.from_ms, word.to_ms, turn.level_at()])


func _ended_both(first: VoiceGatewayTurn, second: VoiceGatewayTurn) -> Dictionary:
	var finish: Dictionary = {}
	first.finished.connect(func(told: Dictionary) -> void: finish.merge(told))
	var result := await _ended(second)
	result["first"] = finish
	return result


func _ended(turn: VoiceGatewayTurn) -> Dictionary:
	var finish: Dictionary = await turn.finished
	await get_tree().create_timer(0.15).timeout
	var mixed := _recorder.get_buffer(_recorder.get_frames_available())
	_voice.close()
	while _log.is_empty() or _log[-1][0] != "closed":
		await get_tree().process_frame
	_voice.queue_free()
	return {
		"finish": finish,
		"mixed": Marshalls.raw_to_base64(mixed.to_byte_array()),
		"log": _log,
	}
