"""mahdar probe."""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import Any

import click

from extract import compose, prompt
from extract.cli import options
from extract.cli.cells import clean
from extract.cli.probe_text import lines
from extract.document import Document
from extract.errors import EndpointError
from extract.probe import advice, kept
from extract.probe.found import Found
from extract.settings import Settings
from extract.tokens import estimate

NO_RUN = 1


@click.command("probe")
@options.settings("prompt", *options.ENDPOINT, *options.GATEWAY, "timeout_s", "connect_timeout_s")
@options.settings(*options.COLD, "cache", "prompts")
@options.no_cache
@click.option("--fresh", is_flag=True, help="Ask anew where the answer of the last seven days is kept.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, fresh: bool, as_json: bool, **flags: Any) -> int:
    """Find out what an endpoint is and can do, with a few looks and about ten short requests.

    Says which server and which models there are, which modes are truly enforced, the context, the speed, and
    the settings to use. What was found is kept for seven days, and a run with --mode auto uses it; another
    version of the server is asked anew. Exits 0 if a run would work, 1 if not, 3 if nothing answers.
    """
    resolved = options.resolved({**flags, "replay": "none"})
    settings = resolved.settings
    endpoint, tokens = compose.endpoint(settings), _prompt_tokens(settings)
    try:
        found, is_kept = _found(settings, endpoint, is_fresh=fresh)
    except EndpointError as error:
        if not as_json:
            raise
        click.echo(json.dumps({"works": False, "faults": [str(error)]}, ensure_ascii=False, indent=2))
        return error.exit_code
    works = advice.works(found, tokens)
    chosen = advice.to_use(found, settings) if found.mode else {}
    if as_json:
        whole = {"works": works, "is_kept": is_kept, **found.to_json(), "use": chosen}
        click.echo(json.dumps(whole, ensure_ascii=False, indent=2))
    else:
        for line in lines(found, chosen, tokens, is_kept=is_kept):
            click.echo(clean(line))
    return 0 if works else NO_RUN


def _found(settings: Settings, endpoint: Any, *, is_fresh: bool) -> tuple[Found, bool]:
    """What was found, and whether it was known before."""
    import asyncio

    from extract.probe.whole import probe

    base_url = settings.base_url or ""
    old: list[Found] = []

    def known(model: str) -> Found | None:
        found = None if is_fresh else kept.load(settings.cache, base_url, model)
        old.extend([found] if found else [])
        return found

    say = partial(click.echo, err=True) if sys.stderr.isatty() else lambda _: None
    found = asyncio.run(probe(endpoint, settings.model, compose.options_of(settings), known=known, say=say))
    is_kept = found in old
    if found.mode is not None and not is_kept and (fault := kept.save(settings.cache, found)):
        click.echo(f"mahdar: warning: not kept: {fault}", err=True)
    return found, is_kept


def _prompt_tokens(settings: Settings) -> int:
    """Tokens of the prompt that would be used, without a report."""
    messages = prompt.load(settings.prompt, compose.folders(settings)).messages(
        Document(id="empty", text=""), "json_schema"
    )
    return sum(estimate(str(message["content"])) for message in messages)
