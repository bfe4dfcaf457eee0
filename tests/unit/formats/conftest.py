"""What several tests of files share: the server that misbehaves."""

from collections.abc import Iterator

import pytest
from bad_server import Server, serving


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving() as running:
        yield running
