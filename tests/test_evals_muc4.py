"""The published scoring of MUC-4 templates, on invented files of the same form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals import muc4
from evals.muc4 import Result, plain
from extract.errors import InputError


def template(kind: str = "bombing", **roles: list[list[str]]) -> dict[str, Any]:
    return {muc4.TYPE: kind, **{role: roles.get(role, []) for role in muc4.ROLES}}


def file(path: Path, documents: dict[str, list[dict[str, Any]]]) -> Path:
    lines = [json.dumps({"docid": name, "templates": templates}) for name, templates in documents.items()]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def result(folder: Path, gold: list[dict[str, Any]], predicted: list[dict[str, Any]]) -> Result:
    files = file(folder / "gold.jsonl", {"d": gold}), file(folder / "system.jsonl", {"d": predicted})
    return muc4.score(muc4.load(files[0]), muc4.load(files[1]))


def numbers(found: Result, item: str) -> tuple[int, int, int, int]:
    tally = found.items[item]
    return tally.right, tally.predicted, tally.recalled, tally.gold


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Power-Plant, of a VILLAGE!", "powerplant of village"),
        ("an   anthem  a day", "anthem day"),
        ("«the»", "« »"),
        ("A", ""),
    ],
    ids=["case, punctuation, articles", "articles are words", "only ASCII punctuation goes", "nothing left"],
)
def test_strings_are_compared_without_case_punctuation_and_articles(text, expected):
    assert plain(text) == expected


def test_a_template_against_itself_is_perfect(tmp_path):
    whole = template(PerpInd=[["three men", "the attackers"]], Target=[["the bridge"], ["a pylon"]])

    assert result(tmp_path, [whole], [whole]).total.scores == (100.0, 100.0, 100.0)


def test_one_mention_of_an_entity_is_enough(tmp_path):
    found = result(tmp_path, [template(Victim=[["the mayor", "Ana Reis"]])], [template(Victim=[["ANA REIS"]])])

    assert numbers(found, "Victim") == (1, 1, 1, 1)


def test_all_mentions_of_a_predicted_entity_must_be_in_one_gold_entity(tmp_path):
    gold = template(Victim=[["the mayor"], ["her driver"]])
    found = result(tmp_path, [gold], [template(Victim=[["the mayor", "her driver"]])])

    assert numbers(found, "Victim") == (0, 1, 0, 2)


def test_entities_are_not_matched_one_to_one(tmp_path):
    gold, twice = template(Target=[["bridge", "crossing"]]), template(Target=[["bridge"], ["crossing"]])

    assert numbers(result(tmp_path, [gold], [twice]), "Target") == (2, 2, 1, 1)


def test_equal_gold_templates_count_once_and_empty_entities_not_at_all(tmp_path):
    gold = template(Weapon=[["a mine"], []])

    assert numbers(result(tmp_path, [gold, gold], [gold]), "Weapon") == (1, 1, 1, 1)


@pytest.mark.parametrize(
    ("said", "is_mapped"),
    [("attack", True), ("bombing", True), ("attack / bombing", True), ("arson", False)],
)
def test_a_type_may_be_a_part_of_the_gold_type(tmp_path, said, is_mapped):
    found = result(tmp_path, [template("attack / bombing")], [template(said)])

    assert numbers(found, muc4.TYPE) == (is_mapped, 1, is_mapped, 1)


def test_the_mapping_is_the_best_of_the_document(tmp_path):
    first, second = template(Target=[["bridge"]]), template(Target=[["pylon"], ["mill"]])
    found = result(tmp_path, [first, second], [second, first])

    assert found.total.scores == (100.0, 100.0, 100.0)


def test_templates_without_a_partner_add_to_the_denominators_only(tmp_path):
    one, other = template(Target=[["bridge"]]), template("arson", Target=[["mill"]])

    assert numbers(result(tmp_path, [one], [one, other]), "Target") == (1, 2, 1, 1)
    assert numbers(result(tmp_path, [one, other], [one]), "Target") == (1, 1, 1, 2)


def test_a_document_without_a_prediction_has_none(tmp_path):
    gold = file(tmp_path / "gold.jsonl", {"a": [template()], "b": [template()]})
    said = file(tmp_path / "system.jsonl", {"a": [template()]})

    assert muc4.score(muc4.load(gold), muc4.load(said)).total.scores == pytest.approx((100.0, 50.0, 200 / 3))


def test_nothing_over_nothing_is_nought(tmp_path):
    assert result(tmp_path, [], []).total.scores == (0.0, 0.0, 0.0)


def test_a_prediction_of_an_unknown_document_is_refused(tmp_path):
    gold = file(tmp_path / "gold.jsonl", {"TST3-0001": [template()]})
    said = file(tmp_path / "system.jsonl", {"0001": [template()]})

    with pytest.raises(InputError, match="0001"):
        muc4.score(muc4.load(gold), muc4.load(said))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "no line of templates"),
        ("[]", "no line of templates"),
        ('{"docid": "a"}', "no line of templates"),
        ('{"docid": "a", "templates": [{}]}', "no line of templates"),
        ('{"docid": "first", "templates": []}', "a second line of 'first'"),
    ],
    ids=["no JSON", "no object", "no templates", "no type", "twice"],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path, line, said):
    path = tmp_path / "gold.jsonl"
    path.write_text(f'{{"docid": "first", "templates": []}}\n{line}\n', encoding="utf-8")

    with pytest.raises(InputError, match=f"gold.jsonl:2: {said}"):
        muc4.load(path)


def test_the_table_has_a_line_for_each_item_and_the_sum(tmp_path, capsys):
    file(tmp_path / "gold.jsonl", {"d": [template(Victim=[["Ana Reis"]]), template("arson")]})
    file(tmp_path / "some_system.jsonl", {"d": [template(Victim=[["Ana Reis"]])]})

    code = muc4.main([str(tmp_path), "some_system"])

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert code == 0
    assert [line[0] for line in lines] == [*muc4.ITEMS, muc4.TOTAL]
    assert lines[0] == [muc4.TYPE, "100.00", "50.00", "66.67"]
    assert lines[-1] == [muc4.TOTAL, "100.00", "66.67", "80.00"]


@pytest.mark.parametrize(("arguments", "said"), [([], "usage"), (["no such folder", "x"], "gold.jsonl")])
def test_what_cannot_be_run_is_said_on_the_error_stream(capsys, arguments, said):
    assert muc4.main(arguments) == 2
    assert said in capsys.readouterr().err
