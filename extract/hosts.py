"""What the address of an endpoint tells about it: whose it is, and how it wants its key."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

OPENAI = "api.openai.com"
# Azure's resources, under each name that they have had.
_AZURE = ("openai.azure.com", "cognitiveservices.azure.com", "services.ai.azure.com")
# Services that have their models loaded at all times; of any other host this is not known.
_HOSTED = (
    OPENAI,
    *_AZURE,
    "openrouter.ai",
    "anthropic.com",
    "googleapis.com",
    "mistral.ai",
    "groq.com",
    "deepseek.com",
    "together.xyz",
    "fireworks.ai",
    "cerebras.ai",
    "deepinfra.com",
    "x.ai",
)


def host_of(url: str) -> str:
    """The host of an address, in lower case; empty if there is none that can be read."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_loopback(url: str) -> bool:
    """Whether an address leads to this machine alone."""
    # Looked at by hand where that is enough: the import of ipaddress costs every command its time.
    host = host_of(url)
    if host == "localhost" or host.endswith(".localhost"):
        return True
    if not (host.startswith("127.") or ":" in host):
        return False
    from ipaddress import ip_address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_openai(url: str) -> bool:
    """Whether an address is OpenAI's own, that of a region included."""
    return _is_of(host_of(url), (OPENAI,))


def is_azure(url: str) -> bool:
    """Whether an address is that of a resource of Azure, whose key goes into a header of its own."""
    return _is_of(host_of(url), _AZURE)


def is_hosted(url: str) -> bool:
    """Whether an address is that of a service known to have its models loaded."""
    return _is_of(host_of(url), _HOSTED)


def _is_of(host: str, domains: Iterable[str]) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)
