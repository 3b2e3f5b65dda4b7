"""What is done to score fast changes no score."""

from __future__ import annotations

import copy
import gc
import math
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import scoring as bench
from evals import align, counts, fields
from evals.alternatives import best
from evals.counts import Counts
from evals.profile import OURS, Compare, Plan
from evals.scoring import Item, score, score_document
from evals.side import Field, Side
from evals.text import canonical
from extract.errors import InputError
from tests.scoring import OSLO, day, exercise, item, meeting, official, scored
from tests.test_evals_laws import dates, documents, meetings, names, patient, people, places, predictions

PLANS = {kind: Plan.of(profile) for kind, profile in OURS.items()}
parts = st.sampled_from(["host", "visitor", "participant", None])
# Other right values of whole fields, of parts, and of parts within other parts.
others: st.SearchStrategy[dict[str, list[Any]]] = st.fixed_dictionaries(
    {},
    optional={
        "status": st.lists(st.sampled_from(["planned", None]), max_size=1),
        "date": st.lists(dates, max_size=2),
        "date.start": st.lists(st.sampled_from(["2032-03", "2032", "2032-03-15"]), max_size=2),
        "date.end": st.lists(st.sampled_from(["2032-03", "2032-03-16"]), max_size=2),
        "place": st.lists(places, max_size=1),
        "place.city": st.lists(st.sampled_from(["Oslo", "Porto", None]), max_size=2),
        "participants": st.lists(people, max_size=1),
        "participants[0]": st.lists(st.builds(official, st.just("PRT"), names), max_size=1),
        "participants[0].part": st.lists(parts, max_size=2),
        "participants.1.part": st.lists(parts, max_size=2),
        "participants[1].name": st.lists(names, max_size=2),
    },
)


@given(documents, predictions, others)
@patient
def test_counts_are_those_of_the_outcomes(gold, predicted, alternatives):
    golds = [item(record, alternatives=alternatives) for record in gold]

    document = score_document("d", golds, [item(record) for record in predicted], OURS)

    for pair in document.pairs:
        assert pair.counts == counts.total(outcome.counts for outcome in pair.outcomes)
    assert document.counts() == counts.total(outcome.counts for _, outcome in document.outcomes())
    assert document.counts("matched") == counts.total(outcome.counts for _, outcome in document.outcomes("matched"))


@given(meetings, meetings, others, st.sampled_from([0.0, 0.3, 0.5, 0.75, 1.0]))
@patient
def test_how_alike_two_records_are_is_known_unless_it_is_below_the_floor(gold, predicted, alternatives, floor):
    mine, theirs = item(gold, alternatives=alternatives), item(predicted)
    exact = align.similarity(mine, theirs, OURS["meeting"])

    found = align.likeness(Side(mine), Side(theirs), PLANS["meeting"], floor)

    assert found == (exact if exact >= floor else 0.0)


@given(people, people, st.sampled_from([0.0, 0.2, 0.5, 0.7, 0.8, 1.0]))
def test_how_alike_two_lists_are_is_known_unless_it_is_below_the_floor(gold, predicted, floor):
    how = OURS["meeting"]["participants"]
    exact = fields.likeness(Field(how, gold), Field(how, predicted))
    found = fields.likeness(Field(how, gold), Field(how, predicted), floor)

    assert found == exact or (exact is not None and found is not None and found < exact < floor)


@given(meetings, meetings)
@patient
def test_the_similarity_is_the_mean_of_the_keys_in_their_order(gold, predicted):
    keys = [(name, how) for name, how in OURS["meeting"].items() if how.key]
    alike = [(how.key, fields.similarity(name, how, gold[name], predicted[name], {})) for name, how in keys]
    stated = [(key, each) for key, each in alike if each is not None]

    expected = sum(key * each for key, each in stated) / sum(key for key, _ in stated) if stated else 0.0

    assert align.similarity(item(gold), item(predicted), OURS["meeting"]) == expected


