"""Optimal one-to-one assignment, in plain Python: a report holds a handful of records."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32


def assign(gains: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Pairs (row, column) of the one-to-one assignment with the greatest sum of gains; pairs of no gain are left out.

    The Hungarian method with potentials, O(n^2 m) (Kuhn 1955, Munkres 1957; the form of Jonker
    and Volgenant). Gains are 0 or more, and finite. Rows come in order.
    """
    rows, columns = len(gains), len(gains[0]) if gains else 0
    if not rows or not columns:
        return []
    if rows > columns:
        turned = assign([[gains[i][j] for i in range(rows)] for j in range(columns)])
        return sorted((i, j) for j, i in turned)
    owner = _solve(gains, rows, columns)
    pairs = ((owner[j] - 1, j - 1) for j in range(1, columns + 1) if owner[j])
    return sorted((i, j) for i, j in pairs if gains[i][j] > 0)


def tie(first: str, second: str) -> float:
    """A number from 0 to 1 made of two texts, the same whichever comes first.

    Added to gains in a measure too small to matter otherwise, it settles ties by content: neither the order of
    rows and columns nor which side is called gold changes what is assigned.
    """
    return crc32("\0".join(sorted((first, second))).encode()) / 2**32


def _solve(gains: Sequence[Sequence[float]], rows: int, columns: int) -> list[int]:
    """For each column (from 1) the row (from 1) that owns it, or 0."""
    of_row, of_column = [0.0] * (rows + 1), [0.0] * (columns + 1)
    owner, way = [0] * (columns + 1), [0] * (columns + 1)
    for row in range(1, rows + 1):
        owner[0] = row
        column = 0
        slack, is_used = [float("inf")] * (columns + 1), [False] * (columns + 1)
        while owner[column]:
            is_used[column] = True
            at, delta, best = owner[column], float("inf"), 0
            for j in range(1, columns + 1):
                if is_used[j]:
                    continue
                cost = -gains[at - 1][j - 1] - of_row[at] - of_column[j]
                if cost < slack[j]:
                    slack[j], way[j] = cost, column
                if slack[j] < delta:
                    delta, best = slack[j], j
            for j in range(columns + 1):
                if is_used[j]:
                    of_row[owner[j]] += delta
                    of_column[j] -= delta
                else:
                    slack[j] -= delta
            column = best
        while column:
            owner[column] = owner[way[column]]
            column = way[column]
    return owner
