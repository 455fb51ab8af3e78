extends Control
## A text, spoken; the word that sounds; a mouth.

@onready var _voice: VoiceGateway = $VoiceGateway
@onready var _status: Label = $Status


func _ready() -> void:
	_voice.opened.connect(func(_welcome: Dictionary) -> void: _status.text = "Connected")
	_voice.reconnecting.connect(func(_delay_s: float) -> void: _status.text = "Reconnecting")
	_voice.turn_caption.connect(_on_caption)
	_voice.turn_finished.connect(_on_finished)
	_voice.mouth.connect(_on_mouth)
	$Speak.pressed.connect(func() -> void: _voice.speak($Text.text))
	$Interrupt.pressed.connect(_voice.interrupt)
	_voice.open()


func _on_caption(_turn: VoiceGatewayTurn, word: Dictionary) -> void:
	$Word.text = word.text


func _on_mouth(_turn: VoiceGatewayTurn, level: float, _viseme: String) -> void:
	$Mouth.value = level


func _on_finished(_turn: VoiceGatewayTurn, finish: Dictionary) -> void:
	$Mouth.value = 0.0
	$Word.text = ""
	_status.text = "%s: %d ms, to “%s”" % [finish.outcome, finish.heard_ms, finish.heard.right(20)]
