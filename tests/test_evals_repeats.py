"""Several samples of one prompt's answers."""

from __future__ import annotations

from evals import repeats
from evals.scoring import Item, score
from tests.scoring import day, exercise, meeting

GOLD = {"a": [meeting(), exercise()], "b": [meeting()]}


def item(record: dict[str, object]) -> Item:
    return Item(type=str(record["type"]), fields={key: value for key, value in record.items() if key != "type"})


def sampled(*samples: dict[str, list[dict[str, object]]]):
    said = [{name: [item(each) for each in records] for name, records in sample.items()} for sample in samples]
    return said, [score(GOLD, each) for each in said]


def test_equal_samples_do_not_flip():
    found = repeats.flips(*sampled(GOLD, GOLD, GOLD))

    assert found.differing == []
    assert found.verdicts == ()
    assert found.f1 == (1.0, 1.0, 1.0)


def test_the_order_of_records_is_no_flip():
    assert repeats.flips(*sampled(GOLD, {"a": GOLD["a"][::-1], "b": GOLD["b"]})).differing == []


def test_a_value_that_changes_in_one_sample_flips_its_document():
    found = repeats.flips(*sampled(GOLD, GOLD, {**GOLD, "b": [meeting(status="planned")]}))

    assert found.differing == ["b"]
    assert found.values == {"b": 1}
    assert found.records == {}
    assert found.verdicts == ("b",)


def test_a_record_that_one_sample_lacks_is_counted():
    found = repeats.flips(*sampled(GOLD, {**GOLD, "a": [meeting()]}))

    assert found.records == {"a": 1}


def test_a_record_that_only_a_later_sample_has_is_counted_too():
    found = repeats.flips(*sampled({**GOLD, "a": [meeting()]}, GOLD))

    assert found.records == {"a": 1}


def test_the_share_of_samples_that_say_a_value_is_its_confidence():
    wrong = {**GOLD, "b": [meeting(date=day("2031-01-01"))]}
    said, scores = sampled(wrong, GOLD, GOLD, wrong)

    judged = repeats.confidence(said, scores[0])

    assert [each.confidence for each in judged if not each.is_right] == [0.5]
    assert {each.confidence for each in judged if each.is_right} == {1.0}


def test_what_a_terminal_shows_names_the_documents_that_differ():
    said, scores = sampled(GOLD, {**GOLD, "b": [meeting(status="planned")]})

    shown = list(repeats.lines(repeats.flips(said, scores), repeats.confidence(said, scores[0])))

    assert shown[0].startswith("2 samples: F1 1.000, 0.9")
    assert shown[1] == "documents whose answers differ: 1 of 2 (50%)"
    assert "  b: 0 records, 1 values not in every sample" in shown


def test_samples_without_any_record_do_not_flip():
    said, scores = sampled({"a": [], "b": []}, {"a": [], "b": []})

    assert repeats.flips(said, scores).differing == []
    assert repeats.confidence(said, scores[0]) == []
