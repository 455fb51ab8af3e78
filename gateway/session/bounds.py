"""How much a session takes before something has been spoken."""

from gateway.errors import Refused
from gateway.protocol.config import Config
from gateway.protocol.messages import LONGEST_TEXT
from gateway.text.cleaner.guard import check_pauses

MOST_TURNS = 32
"""That wait."""
MOST_HELD = 50_000
"""Code points of all turns together that are not asked for yet."""
MOST_CUES = 1000
"""Marks, pauses and flushes a turn."""


def check_cues(cues: int) -> None:
    """Whether a turn that has so many takes one more. Raises `Refused`."""
    if cues >= MOST_CUES:
        raise Refused("bad_request", f"A turn takes at most {MOST_CUES} marks, pauses and flushes.", field="turn")


def check_text(text: str, before: str, held: int, config: Config) -> None:
    """Text that comes to a turn behind `before`, while the session holds so much. Raises `Refused`."""
    if config.text_rules.markup == "pass":
        check_pauses(text, before)
    if len(before) + len(text) > LONGEST_TEXT:
        raise Refused("text_too_long", f"A turn takes at most {LONGEST_TEXT} characters.", field="text")
    if held + len(text) > MOST_HELD:
        raise Refused("text_too_long", f"A session holds at most {MOST_HELD} characters.", field="text")
