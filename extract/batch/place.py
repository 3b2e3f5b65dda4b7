"""Where the files and batches of an endpoint are, and what a line says of where it is to be asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from extract.client import Endpoint

COMPLETIONS = "/v1/chat/completions"
# Azure's own, but for its addresses that end in /v1.
_AZURES = "/chat/completions"
_DEPLOYMENT = re.compile(r"/deployments/([^/]+)/*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The address of files and batches without credentials, its query, and what lines and batches name.

    `deployment` is the model that lines name in place of ours: that of an address of Azure's which names one, where
    a live request names none.
    """

    base_url: str = ""
    query: tuple[tuple[str, str], ...] = ()
    line_url: str = COMPLETIONS
    batch_url: str = COMPLETIONS
    deployment: str | None = None


def place_of(endpoint: Endpoint) -> Place:
    """The place of an endpoint; files and batches of Azure belong to the resource, not to a deployment of it."""
    parts = urlsplit(endpoint.base_url)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="")
    query = tuple(parse_qsl(parts.query, keep_blank_values=True))
    if not endpoint.is_azure:
        return Place(base_url=bare.geturl(), query=query)
    named = _DEPLOYMENT.search(parts.path)
    path = (parts.path[: named.start()] if named else parts.path).rstrip("/")
    return Place(
        base_url=bare._replace(path=path).geturl(),
        query=query,
        line_url=COMPLETIONS if path.endswith("/v1") else _AZURES,
        # The same everywhere: what is asked it reads in the lines.
        batch_url=_AZURES,
        deployment=named[1] if named else None,
    )
