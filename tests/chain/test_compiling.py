from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from tests.chain.standing import compiled

from enigma.chain.artifacts import SOURCES, Artifact, Immutable, load, names
from enigma.chain.compiling import compile_all, compile_file, verify
from enigma.errors import ArgumentProblem, FileProblem, ToolMissing

ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
MOST_CODE = 24_576  # bytes of a contract (EIP-170)
MOST_CREATION = 49_152  # bytes that create it (EIP-3860)


@pytest.fixture
def ledger() -> Artifact:
    return compiled("Ledger")


def copied(tmp_path: Path) -> Path:
    """The sources, to be changed."""
    return Path(shutil.copytree(SOURCES, tmp_path / "sources"))


def test_the_same_source_gives_the_same_bytes_wherever_it_lies(tmp_path: Path, ledger: Artifact) -> None:
    again = compile_file(copied(tmp_path) / "Ledger.vy")
    assert again == ledger
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    assert ledger.save(first).read_bytes() == again.save(second).read_bytes()


@pytest.mark.parametrize("name", names())
def test_the_shipped_artifacts_are_the_sources_compiled(name: str) -> None:
    assert load(name) == compiled(name), "compile them again: make controllers"


def test_every_controller_is_small_enough_to_be_deployed() -> None:
    for name in names():
        artifact = load(name)
        assert len(artifact.runtime) // 2 - 1 + sum(each.length for each in artifact.immutables) <= MOST_CODE
        assert len(artifact.bytecode) // 2 - 1 <= MOST_CREATION


def test_no_controller_has_a_way_to_change_its_code_or_its_owner() -> None:
    words = (
        "selfdestruct",
        "delegate",
        "raw_create",
        "create_",
        "owner",
        "pause",
        "upgrade",
        "set_jobs",
        "transfer_own",
    )
    for name in names():
        functions = {entry["name"] for entry in load(name).abi if entry["type"] == "function"}
        assert not [f for f in functions if any(word in f for word in words)]
    for path in SOURCES.glob("*.vy"):
        source = path.read_text(encoding="utf-8")
        assert not [
            word for word in ("selfdestruct", "is_delegate_call", "raw_create", "create_from") if word in source
        ]


def test_every_event_that_is_declared_is_in_the_interface() -> None:
    for name in ("Nodes", "Identities", "Ledger"):
        source = (SOURCES / f"{name}.vy").read_text(encoding="utf-8")
        declared = {line[6:-1] for line in source.splitlines() if line.startswith("event ")}
        assert declared <= {entry["name"] for entry in load(name).abi if entry["type"] == "event"}


def test_an_artifact_names_every_source_that_went_in() -> None:
    found = compiled("Identities")
    modules = {"grants", "membership", "references", "signatures"}
    assert set(found.sources) == {"Identities.vy", *(f"{name}.vy" for name in modules)}
    assert found.compiler == "0.4.3"
    assert found.immutables == ()
    assert compiled("Committees").immutables[0] == Immutable("binding.DEPLOYER", "address", 0, 32)


def test_a_changed_module_changes_the_artifact(tmp_path: Path) -> None:
    sources = copied(tmp_path)
    module = sources / "signatures.vy"
    module.write_text(module.read_text().replace("assert s <= HALF_ORDER", "assert s <= HALF_ORDER + 1"))
    before, after = compiled("Nodes"), compile_file(sources / "Nodes.vy")
    assert before.runtime != after.runtime
    assert {name for name in before.sources if before.sources[name] != after.sources[name]} == {"signatures.vy"}


def test_code_is_verified_with_its_constants_and_not_without(ledger: Artifact) -> None:
    runtime = bytes.fromhex(ledger.runtime[2:])
    code = runtime + bytes(12) + bytes.fromhex(ADDRESS[2:])
    good = verify(ledger, ADDRESS, code)
    assert good.holds
    assert good.constants == {"IDENTITIES": ADDRESS}
    assert good.sources == ledger.sources
    for wrong, problem in (
        (b"", "no code at this address"),
        (runtime, f"has {len(runtime)} bytes"),
        (code + b"\0", f"has {len(code) + 1} bytes"),
        (b"\xff" + code[1:], "differs from byte 0 on"),
        (runtime[:-1], f"differs from byte {len(runtime) - 1} on"),
    ):
        found = verify(ledger, ADDRESS, wrong)
        assert not found.holds
        assert problem in found.problem
        assert found.constants == {}


def test_missing_and_broken_artifacts_say_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="make controllers"):
        load("Nodes", tmp_path)
    for content in ("", "[]", "{}", '{"immutables": []}', '{"immutables": [{"name": 1}]}'):
        (tmp_path / "Nodes.json").write_text(content)
        with pytest.raises(FileProblem, match="this is no artifact"):
            load("Nodes", tmp_path)
    with pytest.raises(ArgumentProblem, match="there is no controller Node"):
        load("Node", tmp_path)


def test_artifacts_of_controllers_that_are_gone_are_removed(tmp_path: Path) -> None:
    (tmp_path / "Gone.json").write_text("{}")
    assert [path.name for path in compile_all(tmp_path, only=["Ledger"])] == ["Ledger.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["Ledger.json"]


def test_without_the_pinned_compiler_it_says_which_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "Other.vy"
    path.write_text("# pragma version 0.4.2\n# pragma evm-version cancun\n")
    with pytest.raises(ToolMissing, match=r"pip install vyper==0\.4\.2"):
        compile_file(path)
    monkeypatch.setitem(sys.modules, "vyper", None)
    with pytest.raises(ToolMissing, match=r"pip install vyper==0\.4\.3"):
        compile_file(SOURCES / "Ledger.vy")


def test_sources_that_cannot_be_compiled_are_refused_with_the_compilers_words(tmp_path: Path) -> None:
    path = tmp_path / "Broken.vy"
    with pytest.raises(FileProblem, match="No such file"):
        compile_file(path)
    path.write_text("x: uint256\n")
    with pytest.raises(FileProblem, match="pins its compiler"):
        compile_file(path)
    path.write_text("# pragma version 0.4.3\n# pragma evm-version cancun\nx: uint257\n")
    with pytest.raises(FileProblem, match=r"(?s)the compiler refuses it.*uint257"):
        compile_file(path)
