"""Who may read the catalogue and who may change it, how old it may be, and what else a clone is answered with."""

import json
from dataclasses import replace

import httpx
import pytest

from tests.emulator.account import sample
from tests.standing_in import standing_in
from tests.test_webhook import Service
from tests.voices.stage import DAY_S, NOTHING, QUIET, emulated, staged

SECRET = "canary-the-gateway's-own-secret"


@pytest.fixture
async def stage(tmp_path):
    async with emulated() as emulator, staged(tmp_path, emulator, secret=SECRET) as stage:
        yield stage


async def ask(stage, method, path, token=None, **options):
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=stage.url, trust_env=False, headers=headers) as http:
        return await http.request(method, path, **options)


async def minted(stage, **order):
    return (await stage.http.post("/v1/tokens", json=order)).json()["token"]


async def test_a_token_reads_the_voices_it_may_use_and_no_more(stage):
    token = await minted(stage, voices=["Wise_Woman", "German_SweetLady"])
    answer = (await ask(stage, "GET", "/v1/voices", token)).json()
    assert [voice["voice_id"] for voice in answer["voices"]] == ["Wise_Woman", "German_SweetLady"]
    assert answer["total"] == 2
    assert (await ask(stage, "GET", "/v1/voices", await minted(stage))).json()["total"] > 300
    refused = await ask(stage, "GET", "/v1/voices", token, params={"refresh": "true"})
    assert (refused.status_code, refused.json()["error"]["field"]) == (403, "refresh")
    for credential in (None, "wrong", await minted(stage, origin="https://app.example")):
        assert (await ask(stage, "GET", "/v1/voices", credential)).status_code in (401, 403)


MONEY = ("POST clone", "POST design", "POST mix", "POST my-own-voice/activate", "DELETE my-own-voice")


async def test_what_costs_money_is_behind_the_secret_and_a_token_is_not_enough(stage):
    for method, path in map(str.split, MONEY):
        for credential in (None, "wrong", await minted(stage, markup=True)):
            answer = await ask(stage, method, f"/v1/voices/{path}", credential, content=b"{}" * 1000)
            assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized"), path
    assert await stage.spent() == NOTHING


async def test_a_page_of_another_site_makes_no_voices_at_a_gateway_without_a_secret(tmp_path):
    async with emulated() as emulator, staged(tmp_path, emulator) as stage:
        for origin in ("https://evil.example", "null", stage.url.replace("127.0.0.1", "evil.example")):
            files = {"audio": sample(11)}
            answers = [
                await stage.http.post(
                    "/v1/voices/clone", data={"voice_id": "stolen-money"}, files=files, headers={"Origin": origin}
                ),
                await stage.http.get("/v1/voices", headers={"Origin": origin}),
            ]
            assert [answer.status_code for answer in answers] == [403, 403]
        assert await stage.spent() == NOTHING
        assert (await stage.http.get("/v1/voices", headers={"Origin": stage.url})).status_code == 200


async def test_a_wrong_question_is_answered_with_its_field(stage):
    for query, field in (
        ("limit=0", "limit"), ("offset=-1", "offset"), ("language=auto", "language"), ("lang=de", "lang"),
        ("kind=clone", "kind"), ("gender=m", "gender"), ("refresh=1", "refresh"), ("q=" + "x" * 201, "q"),
    ):  # fmt: skip
        answer = await stage.http.get(f"/v1/voices?{query}")
        assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)


async def test_a_list_that_cannot_be_refreshed_is_given_and_called_stale(tmp_path):
    async with emulated(replace(QUIET, get_voice_missing=True)) as emulator, staged(tmp_path, emulator) as stage:
        answer = (await stage.http.get("/v1/voices")).json()
        assert (answer["refreshed_at"], answer["stale"]["code"]) == (None, "upstream_unavailable")
        assert len(answer["voices"]) > 300
        assert (await stage.clone("made-anyway")).status_code == 201
        assert (await stage.entry("made-anyway"))["state"] == "inactive"


async def test_an_accent_that_will_stay_is_warned_of(stage):
    same = {"text_validation": "Good morning to all of you, my dear friends.", "language": "en"}
    other = {**same, "language": "ja"}
    told = {"sample_language": "de-AT", "language": "ja"}
    unknown = {"sample_language": "sw", "text": "Good morning, my dear friends.", "model": "speech-2.8-turbo"}
    warnings = [
        (await stage.clone(f"accent-number-{number}", **fields)).json()["warnings"]
        for number, fields in enumerate((same, other, told, unknown, {"language": "ja"}))
    ]
    assert warnings == [
        [],
        ["The sample is in English and the voice is to speak Japanese: the accent stays."],
        ["The sample is in German and the voice is to speak Japanese: the accent stays."],
        ["The sample is in sw and the voice is to speak English: the accent stays."],
        [],
    ]


async def test_a_prompt_and_all_wishes_reach_upstream(stage):
    files = {"audio": sample(11), "prompt_audio": sample(5)}
    wishes = {
        "prompt_text": "Hello there.", "text_validation": "Hello.", "accuracy": "0.5", "language": "yue",
        "noise_reduction": "true", "volume_normalization": "false",
    }  # fmt: skip
    answer = await stage.clone("with-a-prompt", files, **wishes)
    assert (answer.status_code, answer.json()["voice"]["language"]) == (201, "yue")
    stored = (await stage.emulator.get("/v1/files/list")).json()["files"]
    assert [(file["filename"], file["purpose"]) for file in stored] == [
        ("prompt.wav", "prompt_audio"),
        ("sample.wav", "voice_clone"),
    ]


async def test_the_webhook_is_told_of_warning_end_and_activation(tmp_path):
    service = Service(200)
    async with standing_in(service.application()) as port, emulated() as emulator:
        hook = f"http://127.0.0.1:{port}/hook"
        async with staged(tmp_path, emulator, webhook=hook, secret=SECRET) as stage:
            await stage.clone("to-be-lost-1")
            await stage.clone("to-be-kept-1")
            await stage.http.post("/v1/voices/to-be-kept-1/activate")
            await stage.pass_time(6 * DAY_S)
            await stage.pass_time(DAY_S)
            await service.calls(3)
    told = [json.loads(body) for body in service.bodies]
    assert [(each["event"], each["voice_id"], each["kind"]) for each in told] == [
        ("voice.activated", "to-be-kept-1", "cloned"),
        ("voice.expiring", "to-be-lost-1", "cloned"),
        ("voice.expired", "to-be-lost-1", "cloned"),
    ]
    assert (told[1]["left_s"], told[1]["fee_usd"]) == (pytest.approx(DAY_S, abs=60), 1.5)
    assert all(signature.startswith("sha256=") for signature in service.signatures)
    assert SECRET.encode() not in b"".join(service.bodies)


async def test_no_text_of_a_client_and_no_key_is_logged(tmp_path, caplog):
    caplog.set_level("DEBUG", logger="gateway")
    async with emulated() as emulator, staged(tmp_path, emulator, secret=SECRET) as stage:
        await stage.clone("discreet-1", text="Canary one.", model="speech-2.8-hd", text_validation="Canary two.")
        await stage.http.post("/v1/voices/design", json={"prompt": "Canary three.", "preview_text": "Canary four."})
        await stage.http.post("/v1/voices/discreet-1/activate")
        await stage.clone("Canary five.")
    logged = [record.getMessage() + str(vars(record)) for record in caplog.records]
    assert not [line for line in logged if "Canary" in line or SECRET in line or "canary-good-key" in line]
