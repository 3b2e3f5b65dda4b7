"""A project whose tests use the fixture mahdar_replay."""

import os
import shutil

import pytest

from extract.testing import session, shelf  # noqa: F401  or every run of pytester would import all below them anew
from tests.endpoint import ScriptedEndpoint, completion

PROMPT = """\
+++
records = ["meeting"]
why = "A user's own."
+++
{% block system %}
List every visit of a mayor.
{% endblock %}
{% block user %}
{{ text }}
{% endblock %}
"""


EXTRACTOR = 'mahdar_replay.extractor(prompt="visits", prompts="prompts")'


TESTS = f"""
def test_a_report_without_a_visit(mahdar_replay):
    assert {EXTRACTOR}("The mayor stayed at home.").records == ()

def test_that_needs_no_model():
    pass
"""


OTHER = f"""
def test_another_report(mahdar_replay):
    assert {EXTRACTOR}("The mayor slept.").records == ()
"""


NOTHING = completion('{"meetings": []}')


def run(pytester: pytest.Pytester, *args: str) -> pytest.RunResult:
    """Run pytest on the project, without hypothesis, whose last word alone takes a second."""
    return pytester.runpytest_inprocess("-p", "no:hypothesispytest", *args)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    """No setting of this machine, and no proxy between a test and its endpoint."""
    for name in list(os.environ):
        if name.startswith(("MAHDAR_", "OPENAI_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MAHDAR_CACHE", "none")
    # What is recorded begins with the first report, not with a question about modes.
    monkeypatch.setenv("MAHDAR_MODE", "json_schema")


@pytest.fixture
def project(pytester):
    """A project with a prompt of its own, a test that uses it and one that does not."""
    prompt = pytester.path / "prompts" / "visits" / "v1.md"
    prompt.parent.mkdir(parents=True)
    prompt.write_text(PROMPT, encoding="utf-8")
    pytester.makepyfile(test_visits=TESTS)
    return pytester


@pytest.fixture
def endpoint(monkeypatch):
    """An endpoint that finds no visit in any report; the environment names it."""
    with ScriptedEndpoint(lambda asked: NOTHING) as endpoint:
        monkeypatch.setenv("MAHDAR_BASE_URL", endpoint.url)
        monkeypatch.setenv("MAHDAR_MODEL", "little")
        yield endpoint


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The recordings of both reports, made once."""
    root = tmp_path_factory.mktemp("recorded")
    (root / "prompts" / "visits").mkdir(parents=True)
    (root / "prompts" / "visits" / "v1.md").write_text(PROMPT, encoding="utf-8")
    with ScriptedEndpoint(lambda asked: NOTHING) as endpoint:
        environ = {"MAHDAR_BASE_URL": endpoint.url, "MAHDAR_MODEL": "little", "MAHDAR_CACHE": "none"}
        environ["MAHDAR_MODE"] = "json_schema"
        folder = shelf.Shelf(root / "recordings", root=root, environ=environ)
        with folder.extractor({"prompt": "visits", "prompts": "prompts", "endpoint": "lab"}) as extractor:
            extractor("The mayor stayed at home.")
            extractor("The mayor slept.")
    return root / "recordings"


@pytest.fixture
def replayed(project, recorded):
    """The project with its recordings: one that its test asks for, and one more."""
    shutil.copytree(recorded, project.path / "recordings")
    return project
