"""What `make demo` shows is so: the seeds as they were given, their recorded answers, and records borne out by them."""

import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from extract.document import Document
from extract.documents import read
from extract.fold import fold
from extract.recordings import Recordings
from tests.terminal import RECORDINGS, SEEDS, manifest, replayed, rows

DIGESTS = {
    "000_f581808483c91766.txt": "9a6ef890fdc29bd4c7e1bda1b70138e1d87bd89f888d3a9f8637d24b0c79c5f1",
    "001_5c8391c0744fe983.txt": "5b24d0591c125ed883d7d039c93e8d9607631e6d0c013c485b0025b8a9a7b317",
    "002_b698ec5bf731fd75.txt": "8269579a8d3e25db11df7a2bff787d247b38c3f2238e80d1dba7e44f58a99b95",
    "003_5ac99b40c3dd131a.txt": "7027c0da40f7717e06dd7398043a05d8a4d5953cad819f455d9cae911681fe7f",
    "004_b33e9bbd004f8ce6.txt": "bbc04267756557c17ddeb2a2469e5e19055f91e57467e8f0c8699b096a96c9b7",
}
PROMPTS = {"events": "events/v2", "meeting": "meeting/v1", "exercise": "exercise/v1", "agreement": "agreement/v1"}
UNRESOLVED = (None, None, "none")

Row = dict[str, Any]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run over the seeds for each prompt, named by it."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, prompt in PROMPTS.items():
            assert replayed("--prompt", prompt, "--quiet", out=name).code == 0
    return folder


@pytest.fixture(scope="module")
def demo(runs: Path) -> list[Row]:
    """The records of the prompt for all events."""
    return rows(runs / "events/records.jsonl")


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """The seeds' texts by id."""
    return {item.id: item.text for item in read([SEEDS]) if isinstance(item, Document)}


def of(demo: list[Row], seed: str, kind: str) -> list[Row]:
    """The records of one type in one seed."""
    return [row["record"] for row in demo if row["document"].startswith(seed) and row["type"] == kind]


def bare(text: str) -> str:
    """Folded and without articles, which «للطائرات» writes another way than «الطائرات»."""
    return re.sub(r"\b(?:ال|لل)", "", fold(text))


def when(record: Row) -> tuple[str | None, str | None, str]:
    return record["date"]["start"], record["date"]["end"], record["date"]["basis"]


def sides(record: Row, field: str) -> set[str]:
    return {side["country"] for side in record[field]}


def people(record: Row) -> dict[str, str]:
    """Latin family names and what the person is at the event."""
    named = (person for person in record["participants"] if person["name_latin"])
    return {person["name_latin"].split()[-1]: f"{person['role_code']} {person['part']}" for person in named}


def meeting_of_chiefs(demo: list[Row], seed: str) -> Row:
    (found,) = (record for record in of(demo, seed, "meeting") if {"Khalifa", "Gürak"} <= people(record).keys())
    return found


@pytest.mark.parametrize("name", DIGESTS)
def test_a_seed_is_as_it_was_given(name):
    assert sha256(Path(SEEDS, name).read_bytes()).hexdigest() == DIGESTS[name]


def test_there_are_no_other_seeds():
    assert {path.name for path in Path(SEEDS).glob("*.txt")} == set(DIGESTS)


def test_every_quote_and_value_stands_where_the_run_says(demo, texts):
    def says(row: Row, place: Row) -> bool:
        found = texts[row["document"]][place["start"] : place["end"]]
        same = {"verbatim": found == place["text"], "folded": bare(found) == bare(place["text"]), "fuzzy": True}
        return bool(found) and same[place["match"]]

    places = [(row, place) for row in demo for place in (*row["evidence"], *row["values"])]

    assert len(places) > 100
    assert [place for row, place in places if not says(row, place)] == []


def test_every_record_of_the_demo_is_shown_by_a_quote_of_the_article_itself(demo):
    assert [row["record"]["summary"] for row in demo if any(place["in_tail"] for place in row["evidence"])] == []


def test_the_demo_has_no_failures(runs):
    assert [rows(runs / name / "failures.jsonl") for name in PROMPTS] == [[], [], [], []]


def test_without_a_publication_date_last_thursday_stays_unresolved(demo):
    meeting = meeting_of_chiefs(demo, "000")

    assert when(meeting) == UNRESOLVED
    assert "الخميس" in meeting["date"]["text"]


def test_with_a_publication_date_the_same_meeting_has_its_day(demo):
    assert when(meeting_of_chiefs(demo, "002")) == ("2025-05-08", "2025-05-08", "publication")


@pytest.mark.parametrize("seed", ["000", "002"])
def test_the_chiefs_of_staff_met_in_ankara(demo, seed):
    meeting = meeting_of_chiefs(demo, seed)

    assert people(meeting) == {"Gürak": "chief_of_staff host", "Khalifa": "chief_of_staff visitor"}
    assert (meeting["status"], meeting["format"], meeting["mention"]) == ("held", "in_person", "focus")
    assert (meeting["place"]["city"], meeting["place"]["country"]) == ("Ankara", "TUR")


@pytest.mark.parametrize(
    ("seed", "start", "end"),
    [("000", "XXXX-04-21", "XXXX-04-29"), ("002", "2025-04-21", "2025-04-29")],
    ids=["no year to be had", "year of publication"],
)
def test_special_forces_trained_from_21_to_29_april(demo, seed, start, end):
    (exercise,) = of(demo, seed, "exercise")

    assert when(exercise)[:2] == (start, end)
    assert (exercise["status"], exercise["domains"]) == ("completed", ["special_forces"])
    assert sides(exercise, "forces") == {"EGY", "TUR"}


def test_the_air_force_report_has_its_three_agreements(demo):
    agreements = of(demo, "001", "agreement")

    assert [agreement["status"] for agreement in agreements] == ["signed", "signed", "implementing"]
    assert [sides(agreement, "parties") for agreement in agreements] == [{"EGY", "TUR"}] * 3
    assert {party["kind"] for party in agreements[2]["parties"]} == {"company"}


def test_seventeen_agreements_told_as_a_number_are_one_bundle(demo):
    (bundle,) = of(demo, "003", "agreement")

    assert (bundle["count"], bundle["status"]) == (17, "signed")
    assert bundle["title"] in (None, "اتفاقية تعاون")
    assert when(bundle) == ("2024-09", "2024-09", "publication")
    assert sides(bundle, "parties") == {"EGY", "TUR"}


def test_the_report_of_today_friday_has_no_dates(demo):
    assert {when(record) for record in of(demo, "004", "meeting")} == {UNRESOLVED}


@pytest.mark.parametrize("name", PROMPTS)
def test_a_prompt_replays_over_all_seeds(runs, name):
    counts = manifest(runs / name)["counts"]

    assert (counts["documents"], list(counts["answers_from"])) == (5, ["recording"])


def test_every_recording_of_a_seed_is_used(runs):
    used = sum(manifest(runs / name)["counts"]["attempts"] for name in PROMPTS)

    # Of a folder just opened, all files are unused.
    there = Recordings(Path(RECORDINGS)).unused(PROMPTS.values())
    assert used == len([path for path in there if path.name.startswith("00")])


def test_nothing_is_wrong_with_the_recordings_and_they_hold_no_secret():
    assert Recordings(Path(RECORDINGS)).check() == []


def test_recordings_name_their_endpoint_by_a_label_and_no_address():
    assert {setup.endpoint for setup in Recordings(Path(RECORDINGS)).settings()} == {"relay"}
