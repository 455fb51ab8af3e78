extends Node
## What the page asks for, in the engine: ask(name, argument) calls the method of a scenario.

const SCENARIOS := ["vectors", "live"]

var _window: JavaScriptObject
var _callback: JavaScriptObject
var _scenarios: Dictionary = {}


func _ready() -> void:
	for script: String in SCENARIOS:
		_scenarios[script] = load("res://%s.gd" % script).new()
		add_child(_scenarios[script])
	_window = JavaScriptBridge.get_interface("window")
	_callback = JavaScriptBridge.create_callback(_on_asked)
	_window.inEngine = _callback
	_window.answer(JSON.stringify(Engine.get_version_info().string))


func _on_asked(arguments: Array) -> void:
	var method: PackedStringArray = arguments[0].split(".")
	var scenario: Node = _scenarios[method[0]]
	var result: Variant = await scenario.call(method[1], JSON.parse_string(arguments[1]))
	_window.answer(JSON.stringify(result))
