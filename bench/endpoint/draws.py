"""What goes wrong, drawn so that it is the same in any order of arrival."""

from __future__ import annotations

from hashlib import blake2b, sha1
from itertools import accumulate

from bench.endpoint.options import CONTENT_FAULTS, Options


def digest(body: bytes) -> bytes:
    """A body's digest; sha1 since it is by far the fastest on common processors."""
    return sha1(body, usedforsecurity=False).digest()


def unit(seed: int, purpose: str, about: bytes, nth: int = 0) -> float:
    """A number from 0 to below 1 that depends on these four and on nothing else."""
    drawn = blake2b(b"%d %s %d " % (seed, purpose.encode(), nth) + about, digest_size=7).digest()
    return int.from_bytes(drawn, "big") / (1 << 56)


class Faults:
    """Says which fault strikes a request: by the seed, its body, and how often that body was seen."""

    def __init__(self, options: Options) -> None:
        shares = options.shares()
        self._seed = options.seed
        self._jitter_s = options.jitter_ms / 1000
        self._limits = list(zip(accumulate(share for _, share in shares), (name for name, _ in shares), strict=True))
        self._seen: dict[bytes, int] = {}
        # Most runs draw nothing; those need no digest either.
        self._is_on = bool(shares or options.jitter_ms)

    def draw(self, body: bytes, *, is_reask: bool) -> tuple[str | None, float]:
        """The fault of a body that comes in now, None for none, and seconds to add to its latency.

        Content is wrong only the first time that a body comes, and never in a re-ask.
        """
        if not self._is_on:
            return None, 0.0
        about = digest(body)
        nth = self._seen.get(about, 0)
        self._seen[about] = nth + 1
        delay = self._jitter_s * (2 * unit(self._seed, "jitter", about, nth) - 1) if self._jitter_s else 0.0
        drawn = unit(self._seed, "fault", about, nth)
        name = next((name for limit, name in self._limits if drawn < limit), None)
        return None if name in CONTENT_FAULTS and (nth or is_reask) else name, delay
