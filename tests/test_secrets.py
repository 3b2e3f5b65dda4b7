"""No secret is written down or printed."""

import json

import pytest

from extract.secrets import find_secret, is_open, locate, mask

# Put together here, so that no scanner takes this file for one that leaks.
OPENAI = "sk-" + "a1B2c3D4" * 6
PROJECT = "sk-proj-" + "aB_3-" * 10
SECRETS = {
    "an OpenAI key": OPENAI,
    "a JWT": "eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJ" + "zdWIiOiIxMjM0In0" + ".c2lnbmF0dXJlLWhlcmU",
    "a GitHub token": "ghp_" + "a1B2c3" * 6,
    "a Google API key": "AIza" + "b" * 35,
    "a Hugging Face token": "hf_" + "aBcDeFgH" * 5,
    "a Slack token": "xoxb-" + "1234567890-abcdef",
    "an AWS key": "AKIA" + "ABCDEFGH12345678",
    "an API key": "gsk_" + "a1B2" * 12,
    "a private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "URL with a password": "https://reader:" + "hunter2@example.org/v1",
    "a bearer token": "Authorization: Bearer " + "0a1b2c3d4e5f6a7b8c9d",
}


@pytest.mark.parametrize(("kind", "text"), SECRETS.items(), ids=SECRETS)
def test_a_secret_is_found_and_its_kind_is_named(kind, text):
    assert find_secret(f"قال الوزير {text} في مسقط") == kind


@pytest.mark.parametrize("text", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("gap", ["\n", "\t", "\r", '"'], ids=["newline", "tab", "return", "quote"])
def test_a_secret_is_found_behind_an_escape_of_serialised_json(text, gap):
    assert find_secret(json.dumps({"content": f"key:{gap}{text}"})) is not None


@pytest.mark.parametrize(
    "text",
    [OPENAI, PROJECT, "sk-ant-" + "api03-abcDEF_123-abcdef", "sk-or-" + "v1-0123456789abcdef0123456789"],
    ids=["plain", "project", "anthropic", "openrouter"],
)
def test_every_form_of_key_that_starts_with_sk_is_found(text):
    assert find_secret(text) == "an OpenAI key"


@pytest.mark.parametrize(
    "text",
    [
        "وقّع وزير الدفاع ونظيره الأردني مذكرة تفاهم في 3 مايو 2024، برقم 1445/10/24.",
        "d41d8cd98f00b204e9800998ecf8427e" * 2,
        "https://example.org/sk-ministri-obrany-nato-rokovanie-2024-05-03",
        "task-0123456789abcdefghijklmnop and risk-assessment-of-2023-and-later",
        "The bearer of this letter, internationalisation aside, met him.",
        "http://localhost:8000/v1/chat@home and mail to press@mod.example",
        "https://example.org:8443/a?mail=press@mod.example",
        "Talks on ASIA PACIFIC SECURITY and AKIA were held.",
        "",
    ],
    ids=["arabic", "digest", "slug", "words", "bearer", "url and mail", "port and mail", "capitals", "empty"],
)
def test_news_text_holds_no_secret(text):
    assert find_secret(text) is None


def test_the_key_in_use_is_found_whatever_it_looks_like():
    key = 'ab"c\\defgh'

    assert find_secret(f"x{key}x", [key]) == "the API key in use"
    assert find_secret(json.dumps(f"x{key}x"), [key]) == "the API key in use"


@pytest.mark.parametrize("key", ["", "none", "EMPTY", "ollama", "lm-studio"])
def test_what_stands_in_for_a_key_is_not_looked_for(key):
    assert find_secret(f"endpoint {key} none EMPTY ollama", [key]) is None


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"messages": [{"content": "x"}, {"content": ["a", OPENAI]}]}, "messages[1].content[1]"),
        ({"options": {OPENAI: 1}}, "options"),
        ({"a": 1, "b": None, "c": [True, "text"]}, None),
    ],
    ids=["in a text", "as a name", "nowhere"],
)
def test_the_place_of_a_secret_is_named(value, path):
    found = locate(value)

    assert (found and found[1]) == path


@pytest.mark.parametrize(
    ("key", "shown"),
    [(OPENAI, "…" + OPENAI[-4:]), ("0123456789abcdef", "…cdef"), ("ollama", "…"), ("0123456789abcde", "…"), ("", "…")],
    ids=["long", "just long enough", "short", "just too short", "empty"],
)
def test_a_masked_key_shows_four_characters_at_most(key, shown):
    assert mask(key) == shown


@pytest.mark.parametrize(
    ("url", "is_kept"),
    [
        ("http://localhost:11434/v1", True),
        ("https://n.openai.azure.com/openai?api-version=2024-10-21", True),
        ("https://gateway.example/v1?token=abc", False),
        ("https://gateway.example/v1?api-version=1&sig=abc", False),
        ("https://gateway.example/v1?abc", False),
        ("https://me:abc@gateway.example/v1", False),
        ("https://[abc", False),
    ],
)
def test_an_address_is_written_down_only_with_what_cannot_be_secret(url, is_kept):
    assert is_open(url) == is_kept
