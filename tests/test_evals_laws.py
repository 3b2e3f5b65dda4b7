"""What must hold of the scores, whatever the records."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evals import gold as labelled
from evals import runs
from evals.counts import Counts
from evals.scoring import Score, score
from evals.text import canonical
from tests.scoring import agreement, day, exercise, meeting, official, side

Document = list[dict[str, Any]]

# Few values, so that records are often nearly the same: ties are where order shows.
countries = st.sampled_from(["NOR", "PRT", None])
names = st.sampled_from([None, "Kari Lund", "Lund", "Kari Lunde Hagen", "Thanos Mavridakis", "Tanos Mavrithakes"])
dates = st.sampled_from(
    [day(None), day("2032-03-14"), day("2032-03"), day("2032"), day("2031-03-14"), day("XXXX-03-14")]
)
places = st.sampled_from(
    [
        None,
        {"text": "Oslo", "city": "Oslo", "country": "NOR"},
        {"text": "City Hall", "city": None, "country": "NOR"},
        {"text": "Porto", "city": "Porto", "country": None},
    ]
)
people = st.lists(st.builds(official, countries, names, part=st.sampled_from(["host", "visitor"])), max_size=3)
parties = st.lists(st.builds(side, countries, st.sampled_from([None, "NATO", "Fjord Boats"])), max_size=3)
topics = st.lists(st.sampled_from(["maritime", "other", "humanitarian"]), max_size=3)
meetings = st.builds(
    meeting,
    status=st.sampled_from(["held", "planned", None]),
    date=dates,
    place=places,
    participants=people,
    forum=st.sampled_from([None, "Oslo Forum", "Oslo Defence Forum"]),
    topics=topics,
)
exercises = st.builds(exercise, name=st.sampled_from([None, "Calm Fjord 3", "Calm Fjord"]), date=dates, forces=parties)
agreements = st.builds(agreement, title=st.sampled_from([None, "a deal", "deal on boats"]), date=dates, parties=parties)


def once(records: Document) -> Document:
    """Without records that say the same, which gold refuses."""
    return list({canonical(record): record for record in records}.values())


predictions = st.lists(meetings | exercises | agreements, max_size=4)
documents = predictions.map(once)
patient = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def judged(gold: Document, predicted: Document) -> Score:
    return score({"d": gold}, {"d": predicted})


def figures(found: Score) -> dict[tuple[str, str], tuple[Any, ...]]:
    """All counts by field, and those of the records."""
    by_field = {place: found.counts(kind=place[0], name=place[1]) for place in [*found.fields(), *found.free()]}
    return {place: rounded(counts) for place, counts in [*by_field.items(), (("", ""), found.events())]}


def rounded(counts: Counts) -> tuple[Any, ...]:
    return counts.cor, counts.par, counts.inc, counts.mis, counts.spu, counts.non, round(counts.credit, 9)


@given(documents)
@patient
def test_gold_against_itself_is_perfect(gold):
    # Records without any key can be told from nothing, so nothing is aligned with them.
    gold = [record for record in gold if judged([record], [record]).events().cor]

    found = judged(gold, gold)

    assert found.counts().f1 == (1.0 if gold else None)
    assert found.events().f1 == (1.0 if gold else None)


@given(documents, predictions, st.randoms(use_true_random=False))
@patient
def test_no_order_matters(gold, predicted, random):
    def shuffled(value: Any) -> Any:
        if isinstance(value, list):
            return random.sample([shuffled(each) for each in value], len(value))
        if isinstance(value, dict):
            return {key: shuffled(value[key]) for key in random.sample(sorted(value), len(value))}
        return value

    assert figures(judged(shuffled(gold), shuffled(predicted))) == figures(judged(gold, predicted))


@given(documents, documents)
@patient
def test_swapping_the_sides_swaps_precision_and_recall(gold, predicted):
    there, back = figures(judged(gold, predicted)), figures(judged(predicted, gold))

    assert there.keys() == back.keys()
    for place, (cor, par, inc, mis, spu, non, credit) in there.items():
        assert back[place] == (cor, par, inc, spu, mis, non, credit), place


ALIEN = meeting(
    date=day("1999-01-01"),
    place={"text": "Lima", "city": "Lima", "country": "PER"},
    participants=[official("PER", "Ana Reis"), official("CHL", "Luis Soto")],
)


@given(documents, predictions)
@patient
def test_an_invented_record_lowers_precision_only(gold, predicted):
    before, after = judged(gold, predicted).counts(), judged(gold, [*predicted, ALIEN]).counts()

    assert (after.pos, after.credit, after.recall) == (before.pos, before.credit, before.recall)
    assert after.act > before.act
    assert after.precision is not None
    assert after.precision <= (1.0 if before.precision is None else before.precision)


@given(documents, predictions)
@patient
def test_a_field_that_both_sides_leave_empty_changes_nothing(gold, predicted):
    def empty(records: Document) -> Document:
        return [{**record, "forum": None, "outcomes": []} for record in records]

    def bare(records: Document) -> Document:
        return [{key: value for key, value in record.items() if value is not None} for record in empty(records)]

    gold = once(empty(gold))
    full, less = judged(gold, empty(predicted)), judged(gold, bare(predicted))

    assert figures(full) == figures(less)
    assert full.counts(name="forum").credit == full.counts(name="outcomes").credit == 0


@given(documents, predictions, documents, predictions)
@patient
def test_two_sets_of_documents_add_up(one, said_of_one, other, said_of_other):
    both = score({"a": one, "b": other}, {"a": said_of_one, "b": said_of_other})
    parts = score({"a": one}, {"a": said_of_one}), score({"b": other}, {"b": said_of_other})

    assert rounded(both.counts()) == rounded(parts[0].counts() + parts[1].counts())
    assert rounded(both.events()) == rounded(parts[0].events() + parts[1].events())
    assert both.labels() == parts[0].labels() + parts[1].labels()


@given(documents, predictions)
@patient
def test_credit_never_passes_what_either_side_has(gold, predicted):
    found = judged(gold, predicted)

    for counts in [found.counts(), *(found.counts(kind=kind, name=name) for kind, name in found.fields())]:
        assert counts.credit <= min(counts.pos, counts.act) + 1e-9


@given(documents, predictions, predictions)
@patient
def test_what_gold_has_does_not_depend_on_what_is_predicted(gold, first, second):
    assert judged(gold, first).counts().pos == judged(gold, second).counts().pos
    assert judged(gold, first).events().pos == len(gold)


@given(documents, predictions)
@patient
def test_matched_records_are_a_part_of_all(gold, predicted):
    found = judged(gold, predicted)
    matched, every = found.counts("matched"), found.counts("all")

    assert (matched.cor, matched.par, matched.inc) == (every.cor, every.par, every.inc)
    assert matched.mis <= every.mis
    assert matched.spu <= every.spu


@pytest.mark.parametrize("splits", [labelled.SPLITS], ids=["all"])
def test_the_labels_of_the_project_are_perfect_against_themselves(splits):
    documents = {each.id: runs.items(each) for each in labelled.load() if each.split in splits}

    found = score(documents, documents)

    assert found.counts().f1 == found.events().f1 == 1.0
    assert found.labels() == {}
