"""Quantiles of Student's t."""

from __future__ import annotations

import pytest

from evals.student import student_t


@pytest.mark.parametrize(
    ("share", "degrees", "expected"),
    [
        (0.975, 1, 12.706),
        (0.975, 2, 4.303),
        (0.975, 5, 2.571),
        (0.975, 10, 2.228),
        (0.975, 29, 2.045),
        (0.975, 120, 1.980),
        (0.95, 4, 2.132),
        (0.90, 9, 1.383),
        (0.995, 7, 3.499),
        (0.5, 3, 0.0),
    ],
)
def test_students_t_is_that_of_the_tables(share, degrees, expected):
    assert student_t(share, degrees) == pytest.approx(expected, abs=5e-4)
