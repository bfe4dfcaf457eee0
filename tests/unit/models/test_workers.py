"""Worker processes: order, bounded memory, errors, and no orphans."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from darkpixel.errors import DarkpixelError
from darkpixel.models.workers import CAN_FORK, Workers, usable_cores

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="one process does all where forks are unsafe")


def workers(work, cores=3):
    return Workers(work, cores, what="testing", remedy="try again")


def alive(pid):
    """Whether the process runs; a dead one that nobody has waited for yet does not."""
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize("cores", [1, 2, 4])
def test_results_come_in_the_order_of_the_tasks(cores):
    def late_first(task):
        time.sleep(0.1 if task == 0 else 0)
        return task**2, os.getpid()

    with workers(late_first, cores) as team:
        found = list(team.results(range(9)))
        again = list(team.results(iter([5, 6])))
    assert [value for value, _ in found] == [n**2 for n in range(9)]
    assert [value for value, _ in again] == [25, 36]
    assert (os.getpid() in {pid for _, pid in found}) == (cores == 1)


def test_each_worker_computes_on_one_thread_after_a_parent_with_several():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        matrix = torch.rand(600, 600)
        for _ in range(3):  # the threads of the parent exist from here on
            product = matrix @ matrix
        with workers(lambda _: (torch.get_num_threads(), float((matrix @ matrix).sum()))) as team:
            found = set(team.results(range(6)))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    ((threads, total),) = found
    assert threads == 1
    assert total == pytest.approx(float(product.sum()), rel=1e-4)


def test_a_slow_reader_slows_the_workers_and_fills_no_memory():
    given = []

    def tasks():
        for task in range(40):
            given.append(task)
            yield task

    with workers(lambda task: task, 2) as team:
        for taken, result in enumerate(team.results(tasks())):
            assert result == taken
            assert len(given) <= taken + 5  # twice the two workers, and the one that is taken


class Awkward(Exception):
    """An error that cannot be made from its text, as many cannot."""

    def __init__(self, first, second):
        super().__init__(f"{first} {second}")


@pytest.mark.parametrize(
    ("error", "seen", "text"),
    [
        (DarkpixelError("key x: bad."), DarkpixelError, "key x: bad."),
        (ValueError("odd"), ValueError, "odd"),
        (Awkward("very", "odd"), RuntimeError, "Awkward: very odd"),
    ],
)
def test_an_error_comes_back_with_the_workers_traceback(error, seen, text):
    def fail_here(task):
        if task == 2:
            raise error
        return task

    with pytest.raises(seen) as caught, workers(fail_here, 2) as team:
        for _ in team.results(range(5)):
            pass
    assert str(caught.value) == text
    assert "fail_here" in caught.value.__notes__[0]


def test_a_killed_worker_is_told_in_one_line():
    def die(task):
        if task == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return task

    message = r"^testing: a worker process was killed by SIGKILL; try again\.$"
    with pytest.raises(DarkpixelError, match=message), workers(die, 2) as team:
        for _ in team.results(range(8)):
            pass


def test_workers_end_with_the_block_and_after_an_unfinished_pass():
    def slow(task):
        time.sleep(60 if task > 1 else 0)
        return os.getpid()

    with workers(slow, 2) as team:
        stream = team.results(range(9))
        pids = {next(stream), next(stream)}
        stream.close()
        assert not any(alive(pid) for pid in pids)
        with pytest.raises(RuntimeError, match="have ended"):
            next(team.results([0]))


PARENT = """
import os, sys, time
from darkpixel.models.workers import Workers

def work(task):
    os.write(1, f"{os.getpid()}\\n".encode())  # whole, whatever the other one writes
    time.sleep(60)

with Workers(work, 2, what="testing", remedy="try again") as team:
    list(team.results(range(2)))
"""


def test_no_worker_outlives_a_parent_that_was_killed():
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pids = [int(parent.stdout.readline()) for _ in range(2)]
        assert all(alive(pid) for pid in pids)
        parent.kill()
    end = time.monotonic() + 60  # on a busy machine they may still be importing
    while any(alive(pid) for pid in pids) and time.monotonic() < end:
        time.sleep(0.1)
    assert not any(alive(pid) for pid in pids)


def test_the_usable_cores_are_those_that_the_process_may_use():
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)