@given(meetings | st.builds(exercise, activities=st.lists(st.sampled_from(["a b", "a c"]), max_size=3)))
@patient
def test_what_is_equal_counts_as_if_it_were_compared(record):
    for name, how in OURS[record["type"]].items():
        compared = counts.total(outcome.counts for outcome in fields.compare(name, how, record[name], record[name], {}))
        assert fields.of_equal(how, record[name]) == (compared.cor, compared.non)
        assert compared.pos + compared.non == compared.cor + compared.non


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        ([1, True], [True, 1], Counts(cor=2, credit=2.0)),
        ([1, True], [1, 1], Counts(cor=1, mis=1, credit=1.0)),
        ([math.nan], [math.nan], Counts(mis=1, spu=1)),
        (math.nan, math.nan, Counts(mis=1, spu=1)),
    ],
    ids=["1 and True", "1 for True", "NaN", "no list"],
)
def test_equal_is_not_always_the_same(gold, predicted, expected):
    profile = {"x": {"codes": Compare(kind="equal", is_list=True), "id": Compare(kind="equal", key=1.0)}}
    records = [{"type": "x", "codes": value, "id": "a"} for value in (gold, predicted)]

    assert scored(records[:1], records[1:], profile=profile).counts(name="codes") == expected
    assert scored(records[:1], records[1:], profile=profile).counts().cor == expected.cor + 1


def test_a_long_list_is_compared_all_the_same():
    crowd = [official("NOR", f"Person {number}") for number in range(fields.MOST_EQUAL + 1)]

    assert fields.of_equal(OURS["meeting"]["participants"], crowd) is None
    assert scored([meeting(participants=crowd)], [meeting(participants=crowd)]).counts().f1 == 1.0


def plain_best(name: str, gold: Any, alternatives: dict[str, list[Any]], predicted: Any) -> Any:
    """The search as it is described, with every variant made and compared anew."""

    def worth(variant: Any) -> tuple[float, float]:
        found = counts.total(
            each.counts for each in fields.compare(name, OURS["meeting"][name], variant, predicted, {})
        )
        return found.credit - (found.pos + found.act) / 2, found.credit

    def changed(choice: dict[str, Any]) -> Any:
        holder = {name: copy.deepcopy(gold)}
        for path, value in choice.items():
            *steps, last = path.replace("[", ".").replace("]", "").split(".")
            at: Any = holder
            try:
                for step in steps:
                    at = at[int(step) if isinstance(at, list) else step]
                at[int(last) if isinstance(at, list) else last] = copy.deepcopy(value)
            except (IndexError, TypeError):
                continue
        return holder[name]

    mine = {
        path: values for path, values in alternatives.items() if values and path.split(".")[0].split("[")[0] == name
    }
    if not mine or worth(gold)[0] >= 0:
        return gold
    whole = mine.pop(name, [])
    how = OURS["meeting"][name]
    last = {path: path.replace("]", "").replace("[", ".").split(".")[-1] for path in mine}
    mine = {path: each for path, each in mine.items() if not how.read or last[path] in (*how.read, *how.within)}
    found = [gold]
    for start in ({}, {path: values[0] for path, values in mine.items()}) if mine else ():
        chosen: dict[str, Any] = dict(start)
        for path, values in mine.items():
            rest = {other: value for other, value in chosen.items() if other != path}
            options = [rest, chosen, *({**rest, path: value} for value in values)]
            chosen = max(options, key=lambda option: worth(changed(option)))
        found.append(changed(chosen))
    return max([*found, *whole], key=worth)


