"""Prompts are found and read; what is wrong with one is said with its file."""

from __future__ import annotations

import re

import pytest

from extract import prompt
from extract.errors import ConfigError, InputError
from extract.prompt import KNOWN, SHIPPED
from tests.prompts import FRONT, body, write

MAY_USE = f"a prompt may use: {', '.join(KNOWN)}"


def test_versions_are_listed_by_number(tmp_path):
    for version in ("v10", "v2", "v1"):
        write(tmp_path, f"trial/{version}", FRONT + body())
    write(tmp_path, "alpha/v3", FRONT + body())

    assert prompt.names((tmp_path,)) == ["alpha/v3", "trial/v1", "trial/v2", "trial/v10"]


@pytest.mark.parametrize("name", ["trial/v1-draft", "trial/very", "trial/v2-v3", "trial/vv1", "trial/notes", "v1"])
def test_a_file_that_is_no_version_is_no_prompt(tmp_path, name):
    write(tmp_path, name, "Some notes.")

    assert prompt.names((tmp_path,)) == []


def test_a_task_alone_means_its_newest_version(tmp_path):
    for version in ("v2", "v10"):
        write(tmp_path, f"trial/{version}", FRONT + body())

    assert prompt.load("trial", (tmp_path,)).name == "trial/v10"
    assert prompt.load("trial/v2", (tmp_path,)).name == "trial/v2"


@pytest.mark.parametrize("name", ["trial", "meeting/v999", "", "meeting/", "../meeting/v1"])
def test_an_unknown_prompt_is_answered_with_those_there_are(name):
    message = f"unknown prompt {name!r}; there are: {', '.join(prompt.names())}"

    with pytest.raises(ConfigError, match=re.escape(message)):
        prompt.load(name)


def test_a_folder_without_prompts_says_so(tmp_path):
    with pytest.raises(ConfigError, match="unknown prompt 'trial'; there are: none"):
        prompt.load("trial", (tmp_path,))


def test_a_users_prompt_comes_before_the_shipped_one_of_the_same_name(tmp_path):
    path = write(tmp_path, "meeting/v1", FRONT + body("Mine."))

    assert prompt.load("meeting/v1", (tmp_path, SHIPPED)).path == path
    assert prompt.load("meeting/v1").path == SHIPPED / "meeting" / "v1.md"


def test_the_front_matter_says_what_a_prompt_is_for(tmp_path):
    front = '+++\nrecords = ["meeting", "agreement"]\nparent = "trial/v1"\nwhy = "Shorter."\n+++\n'
    write(tmp_path, "trial/v2", front + body())

    loaded = prompt.load("trial", (tmp_path,))

    assert [kind.__name__ for kind in loaded.records] == ["Meeting", "Agreement"]
    assert (loaded.task, loaded.version, loaded.parent, loaded.why) == ("trial", "v2", "trial/v1", "Shorter.")


@pytest.mark.parametrize(
    ("records", "wanted"),
    [
        (["meeting"], "meeting"),
        (["meeting", "agreement"], "meeting and agreement"),
        (["meeting", "exercise", "agreement"], "meeting, exercise and agreement"),
    ],
    ids=len,
)
def test_the_record_types_are_asked_for_in_words(tmp_path, records, wanted):
    write(tmp_path, "trial/v1", f"+++\nrecords = {records}\n+++\n{body('{{ wanted }}')}")

    assert prompt.load("trial", (tmp_path,)).system("tools") == wanted


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (body(), "no front matter; begin the file with +++, records = [...], why = ..., +++"),
        (
            f"+++\nrecords = meeting\n+++\n{body()}",
            "the front matter is not TOML: Invalid value (at line 1, column 11)",
        ),
        (
            f'+++\nwhy = "x"\n+++\n{body()}',
            "the front matter must name its record types, each once: records = ['agreement', 'exercise', 'meeting']",
        ),
        (f"+++\nrecords = []\n+++\n{body()}", "the front matter must name its record types"),
        (f'+++\nrecords = "meeting"\n+++\n{body()}', "the front matter must name its record types"),
        (f"+++\nrecords = [['meeting']]\n+++\n{body()}", "the front matter must name its record types"),
        (f'+++\nrecords = ["meeting", "meeting"]\n+++\n{body()}', "the front matter must name its record types"),
        (f"{FRONT}{{% block system %}}x{{% endblock %}}", "no {% block user %}; a prompt has the blocks system"),
        (f"{FRONT}Record meetings.", "no {% block system %}; a prompt has the blocks system and user"),
        (FRONT + body("{{ country }}"), f"unknown variable 'country'; {MAY_USE}"),
        (FRONT + body("{{ b }} {% if a %}{% endif %}"), f"unknown variable 'a', 'b'; {MAY_USE}"),
        (FRONT + body('{% include "_shared/gone.md" %}'), "includes _shared/gone.md, and there is no such file in "),
        (FRONT + body('{% include "../secret.md" %}'), "includes ../secret.md, and there is no such file in "),
        (FRONT + body('{% include "trial/v1.md" %}'), "includes trial/v1.md, which includes this part again"),
    ],
    ids=[
        "no front matter",
        "no TOML",
        "no records",
        "empty records",
        "records are no list",
        "records are no texts",
        "a record type twice",
        "no user block",
        "no block",
        "unknown variable",
        "unknown variables",
        "missing part",
        "part outside the folder",
        "circle",
    ],
)
def test_a_prompt_that_cannot_be_used_says_why_with_its_file(tmp_path, text, problem):
    path = write(tmp_path, "trial/v1", text)

    with pytest.raises(InputError) as caught:
        prompt.load("trial", (tmp_path, SHIPPED))

    assert str(caught.value).startswith(f"{path}: {problem}")


