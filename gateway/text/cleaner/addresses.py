"""Addresses of the web, as they stand in a text.

A name alone (`example.com`) and an e-mail address are words, and spoken as they are.
"""

import re

from gateway.text.cleaner.drops import While
from gateway.text.cleaner.scan import LIMIT, NO, WAIT, Scan

BEGIN = r"(?<![A-Za-z0-9])(?:(?:[Hh]ttps?|HTTPS?|ftp)://|[Ww]ww\.)(?=[A-Za-z0-9\u00c0-\u024f\u0370-\u052f\[])"
BEGUN = (
    r"(?<![A-Za-z0-9])(?:[Hh](?:t(?:t(?:p(?:s?(?::/{0,2})?)?)?)?)?|H(?:T(?:T(?:P(?:S?(?::/{0,2})?)?)?)?)?"
    r"|f(?:t(?:p(?::/{0,2})?)?)?|[Ww](?:ww?)?|[Ww]ww\.)\Z"
)
"""The end of the text may be the beginning of an address."""
PATH = (
    r"(?:(?<=\w\.com|\w\.org|\w\.net|\w\.edu|\w\.gov|\w\.dev|\w\.app)"
    r"|(?<=\w\.io|\w\.ai|\w\.uk|\w\.de|\w\.fr|\w\.es|\w\.it|\w\.nl|\w\.jp|\w\.cn|\w\.eu|\w\.ru|\w\.br))/(?![^\w])"
)
"""What follows the name in `example.com/path`; only endings that no file or library has."""

_CHARACTERS = r"A-Za-z0-9\-._~:/?#@!$&+,;=%()\u00c0-\u024f\u0370-\u052f"
_WHOLE = re.compile(rf"[{_CHARACTERS}]+")
_HOST = re.compile(r"(?:[A-Za-z]+://)?(?:[^/?#@]*@)?(?:[Ww]ww\.)?([^/?#:]*)")
_TRAILING = ".,;:!?_~"


def address(scan: Scan) -> int:
    end = _end(scan)
    if end == WAIT:
        return WAIT
    if scan.rules.urls == "speak":
        scan.copy(scan.at, end)
    elif scan.rules.urls == "host":
        scan.say(host(scan.text[scan.at : end]), scan.at, end)
    else:
        scan.drop(0)
    return end - scan.at


def path(scan: Scan) -> int:
    """Where a name without a scheme goes on."""
    if scan.rules.urls == "speak":
        return NO
    end = _end(scan)
    return WAIT if end == WAIT else scan.drop(end - scan.at)


def host(url: str) -> str:
    """The name in it, without `www.`, port and user."""
    found = _HOST.match(url)
    return found[1] if found is not None and found[1] else url


def _end(scan: Scan) -> int:
    """Without marks that belong to the sentence around it."""
    found = scan.match(_WHOLE)
    end = found.end() if found else scan.at
    if scan.ends(end) and scan.may_wait:
        return WAIT
    if end - scan.at >= LIMIT:
        scan.mode = While(_WHOLE)
        return end
    while end > scan.at + 1 and (scan.text[end - 1] in _TRAILING or _unbalanced(scan.text[scan.at : end])):
        end -= 1
    return end


def _unbalanced(url: str) -> bool:
    return url[-1] == ")" and url.count(")") > url.count("(")
