"""The documents say what the code does."""

import dataclasses
import json
import re
from pathlib import Path

from gateway.errors import KINDS
from gateway.metrics import Metrics
from gateway.protocol import events
from gateway.protocol.config import EMOTIONS
from gateway.protocol.messages import KINDS as MESSAGES
from gateway.protocol.profiles import PROFILES
from gateway.routes.tokens import Order
from gateway.settings import PREFIX, Settings
from gateway.upstreams.t2a import offer

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PROTOCOL = (ROOT / "PROTOCOL.md").read_text()


def test_every_setting_stands_in_the_readme_and_no_other():
    fields = {PREFIX + field.name.upper() for field in dataclasses.fields(Settings)}
    assert set(re.findall(rf"^\| `({PREFIX}\w+)` \|", README, re.MULTILINE)) == fields


def test_every_error_code_stands_in_the_protocol_and_no_other():
    table = PROTOCOL.split("## Errors")[1].split("```")[0]
    named = {code for line in table.splitlines() if line.startswith("| `") for code in re.findall(r"`(\w+)`", line)}
    assert named == set(KINDS)


def test_retryable_codes_are_marked_so():
    table = PROTOCOL.split("## Errors")[1].split("```")[0]
    for line in table.splitlines():
        if line.startswith("| `"):
            codes, retryable = line.split("|")[1:3]
            for code in re.findall(r"`(\w+)`", codes):
                assert KINDS[code].retryable == retryable.strip().startswith("yes"), code


def test_every_message_has_its_row():
    for name in MESSAGES:
        assert f"| `{name}` |" in PROTOCOL, name


def test_every_event_has_its_row():
    kinds = [kind for kind in events.Event.__subclasses__() if kind.__module__ == events.__name__]
    for kind in kinds:
        assert f"| `{kind.type}` |" in PROTOCOL, kind.type


def test_every_profile_stands_in_the_protocol_and_no_other():
    table = PROTOCOL.split("### Profiles")[1].split("```")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `") and "sets" not in line]
    assert {name for row in rows for name in re.findall(r"`([\w.]+)`", row)} == set(PROFILES)


def test_every_close_code_of_an_error_stands_in_the_protocol():
    table = PROTOCOL.split("## Close codes")[1]
    for code, kind in KINDS.items():
        if kind.close_code is not None:
            assert str(kind.close_code) in table, code


def test_the_dashboard_asks_for_metrics_that_exist():
    panels = json.loads((ROOT / "docs/grafana.json").read_text())["panels"]
    asked = {
        name for panel in panels for each in panel["targets"] for name in re.findall(r"voice_gateway_\w+", each["expr"])
    }
    told = {line.split()[2] for line in Metrics().text().decode().splitlines() if line.startswith("# TYPE")}
    assert {re.sub(r"_(bucket|sum|count)$", "", name) for name in asked} == {
        name for name in told if "_created" not in name
    }


def test_every_right_of_a_token_stands_in_its_document_and_no_other():
    table = (ROOT / "docs/tokens.md").read_text().split("## What an order says")[1].split("\n## ")[0]
    named = {
        name
        for line in table.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    assert named == {field.name for field in dataclasses.fields(Order)}


def test_the_table_of_models_is_the_gateways():
    document = (ROOT / "docs/models.md").read_text()
    lines = [line for line in document.splitlines() if line.startswith("| `speech-")]
    assert lines == [
        _model_row(name, model)
        for status in ("current", "legacy")
        for name, model in offer.MODELS.items()
        if model.status == status
    ]
    assert all(f"`({tag})`" in document for tag in offer.INTERJECTIONS)
    assert offer.TABLE["as_of"] in document
    for limits in offer.TABLE["rate_limits"]:
        cpm = "not told" if limits["cpm"] is None else f"{limits['cpm']:,}".replace(",", " ")
        assert f"| {limits['plan']} | {limits['rpm']} | {cpm} |" in document


def _model_row(name: str, model: offer.Model) -> str:
    said = {True: "yes", False: "no", None: "not known"}
    price = model.usd_per_million_characters
    left_out = [emotion for emotion in EMOTIONS if emotion not in model.emotions]
    cells = [
        f"`{name}`",
        "not known" if price is None else f"${price:g}",
        f"not {', '.join(f'`{each}`' for each in left_out)}" if left_out else "all",
        " ".join(f"`{tag}`" for tag in sorted(model.lacks)) or "–",
        *(said[each] for each in (bool(model.interjections), model.continuous_sound, model.asynchronous)),
        *([f"`{model.successor}`"] if model.status == "legacy" else []),
    ]
    return f"| {' | '.join(cells)} |"
