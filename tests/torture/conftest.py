"""What is not survived stands in the table, too."""

from collections.abc import Generator

import pytest
from reliability import Row, record


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        what = item.name.removeprefix("test_").replace("_", " ")
        record(Row("Failed", what, 1, 0, f"`{item.path.name}` failed"))
    return report
