"""What `./run test` reports."""

import pytest

from lvv.trial.checks import Outcome


@pytest.mark.parametrize(
    ("output", "last_line"),
    [
        ("..\n2 passed in 0.08s\n", "2 passed in 0.08s"),
        ("===== 1 failed, 2 passed in 61.20s (0:01:01) =====\n", "1 failed, 2 passed in 61.20s (0:01:01)"),
        ("2 passed in 0.08s\nleftover of a thread\n", "2 passed in 0.08s"),
        ("ImportError: no module\n", "pytest gaf geen telling"),
    ],
)
def test_the_count_of_the_tests_is_found(output: str, last_line: str) -> None:
    assert Outcome(passed=True, output=output).last_line == last_line