@pytest.mark.parametrize(
    ("system", "line", "problem"),
    [
        ("{{ wanted", 7, "expected token 'end of print statement'"),
        ("one\ntwo\n{{ wanted | nosuch }}", 8, "No filter named 'nosuch'"),
        ("{% if wanted %}", 7, "endblock"),
        ("{% dance %}", 6, "unknown tag 'dance'"),
    ],
    ids=["open variable", "filter", "open if", "tag"],
)
def test_a_slip_of_syntax_is_told_with_file_and_line(tmp_path, system, line, problem):
    path = write(tmp_path, "trial/v1", FRONT + body(system))

    with pytest.raises(InputError, match=rf"{re.escape(str(path))}:{line}: .*{problem}"):
        prompt.load("trial", (tmp_path, SHIPPED))


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        ("{{ country }}", f": unknown variable 'country'; {MAY_USE}"),
        ("fine\n{{ wanted", ":2: unexpected end of template"),
        ('{% include "_shared/gone.md" %}', ": includes _shared/gone.md, and there is no such file in "),
        ('{% include "_shared/mine.md" %}', ": includes _shared/mine.md, which includes this part again"),
    ],
    ids=["unknown variable", "syntax", "missing part", "circle"],
)
def test_what_is_wrong_in_an_included_part_is_told_with_that_part(tmp_path, part, problem):
    path = write(tmp_path, "_shared/mine", part)
    write(tmp_path, "trial/v1", FRONT + body('{% include "_shared/mine.md" %}'))

    with pytest.raises(InputError, match=re.escape(f"{path}{problem}")):
        prompt.load("trial", (tmp_path, SHIPPED))


def test_an_unknown_record_type_is_answered_with_those_there_are(tmp_path):
    path = write(tmp_path, "trial/v1", f'+++\nrecords = ["parade"]\n+++\n{body()}')
    message = f"{path}: unknown schema 'parade'; there are: agreement, exercise, meeting"

    with pytest.raises(ConfigError, match=re.escape(message)):
        prompt.load("trial", (tmp_path, SHIPPED))


@pytest.mark.parametrize("name", ["trial/v1", "_shared/mine"], ids=["prompt", "part"])
def test_a_file_in_another_encoding_is_refused(tmp_path, name):
    write(tmp_path, "trial/v1", FRONT + body('{% include "_shared/mine.md" %}'))
    write(tmp_path, "_shared/mine", "A part.")
    (tmp_path / f"{name}.md").write_bytes("لقاء".encode("cp1256"))

    with pytest.raises(InputError, match="not UTF-8 text; save it as UTF-8"):
        prompt.load("trial", (tmp_path, SHIPPED))


def test_a_byte_order_mark_is_no_part_of_a_prompt(tmp_path):
    write(tmp_path, "trial/v1", "\ufeff" + FRONT + body())

    assert prompt.load("trial", (tmp_path,)).system("tools") == "Record every meeting."


def test_a_part_is_read_anew_when_a_prompt_is_loaded(tmp_path):
    shared = tmp_path / "_shared" / "part.md"
    shared.parent.mkdir()
    texts = []
    write(tmp_path, "mine/v1", FRONT + body(system='{% include "_shared/part.md" %}'))
    for part in ("one", "two, longer"):
        shared.write_text(part, encoding="utf-8")
        texts.append(prompt.load("mine/v1", [tmp_path]).system("tools"))

    assert texts == ["one", "two, longer"]
