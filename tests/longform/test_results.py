"""What upstream gives becomes files that players and ffmpeg understand."""

import io
import tarfile
from pathlib import Path

import av
import orjson
import pytest

from gateway.audio.libav import frame
from gateway.errors import Refused, UpstreamError
from gateway.longform import ffmetadata, id3, joining, timings
from gateway.longform.id3 import Mark
from gateway.longform.result import Sentence, sentences, unpack
from gateway.longform.timings import Taken
from gateway.upstreams.base import Format

RATE = 16000
MP3 = Format("mp3", RATE, 1, 64000)
PCM = Format("pcm", RATE, 1, 0)
FLAC = Format("flac", RATE, 1, 0)


def tar(path: Path, *members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size, info.type, info.linkname = len(data), kind, "/etc/passwd"
            archive.addfile(info, io.BytesIO(data))
    return path


def encoded(path: Path, seconds: float, codec: str = "mp3") -> Path:
    pcm = (b"\0\x10" * 40 + b"\0\xf0" * 40) * round(RATE * seconds / 80)
    with av.open(str(path), "w", format=codec) as file:
        stream = file.add_stream(codec, rate=RATE, layout="mono")
        file.mux(stream.encode(frame(pcm, RATE, 1, 0)))
        file.mux(stream.encode(None))
    return path


def opened(path: Path):
    with av.open(str(path)) as file:
        samples = sum(frame.samples for frame in file.decode(audio=0))
        marks = [
            (each["metadata"]["title"], round(each["start"] * each["time_base"] * 1000)) for each in file.chapters()
        ]
        return samples, marks, dict(file.metadata)


def test_members_are_written_under_our_names_only(tmp_path):
    made = tar(tmp_path / "r.tar", ("../../content-1.mp3", b"sound"), ("/content-1.titles", b"[]"), ("x.sh", b"evil"))
    unpack(made, tmp_path / "sound", tmp_path / "titles")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.tar", "sound", "titles"]
    assert (tmp_path / "sound").read_bytes() == b"sound"


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_what_is_no_file_is_no_sound(tmp_path, kind):
    with pytest.raises(UpstreamError):
        unpack(tar(tmp_path / "r.tar", ("content-1.mp3", b""), kind=kind), tmp_path / "sound", tmp_path / "titles")
    assert not (tmp_path / "sound").exists()


def test_a_result_that_is_torn_anywhere_is_refused(tmp_path):
    whole = tar(tmp_path / "r.tar", ("content-1.mp3", b"s" * 600), ("content-1.titles", b"[]" * 400)).read_bytes()
    torn = tmp_path / "torn.tar"
    for cut in range(0, 512 + 600, 37):
        torn.write_bytes(whole[:cut])
        with pytest.raises(UpstreamError):
            unpack(torn, tmp_path / "sound", tmp_path / "titles")


@pytest.mark.parametrize("data", [b"", b"{", b"7", b'{"a": 1}'])
def test_times_of_an_unknown_shape_are_an_error(data):
    with pytest.raises(UpstreamError):
        sentences(data)


def test_sentences_without_times_are_left_out():
    given = [{"text": "b", "time_begin": 5, "time_end": 9.5, "text_begin": 1, "text_end": 2}, {"text": "x"}, 3]
    assert sentences(orjson.dumps([*given, {"text": "a", "time_begin": 0, "time_end": 4}])) == [
        Sentence("a", 0, 4),
        Sentence("b", 5, 9.5, (1, 2)),
    ]


def test_a_sentence_stands_where_its_text_does_whatever_upstream_says():
    told = [Sentence("Hi.", 0, 10, (0, 3)), Sentence("Hi.", 10, 20, (0, 2)), Sentence("no", 20, 99)]
    assert timings.chapter([Taken("Hi. Hi.", 100, 1000.4, 50, told)]) == [
        {"text": "Hi.", "span": [100, 103], "from_ms": 1000, "to_ms": 1010},
        {"text": "Hi.", "span": [104, 107], "from_ms": 1010, "to_ms": 1020},
        {"text": "no", "span": [107, 107], "from_ms": 1020, "to_ms": 1050},
    ]


def test_mp3_of_parts_and_chapters_is_one_sound_with_chapters(tmp_path):
    parts = [encoded(tmp_path / f"{number}.sound", seconds) for number, seconds in enumerate((0.5, 0.25, 1))]
    one, two, whole = tmp_path / "1.mp3", tmp_path / "2.mp3", tmp_path / "whole.mp3"
    lengths = joining.join("mp3", parts[:2], one, MP3, id3.tag("Eins", "Büch", "1/2"))
    lengths += joining.join("mp3", parts[2:], two, MP3, id3.tag("Zwei"))
    marks = joining.marks(["Eins", ""], [sum(lengths[:2]), lengths[2]])
    joining.whole("mp3", [one, two], whole, MP3, id3.tag("Büch", marks=marks))
    samples, found, metadata = opened(whole)
    assert samples == pytest.approx(sum(lengths) * RATE / 1000, abs=1152)
    assert found == [("Eins", 0), ("2", round(sum(lengths[:2])))]
    assert metadata["title"] == "Büch"
    assert opened(one)[2] == {"title": "Eins", "album": "Büch", "track": "1/2"}


def test_flac_of_one_part_stays_and_of_several_is_encoded_anew(tmp_path):
    parts = [encoded(tmp_path / f"{number}.sound", seconds, "flac") for number, seconds in enumerate((0.5, 0.25))]
    assert joining.join("flac", parts[:1], tmp_path / "1.flac", FLAC) == [500.0]
    assert joining.join("flac", parts, tmp_path / "2.flac", FLAC) == [500.0, 250.0]
    assert opened(tmp_path / "2.flac")[0] == 0.75 * RATE


def test_what_is_no_sound_is_upstreams_failure(tmp_path):
    (tmp_path / "sound").write_bytes(b"noise" * 1000)
    for codec, form in (("mp3", MP3), ("flac", FLAC)):
        with pytest.raises(UpstreamError):
            joining.join(codec, [tmp_path / "sound"], tmp_path / "target", form)
        assert not (tmp_path / "target").exists()


def test_a_wav_that_a_header_cannot_count_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.longform.joining.MOST_WAV", 9)
    (tmp_path / "sound").write_bytes(b"0123456789")
    with pytest.raises(Refused, match="unsupported_audio"):
        joining.join("wav", [tmp_path / "sound"], tmp_path / "target", PCM)


def test_ffmpeg_reads_the_chapters_that_stand_beside(tmp_path):
    file = tmp_path / "whole.ffmetadata"
    file.write_text(ffmetadata.metadata("a=b;\n#", [Mark("x=1", 0, 1500), Mark("y", 1500, 2000)]))
    with av.open(str(file), format="ffmetadata") as read:
        assert [(each["metadata"]["title"], each["start"]) for each in read.chapters()] == [("x=1", 0), ("y", 1500)]
        assert read.metadata["title"] == "a=b;\n#"
