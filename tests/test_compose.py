"""compose.yaml names what exists, hardens every service, and its haproxy.cfg is one."""

import dataclasses
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from gateway.settings import PREFIX, Settings
from tests.proofs.chaos.programs import DEPLOY, need_haproxy, program

ROOT = Path(__file__).parent.parent
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
IMAGES = {"voice-gateway", "haproxy:2.6", "redis:7.2"}


def test_images_are_built_here_or_pinned():
    assert {service["image"] for service in SERVICES.values()} == IMAGES
    for service in SERVICES.values():
        assert (service["image"] == "voice-gateway") == (service.get("build") == ".")
    assert (ROOT / "Dockerfile").exists()


def test_files_that_are_mounted_exist():
    mounted = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]
    assert {name for name in mounted if name.startswith(".")} == {"./deploy/haproxy.cfg", "./deploy/redis.conf"}
    assert all((ROOT / name).exists() or name in COMPOSE["volumes"] for name in mounted)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_hardened(name):
    service = SERVICES[name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] not in {"root", "0", "0:0"}
    assert set(service["networks"]) <= set(COMPOSE["networks"])
    assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])


def test_only_the_balancer_is_reached_from_outside_and_the_store_reaches_nothing():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["balancer"]
    assert (COMPOSE["networks"]["inside"], SERVICES["redis"]["networks"]) == ({"internal": True}, ["inside"])


def test_gateways_are_set_up_alike_with_settings_that_exist():
    settings = {PREFIX + field.name.upper() for field in dataclasses.fields(Settings)}
    assert SERVICES["gateway-a"] == SERVICES["gateway-b"]
    assert set(SERVICES["gateway-a"]["environment"]) <= settings


def test_a_gateway_is_left_the_time_that_its_turns_may_take():
    gateway = SERVICES["gateway-a"]
    assert int(gateway["stop_grace_period"].rstrip("s")) > int(gateway["environment"][PREFIX + "DRAIN_S"])


def test_no_secret_stands_in_it():
    given = [value for service in SERVICES.values() for value in service["environment"].items()]
    secrets = [value for name, value in given if re.search("SECRET|PASSWORD|AUTH", name)]
    assert secrets
    assert all(re.fullmatch(r"\$\{\w+:\?[^}]*\}", value) for value in secrets)


def test_the_balancer_is_given_what_its_configuration_asks_for_and_takes_it():
    need_haproxy()
    given = SERVICES["balancer"]["environment"]
    assert set(re.findall(r'"\$\{(\w+)\}"', (DEPLOY / "haproxy.cfg").read_text())) == set(given)
    command = [program("haproxy"), "-c", "-q", "-f", str(DEPLOY / "haproxy.cfg")]
    checked = subprocess.run(command, env=os.environ | given, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
