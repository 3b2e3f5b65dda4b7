"""The cache: what is put is found, listed, pruned, exported and loaded."""

import io
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.cache import Cache
from extract.errors import ConfigError, InputError
from extract.request import Completion, Label, Usage
from tests.cached import ANSWER, LABEL, NOON, ask, line, said

# Half a surrogate pair is no text that UTF-8 can write, but a reply in JSON may hold it.
texts = st.text(st.characters() | st.sampled_from("\r\n\u2028\ud83dأإى٣"), max_size=60)


completions = st.builds(
    Completion,
    text=texts,
    finish=st.sampled_from(["stop", "tool_calls"]),
    refusal=st.none() | texts,
    reasoning=st.none() | texts,
    model=texts,
    usage=st.builds(Usage, prompt=st.none() | st.integers(0, 10**6)),
    latency_s=st.none() | st.floats(0, 1e3),
    origin=st.just("cache"),
)


def exported(cache: Cache) -> str:
    file = io.StringIO()
    cache.export(file)
    return file.getvalue()


@pytest.fixture
def cache(tmp_path):
    with Cache(tmp_path / "cache", clock=lambda: NOON) as opened:
        yield opened


def test_what_was_never_put_is_not_there(cache):
    assert cache.get(ask()) is None
    assert len(cache) == 0


@given(text=st.text(max_size=60), completion=completions)
@settings(max_examples=40, deadline=None)
def test_what_is_put_is_what_is_got(text, completion):
    with TemporaryDirectory() as folder, Cache(Path(folder)) as cache:
        cache.put(ask(text), completion, LABEL)

        assert cache.get(ask(text)) == completion


@given(answers=st.dictionaries(texts.filter(lambda text: text.isprintable()), completions, max_size=4))
@settings(max_examples=30, deadline=None)
def test_an_export_that_is_loaded_gives_the_same_entries(answers):
    with TemporaryDirectory() as one, TemporaryDirectory() as two, Cache(Path(one)) as old, Cache(Path(two)) as new:
        for text, completion in answers.items():
            old.put(ask(text), completion, LABEL)
        lines = exported(old)

        added = new.load(io.StringIO(lines))

        assert added == len(answers)
        assert list(new.entries()) == list(old.entries())
        assert exported(new) == lines


def test_a_later_process_finds_what_an_earlier_one_put(tmp_path):
    with Cache(tmp_path) as earlier:
        earlier.put(ask(), ANSWER, LABEL)

    with Cache(tmp_path) as later:
        found = later.get(ask())

    assert found is not None
    assert (found.text, found.usage, found.origin) == (ANSWER.text, ANSWER.usage, "cache")


def test_an_answer_that_was_cut_off_is_not_stored(cache):
    assert cache.put(ask(), said(finish="length"), LABEL) is False
    assert cache.get(ask()) is None


def test_the_latest_answer_to_a_request_counts(cache):
    assert cache.put(ask(), said("1"), LABEL)
    assert cache.put(ask(), said("2"), LABEL)

    assert cache.get(ask()) == said("2")
    assert len(cache) == 1


def test_a_large_answer_stays_in_the_database(cache):
    large = said("ن" * 300_000)

    cache.put(ask(), large, LABEL)

    assert cache.get(ask()) == large
    assert {path.name.split("-")[0] for path in cache.folder.iterdir()} == {"cache.db", "mahdar"}


def test_threads_may_share_a_cache(cache):
    def visit(number):
        cache.put(ask(str(number)), said(str(number)), LABEL)
        return cache.get(ask(str(number)))

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(visit, range(64)))

    assert found == [said(str(number)) for number in range(64)]
    assert len(cache) == 64


def test_the_folder_is_created_for_its_user_alone(tmp_path):
    with Cache(tmp_path / "a" / "b"):
        assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700


def test_an_entry_says_what_it_is_for(cache):
    cache.put(ask(), ANSWER, Label(document="تقرير-1", task="events/v1", attempt=2))

    (entry,) = cache.entries()

    assert (entry.key, entry.model) == (ask().key, "m")
    assert (entry.document, entry.task, entry.attempt) == ("تقرير-1", "events/v1", 2)
    assert entry.time == "2024-05-03T12:00:00Z"
    assert entry.size > len(ANSWER.text)


def test_info_counts_what_is_there(tmp_path):
    days = iter([NOON, NOON + timedelta(days=1), NOON - timedelta(days=1)])
    with Cache(tmp_path, clock=lambda: next(days)) as cache:
        for model, text in [("b", "1"), ("a", "2"), ("b", "3")]:
            cache.put(ask(text, model), ANSWER, LABEL)

        info = cache.info()

    assert (info.folder, info.format, info.entries) == (str(tmp_path), 1, 3)
    assert info.models == {"a": 1, "b": 2}
    assert (info.oldest, info.newest) == ("2024-05-02T12:00:00Z", "2024-05-04T12:00:00Z")
    assert info.bytes > 0


def test_info_of_an_empty_cache_has_no_times(cache):
    assert (cache.info().oldest, cache.info().newest, cache.info().models) == (None, None, {})


