"""A node's configuration: what is written is read, and what is wrong is named with its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from enigma.errors import ConfigProblem
from enigma.node.config import Config, read_config
from enigma.node.config_fields import FIELDS, Kind, Plain, written

REQUIRED: dict[str, Plain] = {"peers.public": "node.example.org:7300", "people.public": "https://node.example.org:7443"}
SOMEBODY = "0x52908400098527886E0F7030069857D2E4169EE7"


def file_of(folder: Path, text: str) -> Path:
    file = folder / "node.toml"
    file.write_text(text, encoding="utf-8")
    return file


def config_of(folder: Path, **values: Plain) -> Config:
    return read_config(file_of(folder, written({**REQUIRED, **{k.replace("__", "."): v for k, v in values.items()}})))


def problems_of(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigProblem) as caught:
        read_config(file_of(folder, text))
    return caught.value.problems


def test_the_usual_file(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    assert (config.folder, config.deployment) == (tmp_path, tmp_path / "controllers.json")
    assert (config.peers, config.people) == (("0.0.0.0", 7300), ("0.0.0.0", 7443))
    assert str(config.endpoint) == "enigma://node.example.org:7300?people=https://node.example.org:7443"
    assert (config.confirmations, config.at_once, config.memory, config.kernels) == (12, 2, 8192 << 20, "auto")
    assert (config.certificate, config.accepts, config.metrics) == (None, None, None)


def test_every_field_is_explained_in_the_file_and_in_the_documents() -> None:
    text = written(REQUIRED)
    document = (Path(__file__).parents[2] / "docs" / "node.md").read_text(encoding="utf-8")
    for field in FIELDS:
        above = text[: text.index(f"\n{field.name} = ", text.index(f"[{field.section}]"))].splitlines()
        assert above[-1].startswith("# "), field.key
        assert f"`{field.key}`" in document, field.key


def test_only_what_is_needed(tmp_path: Path) -> None:
    text = '[peers]\npublic = "a.example:1"\n[people]\npublic = "https://a.example:2"\n'
    config = read_config(file_of(tmp_path, text))
    assert config == config_of(tmp_path, peers__public="a.example:1", people__public="https://a.example:2")


def test_values_that_were_chosen(tmp_path: Path) -> None:
    config = config_of(
        tmp_path, node__folder="data", people__certificate="/etc/chain.pem", people__key="key.pem",
        peers__listen="[::1]:1", jobs__memory_mib=0, accepts__publishers=[SOMEBODY.lower()],
        metrics__on=True, metrics__listen="127.0.0.1:9000",
    )  # fmt: skip
    assert config.folder == tmp_path / "data"
    assert config.certificate == (Path("/etc/chain.pem"), tmp_path / "key.pem")
    assert (config.peers, config.memory) == (("::1", 1), 0)
    assert config.accepts == frozenset({SOMEBODY})
    assert config.metrics == ("127.0.0.1", 9000)
    assert config_of(tmp_path, accepts__publishers=[]).accepts == frozenset()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("chain.url", "127.0.0.1:8545"), ("chain.url", "http://user:password@host"), ("chain.deployment", ""),
        ("chain.confirmations", -1), ("chain.confirmations", True), ("chain.confirmations", "12"),
        ("peers.listen", "7300"), ("peers.listen", "0.0.0.0:0"), ("peers.listen", "0.0.0.0:70000"),
        ("peers.public", "node.example.org"), ("people.public", "http://node.example.org:1"),
        ("people.public", "https://node.example.org"), ("people.certificate", 1),
        ("jobs.at_once", 0), ("jobs.memory_mib", 0.5), ("jobs.kernels", "fast"), ("jobs.patience_seconds", 0),
        ("accepts.publishers", "everybody"), ("accepts.publishers", ["0x12"]), ("accepts.publishers", [1]),
        ("accepts.publishers", ["everybody", SOMEBODY]), ("accepts.publishers", [SOMEBODY.replace("E", "e")]),
        ("logging.level", "verbose"), ("logging.format", ""), ("metrics.on", "yes"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named(tmp_path: Path, key: str, value: Plain) -> None:
    text = written({**REQUIRED, key: value})
    (problem,) = problems_of(tmp_path, text)
    line = int(re.fullmatch(rf"line ([0-9]+), {re.escape(key)}: .*", problem)[1])  # type: ignore[index]
    assert text.splitlines()[line - 1].startswith(f"{key.split('.')[1]} = ")


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.key)
def test_a_table_is_the_value_of_no_field(tmp_path: Path, field: object) -> None:
    from enigma.node.config_fields import Field

    assert isinstance(field, Field)
    (problem,) = problems_of(tmp_path, _with(f"{field.name} = {{}}", field.section, field.name))
    assert f"{field.section}.{field.name}: " in problem
    assert field.expects in problem


def _with(line: str, section: str, name: str) -> str:
    lines, inside = [], False
    for each in written(REQUIRED).splitlines():
        inside = each == f"[{section}]" if each.startswith("[") else inside
        lines.append(line if inside and each.startswith(f"{name} = ") else each)
    return "\n".join(lines)


def test_all_problems_at_once(tmp_path: Path) -> None:
    text = "[peers]\npublic = 1\nlisten = 2\n[other]\n[jobs]\nat_onec = 3\n"
    found = problems_of(tmp_path, text)
    assert [each.partition(":")[0] for each in found] == [
        "line 4, other", "line 6, jobs.at_onec", "line 3, peers.listen", "line 2, peers.public", "line 6, people.public"
    ]  # fmt: skip
    assert "jobs] has at_once" in found[1]
    assert "it must be written" in found[4]


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"people.certificate": "a.pem"}, "neither"),
        ({"peers.public": "0.0.0.0:1"}, "nobody reaches"),
        ({"people.listen": "0.0.0.0:7300"}, "another port"),
        ({"metrics.on": True, "metrics.listen": "0.0.0.0:7443"}, "another port"),
        ({"peers.public": f"{'a' * 60}.{'b' * 60}:1"}, "no endpoint"),
    ],
)
def test_fields_that_do_not_go_together(tmp_path: Path, values: dict[str, Plain], word: str) -> None:
    (problem,) = problems_of(tmp_path, written({**REQUIRED, **values}))
    assert word in problem


@pytest.mark.parametrize("content", [b"[peers", b"a = 'x", b"\xff", b"x" * (1 << 21)])
def test_what_is_no_configuration(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "node.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigProblem, match=r"node\.toml, "):
        read_config(file)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblem, match="No such file") as caught:
        read_config(tmp_path / "node.toml")
    assert "enigma node init" in caught.value.hint


def test_kinds_are_all_used() -> None:
    assert {field.kind for field in FIELDS} == set(Kind)
