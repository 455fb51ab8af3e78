"""`voice-gateway longform`, as its user calls it."""

import asyncio
import wave

import pytest

from gateway.app import running
from gateway.cli import main
from gateway.settings import Settings
from tests.longform.upstream import speaking


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("gateway.longform.fetching.SOONEST_S", 0.01)
    monkeypatch.setattr("gateway.longform.command.LOOK_S", 0.01)


async def called(tmp_path, *arguments: str, **how) -> int:
    async with speaking(**how) as upstream:
        settings = Settings(port=0, upstream=upstream.url, api_key="canary-key", data_dir=str(tmp_path / "data"))
        async with running(settings) as serving:
            return await asyncio.to_thread(main, ["longform", *arguments, "--url", serving.url])


async def test_a_book_becomes_a_file_and_chapters(tmp_path, capsys):
    (tmp_path / "book.md").write_text("# Book\n\n## One\n\nText one.\n\n## Two\n\nText two.\n")
    whole, chapters = tmp_path / "book.wav", tmp_path / "chapters"
    code = await called(tmp_path, str(tmp_path / "book.md"), "-o", str(whole), "--chapters", str(chapters))
    assert code == 0
    with wave.open(str(whole)) as file:
        assert file.getnframes() > 0
    names = sorted(path.name for path in chapters.iterdir())
    assert names == [f"{number:03}.{ending}" for number in (1, 2, 3) for ending in ("json", "wav")]
    assert "100%  3/3 chapters" in capsys.readouterr().err


async def test_a_dry_run_shows_what_each_chapter_costs(tmp_path, capsys):
    (tmp_path / "book.txt").write_text("Chapter 1\n\nOne.\n\nChapter 2\n\nTwo two.")
    assert await called(tmp_path, str(tmp_path / "book.txt"), "--dry-run") == 0
    assert capsys.readouterr().out.splitlines() == [
        "   1         14  Chapter 1",
        "   2         18  Chapter 2",
        "             32  billable characters in all",
    ]


async def test_a_job_that_failed_says_how_to_ask_again(tmp_path, capsys):
    (tmp_path / "book.txt").write_text("Text.")
    assert await called(tmp_path, str(tmp_path / "book.txt"), refusals=[1008]) == 1
    assert "--retry" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("book.txt", "-o", "book.ogg"), "-o must end"),
        (("no-such-book.txt",), "No such file"),
        ((), "Name a book"),
        (("--job", "0" * 32), "No long text"),
    ],
)
async def test_what_cannot_begin_says_why(tmp_path, capsys, arguments, said):
    assert await called(tmp_path, *arguments) == 2
    assert said in capsys.readouterr().err