@pytest.mark.parametrize(
    ("conditions", "left"),
    [
        ({"older_than_days": 5}, {"events/v1 b", "events/v2 a", "agreements/v1 a"}),
        ({"older_than_days": 0}, set()),
        ({"older_than_days": 1e12}, {"events/v1 a", "events/v1 b", "events/v2 a", "agreements/v1 a"}),
        ({"model": "a"}, {"events/v1 b"}),
        ({"task": "events/v1"}, {"events/v2 a", "agreements/v1 a"}),
        ({"task": "events"}, {"agreements/v1 a"}),
        ({"task": "event"}, {"events/v1 a", "events/v1 b", "events/v2 a", "agreements/v1 a"}),
        ({"task": "events/v1", "model": "a"}, {"events/v1 b", "events/v2 a", "agreements/v1 a"}),
    ],
    ids=["old", "all", "none so old", "model", "version", "task", "no task", "both"],
)
def test_prune_removes_what_meets_all_conditions(tmp_path, conditions, left):
    ages = {"events/v1 a": 10, "events/v1 b": 1, "events/v2 a": 1, "agreements/v1 a": 1}
    times = iter([*(NOON - timedelta(days=age) for age in ages.values()), NOON])
    with Cache(tmp_path, clock=lambda: next(times)) as cache:
        for name in ages:
            task, model = name.split()
            cache.put(ask(name, model), ANSWER, Label(document="d", task=task))

        removed = cache.prune(**conditions)

        assert {f"{entry.task} {entry.model}" for entry in cache.entries()} == left
        assert removed == len(ages) - len(left)


def test_prune_without_a_condition_removes_nothing(cache):
    cache.put(ask(), ANSWER, LABEL)

    with pytest.raises(ConfigError, match="say how old, which model or which task"):
        cache.prune()

    assert len(cache) == 1


def test_an_export_is_one_readable_line_per_entry_sorted_by_key(cache):
    for text in ("أ", "ب", "ج"):
        cache.put(ask(text), said(text), LABEL)

    lines = exported(cache).splitlines()

    assert [json.loads(line)["key"] for line in lines] == sorted(ask(text).key for text in ("أ", "ب", "ج"))
    assert all("تقرير-1" in line for line in lines)


def test_an_export_with_a_secret_is_refused_whole_and_does_not_repeat_it(cache):
    secret = "sk-" + "a1B2c3D4" * 6
    cache.put(ask("1"), said("fine"), LABEL)
    cache.put(ask("2"), said(f"my key:\n{secret}"), LABEL)
    file = io.StringIO()

    with pytest.raises(ConfigError, match=r"holds an OpenAI key in completion\.text") as caught:
        cache.export(file)

    assert file.getvalue() == ""
    assert secret not in str(caught.value)


def test_an_export_with_the_key_in_use_is_refused(cache):
    cache.put(ask(), said("it is correct-horse"), LABEL)

    with pytest.raises(ConfigError, match="the API key in use"):
        cache.export(io.StringIO(), secrets=["correct-horse"])


def test_loading_keeps_an_entry_that_is_there(cache, tmp_path):
    with Cache(tmp_path / "other") as other:
        other.put(ask("1"), said("theirs"), LABEL)
        other.put(ask("2"), said("theirs"), LABEL)
        lines = exported(other)
    cache.put(ask("1"), said("ours"), LABEL)

    added = cache.load(io.StringIO(f"\n{lines}\n"))

    assert added == 1
    assert (cache.get(ask("1")), cache.get(ask("2"))) == (said("ours"), said("theirs"))


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("{", "Expecting"),
        ("[]", "not a JSON object"),
        ("[" * 100_000, "nested too deeply"),
        ("{}", "its key is None"),
        (line(key="0" * 31), "not 32 hex digits"),
        (line(key="0" * 31 + "\n"), "not 32 hex digits"),
        (line(key="G" * 32), "not 32 hex digits"),
        (line(completion={"text": "{}"}), "'usage' is missing"),
        (line(completion=None), "not a mapping"),
        (line(completion={**said().to_json(), "extra": 1}), "unexpected keyword argument"),
        (line(completion={**said().to_json(), "text": 3}), "3 is not str"),
        (line(completion={**said().to_json(), "latency_s": "1"}), "'1' is not int"),
        (line(completion={**said().to_json(), "finish": "length"}), "cut off"),
        (line(label={"document": "d"}), "missing"),
        (line(model=None), "None is not str"),
        (line(time="yesterday"), "Invalid isoformat"),
        (line(time="2024-05-03T12:00:00"), "no time zone"),
    ],
    ids=lambda value: value if len(value) < 30 else "",
)
def test_a_bad_line_is_named_and_nothing_is_loaded(cache, bad, reason):
    with pytest.raises(InputError, match=rf"import, line 2: .*{reason}"):
        cache.load(io.StringIO(f"{line()}\n{bad}\n"))

    assert len(cache) == 0


def test_a_file_that_is_not_text_is_refused(cache, tmp_path):
    (tmp_path / "x.jsonl").write_bytes(b"\xff\xfe\x00")

    with (tmp_path / "x.jsonl").open(encoding="utf-8") as file, pytest.raises(InputError, match=r"x\.jsonl: not UTF-8"):
        cache.load(file)


def test_what_a_run_paid_for_is_its_own_once_and_known_to_others_and_to_a_further_attempt(tmp_path):
    with Cache(tmp_path) as cache:
        cache.run = "one"
        cache.put(ask(), ANSWER, LABEL)
        again, further, other = LABEL, replace(LABEL, attempt=2), replace(LABEL, document="other")

        found = [cache.get(ask(), label) for label in (again, further, other, None)]
        cache.run = "two"
        found.append(cache.get(ask(), LABEL))

    assert [each.origin for each in found if each] == ["live", "cache", "cache", "cache", "cache"]
