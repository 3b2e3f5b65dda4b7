"""The comparison with other libraries: small, with this project and plain Python alone."""

import pytest

from bench import environments
from bench.compare import main
from bench.rounds import Cell, middle
from bench.table import table


def test_a_quick_comparison_prints_a_row_for_each_peer_and_how_busy_the_machine_was(capsys):
    main(["--quick", "--only", "cold", "resume"])

    said = capsys.readouterr().out
    rows = {line.partition("  ")[0]: line.split() for line in said.splitlines()}
    # Of a peer that did not answer all it is said beside its name.
    assert {"mahdar", "raw aiohttp"} <= rows.keys()
    assert "failed" not in said
    assert float(rows["50"][1]) > 0
    assert said.count("load average") == 2


def test_medians_are_taken_of_each_number_by_itself_and_the_fewest_answers_are_told():
    cells = [
        Cell(asked=10, good=good, seconds=seconds, cpu_s=cpu_s, rss_mb=1, process_s=1)
        for good, seconds, cpu_s in ((10, 1, 9), (8, 2, 3), (10, 5, 1))
    ]

    cell = middle(cells)

    assert (cell.good, cell.rate, cell.cpu_ms) == (8, 5, 300)


def test_what_went_wrong_with_a_peer_stands_in_its_row():
    rows = [["a", "1", "2"], ["b", "not installed: no such release"]]

    said = table("T", ["peer", "docs/s", "MB"], rows, ["note"])

    assert said.splitlines() == [
        "T",
        "",
        "peer  docs/s  MB",
        "----  ------  --",
        "a          1   2",
        "b     not installed: no such release",
        "  note",
    ]


def test_an_environment_that_cannot_be_made_says_why_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(environments, "REQUIREMENTS", tmp_path)
    monkeypatch.setattr(environments, "_FOLDER", tmp_path / "made")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("sys.executable", "no-such-python")
    (tmp_path / "odd.txt").write_text("nothing==0\n")

    with pytest.raises(environments.MissingError, match="no-such-python"):
        environments.python("odd")

    assert not (tmp_path / "made" / "odd").exists()
