"""Copies of the project, and a run of the test configuration in one."""

from pathlib import Path

import pytest
from projects import Project


@pytest.fixture(scope="session")
def copy_project() -> type[Project]:
    """Makes a copy of the project in a folder: for fixtures that several tests of a file share."""
    return Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "a copy")  # with a space, as users' folders have


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose test configuration has run, report included. Leave it as it is."""
    project = Project(tmp_path_factory.mktemp("finished") / "a copy")
    done = project.run("all", "report")
    assert done.returncode == 0, done.stdout[-6000:]
    return project
