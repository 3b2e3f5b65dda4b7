"""`mahdar run --retry-failed`: the documents that failed, and no others, asked as they were asked before."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.endpoint import ScriptedEndpoint, completion
from tests.invented import REPORT
from tests.terminal import live, mahdar, rows, saying, write


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test works in an empty folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def reports() -> Path:
    """Three invented reports, a, b and c, which all tell of one meeting."""
    return write("in", **{name: f"{REPORT}\n{name}" for name in "abc"})


PROSE = completion("I could not find any events.")


def failed_once(endpoint: ScriptedEndpoint, *arguments: str) -> None:
    """A run in `out` of which b has failed."""
    ran = live(endpoint.url, "--max-reasks", "0", "--no-cache", *arguments)
    assert ran.code == 1


@pytest.mark.parametrize("way", ["flag", "environment", "file"])
def test_what_is_tried_again_is_not_written_over_the_run_that_it_is_read_from(reports, way):
    with ScriptedEndpoint(saying(b=PROSE)) as endpoint:
        failed_once(endpoint)
        before = Path("out/records.jsonl").read_bytes()
        environ = {"MAHDAR_OUT": "out"} if way == "environment" else {}
        if way == "file":
            Path("mahdar.toml").write_text('out = "out"\n')
        flags = ["--out", "in/../out"] if way == "flag" else []
        ran = mahdar("run", "--retry-failed", "out", "--fresh", *flags, **environ)

    assert ran.code == 2
    assert "--retry-failed reads this run, and its records would be lost" in ran.err
    assert Path("out/records.jsonl").read_bytes() == before
    assert [row["document"] for row in rows("out/failures.jsonl")] == ["b"]
