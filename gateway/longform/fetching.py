"""Wait for a part that upstream has taken, and bring its result home."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import UpstreamError
from gateway.longform.asking import LONGEST_WAIT_S, MOST_TRIES, Sleep, pause_s
from gateway.longform.job import GIVEN_UP
from gateway.longform.record import Record
from gateway.longform.result import unpack
from gateway.protocol.events import fault
from gateway.upstreams.management.account import UpstreamAccount
from gateway.upstreams.t2a.codes import broken

SOONEST_S, LATEST_S = 1.0, 10.0
"""Between two looks at a part. As many parts may be under way as there are looks a second (`AT_ONCE`)."""
_SLOWER = 1.3


@dataclass(frozen=True, slots=True)
class Fetching:
    record: Record
    account: UpstreamAccount
    sleep: Sleep

    async def fetch(self, number: int) -> None:
        """Until the part is fetched or failed, or stays `submitted` with the error for which it cannot be fetched."""
        file_id = await self._spoken(number)
        if file_id is not None:
            await self._bring(number, file_id)

    async def _spoken(self, number: int) -> int | None:
        """The file of its result, once there is one."""
        part = self.record.part(number)
        assert part.task_id is not None  # noqa: S101 - it is submitted
        wait = SOONEST_S
        while True:
            await self.sleep(wait)
            try:
                progress = await self.account.progress(part.task_id)
            except UpstreamError as error:
                if not error.retryable:
                    unknown = {"state": "failed"} if error.code == "invalid_parameter" else {}
                    await self.record.change_part(number, error=fault(error), **unknown)
                    return None
                wait = min(wait * 2, LONGEST_WAIT_S)
                continue
            match progress.state:
                case "processing":
                    wait = min(wait * _SLOWER, LATEST_S)
                case "success" if (file_id := progress.file_id or part.file_id) is not None:
                    return file_id
                case _:
                    await self.record.change_part(number, state="failed", error=GIVEN_UP)
                    return None

    async def _bring(self, number: int, file_id: int) -> None:
        """Each try has a link of its own: links die after nine hours."""
        for tries in range(1, MOST_TRIES + 1):
            try:
                await self._download(number, file_id)
            except UpstreamError as failed:
                error = failed
            else:
                await self.record.change_part(number, state="fetched", error=None)
                return
            await self.sleep(pause_s(tries))
        await self.record.change_part(number, error=fault(error))

    async def _download(self, number: int, file_id: int) -> None:
        folder = self.record.folder
        tar = folder.part(number, "tar")
        stored = await self.account.file(file_id)
        if stored.link is None:
            raise broken("Upstream gave no link to a result.")
        await self.account.download(stored.link, tar)
        await asyncio.to_thread(_unpacked, tar, folder.part(number, "sound"), folder.part(number, "titles"))


def _unpacked(tar: Path, sound: Path, titles: Path) -> None:
    unpack(tar, sound, titles)
    tar.unlink()
