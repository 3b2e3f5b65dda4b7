"""`mahdar batch` behind gateways, proxies and Azure: it goes as live requests go, and writes no secret down."""

import asyncio
import json
import logging
import shutil
import sys
from pathlib import Path

import pytest

from extract.batch.api import Api
from extract.batch.place import Place, place_of
from extract.batch.state import Part, State
from extract.batch.submit import send
from extract.client import Endpoint
from extract.errors import EndpointError
from tests.batch_api import KEY, BatchServer, refused, submit
from tests.endpoint import ScriptedEndpoint, unused_url
from tests.invented import REPORT
from tests.terminal import Ran, live, mahdar, manifest, write
from tests.test_no_secret_leaks import HEADER, QUERY, address, found
from tests.test_no_secret_leaks import KEY as PLANTED
from tests.test_route import certificate  # noqa: F401  a fixture

TEAM = "defence-desk-4711"
HEADERS = json.dumps({"X-Gateway": HEADER})
ABOUT = ("status", "collect", "cancel")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test works in an empty folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def reports() -> Path:
    """Two invented reports which tell of one meeting."""
    return write("in", **{name: f"{REPORT}\n{name}" for name in "ab"})


@pytest.fixture
def server():
    with BatchServer() as running:
        yield running


def about(command: str, *more: str, **environ: str) -> Ran:
    """A command about the folder of the batches."""
    return mahdar("batch", command, "batch", "--max-tries", "1", *more, **environ)


def azure(url: str, path: str = "/openai?api-version=2024-10-21") -> str:
    return url.removesuffix("/v1") + path


def test_headers_go_with_every_request(server):
    server.status = "in_progress"
    submit(server.url, "--header", f"X-Team={TEAM}", "--header", "user-agent=desk")
    for command in ("status", "cancel", "collect"):
        about(command, "--header", f"X-Team={TEAM}", OPENAI_API_KEY=KEY)

    assert [request.partition(" ")[0] for request in server.requests] == ["POST", "POST", "GET", "POST", "GET"]
    assert {headers["x-team"] for headers in server.headers} == {TEAM}
    assert server.headers[0]["user-agent"] == "desk"
    assert {headers["authorization"] for headers in server.headers} == {f"Bearer {KEY}"}


def test_a_header_of_the_user_wins_over_the_key_whatever_its_case(server):
    submit(server.url, "--header", "authorization=Gateway of mine")

    assert {headers["authorization"] for headers in server.headers} == {"Gateway of mine"}


def test_nothing_goes_along_that_openai_reads_from_the_environment_or_adds(server, monkeypatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Other: 1")
    submit(server.url, OPENAI_ORG_ID="org-1", OPENAI_CUSTOM_HEADERS="X-Other: 1")
    about("collect", OPENAI_API_KEY=KEY, OPENAI_ORG_ID="org-1", OPENAI_CUSTOM_HEADERS="X-Other: 1")

    names = {name for headers in server.headers for name in headers}
    assert names <= {
        "accept",
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "host",
        "user-agent",
    }


@pytest.mark.parametrize("where", ["file", "command"])
def test_a_key_comes_from_a_file_or_a_command(where, server):
    Path("key").write_text(f"{KEY}\n")
    command = f"{sys.executable} -c 'print(open(\"key\").read())'"
    given = ("--api-key-file", "key") if where == "file" else ("--api-key-command", command)
    asked = ("--base-url", server.url, "--model", "m", "--prompt", "meeting", "--to", "batch", *given)

    ran = mahdar("batch", "submit", "in", *asked)
    again = about("collect", *given)

    assert (ran.code, again.code) == (0, 0)
    assert {headers["authorization"] for headers in server.headers} == {f"Bearer {KEY}"}
    assert KEY not in Path("batch/batch.json").read_text()


def test_the_next_commands_say_which_flags_no_file_keeps(server):
    ran = submit(server.url, "--header", f"X-Team={TEAM}", "--header", "X-Desk=ab")

    assert "with the same --header X-Desk, --header X-Team, which no file keeps; or set MAHDAR_HEADERS" in ran.out
    assert TEAM not in ran.out + ran.err


def test_a_header_that_was_given_and_is_not_given_again_is_told_of(server):
    submit(server.url, "--header", f"X-Team={TEAM}")

    without, with_it = about("status"), about("status", MAHDAR_HEADERS=json.dumps({"x-team": TEAM}))

    assert "submitted with headers that are not given now: X-Team; see --header" in without.err
    assert with_it.err == ""


def test_a_switch_stands_in_the_next_command_as_it_is_typed(server):
    submit(server.url, "--azure")
    collected = about("collect", OPENAI_API_KEY=KEY)

    [line] = [line for line in collected.out.splitlines() if "mahdar run" in line]
    assert " --azure" in line
    assert "True" not in line


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://gateway.example/v1?tenant=a", Place(base_url="https://gateway.example/v1", query=(("tenant", "a"),))),
        (
            "https://n.openai.azure.com/openai?api-version=1",
            Place(
                base_url="https://n.openai.azure.com/openai",
                query=(("api-version", "1"),),
                line_url="/chat/completions",
                batch_url="/chat/completions",
            ),
        ),
        (
            "https://n.openai.azure.com/openai/deployments/big-batch?api-version=1",
            Place(
                base_url="https://n.openai.azure.com/openai",
                query=(("api-version", "1"),),
                line_url="/chat/completions",
                batch_url="/chat/completions",
                deployment="big-batch",
            ),
        ),
        (
            "https://n.openai.azure.com/openai/v1",
            Place(base_url="https://n.openai.azure.com/openai/v1", batch_url="/chat/completions"),
        ),
    ],
    ids=["gateway", "resource", "deployment", "v1"],
)
def test_a_place_is_that_of_the_resource_and_names_what_its_lines_ask(url, expected):
    assert place_of(Endpoint(base_url=url, is_azure="azure" in url)) == expected


