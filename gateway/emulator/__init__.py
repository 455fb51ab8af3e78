"""A look-alike of MiniMax's T2A v2 that works offline, with a real voice. It shares no code with what it tests.

    async with running("127.0.0.1", 0, Habits(first_audio_ms=250)) as url: ...

    habits       every choice that the service's documents leave open
    app, server  the HTTP surface; how it is served. `desk` is what the routes share, `wire` the connections
    speech       POST /v1/t2a_v2: `reader`, `parameters`, `order` (what is asked), `refusals`, `answers` (what is said)
    sockets      the two WebSockets
    account/     the rest: voices of one's own, files, long texts, money, and a clock that can be put forward
    rendering    one text on its way: `performance` (`studio`: who speaks) → `sound`, `effects` → `encoders`, `mp3`
    studio       `voices`, `languages`, `markup`; espeak-ng's pool (all languages), `neural` (English)
    subtitles    when each word is heard: `anchors` (what an engine tells) → `words` (all of a text's) → segments
    ledger, limits, faults   what was asked and billed; how much may be asked; what goes wrong on purpose (`instead`)

What a test may do to it: POST /emulator/faults, /emulator/clock, /emulator/balance; GET /emulator/usage.

Importing the package is cheap: engines and encoders are loaded when the emulator is started.
"""

from gateway.emulator.app import create_app
from gateway.emulator.desk import MissingExtra
from gateway.emulator.habits import Habits
from gateway.emulator.server import running

__all__ = ["Habits", "MissingExtra", "create_app", "running"]
