"""The browser client as an npm package: typed, bundled by Vite, and it speaks under a strict CSP."""

import json
import re
import shutil
import tarfile

import numpy as np
import pytest

from gateway.settings import Settings
from tests.browser.package import CLIENT, built, packed, served
from tests.browser.tab import sounding
from tests.conftest import serving
from tests.tools import missing

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def tarball():
    if shutil.which("npm") is None:
        missing("BROWSER", "there is no npm")
    return packed()


async def test_the_package_holds_the_modules_with_their_types_and_the_licence(tarball):
    with tarfile.open(tarball) as archive:
        names = {name.removeprefix("package/") for name in archive.getnames()}
    modules = {path.stem for path in (CLIENT / "src").glob("*.js")}
    expected = {f"src/{name}.js" for name in modules} | {f"types/{name}.d.ts" for name in modules}
    assert names == expected | {"LICENSE", "README.md", "package.json"}
    exports = json.loads((CLIENT / "package.json").read_text())["exports"].values()
    paths = [path for each in exports for path in (each.values() if isinstance(each, dict) else [each])]
    assert {path.removeprefix("./") for path in paths} <= names


async def test_the_lock_names_no_registry():
    packages = json.loads((CLIENT / "package-lock.json").read_text())["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []


async def test_a_page_built_with_vite_speaks_under_a_strict_policy(tarball, tab):
    with (
        served(built(tarball), strict=True) as page,
        serving(Settings(port=0, upstream="emulator:", origins=(page,))) as gateway,
    ):
        await tab.page.goto(f"{page}/?gateway={gateway}")
        await tab.page.click("button")
        await tab.page.wait_for_function("() => globalThis.told")
        told = await tab.ask("() => told")
    tab.compare(sounding(np.array(told["recorded"], np.float32)), sounding(tab.wave(1)))
    assert (told["outcome"], told["heard"]) == ("done", "Hello from a bundle.")


async def test_the_first_sound_of_the_readme_sounds(tmp_path, tab):
    (snippet,) = re.findall(r"```html\n(.*?)```", (CLIENT / "README.md").read_text(), re.DOTALL)
    assert len(snippet.splitlines()) < 20
    shutil.copytree(CLIENT / "src", tmp_path / "voice-gateway")
    with (
        served(tmp_path) as page,
        serving(Settings(port=0, upstream="emulator:", origins=(page,))) as gateway,
    ):
        named = snippet.replace("ws://127.0.0.1:8080", "ws" + gateway.removeprefix("http"))
        assert named != snippet
        (tmp_path / "index.html").write_text(named)
        await tab.page.goto(page)
        async with tab.page.expect_console_message(lambda line: line.type == "log") as line:
            await tab.page.click("#speak")
    assert re.fullmatch(r"done \d+(\.\d+)?", (await line.value).text)
    assert len(tab.wave(1)) > 12_000


async def test_the_example_reads_aloud_lights_up_and_is_interrupted(tab):
    with (
        served(CLIENT) as page,
        serving(Settings(port=0, upstream="emulator:", origins=(page,))) as gateway,
    ):
        await tab.page.goto(f"{page}/example/?gateway={gateway}")
        await tab.page.click("#speak")
        await tab.page.wait_for_selector(".lit:not(:empty)")
        await tab.page.click("#interrupt")
        await tab.page.wait_for_selector(".unheard")
        said = await tab.page.inner_text("#state")
    assert re.fullmatch(r"interrupted, \d\.\d s heard\.", said)
    assert [told for told in tab.told if told["type"] == "error"] == []
