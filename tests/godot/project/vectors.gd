extends Node
## The addon's pure parts, asked by the protocol's examples.


func frames(messages: Array) -> Array:
	return messages.map(_frame)


func _frame(hex: String) -> Variant:
	var frame := VoiceGatewayFrame.parse(hex.hex_decode())
	if frame == null:
		return null
	return {
		"kind": frame.kind,
		"cached": frame.cached,
		"segment": frame.segment,
		"handle": frame.handle,
		"seq": frame.seq,
		"position": frame.position,
		"payload": frame.payload.hex_encode(),
	}


## Messages as they are read and written again, in hexadecimals of UTF-8.
func messages(given: Array) -> Array:
	var again := func(text: String) -> String:
		return VoiceGatewayLink.encode(JSON.parse_string(text)).to_utf8_buffer().hex_encode()
	return given.map(again)


func closes(codes: Array) -> Array:
	var then := func(code: float) -> String:
		return VoiceGatewayCloses.Then.find_key(VoiceGatewayCloses.then(int(code))).to_lower()
	return codes.map(then)


func resume(case: Dictionary) -> Dictionary:
	var session := VoiceGatewaySession.new()
	session.take({"type": "welcome", "session": "s_1", "resume_token": "r_1"})
	for message: Dictionary in case.sent:
		message.erase("n")
		session.keep(message)
		session.carried()
	for message: Dictionary in case.came:
		if message.has("hex"):
			session.take_frame(VoiceGatewayFrame.parse(message.hex.hex_decode()))
		else:
			session.take(message.json)
	var hello := session.resume()
	session.take(case.resumed)
	var again: Array[Dictionary] = []
	while not session.next().is_empty():
		again.append(session.next())
		session.carried()
	return {"hello": hello, "again": again, "next": session.resume()}


## What is said on the wire, step by step.
func leaving(case: Dictionary) -> Array:
	var session := VoiceGatewaySession.new()
	var said: Array[Dictionary] = []
	var is_up := true
	for step: Dictionary in case.steps:
		if step.has("say"):
			session.keep(step.say)
		elif step.has("hear"):
			_hear(session, step.hear)
		elif step.has("gone"):
			var unsaid := session.unsaid()
			session = VoiceGatewaySession.new()
			unsaid.map(session.keep)
		elif step.has("greet"):
			session.take(step.greet)
		is_up = step.has("greet") or (is_up and not step.has("cut"))
		while is_up and not session.next().is_empty():
			said.append(session.next().duplicate())
			said[-1].erase("n")
			session.carried()
	return said


func _hear(session: VoiceGatewaySession, message: Dictionary) -> void:
	session.take(message)
	if message.type == "error":
		session.crosses(message)


## One turn without a gateway: what is said and shown at each time.
func cues(given: Dictionary) -> Array:
	var marks: Array[String] = []
	var voice := VoiceGateway.new()
	var turn := VoiceGatewayTurn.new({"turn": "a", "text": given.text}, voice, null)
	turn.mark.connect(func(name: String, _at_ms: float) -> void: marks.append(name))
	for message: Dictionary in given.messages:
		if message.type != "turn.started":
			turn.take(message)
	var shown: Array = []
	for asked: Dictionary in given.asked:
		turn.hear(asked.ms)
		var word: Variant = turn.word_at().get("text")
		shown.append([word, turn.level_at(), turn.viseme_at(), marks.duplicate()])
	voice.free()
	return shown
