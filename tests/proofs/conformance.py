"""RFC 6455 by Autobahn's cases, as kosoku runs them, against an echo on the gateway's own server with its limits.

make conformance      about ten seconds

Left out: of cases 9 what is larger than 64 KiB, and 12 and 13, since nothing is compressed.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence

from kosoku import FailureError, run_fuzzingclient

from tests.connection.served import echo, served

CASES = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.1.1", "9.2.1", "9.7.*", "9.8.*", "10.*"]
SAMPLE = ["1.1.*", "2.*", "3.*", "4.*", "5.*", "6.3.*", "6.4.*", "7.1.*", "7.3.*", "7.5.*", "10.*"]
KNOWN = {"7.1.5": "a close within a fragmented message is answered with 1002 and not 1000, as websockets has it"}
"""What does not conform, and why that is left so."""


async def prove(cases: Sequence[str]) -> dict[str, str]:
    """By case: what it found, and what of the close."""
    async with served(echo) as (url, _, _):
        try:
            results = await run_fuzzingclient(url.removeprefix("http://"), cases, concurrency=8)
        except FailureError as failure:
            results = failure.results
    return {case.case_id: _worse(case.behavior.value, case.behavior_close.value) for case in results}


def _worse(*found: str) -> str:
    return next((each for each in found if each not in {"OK", "NON-STRICT", "INFORMATIONAL"}), found[0])


def problems(found: dict[str, str]) -> dict[str, str]:
    """Beyond what is known; and what is known and is no more."""
    failed = {case: what for case, what in found.items() if what not in {"OK", "NON-STRICT", "INFORMATIONAL"}}
    healed = {case: "conforms now" for case in KNOWN if case in found and case not in failed}
    return {case: what for case, what in failed.items() if case not in KNOWN} | healed


def main() -> int:
    found = asyncio.run(prove(CASES))
    print(f"{len(found)} cases: {dict(Counter(found.values()))}, known: {KNOWN}, problems: {problems(found)}")
    return 1 if problems(found) else 0


if __name__ == "__main__":
    sys.exit(main())
