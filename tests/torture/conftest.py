"""What is not survived stands in the table, too; and the order of the tests of `make torture`."""

from collections.abc import Generator
from itertools import zip_longest

import pytest
from reliability import Row, is_whole, record

LONGEST = (
    "test_a_disk_that_is_full",
    "test_a_run_that_is_killed",
    "test_other_cores",
    "test_other_pythons",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that compute and those that wait, for Slurm, by turns; of each the longest first.

    The workers get two each to begin with: one that computes and one that waits, half of them in
    the other order.
    """
    if not is_whole():
        return

    def place(item: pytest.Item) -> int:
        return next(
            (i for i, name in enumerate(LONGEST) if item.name.startswith(name)), len(LONGEST)
        )

    waiting = [item for item in items if item.path.name == "test_slurm_faults.py"]
    computing = sorted((item for item in items if item not in waiting), key=place)
    pairs = enumerate(zip_longest(computing, waiting))
    turns = [pair if number % 2 == 0 else pair[::-1] for number, pair in pairs]
    items[:] = [item for pair in turns for item in pair if item is not None]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    what = item.name.removeprefix("test_").replace("_", " ")
    if report.failed:
        record(Row("Failed", what, 1, 0, f"`{item.path.name}` failed"))
    elif report.skipped:  # under make torture, not by its own mark
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else "skipped"
        record(Row("Not tried", what, 0, 0, str(reason).removeprefix("Skipped: ")))
    return report
