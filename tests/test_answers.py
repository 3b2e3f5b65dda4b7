"""Where answers come from: recordings, then the cache, then the endpoint."""

import asyncio
from contextlib import closing

import pytest

from extract.answers import Answers
from extract.cache import Cache
from extract.errors import ConfigError, EndpointError, ReplayMiss
from extract.recordings import Recordings
from extract.request import Completion, Label
from tests.invented import Model, asking

LABEL = Label(document="report-1", task="meeting/v1")


def answered(answers: Answers) -> Completion:
    return asyncio.run(answers(asking(), LABEL))


@pytest.fixture
def recordings(tmp_path):
    return Recordings(tmp_path / "recordings")


@pytest.fixture
def cache(tmp_path):
    with closing(Cache(tmp_path / "cache")) as opened:
        yield opened


def test_what_nobody_knows_is_asked_for():
    model = Model("live")

    assert answered(Answers(ask=model)).text == "live"
    assert model.asked == [(asking(), LABEL)]


def test_a_recording_comes_before_the_cache(recordings, cache):
    recordings.write(asking(), Completion(text="recorded"), LABEL)
    cache.put(asking(), Completion(text="cached"), LABEL)

    assert answered(Answers(ask=Model(), cache=cache, recordings=recordings)).text == "recorded"


def test_the_cache_comes_before_the_endpoint(cache):
    cache.put(asking(), Completion(text="cached"), LABEL)

    assert answered(Answers(ask=Model(), cache=cache)).text == "cached"


def test_a_live_answer_is_cached(cache):
    answered(Answers(ask=Model("live"), cache=cache))

    assert cache.get(asking()).text == "live"


def test_a_fault_is_not_cached(cache):
    with pytest.raises(EndpointError):
        answered(Answers(ask=Model(EndpointError("busy", kind="server")), cache=cache))

    assert cache.get(asking()) is None


@pytest.mark.parametrize("is_recording", [True, False])
def test_a_live_answer_is_recorded_when_recording(recordings, is_recording):
    answered(Answers(ask=Model("live"), recordings=recordings, is_recording=is_recording))

    assert (recordings.find(asking()) is not None) is is_recording


def test_a_cached_answer_is_recorded_too(recordings, cache):
    cache.put(asking(), Completion(text="cached"), LABEL)

    answered(Answers(ask=Model(), cache=cache, recordings=recordings, is_recording=True))

    assert recordings.find(asking()).text == "cached"


def test_an_answer_that_was_cut_is_asked_for_again_the_next_time(cache):
    answered(Answers(ask=Model(Completion(text="{", finish="length")), cache=cache))

    assert answered(Answers(ask=Model("whole"), cache=cache)).text == "whole"


def test_without_an_endpoint_what_is_not_recorded_is_a_miss(recordings):
    answers = Answers(recordings=recordings)

    assert answers.is_offline
    with pytest.raises(ReplayMiss):
        answered(answers)


def test_without_endpoint_and_recordings_there_is_nothing_to_answer_with():
    with pytest.raises(ConfigError, match="--base-url"):
        Answers()