def test_azure_gets_its_key_its_version_and_its_deployment_and_a_run_asks_for_nothing(server):
    url = azure(server.url, "/openai/deployments/big-batch?api-version=2024-10-21")

    ran, collected = submit(url, "--azure"), about("collect", OPENAI_API_KEY=KEY)
    ran_live = live(url, "--azure")

    assert (ran.code, collected.code, ran_live.code) == (0, 0, 0)
    assert {target.partition("?")[2].split("&")[0] for target in server.targets} == {"api-version=2024-10-21"}
    assert {target.partition("?")[0].split("/")[2] for target in server.targets} == {"files", "batches"}
    assert {headers["api-key"] for headers in server.headers} == {KEY}
    assert not [headers for headers in server.headers if "authorization" in headers]
    lines = server.batches[0].lines
    assert {(line["url"], line["body"]["model"]) for line in lines} == {("/chat/completions", "big-batch")}
    assert server.batches[0].endpoint == "/chat/completions"
    assert manifest()["counts"]["answers_from"] == {"cache": 2}


def test_an_address_with_a_version_alone_is_remembered_and_one_with_a_token_is_not(server):
    submit(azure(server.url), "--azure")
    kept = json.loads(Path("batch/batch.json").read_text())["asked"]["base_url"]
    shutil.rmtree("batch")
    ran = submit(azure(server.url, f"/openai?api-version=1&token={QUERY}"), "--azure")
    held = json.loads(Path("batch/batch.json").read_text())["asked"]

    assert kept == azure(server.url)
    assert held["base_url"] is None
    assert "with the same --base-url, which no file keeps" in ran.out
    assert QUERY not in json.dumps(held)


def sent(server: BatchServer, url: str) -> list[float]:
    """Send one part to Azure; gives the pauses that were made."""
    pauses: list[float] = []

    async def rest(seconds: float) -> None:
        pauses.append(seconds)

    async def go() -> None:
        api = Api(Endpoint(base_url=url, api_key=KEY, is_azure=True, max_tries=1), "m", sleep=rest)
        try:
            state = State(path=Path("batch.json"), job={"model": "m"}, asked={})
            part = Part(name="part-0001", requests=1, bytes=1)
            state.parts.append(part)
            state.file(part).write_bytes(b'{"custom_id": "1", "body": {}}\n')
            await send(state, part, api)
        finally:
            await api.close()

    asyncio.run(go())
    return pauses


def test_a_file_that_azure_still_looks_at_is_waited_for(server):
    server.pending = 2

    assert sent(server, azure(server.url)) == [5.0, 5.0]
    assert len(server.batches) == 1


def test_a_file_that_azure_finds_fault_with_is_told(server):
    server.looked_at = "error"

    with pytest.raises(EndpointError, match="the endpoint refused this file of requests"):
        sent(server, azure(server.url))

    assert server.batches == []


