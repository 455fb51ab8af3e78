"""What a hello is answered with: `welcome`, `resumed`, `listening`."""

import time

from gateway.access.tokens import Grant
from gateway.conversation import Conversation
from gateway.greeting import Greeted
from gateway.journal.base import Gap, Journal, frames
from gateway.line import MESSAGES_PER_SECOND
from gateway.outlet import sound
from gateway.protocol.config import shown
from gateway.protocol.events import Listening, Resumed, Standing, Welcome
from gateway.protocol.messages import LONGEST_MESSAGE, LONGEST_TEXT
from gateway.session.bounds import MOST_HELD, MOST_TURNS
from gateway.session.tracks import MOST_TRACKS
from gateway.sessions import Live


def welcome(live: Live, greeted: Greeted, server: str, window_ms: int) -> Welcome:
    session = live.conversation.session
    return Welcome(
        session=session.id,
        resume_token=live.rotation.issue() if window_ms else None,
        resume_window_ms=window_ms or None,
        config=shown(session.config),
        limits=_limits(live, greeted.grant),
        ignored=session.ignored,
        server=server,
        re=greeted.hello.id,
    )


def resumed(live: Live, greeted: Greeted, server: str, window_ms: int, position: int) -> Resumed:
    session, journal = live.conversation.session, live.conversation.journal
    return Resumed(
        session=session.id,
        resume_token=live.rotation.issue(),
        resume_window_ms=window_ms,
        config=shown(session.config),
        limits=_limits(live, greeted.grant),
        from_seq=position + 1,
        to_seq=journal.last_seq,
        lost=lost(journal, position),
        last_n=session.last_n,
        turns=standing(live.conversation, position),
        server=server,
        re=greeted.hello.id,
    )


def listening(live: Live, greeted: Greeted, server: str, position: int) -> Listening:
    session, journal = live.conversation.session, live.conversation.journal
    return Listening(
        session=session.id,
        config=shown(session.config),
        limits=_limits(live, greeted.grant),
        from_seq=position + 1,
        to_seq=journal.last_seq,
        lost=lost(journal, position),
        turns=standing(live.conversation, position),
        server=server,
        re=greeted.hello.id,
    )


def standing(conversation: Conversation, position: int) -> list[Standing]:
    """The turns that have not ended, for who reads on from this position of the journal."""
    turns = []
    for state, received in conversation.session.standing():
        outlet = conversation.speaker.sounding(state.handle)
        waiting = frames(conversation.journal, position) if outlet else ()
        frame = next((each for each in waiting if each.handle == state.handle), None)
        segment = frame.segment if frame else max(outlet.recording.takes, default=None) if outlet else None
        turns.append(
            Standing(
                turn=state.turn,
                handle=state.handle,
                track=state.track,
                state=state.state,
                received=received,
                audio=sound(outlet) if outlet and outlet.started else None,
                position=frame.position if frame else outlet.position if outlet else 0,
                segment=segment,
            )
        )
    return turns


def lost(journal: Journal, position: int) -> tuple[int, int] | None:
    """The numbers that who reads on from here can't be told any more."""
    entry = journal.next(position)
    return (entry.seq, entry.to_seq) if isinstance(entry, Gap) and entry.lost else None


def _limits(live: Live, grant: Grant) -> dict[str, int]:
    """`grant`: of whose connection it is; the turns are the session's."""
    return {
        "message_bytes": LONGEST_MESSAGE,
        "turn_characters": LONGEST_TEXT,
        "held_characters": MOST_HELD,
        "queued_turns": MOST_TURNS,
        "tracks": MOST_TRACKS,
        "messages_per_second": MESSAGES_PER_SECOND,
        "max_frame_bytes": live.message_limit,
        **_of_token(live.conversation.session.rights.turn_characters, grant),
    }


def _of_token(turn_characters: int | None, grant: Grant) -> dict[str, int]:
    limits = {} if turn_characters is None else {"turn_billable_characters": turn_characters}
    return {**limits, "token_ms": round((grant.expires_at - time.time()) * 1000)} if grant.id else limits
