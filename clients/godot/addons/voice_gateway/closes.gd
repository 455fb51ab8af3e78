class_name VoiceGatewayCloses
extends RefCounted
## What to do after a close code; they go by ranges, so that new codes are understood too.

enum Then { END, STOP, LATER, SOON }

const CUT := 1006
const LONGEST_S := 30.0


static func then(code: int) -> Then:
	if code in [1000, 1001]:
		return Then.END
	if code == CUT or (code >= 4200 and code < 4300):
		return Then.SOON
	if code in [1011, 1012, 1013] or (code >= 4100 and code < 4200):
		return Then.LATER
	return Then.STOP


## Seconds to wait before the next attempt, the first being 0: at once after a cut, up to 3 s after
## 42xx, else 1 s · 2ⁿ with jitter.
static func delay_s(code: int, attempt: int) -> float:
	if attempt == 0 and then(code) == Then.SOON:
		return 0.0 if code == CUT else randf() * 3.0
	return minf(LONGEST_S, pow(2.0, attempt)) * randf_range(0.5, 1.0)
