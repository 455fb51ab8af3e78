"""Voice Gateway: text turns in over WebSocket, speech out, spoken by MiniMax T2A v2.

The package in reading order:

    protocol/        what is said: messages, config, binary frames; data, no I/O
    session/         what to do about it: session, track, turns; logic, no I/O, no clock
    text/            streamed text → lines worth speaking, in plain words, by language
    upstreams/       who speaks: the contract, the T2A v2 dialect, its transports
    audio/           in which form the client hears it
    lip/             how loud it is, and what a mouth shows of it
    journal/         what was said: the numbered messages of a session
    access/          who may connect, with which rights, and how much
    voices/          names for voices, the catalogue, the life of those that are made here
    longform/        books: read, submitted, fetched, joined; what must outlive the process
    errors.py        what can go wrong, and what it means to a client
    settings.py      every knob, once; logs.py how it is logged
    metrics.py       what an operator asks at 3 a.m.
    encoding.py      make a form off the event loop
    speaker.py       speak segments, write their audio to the journal, in order, bounded
    outlet.py        what the speaker keeps of a turn and a segment
    cues.py          what is told along with a segment's sound: captions, marks, a mouth
    recordings.py    audio of turns, kept to be fetched; take.py, one segment and how it was asked for
    conversation.py  a running session: the inbox in front of its state, journal and speaker
    account.py       what a session costs
    turnstile.py     messages that must be paid for or prove something, one by one
    sessions.py      the running sessions, which outlive their connections
    succession.py    sessions that go on at another replica; keeper.py, going_on.py
    durable.py       files that outlive the process
    heap.py          free memory goes back to the system
    rotation.py      the token that resumes a session
    receipts.py      what has arrived and need not be kept
    answers.py       what a hello is answered with
    reader.py        read a journal onto a socket
    peers.py         who is connected, and how many from where
    front.py         HTTP up to the upgrade, within bounds
    guard.py         a WebSocket within bounds
    wire.py          the socket: a direct way out and in for messages
    greeting.py      from the handshake to the session
    line.py          a connection's socket: messages in, answers and a journal out
    owning.py        own a session on it
    hearing.py       hear another's
    relay.py         a session that another replica has
    connection.py    greet, own or hear, part
    remote.py        the other end of a relay
    post.py          letters between replicas
    store.py         the Redis that they share; owed.py, shelf.py
    stores.py        what is shared, in it or in memory
    shared_recordings.py
    webhook.py       what the operator's own service is told
    routes/          the HTTP surface
    server.py        uvicorn, as this gateway needs it
    drain.py         stop without cutting a turn
    app.py           the composition root
    workers.py       several gateways on one port
    cli.py           serve · emulate · say (say.py) · voices (voice_commands.py) · trace (trace.py) · longform
    demo/            the pages at `/` and, for the operator, at `/operator`
    espeak/          espeak-ng behind pipes: speech, words, phonemes
    emulator/        a T2A v2 look-alike that works offline, with a real voice
"""

__version__ = "0.1.0"
