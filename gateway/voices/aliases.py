"""The operator's voices by name, as a TOML file defines them: clients need not know upstream's ids.

    [narrator]
    description = "Tells what happens."
    voice_id = "English_Graceful_Lady"      # any field of `voice`
    speed = 0.9

    [narrator.voices.ja]                    # by language: over the above
    voice_id = "Japanese_KindLady"

An alias may have the name of one of upstream's voices and stands for it then; aliases are not looked up in aliases.
"""

from gateway.protocol.casting import Aliases, Fields
from gateway.protocol.checks import checked, closest, mapping, refuse, string
from gateway.protocol.config import NAME, Voice
from gateway.protocol.languages import AUTO
from gateway.protocol.merge import Patch, merged
from gateway.protocol.patches import voice, voices
from gateway.upstreams.t2a.parameters import check

_DESCRIPTION = string(1000)
_KNOWN = ("description", "voices", *Voice.__dataclass_fields__)


def aliases(tables: Patch) -> Aliases:
    """Raises `Refused` with the alias and the field, as `narrator.voices.ja.speed`."""
    return {name: _alias(mapping(table, NAME(name, "an alias")), name) for name, table in tables.items()}


def descriptions(tables: Patch) -> dict[str, str]:
    """Of tables that `aliases` has taken."""
    return {name: table["description"] for name, table in tables.items() if "description" in table}


def _alias(table: Patch, name: str) -> dict[str, Fields]:
    layers = _layers(table, name)
    if not {"voice_id", "timbre_weights"} & layers[AUTO].keys():
        raise refuse(f"{name}.voice_id", "given, or timbre_weights")
    result: dict[str, Fields] = {}
    for tag, layer in layers.items():
        path = f"{name}." if tag == AUTO else f"{name}.voices.{tag}."
        result[tag] = fields = checked(Voice, layer, path)
        check(Voice(**fields), tag, path=path)
    return result


def _layers(table: Patch, name: str) -> dict[str, Patch]:
    """What the alias sets, whole for each language."""
    unknown: list[str] = []
    _DESCRIPTION(table.get("description", ""), f"{name}.description")
    given = mapping(table.get("voices", {}), f"{name}.voices")
    own = {key: value for key, value in table.items() if key not in {"description", "voices"}}
    layers: dict[str, Patch] = {AUTO: merged({}, voice(own, name, unknown))}
    for tag, value in voices(given, f"{name}.voices", unknown).items():
        layers[tag] = merged(layers[AUTO], mapping(value, f"{name}.voices.{tag}"))
    if unknown:
        raise refuse(unknown[0], f"left out; known are {', '.join(_KNOWN)}", closest(unknown[0].split(".")[-1], _KNOWN))
    return layers