@given(meetings, meetings, others)
@patient
def test_the_variant_is_that_of_a_plain_search(gold, predicted, alternatives):
    for name in ("status", "date", "place", "participants"):
        before = copy.deepcopy((gold, alternatives))

        def worth(variant: Any, name: str = name) -> tuple[float, float]:
            compared = fields.compare(name, OURS["meeting"][name], variant, predicted[name], {})
            found = counts.total(each.counts for each in compared)
            return found.credit - (found.pos + found.act) / 2, found.credit

        how = OURS["meeting"][name]
        found = best(name, gold[name], alternatives, worth, read=how.read and how.read.union(how.within))
        compared = fields.compare(name, OURS["meeting"][name], gold[name], predicted[name], alternatives)

        assert found == plain_best(name, gold[name], alternatives, predicted[name])
        assert compared == fields.compare(name, OURS["meeting"][name], found, predicted[name], {})
        assert (gold, alternatives) == before


def test_of_a_part_within_another_the_order_of_choosing_stays():
    ana = official("PER", "Ana Reis")
    alternatives: dict[str, list[Any]] = {"participants[0].part": ["host"], "participants[0]": [ana]}

    def worth(variant: Any) -> tuple[float]:
        return (-1.0 - (variant[0]["name"] != "Ana Reis") - (variant[0]["part"] != "host"),)

    # First the whole member, then its part; the other way round the part would be lost.
    assert best("participants", [official("NOR", "Kari Lund")], alternatives, worth) == [{**ana, "part": "host"}]


def test_no_variant_is_tried_twice():
    tried: list[str] = []

    def worth(variant: Any) -> tuple[float]:
        tried.append(canonical(variant))
        return (-1.0,)

    best("date", day("2032"), {"date.start": ["2031", "2030"], "date.end": ["2033"], "date": [None]}, worth)

    assert len(tried) == len(set(tried))


@given(predictions)
@patient
def test_gold_is_refused_if_and_only_if_two_records_say_the_same(gold):
    said = [canonical({name: record.get(name, "?") for name in [*OURS[record["type"]], "type"]}) for record in gold]

    try:
        score({"d": gold}, {"d": []})
        is_refused = False
    except InputError:
        is_refused = True

    assert is_refused == (len(set(said)) < len(said))


def test_a_shared_member_is_read_once_and_told_apart_from_a_new_one():
    how = OURS["meeting"]["participants"]
    people = [official("NOR", "Kari Lund"), official("PRT", "Rui Pires")]
    side = Side(Item(type="meeting", fields={"participants": people}, alternatives={"participants[0].part": ["host"]}))
    variants = side.variants("participants", how)
    made: list[Field] = []

    def worth(variant: Field) -> tuple[float]:
        made.append(variant)
        return (-1.0,)

    assert variants is not None
    variants.best(worth)

    assert [each.raw[0]["part"] for each in made] == ["participant", "host"]
    assert made[0].ready[1] is made[1].ready[1]
    assert side.variants("place", OURS["meeting"]["place"]) is None


def test_the_search_for_cycles_goes_on_after_scoring():
    assert gc.isenabled()
    score({"d": [meeting()]}, {"d": [meeting()]})
    assert gc.isenabled()
    with pytest.raises(InputError):
        score({"d": [meeting(), meeting()]}, {"d": []})
    assert gc.isenabled()
    gc.disable()
    try:
        score({"d": [meeting()]}, {"d": [meeting()]})
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_is_not_of_its_fields_form_is_equal_to_itself():
    assert scored([meeting(place="Oslo")], [meeting(place="Oslo")]).counts(name="place") == Counts(cor=1, credit=1.0)
    assert scored([meeting(place=OSLO)], [meeting(place=OSLO)]).counts().f1 == 1.0


def test_a_thousand_documents_are_scored_in_less_than_two_seconds():
    gold, predicted = bench.documents(1_000)
    started = time.process_time()

    found = score(gold, predicted).counts()

    assert time.process_time() - started < 2
    assert 0.8 < (found.f1 or 0) < 1


def test_the_table_says_what_is_not_installed():
    missing = bench.Way("somebody's", lambda: lambda _: None, ("no_such_library",), 3)

    assert bench.line(missing, 10).split() == ["somebody's", "not", "installed"]
    assert bench.line(bench.Way("ours", lambda: lambda _: None, (), 5), 10).endswith("(5 took 0.00 s)")
