"""Uploads, links that end, both spellings of the paths."""

import httpx
import pytest

from gateway.emulator import Habits
from tests.emulator.account import CLIENT, SUCCESS, advance, ask, code, sample, upload, uploaded
from tests.emulator.served import KEY, served

INVALID = 2013


@pytest.fixture(scope="module")
def url():
    """One whose clock may be put forward."""
    with served(Habits(neural_english=False, workers=1)) as base:
        yield base


def test_what_was_uploaded_can_be_retrieved(url):
    content = sample()
    answer = upload(url, content, name="me.wav")
    file = answer["file"]
    assert answer["base_resp"] == SUCCESS
    assert file == {**file, "bytes": len(content), "filename": "me.wav", "purpose": "voice_clone"}
    assert list(file) == ["file_id", "bytes", "created_at", "filename", "purpose"]
    told = ask(url, "/v1/files/retrieve", file_id=file["file_id"])["file"]
    assert {**told, "download_url": ""} == {**file, "download_url": ""}
    assert told["download_url"].startswith(url)
    assert CLIENT.get(told["download_url"]).content == content
    raw = CLIENT.get(f"{url}/v1/files/retrieve_content", params={"file_id": file["file_id"]}, headers=KEY)
    assert raw.content == content


def test_a_link_ends_after_nine_hours(url):
    file_id = uploaded(url, b"Hello.", "t2a_async_input", "a.txt")
    link = ask(url, "/v1/files/retrieve", file_id=file_id)["file"]["download_url"]
    advance(url, 32_390)
    assert CLIENT.get(link).status_code == 200
    advance(url, 10)
    assert CLIENT.get(link).status_code == 403
    assert CLIENT.get(ask(url, "/v1/files/retrieve", file_id=file_id)["file"]["download_url"]).content == b"Hello."


@pytest.mark.parametrize(
    "change", [{"Expires": "9999999999"}, {"Expires": "soon"}, {"Signature": "0"}, {"Signature": "ü"}]
)
def test_a_link_that_nobody_gave_leads_nowhere(url, change):
    link = httpx.URL(ask(url, "/v1/files/retrieve", file_id=uploaded(url, sample()))["file"]["download_url"])
    assert CLIENT.get(link).status_code == 200
    assert CLIENT.get(link.copy_merge_params(change)).status_code == 403


@pytest.mark.parametrize(
    ("purpose", "name"),
    [("voice_clone", "a.ogg"), ("voice_clone", "wav"), ("prompt_audio", "a.txt"), ("t2a_async_input", "a.mp3")],
)
def test_each_purpose_has_its_kinds_of_files(url, purpose, name):
    assert code(upload(url, b"content", purpose, name)) == INVALID


def test_what_is_no_upload_is_refused(url):
    assert code(upload(url, b"content", "fine_tune", "a.txt")) == INVALID
    assert code(upload(url, b"", "t2a_async_input", "a.txt")) == INVALID
    assert code(upload(url, bytes((20 << 20) + 1), "t2a_async_input", "a.txt")) == INVALID
    assert code(ask(url, "/v1/files/upload", {"purpose": "voice_clone"})) == INVALID
    broken = {**KEY, "Content-Type": "multipart/form-data"}
    assert code(CLIENT.post(f"{url}/v1/files/upload", content=b"--x", headers=broken).json()) == INVALID


def test_files_are_listed_and_deleted_in_both_spellings(url):
    first, second = (uploaded(url, b"Hello.", "t2a_async_input", f"{name}.txt") for name in "ab")
    for path in ("/v1/files/list", "/v1/files"):
        listed = [file["file_id"] for file in ask(url, path, purpose="t2a_async_input")["files"]]
        assert listed[:2] == [second, first]
        assert first not in [file["file_id"] for file in ask(url, path, purpose="voice_clone")["files"]]
    assert ask(url, "/v1/files/delete", {"file_id": first}) == {"file_id": first, "base_resp": SUCCESS}
    gone = CLIENT.request("DELETE", f"{url}/v1/files", params={"file_id": second}, headers=KEY).json()
    assert gone == {"file_id": second, "base_resp": SUCCESS}
    for file_id in (first, second):
        assert code(ask(url, "/v1/files/retrieve", file_id=file_id)) == INVALID
        assert code(ask(url, "/v1/files/delete", {"file_id": file_id})) == INVALID


@pytest.mark.parametrize("file_id", ["", "x", "-1", "1.5", "12"])
def test_an_id_that_is_none_is_refused(url, file_id):
    assert code(ask(url, "/v1/files/retrieve", file_id=file_id)) == INVALID


def test_a_file_id_is_a_number(url):
    told = ask(url, "/v1/files/delete", {"file_id": str(uploaded(url, sample()))})["base_resp"]
    assert told["status_msg"].startswith("invalid params,Mismatch type int64 with value string")


@pytest.mark.parametrize(("headers", "expected"), [({}, 1004), ({"Authorization": "Bearer bad-key"}, 2049)])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/files/upload"),
        ("GET", "/v1/files/list"),
        ("GET", "/v1/files/retrieve_content?file_id=1"),
        ("POST", "/v1/voice_clone"),
        ("POST", "/v1/voice_design"),
        ("POST", "/v1/delete_voice"),
        ("POST", "/v1/get_voice"),
    ],
)
def test_the_account_needs_a_key(url, method, path, headers, expected):
    response = CLIENT.request(method, url + path, headers=headers)
    assert response.headers["trace-id"]
    assert code(response.json()) == expected


def test_a_clock_goes_forward_only(url):
    before = CLIENT.get(f"{url}/emulator/clock").json()
    for body in (b"", b"{}", b'{"advance_s": -1}', b'{"advance_s": "1"}', b'{"advance_s": true}', b"[1]"):
        assert CLIENT.post(f"{url}/emulator/clock", content=body).status_code == 400
    after = CLIENT.post(f"{url}/emulator/clock", json={"advance_s": 60}).json()
    assert after["advanced_s"] == before["advanced_s"] + 60
    assert after["now"] >= before["now"] + 60
