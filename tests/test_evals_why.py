"""Why a field scored as it did."""

from __future__ import annotations

import pytest

from evals.scoring import score
from evals.why import explain
from extract.errors import InputError
from tests.scoring import day, meeting, official


def explained(name: str, **changes: object) -> list[str]:
    found = score({"a": [meeting()]}, {"a": [meeting(**changes)]}).documents[0]
    return list(explain(found, name))


def test_a_date_is_explained_by_its_rule_its_values_and_its_label():
    shown = explained("meeting.date", date=day("2032-03-15"))

    assert shown[0].startswith("meeting.date: days as intervals")
    assert "  gold 2032-03-14 ~ predicted 2032-03-15: 0 (off_by_one)" in shown
    assert shown[-1] == "  date: INC 1, credit 0 (off_by_one)"


def test_each_pair_of_members_is_shown_with_what_it_earns():
    shown = explained("meeting.participants", participants=[official("NOR", "Kari Lund"), official("PRT", "Ana Reis")])

    assert "  gold Kari Lund, NOR ~ predicted Kari Lund, NOR: 1" in shown
    assert "  gold Rui Pires, PRT ~ predicted Ana Reis, PRT: 0" in shown


def test_the_similarity_that_paired_two_records_is_shown_key_by_key():
    (line,) = [each for each in explained("meeting.status") if "aligned" in each]

    assert line == (
        "  aligned: similarity 1.00, at least 0.5 is needed: date 1.00 x1, place 1.00 x1, participants 1.00 x2"
    )


def test_a_record_without_a_partner_says_so():
    found = score({"a": [meeting()]}, {"a": []}).documents[0]

    assert "  missing_event: no partner is 0.5 alike" in "\n".join(explain(found, "meeting.date"))


@pytest.mark.parametrize("name", ["meeting.colour", "voyage.date", "date"])
def test_an_unknown_field_is_named_with_what_there_is(name):
    found = score({"a": [meeting()]}, {"a": []}).documents[0]

    with pytest.raises(InputError, match=r"is compared; there are: meeting\.(date|status)"):
        list(explain(found, name))
