"""Options of the unit tests. What several of them build stands in `builders/`."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--new-baselines", action="store_true", help="write the images of figures anew"
    )
