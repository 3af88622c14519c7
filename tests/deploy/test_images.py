"""The images' recipes against the tree; what they build is tried by tests/cluster."""

import json
import py_compile
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hcl2
import pytest

from deploy.images import pack
from deploy.local.bootstrap import ROOT
from deploy.local.installation import SERVICES as SERVICE_NAMES
from tests.deploy.dockerfiles import ALL, FOLDER, Dockerfile, imports, is_locked

EVERY = pytest.mark.parametrize("image", ALL, ids=lambda image: image.name)
SERVICES, EDGE, STRIPE = ALL
STUBS = ("shopmesh", "buf")
OCI = "org.opencontainers.image."


def bake() -> dict[str, dict[str, Any]]:
    """The bake file's targets by name, strings without their quotes."""
    parsed = hcl2.loads((ROOT / "docker-bake.hcl").read_text())
    return {unquoted(name): body for target in parsed["target"] for name, body in target.items()}


def unquoted(text: str) -> str:
    return text.strip('"')


@EVERY
def test_everything_that_is_copied_is_there(image: Dockerfile) -> None:
    missing = [source for sources, _ in image.copied for source in sources if not list(ROOT.glob(source))]
    assert not missing


def lines_of_ignore() -> Iterator[Path]:
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line.startswith("!"):
            yield ROOT / line[1:]


@EVERY
def test_the_builder_is_sent_everything_that_is_copied(image: Dockerfile) -> None:
    sent = set(lines_of_ignore())
    assert not [path for path in image.sources if path not in sent and not sent & set(path.parents)]


def test_the_builder_is_sent_nothing_that_no_image_copies() -> None:
    copied = set().union(*(image.sources for image in ALL))
    idle = [
        path
        for path in lines_of_ignore()
        if not any(path in (own, *own.parents) or own in path.parents for own in copied)
    ]
    assert not idle
    assert "*" in (ROOT / ".dockerignore").read_text().splitlines(), "the rest stays here"


@EVERY
def test_bases_are_named_by_tag_and_can_be_replaced(image: Dockerfile) -> None:
    defaults = dict(rest.split("=", 1) for rest in image.all("ARG") if rest.startswith(("BASE=", "BUILDER=")))
    assert defaults == {name: unquoted(default) for name, default in variables().items() if name in defaults}
    assert all(re.search(r":\d", default) for default in defaults.values())
    assert {rest.split()[0] for rest in image.all("FROM")} <= {"${BASE}", "${BUILDER}"}
    assert image.last_stage[0] == ("FROM", "${BASE}"), "no compiler comes with the slim one"


@EVERY
def test_an_image_runs_as_a_user_without_rights(image: Dockerfile) -> None:
    assert image.of_image("USER") == ["10001:10001"]


@EVERY
def test_nothing_is_run_in_the_images_own_stage_as_that_leaves_the_time_in_a_layer(image: Dockerfile) -> None:
    assert not image.of_image("RUN")
    assert all(rest.startswith("--from=") and rest.endswith(" /out/ /") for rest in image.of_image("COPY"))
    words = [word for word, _ in image.last_stage]
    assert words.index("WORKDIR") > max(at for at, word in enumerate(words) if word == "COPY"), (
        "it would make /app anew"
    )


@EVERY
def test_an_image_says_what_it_is(image: Dockerfile) -> None:
    assert set(image.labels) >= {
        OCI + each for each in ("title", "description", "source", "licenses", "version", "revision")
    }
    assert image.labels[OCI + "version"] == "${VERSION}"


@EVERY
def test_packages_come_by_hash_and_compile_nothing(image: Dockerfile) -> None:
    installs = [rest for rest in image.all("RUN") if "pip install" in rest]
    assert installs
    for install in installs:
        assert {"--require-hashes", "--no-deps", "--no-compile", "--only-binary=:all:"} <= set(install.split())


@pytest.mark.parametrize(
    "file", [*FOLDER.glob("*"), ROOT / "docker-bake.hcl", *(ROOT / "requirements").rglob("*.lock")]
)
def test_no_package_index_is_named(file: Path) -> None:
    if file.is_file():
        assert not re.search(r"--(extra-)?index-url|--find-links|https?://(?!github\.com/shopmesh)", file.read_text())


@EVERY
def test_each_image_is_a_target_of_the_bake_file(image: Dockerfile) -> None:
    target = bake()[image.name]
    assert unquoted(target["dockerfile"]) == str(image.path.relative_to(ROOT))
    assert target["tags"] == [f'"${{REGISTRY}}/{image.name}:${{TAG}}"']
    assert target["inherits"] == ['"common"']


