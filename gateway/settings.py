"""Every knob, once: its environment variable is `VOICE_GATEWAY_` and the name in capitals."""

import dataclasses
import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PREFIX = "VOICE_GATEWAY_"
EMULATOR = "emulator:"
MEMORY = "memory:"
MINIMAX = "t2a+https://api.minimax.io"


class BadSetting(ValueError):
    """A setting cannot be used; the message says which, and what is allowed."""


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    host: str = "127.0.0.1"
    """Address to listen on; anything but loopback needs a secret."""
    port: int = 8080
    """Port to listen on; 0 takes a free one."""
    workers: int = 1
    """Processes that share the port, one a core; without a store each takes its part of the limits below."""
    drain_s: float = 30.0
    """Seconds between SIGTERM and the end of the process; turns may come to their end in all but the last three."""
    upstream: str = ""
    """Who speaks; several, separated by commas, are asked in this order when one fails: `emulator:`,
    `t2a+https://HOST`, `t2a+wss://HOST`, `t2a-classic+wss://HOST`, on loopback `t2a+http://HOST:PORT`;
    `#speech-02-turbo` behind one asks it with that model. Empty: MiniMax's global service when there is a key, else the
    emulator."""
    secret: str | None = None
    """What clients must present; without it none is needed and only loopback is served."""
    origins: tuple[str, ...] = ()
    """Pages of other hosts that may connect, separated by commas, as `https://app.example`."""
    api_key: str | None = None
    """The upstream account's key, or several, separated by commas, as one pool; `MINIMAX_API_KEY` is read too."""
    api_key_file: str | None = None
    """A file that holds the key."""
    tenant_cpm: int = 0
    """Billable characters a minute and tenant; 0 is no limit. A token may say otherwise; the secret is of no tenant."""
    tenant_cpd: int = 0
    """Billable characters a day (UTC) and tenant; 0 is no limit."""
    tenant_sessions: int = 0
    """Sessions a tenant may have at once; 0 is no limit."""
    daily_characters: int = 0
    """Billable characters a day (UTC) for all together; 0 is no limit."""
    upstream_rpm: int | None = None
    """Requests a minute and key that upstream allows; 0 is no limit. Not set: 60, and on loopback none."""
    upstream_cpm: int | None = None
    """Characters a minute and key; 0 is no limit. Not set: 20 000, and on loopback none."""
    cache_bytes: int = 0
    """Keep this much finished audio on disk, or in the store, so that the same text is not paid twice; 0 keeps none."""
    cache_dir: str = "~/.cache/voice-gateway"
    """Where it is kept; one gateway per directory."""
    resume_window_ms: int = 60_000
    """A session waits so long for a client that was cut, and a turn's audio can be fetched so long; 0: neither."""
    detached_sessions: int = 1000
    """Sessions that wait for their clients at the same time; beyond, the one that has waited longest ends."""
    journal_bytes: int = 256 << 20
    """What all sessions together keep for those who come back, beside 64 KiB each; and as much again to be fetched."""
    data_dir: str = dataclasses.field(default_factory=lambda: _home("XDG_DATA_HOME", "~/.local/share"))
    """What must outlive the gateway: its record of voices, long texts and their audio. Gateways may share it."""
    webhook: str | None = None
    """Told when a voice made here is about to expire, has expired or is active: `https://…`, on loopback `http://…`."""
    store: str = "memory:"
    """What replicas share: `memory:` is this process by itself, `redis://HOST:PORT/0` (`rediss://` with TLS) is for
    several behind a load balancer."""
    voices_file: str | None = None
    """A TOML file that names voices, so that clients need not know upstream's ids; docs/voices.md shows one."""
    log_level: str = "info"
    """`debug`, `info`, `warning` or `error`."""
    log_format: str = "text"
    """`text` or `json`."""
    emulator_first_audio_ms: int = 0
    """The embedded emulator waits this long before its first audio."""
    emulator_pace: float = 0.0
    """The embedded emulator's speed: 0 as fast as it can, 1 real time, 4 four times as fast."""

    def __post_init__(self) -> None:
        if self.log_level not in {"debug", "info", "warning", "error"}:
            raise BadSetting(f"{PREFIX}LOG_LEVEL must be debug, info, warning or error.")
        if self.log_format not in {"text", "json"}:
            raise BadSetting(f"{PREFIX}LOG_FORMAT must be text or json.")
        for name in ("tenant_cpm", "tenant_cpd", "tenant_sessions", "daily_characters"):
            if getattr(self, name) < 0:
                raise BadSetting(f"{PREFIX}{name.upper()} must be 0 or more.")
        if self.workers < 1:
            raise BadSetting(f"{PREFIX}WORKERS must be 1 or more.")
        for name in ("drain_s", "resume_window_ms", "detached_sessions", "journal_bytes"):
            if getattr(self, name) < 0:
                raise BadSetting(f"{PREFIX}{name.upper()} must be 0 or more.")
        if self.store != MEMORY and not self.store.startswith(("redis://", "rediss://", "unix://")):
            raise BadSetting(f"{PREFIX}STORE must be {MEMORY} or an address such as redis://127.0.0.1:6379/0.")
        if not 0 <= self.port <= 65535:
            raise BadSetting(f"{PREFIX}PORT must be from 0 to 65535.")
        if not is_loopback(self.host) and self.secret is None:
            raise BadSetting(
                f"Without a client secret the gateway serves loopback only, not {self.host}. "
                f"Set one: {PREFIX}SECRET=$(openssl rand -hex 32)"
            )

    def kept(self, what: str) -> Path:
        """Where one kind of what must outlive the gateway lies."""
        return Path(self.data_dir).expanduser() / what

    def __repr__(self) -> str:
        return f"Settings(host={self.host!r}, port={self.port}, upstream={self.upstream!r})"


def _home(variable: str, usual: str) -> str:
    return f"{os.environ.get(variable) or usual}/voice-gateway"


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read(environment: Mapping[str, str] = os.environ, **given: Any) -> Settings:
    """Settings from the environment, where `given` (the command line) does not say otherwise. Raises `BadSetting`."""
    values = {name: value for name, value in given.items() if value is not None}
    for field in dataclasses.fields(Settings):
        raw = environment.get(PREFIX + field.name.upper())
        if raw and field.name not in values:
            values[field.name] = _parsed(field.name, getattr(field.type, "__name__", str(field.type)), raw)
    settings = Settings(**values)
    key = settings.api_key or _key(settings, environment)
    upstream = settings.upstream or (MINIMAX if key else EMULATOR)
    return dataclasses.replace(settings, api_key=key, upstream=upstream)


def _parsed(name: str, kind: str, raw: str) -> Any:
    try:
        if kind.startswith("int"):
            return int(raw)
        if kind.startswith("float"):
            return float(raw)
    except ValueError:
        raise BadSetting(f"{PREFIX}{name.upper()} must be a number.") from None
    if kind.startswith("tuple"):
        return tuple(part.strip() for part in raw.split(",") if part.strip())
    return raw


def _key(settings: Settings, environment: Mapping[str, str]) -> str | None:
    if settings.api_key_file is None:
        return environment.get("MINIMAX_API_KEY") or None
    try:
        return Path(settings.api_key_file).read_text().strip() or None
    except OSError:
        raise BadSetting(f"{PREFIX}API_KEY_FILE cannot be read.") from None