def test_the_proxy_of_the_environment_is_asked_with_its_password(server, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url.replace("//", "//me:s3cret@").removesuffix("/v1"))

    ran = submit("http://gateway.example/v1", OPENAI_API_KEY="", MAHDAR_API_KEY=KEY)

    assert ran.code == 0
    assert server.targets[0] == "http://gateway.example/v1/files"
    assert server.headers[0]["proxy-authorization"] == "Basic bWU6czNjcmV0"
    assert "s3cret" not in ran.out + ran.err + Path("batch/batch.json").read_text()


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        ({"http_proxy": "socks5://127.0.0.1:9"}, "the proxy that the environment names is no HTTP proxy"),
        ({"SSL_CERT_FILE": "none-such.pem"}, "cannot be read); is it https, and does SSL_CERT_FILE"),
        ({"REQUESTS_CA_BUNDLE": "none-such.pem"}, "cannot be read); is it https, and does SSL_CERT_FILE"),
    ],
    ids=["proxy", "file", "bundle"],
)
def test_a_proxy_or_certificates_that_cannot_be_used_are_told_as_by_a_run(environ, reason, monkeypatch):
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    url = "http://gateway.example/v1" if "http_proxy" in environ else unused_url().replace("http", "https")

    ran = submit(url)

    assert ran.code == 3
    assert reason in ran.err


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_a_certificate_that_the_environment_names_is_trusted(name, server, certificate, monkeypatch):  # noqa: F811
    for usual in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(usual, raising=False)
    server.wrap(certificate[1])
    url = server.url.replace("http://", "https://")

    untrusted = submit(url)
    monkeypatch.setenv(name, str(certificate[0]))
    trusted = submit(url)

    assert (untrusted.code, trusted.code) == (3, 0)
    assert "does SSL_CERT_FILE hold the certificate to trust?" in untrusted.err


def test_reports_are_uploaded_to_nobody_that_a_redirect_names(server):
    moved = lambda asked: {"error": {"message": "no"}}  # noqa: E731  a script of one line
    with ScriptedEndpoint(moved) as stranger, Moving(stranger.url) as gateway:
        ran = submit(gateway.url, "--header", f"X-Team={TEAM}")

    assert stranger.asked == []
    assert ran.code == 3
    assert "it sends the request on to" in ran.err


def test_results_that_lie_elsewhere_are_fetched_without_anything_of_ours(server):
    submit(server.url, "--header", f"X-Team={TEAM}")
    output = server.files.get(server.batches[0].output or "")
    assert output is not None
    with ScriptedEndpoint(lambda _: output.data) as store:
        server.moved = f"{store.url}/results?sig=1"
        ran = about("collect", "--header", f"X-Team={TEAM}", OPENAI_API_KEY=KEY)

    assert ran.code == 0
    assert [asked.path for asked in store.asked] == ["/v1/results?sig=1"]
    assert not {"authorization", "x-team"} & set(store.asked[0].headers)


class Moving(BatchServer):
    """A gateway that sends every request on to somebody else."""

    def __init__(self, target: str) -> None:
        super().__init__()
        self._target = target

    def reply(self, method: str, path: str, body: bytes, kind: str) -> tuple[int, str]:
        return 307, self._target


@pytest.mark.parametrize("shape", ["key", "password"])
@pytest.mark.parametrize("failure", ["none", "status 401", "status 500", "error in a line", "broken off", "no batches"])
def test_nothing_planted_is_found_after(failure, shape, tmp_path, server, caplog):
    caplog.set_level(logging.DEBUG)
    url = address(server.url) if shape == "password" else server.url
    said = f"you sent {PLANTED} and {HEADER}, {json.dumps(HEADER)}"
    if failure.startswith("status"):
        server.fails = int(failure.split()[1]), said
    elif failure == "error in a line":
        server.results = lambda _: refused(401, said)
    elif failure == "broken off":
        server.dies_in = 1
    elif failure == "no batches":
        url = url.replace("/v1", "/v2/x")
    environ = {"MAHDAR_API_KEY": PLANTED, "MAHDAR_HEADERS": HEADERS}

    ran = [submit(url, OPENAI_API_KEY="", **environ)]
    ran += [about(command, "--base-url", url, **environ) for command in ABOUT]

    assert {headers["x-gateway"] for headers in server.headers} == {HEADER}
    assert found(tmp_path, *(each.out + each.err for each in ran), caplog.text) == {}
