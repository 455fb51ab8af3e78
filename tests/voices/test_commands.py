"""`voice-gateway voices` against a running gateway."""

import pytest

from gateway.cli import main
from gateway.settings import Settings
from tests.conftest import serving
from tests.emulator.served import served
from tests.voices.stage import QUIET, SAMPLE

SECRET = "canary-the-gateway's-own-secret"


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with served(QUIET) as emulator:
        directory = str(tmp_path_factory.mktemp("data"))
        settings = Settings(
            port=0, upstream="t2a+" + emulator, api_key="canary-good-key", secret=SECRET, data_dir=directory
        )
        with serving(settings) as url:
            yield url


@pytest.fixture
def voices(url, capsys):
    """→ exit code, what it says, what it complains about."""

    def run(*arguments: str, token: str = SECRET) -> tuple[int, str, str]:
        code = main(["voices", *arguments, "--url", url, "--token", token])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_voices_are_found(voices):
    code, said, _ = voices("--search", "german", "--gender", "female")
    assert (code, said.split()) == (0, ["German_SweetLady", "system", "de", "female", "German", "SweetLady"])


def test_a_voice_is_cloned_heard_kept_and_deleted(voices, tmp_path):
    recording, preview = tmp_path / "me.wav", tmp_path / "preview.mp3"
    recording.write_bytes(SAMPLE)
    order = ("--voice-id", "my-own-voice", "--language", "ja", "--sample-language", "en")
    spoken = ("--text", "Hello.", "--model", "speech-2.8-hd", "-o", str(preview))
    code, said, warned = voices("clone", str(recording), *order, *spoken, "--noise-reduction")
    assert (code, preview.stat().st_size > 1000) == (0, True)
    assert said.startswith("my-own-voice  (expires in 16")
    assert "costs $1.50" in said
    assert "the accent stays" in warned
    assert "my-own-voice" in voices("--kind", "cloned")[1]
    assert voices("activate", "my-own-voice")[:2] == (0, "my-own-voice is active: $1.50 and 3 characters\n")
    assert voices("delete", "my-own-voice")[:2] == (0, "my-own-voice is deleted; its id is never free again.\n")
    assert voices("--kind", "cloned")[1] == ""


def test_a_voice_is_designed_and_one_mixed(voices):
    code, said, _ = voices("design", "A calm man.", "--preview-text", "Hello.", "--voice-id", "a-calm-man")
    assert (code, "costs $3.00" in said) == (0, True)
    code, said, _ = voices("mix", "Wise_Woman=30", "Deep_Voice_Man=70", "--voice-id", "mixed-voice", "--language", "fr")
    assert (code, "mixed-voice" in said) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (("clone", "nowhere.wav", "--voice-id", "my-own-voice"), 2, "nowhere.wav: No such file or directory"),
        (("mix", "Wise_Woman", "--voice-id", "mixed-voice"), 2, "Wise_Woman must be of the form VOICE=WEIGHT."),
        (("mix", "A=1", "B=2", "--voice-id", "short"), 1, "(voice_id)"),
        (("delete", "Wise_Woman"), 1, "Upstream keeps this voice"),
        (("activate", "nobody/has it?"), 1, "404"),
        (("--kind", "clone"), 1, "kind must be one of alias, cloned"),
    ],
)
def test_what_goes_wrong_is_said_in_one_line(voices, arguments, code, complaint):
    result, said, complained = voices(*arguments)
    assert (result, said, complained.count("\n")) == (code, "", 1)
    assert complaint in complained


def test_without_the_secret_or_a_gateway_it_says_so(voices, capsys):
    assert voices("activate", "my-own-voice", token="wrong")[0] == 1
    assert main(["voices", "--url", "http://127.0.0.1:9"]) == 2
    assert "Start one: voice-gateway serve" in capsys.readouterr().err
