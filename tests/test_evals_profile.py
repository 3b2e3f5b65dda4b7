"""How fields are compared: ours by name, those of any other Pydantic model by marks and types."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Optional

import pytest
from pydantic import BaseModel, Field, create_model

import schemas
from evals.profile import OURS, Compare, of, of_type
from evals.scoring import score
from schemas import Participant, Party, Place, When


class Currency(StrEnum):
    EUR = "EUR"
    NOK = "NOK"


class Line(BaseModel):
    text: str
    amount: Decimal
    number: int = 1


class Invoice(BaseModel):
    number: Annotated[str, Field(max_length=40), Compare(key=1.0)]
    issued: date | None = None
    seller: Annotated[str | None, Compare(key=1.0)] = None
    total: Annotated[float, Compare(kind="number", absolute=0.01)]
    currency: Currency = Currency.EUR
    note: Annotated[str, Compare(kind="free", is_counted=False)] | None = None
    tags: list[str] = []
    lines: list[Line] = []
    due: list[date] | None = None


INVOICE = Invoice(
    number="INV-20240017",
    issued=date(2032, 3, 14),
    seller="Fjord Boats AS",
    total=120.5,
    note="deliver to the naval base",
    tags=["boats", "spare parts"],
    lines=[Line(text="hull paint", amount=Decimal("20.50")), Line(text="winch", amount=Decimal("100.00"))],
)


def changed(**changes: object) -> Invoice:
    return INVOICE.model_copy(update=changes)


def test_a_model_says_by_marks_and_types_how_its_fields_compare():
    kinds = {name: (how.kind, how.is_list, how.key) for name, how in of(Invoice).items()}

    assert kinds == {
        "number": ("name", False, 1.0),
        "issued": ("date", False, 0.0),
        "seller": ("name", False, 1.0),
        "total": ("number", False, 0.0),
        "currency": ("equal", False, 0.0),
        "note": ("free", False, 0.0),
        "tags": ("name", True, 0.0),
        "lines": ("parts", True, 0.0),
        "due": ("date", True, 0.0),
    }


def test_a_model_without_a_marked_key_has_all_counted_fields_as_keys():
    class Note(BaseModel):
        day: date
        text: Annotated[str, Compare(kind="free", is_counted=False)]

    assert {name: how.key for name, how in of(Note).items()} == {"day": 1.0, "text": 0.0}


@pytest.mark.parametrize(
    ("annotation", "kind", "is_list"),
    [
        (str, "name", False),
        (Optional[str], "name", False),  # noqa: UP045  the old way to write it
        (Annotated[str, Field(min_length=1)] | None, "name", False),
        (list[Annotated[str, Field(min_length=1)]], "name", True),
        (tuple[int, ...] | None, "number", True),
        (list, "equal", True),
        (bool, "equal", False),
        (Literal["a", "b"], "equal", False),
        (str | int, "equal", False),
        (Annotated[str, Field(min_length=1)] | int, "equal", False),
        (dict[str, int], "equal", False),
        (set[Currency], "equal", True),
        (When, "date", False),
        (Place | None, "place", False),
        (list[Participant], "person", True),
        (list[Party], "party", True),
    ],
    ids=str,
)
def test_a_type_suggests_how_it_is_compared(annotation, kind, is_list):
    how = of(create_model("Model", field=(annotation, ...)))["field"]

    assert (how.kind, how.is_list) == (kind, is_list)


class Tree(BaseModel):
    name: str
    children: list[Tree] = []


def test_a_model_that_holds_itself_has_a_profile():
    assert of(Tree)["children"].is_list


def test_an_invoice_against_itself_is_perfect():
    found = score({"a": [INVOICE]}, {"a": [INVOICE]}, schema=Invoice)

    assert found.counts().f1 == 1.0
    assert found.labels() == {}


@pytest.mark.parametrize(
    ("name", "value", "mark"),
    [
        ("number", "INV-20240018", "inc"),
        ("issued", date(2031, 3, 14), "inc"),
        ("issued", None, "mis"),
        ("due", [date(2032, 5, 1)], "spu"),
        ("total", 120.504, "cor"),
        ("total", 120.6, "inc"),
        ("currency", Currency.NOK, "inc"),
        ("seller", "FJORD  BOATS AS", "cor"),
        ("seller", "Fjord Boats", "par"),
        ("tags", ["spare parts", "boats", "boats"], "spu"),
        ("lines", [*reversed(INVOICE.lines)], "cor"),
        ("lines", [INVOICE.lines[0]], "mis"),
        ("lines", [INVOICE.lines[0], Line(text="winch", amount=Decimal(90))], "par"),
    ],
)
def test_one_changed_field_of_an_invoice_is_one_error(name, value, mark):
    found = score({"a": [INVOICE]}, {"a": [changed(**{name: value})]}, schema=Invoice)
    counts = found.counts(name=name)

    assert getattr(counts, mark) >= 1
    assert sum(getattr(counts, each) for each in ("par", "inc", "mis", "spu")) == (mark != "cor")


def test_plain_mappings_of_a_model_that_are_not_valid_are_wrong_not_fatal():
    gold = {"number": "INV-1", "issued": "2032-03-14", "seller": "Fjord Boats", "total": 3.0, "tags": ["a"]}
    predicted = {"number": "INV-1", "issued": "14 March", "seller": 17, "total": "three", "tags": "a", "lines": "none"}

    found = score({"a": [gold]}, {"a": [predicted]}, schema=Invoice)

    assert (found.counts().cor, found.counts().inc, found.counts().spu) == (2, 3, 0)
    assert found.labels()["invalid_date"] == 1


def test_fields_within_lines_are_scored_where_a_mark_says_so():
    class Order(BaseModel):
        lines: Annotated[list[Line], Compare(within=("amount",))]

    other = Line(text="winch", amount=Decimal(90))
    found = score({"a": [Order(lines=INVOICE.lines)]}, {"a": [Order(lines=[INVOICE.lines[0], other])]}, schema=Order)

    assert found.counts(name="lines.amount").inc == 1
    assert found.counts(name="lines.amount").cor == 1


@pytest.mark.parametrize("name", schemas.names())
def test_each_of_our_types_has_a_profile_of_fields_that_it_has(name):
    assert OURS[name].keys() <= schemas.get(name).model_fields.keys()
    assert of_type(name) == OURS[name]


@pytest.mark.parametrize("name", schemas.names())
def test_a_type_of_ours_without_a_profile_would_be_scored_by_its_types(name):
    derived = of(schemas.get(name))

    assert derived["date"].kind == "date"
    assert "evidence" not in derived
    assert all(derived[field].kind == how.kind for field, how in OURS[name].items() if how.kind in ("person", "party"))
    assert of_type("no such type") is None
