"""What each part of a turn's text is spoken in, when the session leaves it open (`language: auto`).

    writing.py    scripts, and the languages that write them
    pieces.py     a text in pieces of one script, and how strong a border stands before each
    detector.py   how well a text reads in each language that writes its script
    evidence.py   what a piece costs each language that might be speaking it
    linguist.py   the cheapest way to read a turn: evidence against switching

A switch is heard as another speaker, so it has to be worth it.
"""

from gateway.text.languages.detector import load
from gateway.text.languages.linguist import Linguist, Run

__all__ = ["Linguist", "Run", "load"]
