"""README shows what happens: its commands run as they stand, and print what it says."""

import re
import shlex
from dataclasses import dataclass

import pytest

from tests.terminal import ROOT, mahdar

BLOCK = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
ELISION = "..."


@dataclass(frozen=True)
class Shown:
    """A command as README gives it, and the lines that follow it there."""

    command: str
    lines: tuple[str, ...]


def shown(text: str) -> list[Shown]:
    """The commands of the console blocks that begin with `mahdar`, in their order."""
    parts = [part for block in BLOCK.findall(text) for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
    commands = (part.splitlines() for part in parts)
    return [Shown(command, tuple(lines)) for command, *lines in commands if command.startswith("mahdar ")]


def plain(line: str) -> str:
    """A line without what differs from run to run."""
    return re.sub(r"\bin \d+\.\d s\b", "in N.N s", line.rstrip())


COMMANDS = shown((ROOT / "README.md").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What each command prints, all run one after the other where seeds and recordings are at hand."""
    place = tmp_path_factory.mktemp("readme")
    for name in ("seeds", "evals", "prompts"):
        (place / name).symlink_to(ROOT / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        return {each.command: printed(each.command) for each in COMMANDS}


def printed(command: str) -> list[str]:
    """The lines that a command prints; it must succeed."""
    ran = mahdar(*shlex.split(command, comments=True)[1:])
    assert (ran.code, ran.err if ran.code else "") == (0, "")
    return [plain(line) for line in ran.out.splitlines()]


def test_readme_shows_commands_that_need_no_endpoint():
    assert [each.command for each in COMMANDS if each.command.startswith("mahdar run ")]


@pytest.mark.parametrize("each", COMMANDS, ids=[each.command for each in COMMANDS])
def test_a_command_of_readme_prints_what_readme_says_in_that_order(outputs, each):
    rest = iter(outputs[each.command])

    missing = [line for line in map(plain, each.lines) if line != ELISION and line not in rest]

    assert missing == []


def test_the_listing_that_make_demo_shows_is_of_the_command_in_the_makefile():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    (demo,) = re.findall(r"^demo:.*\n\t@?\$\(BIN\)/(mahdar .*)$", makefile, re.MULTILINE)

    assert demo in [each.command for each in COMMANDS]


def test_a_readme_without_commands_is_noticed():
    assert shown("# Title\n\n```sh\nmahdar run\n```\n\n```console\n$ make demo\n```\n") == []


def test_a_block_may_hold_several_commands():
    text = "```console\n$ mahdar a\none\n\ntwo\n$ make b\n$ mahdar c\n```\n"

    assert shown(text) == [Shown("mahdar a", ("one", "", "two")), Shown("mahdar c", ())]
