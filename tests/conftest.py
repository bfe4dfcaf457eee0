"""The order of the test files: the longest first, so that no core waits for the last one."""

import pytest

LONGEST = (
    "test_pipeline.py", "test_slurm.py", "test_slurm_faults.py", "test_interruption.py",
    "test_full_disk.py", "test_extending.py", "test_rules.py", "test_profiles.py",
    "test_fuzz.py", "test_moving.py", "test_errors.py", "test_environments.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        name = item.path.name
        return LONGEST.index(name) if name in LONGEST else len(LONGEST)

    items.sort(key=place)
