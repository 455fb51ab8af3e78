"""The package as Unity finds it. There is no Unity here: its layer is compiled against stubs, and nothing more."""

import json

from tests.unity.conftest import HERE, compiled
from tests.unity.metas import PACKAGE, assets, meta, meta_path


def test_the_unity_layer_and_the_sample_compile(tmp_path):
    libraries = (
        str(compiled(tmp_path / "core.dll", PACKAGE / "Runtime" / "Core", kind="library")),
        str(compiled(tmp_path / "engine.dll", HERE / "stubs", kind="library")),
    )
    layer, sample = PACKAGE / "Runtime" / "Unity", PACKAGE / "Samples~" / "TalkingHead"
    compiled(tmp_path / "webgl.dll", layer, kind="library", references=libraries, symbol="UNITY_WEBGL")
    unity = compiled(tmp_path / "unity.dll", layer, kind="library", references=libraries)
    compiled(tmp_path / "sample.dll", sample, kind="library", references=(*libraries, str(unity)))


def test_every_asset_has_its_meta_and_no_meta_is_left_over():
    assert {meta_path(path): meta(path) for path in assets()} == {
        path: path.read_text() for path in PACKAGE.rglob("*.meta")
    }


def test_the_manifest_names_what_is_there():
    manifest = json.loads((PACKAGE / "package.json").read_text())
    assert manifest["name"] == PACKAGE.name
    assert all((PACKAGE / sample["path"]).is_dir() for sample in manifest["samples"])
    assert f'"voice-gateway-unity/{manifest["version"]}"' in (PACKAGE / "Runtime/Core/Link.cs").read_text()


def test_the_core_names_no_engine():
    assembly = json.loads((PACKAGE / "Runtime/Core/VoiceGateway.Core.asmdef").read_text())
    assert (assembly["references"], assembly["noEngineReferences"]) == ([], True)
    assert [path.name for path in (PACKAGE / "Runtime/Core").glob("*.cs") if "UnityEngine" in path.read_text()] == []
