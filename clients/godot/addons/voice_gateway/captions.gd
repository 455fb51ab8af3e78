class_name VoiceGatewayCaptions
extends RefCounted
## The words of a turn with their times: each new list takes the place of its segment's old one.
## A word is {text, from_ms, to_ms, span: [from, to] in code points, segment, exact}.

var _segments: Dictionary = {}
## Of a list that goes on in the next message.
var _begun: Array[Dictionary] = []
var _words: Array[Dictionary] = []
var _times := PackedFloat64Array()


func take(message: Dictionary) -> void:
	for word: Dictionary in message.words:
		_begun.append(word.merged({"segment": int(message.segment), "exact": message.exact}))
	if message.get("more", false):
		return
	_segments[int(message.segment)] = _begun
	_begun = []
	_words = []
	for segment: int in _sorted(_segments.keys()):
		_words.append_array(_segments[segment])
	_times = PackedFloat64Array(_words.map(func(word: Dictionary) -> float: return word.from_ms))


## All of the turn's, in order.
func words() -> Array[Dictionary]:
	return _words


## The word that is being said; empty in a rest.
func at(ms: float) -> Dictionary:
	var word := begun_at(ms)
	return word if not word.is_empty() and ms < word.to_ms else {}


## The last word that has begun; empty before the first.
func begun_at(ms: float) -> Dictionary:
	var index := _times.bsearch(ms, false) - 1
	return {} if index < 0 else _words[index]


static func _sorted(keys: Array) -> Array:
	keys.sort()
	return keys
