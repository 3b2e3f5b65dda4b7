"""What a run counts: each answer's tokens under what they were spent on, and sums that can be taken up again."""

from __future__ import annotations

from extract.answers import Answers
from extract.document import Failure
from extract.pipeline import Asking, Extraction, Pipeline
from extract.request import Completion, Usage
from extract.spent import KINDS
from extract.tally import Tally
from tests.invented import Model, answer, document, meeting, prompt

USAGE = Usage(prompt=100, completion=10, cached=40)


def extraction(*texts: str, usage: Usage = USAGE) -> Extraction:
    """What comes of the invented report when the model says these things, one after the other."""
    said = [Completion(text=text, usage=usage) for text in texts]
    with Pipeline(prompt(), Answers(ask=Model(*said)), Asking(model="m", max_reasks=len(said) - 1)) as made:
        return made(document())


def answers(tally: Tally) -> dict[str, int]:
    """How many answers of each kind there were."""
    return {kind: tally.spent[kind].answers for kind in KINDS if tally.spent[kind].answers}


def test_a_first_ask_and_its_re_ask_are_counted_apart():
    tally = Tally()
    tally.add(extraction("no JSON", answer(meeting())))

    assert answers(tally) == {"first": 1, "reask": 1}
    assert (tally.paid_tokens, tally.spent["first"].cached) == (220, 40)


def test_what_went_into_a_document_of_which_nothing_came_is_failed():
    tally = Tally()
    tally.add(extraction("no JSON", "no JSON"))

    assert answers(tally) == {"failed": 2}


def test_an_answer_without_numbers_of_tokens_is_counted_as_such():
    tally = Tally()
    tally.add(extraction(answer(meeting()), usage=Usage()))

    assert (tally.spent["first"].answers, tally.spent["first"].uncounted, tally.paid_tokens) == (1, 1, 0)


def test_equal_documents_are_all_counted_and_the_first_few_kept():
    tally = Tally()
    for number in range(400):
        tally.repeat(f"r{number}", "first")

    assert tally.to_json()["repeated_documents"] == 400
    assert tally.duplicates == {f"r{number}": "first" for number in range(5)}


def test_sums_that_are_taken_up_again_are_the_same():
    tally, again = Tally(), Tally()
    results = [extraction("no JSON", answer(meeting())), extraction("no JSON"), extraction(answer())]
    deltas = [tally.add(each) for each in results]
    deltas.append(tally.fail(Failure(document="x", kind="binary", message="no text")))

    for delta in deltas:
        again.merge(delta)

    assert again == tally