def test_the_bake_file_has_a_target_for_each_image_and_gives_only_arguments_that_are_asked_for() -> None:
    parsed = hcl2.loads((ROOT / "docker-bake.hcl").read_text())
    (group,) = parsed["group"]
    assert set(bake()) - {"common"} == {image.name for image in ALL}
    assert {unquoted(name) for name in group['"default"']["targets"]} == {image.name for image in ALL}
    given = bake()["common"]["args"]
    for image in ALL:
        assert set(given) <= {rest.partition("=")[0] for rest in image.all("ARG")}
    assert set(given.values()) <= set(variables())


def variables() -> dict[str, str]:
    parsed = hcl2.loads((ROOT / "docker-bake.hcl").read_text())
    return {unquoted(name): body["default"] for each in parsed["variable"] for name, body in each.items()}


PROGRAMS = [
    (EDGE, "deploy/edge/__main__.py", "requirements/images/edge.lock", ("deploy",)),
    (STRIPE, "deploy/local/stripe/__main__.py", "requirements/images/stripe.lock", ("deploy",)),
    (SERVICES, "ops/audit/__main__.py", "requirements/runtime.lock", (*STUBS, "ops", "services")),
    *(
        (SERVICES, f"services/{name}/__main__.py", "requirements/runtime.lock", (*STUBS, "services"))
        for name in SERVICE_NAMES
    ),
]


@pytest.mark.parametrize(("image", "program", "lock", "top"), PROGRAMS, ids=[program for _, program, _, _ in PROGRAMS])
def test_an_image_holds_all_that_its_program_imports(
    image: Dockerfile, program: str, lock: str, top: tuple[str, ...]
) -> None:
    own, foreign = imports(ROOT / program, top)
    assert not [file for file in own if not image.holds(file)]
    assert not [name for name in foreign if not is_locked(name, lock)]


def test_each_recipe_installs_the_lock_that_its_programs_are_held_against() -> None:
    for image, _, lock, _ in PROGRAMS:
        assert ROOT / lock in image.sources


@EVERY
def test_the_stages_that_two_images_share_are_written_alike(image: Dockerfile) -> None:
    """One builder's cache then serves all three."""
    assert image.instructions[: stage_end(image)] == SERVICES.instructions[: stage_end(SERVICES)]


def stage_end(image: Dockerfile) -> int:
    """Where the first stage, the standard library's bytecode, ends."""
    return [at for at, (word, _) in enumerate(image.instructions) if word == "FROM"][1]


def test_packed_code_keeps_its_source_and_has_bytecode_that_no_time_touches(tmp_path: Path) -> None:
    make(tmp_path / "one", "def f() -> int:\n    return 1\n", mode=0o600)
    make(tmp_path / "two", "def f() -> int:\n    return 1\n", mode=0o664)
    for folder in ("one", "two"):
        pack.code(tmp_path / folder)
    assert listing(tmp_path / "one") == listing(tmp_path / "two")
    source, bytecode = tmp_path / "one/app/own/code.py", next((tmp_path / "one").rglob("*.pyc"))
    assert source.stat().st_mode & 0o777 == 0o644
    assert int.from_bytes(bytecode.read_bytes()[4:8], "little") == 0b01, "by hash, and not checked"
    assert str(tmp_path).encode() not in bytecode.read_bytes()


def test_packed_packages_are_bytecode_without_tests_and_stubs(tmp_path: Path) -> None:
    site = tmp_path / "usr/local/lib/python3/site-packages"
    make(site, "VALUE = 1\n")
    for extra in ("own/tests/test_it.py", "own/code.pyi", "stripe/params/_it.py"):
        place = site / extra
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("")
    pack.packages(tmp_path)
    assert {path.name for path in site.rglob("*") if path.is_file()} == {"code.pyc"}
    assert all(path.stat().st_mtime == pack.MOMENT for path in tmp_path.rglob("*"))


def test_code_that_cannot_be_compiled_stops_the_build(tmp_path: Path) -> None:
    make(tmp_path, "def f(:\n")
    with pytest.raises(py_compile.PyCompileError):
        pack.code(tmp_path)


def make(folder: Path, text: str, mode: int = 0o644) -> None:
    place = folder / "app" / "own" / "code.py"
    place.parent.mkdir(parents=True)
    place.write_text(text)
    place.chmod(mode)


def listing(folder: Path) -> str:
    """Every file with its mode, time and bytes."""
    paths = sorted(folder.rglob("*"))
    rows = [
        (
            str(path.relative_to(folder)),
            path.stat().st_mode,
            path.stat().st_mtime,
            path.is_file() and path.read_bytes().hex(),
        )
        for path in paths
    ]
    return json.dumps(rows)
