class_name VoiceGatewayMouth
extends RefCounted
## What a turn's "lip" messages say, to be asked at any time of its audio clock.

var _runs: Array[Dictionary] = []
var _run_times := PackedFloat64Array()
var _visemes := PackedStringArray()
var _viseme_times := PackedFloat64Array()


func take(message: Dictionary) -> void:
	if not message.levels.is_empty():
		_runs.append(message)
		_run_times.append(message.at_ms)
	for change: Array in message.get("visemes", []):
		_viseme_times.append(change[0])
		_visemes.append(change[1])


## How far it is open: 0 closed, 1 wide. Between two runs the last level stands for a hop longer:
## their times are whole milliseconds.
func level_at(ms: float) -> float:
	var index := _run_times.bsearch(ms, false) - 1
	if index < 0:
		return 0.0
	var run := _runs[index]
	var hop := floori((ms - run.at_ms) / run.hop_ms)
	if hop > run.levels.size():
		return 0.0
	return run.levels[mini(hop, run.levels.size() - 1)] / 100.0


## One of: sil PP FF TH DD kk CH SS nn RR aa E ih oh ou. Empty where it is not known.
func viseme_at(ms: float) -> String:
	var index := _viseme_times.bsearch(ms, false) - 1
	return "" if index < 0 else _visemes[index]
