"""Processes that share the cores: each does one piece of work after the other, on one thread.

A second thread brings a sampler little: its steps are many and small, and Python between them runs
on one thread at a time. A second process brings all of a core, since blocks of images do not know
each other.

Workers are forked, as those of torch's own `DataLoader` are: the model's weights are there at once
and stand in memory once, where a new interpreter would import torch for three seconds first. What
a fork does not copy are the threads of the libraries; a worker asks for none, since it computes on
one thread from the beginning. Linux alone forks safely: the system libraries of macOS do not, so
that elsewhere one process does all of the work.
"""

import logging
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from types import FrameType, TracebackType
from typing import Any, Generic, NamedTuple, Self, TypeVar

import torch

from darkpixel.errors import DarkpixelError

logger = logging.getLogger(__name__)

Task = TypeVar("Task")
Result = TypeVar("Result")

CAN_FORK = sys.platform == "linux"
_AHEAD = 2  # results for each worker that may be held, or be in the making, at a time
_STOPPING = (signal.SIGINT, signal.SIGTERM)
_PATIENCE = 5.0  # s, for a worker that has been told to end
_GLANCE = 0.5  # s between two looks at whether the parent is still there
_NOTHING = object()


def usable_cores() -> int:
    """The cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


class _Worker(NamedTuple):
    """A worker process and the parent's end of the pipe to it."""

    process: Any
    connection: Connection


class Workers(Generic[Task, Result]):
    """`work` on several cores; use as a context manager.

    With one core the work is done here, in this process, on one thread as well: results never
    depend on the number of cores.

    Args:
        work: of one task; what it needs is there by the fork, only task and result are sent.
        cores: how many processes.
        what: is done, for messages: "sampling".
        remedy: what to do when a worker was killed, which a lack of memory does.
    """

    def __init__(
        self, work: Callable[[Task], Result], cores: int, *, what: str, remedy: str
    ) -> None:
        self._work, self._what, self._remedy = work, what, remedy
        self.cores = cores if CAN_FORK else 1
        self._workers: list[_Worker] = []
        self._threads = 1

    def __enter__(self) -> Self:
        self._threads = torch.get_num_threads()
        torch.set_num_threads(1)
        if self.cores > 1:
            try:
                for _ in range(self.cores):
                    self._workers.append(self._start())
            except BaseException:
                self.close()
                raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        torch.set_num_threads(self._threads)

    def results(self, tasks: Iterable[Task]) -> Iterator[Result]:
        """The result of each task, in the order of the tasks.

        At most two results a worker are held or in the making: who takes them slowly slows the
        workers down, and fills no memory.

        Raises:
            DarkpixelError: a worker was killed.
            Exception: that of the work, with the worker's traceback as a note.
        """
        if self.cores == 1:
            yield from map(self._work, tasks)
            return
        if not self._workers:
            raise RuntimeError("these workers have ended")
        waiting = iter(tasks)
        free = [worker.connection for worker in self._workers]
        busy: dict[Connection, int] = {}
        done: dict[int, Result] = {}
        given = wanted = 0
        try:
            while True:
                while free and given < wanted + _AHEAD * self.cores:
                    task = next(waiting, _NOTHING)
                    if task is _NOTHING:
                        break
                    self._send(free[-1], task)
                    busy[free.pop()] = given
                    given += 1
                if wanted in done:
                    yield done.pop(wanted)
                    wanted += 1
                elif busy:
                    for ready in wait(list(busy)):
                        assert isinstance(ready, Connection)
                        done[busy.pop(ready)] = self._receive(ready)
                        free.append(ready)
                else:
                    return
        finally:
            if busy:  # left before the end: what they still send would be taken for the next's
                self.close()

    def close(self) -> None:
        """End the workers, whatever they are doing."""
        workers, self._workers = self._workers, []
        for process, connection in workers:
            process.terminate()
            connection.close()
        for process, _ in workers:
            process.join(_PATIENCE)
            if process.is_alive():
                process.kill()
                process.join()
            process.close()

    def _start(self) -> _Worker:
        ours, theirs = multiprocessing.Pipe()
        foreign = [ours, *(worker.connection for worker in self._workers)]
        process = multiprocessing.get_context("fork").Process(
            target=_serve, args=(self._work, theirs, foreign, os.getpid()), daemon=True
        )
        # A signal between the fork and the worker's own handlers would run the parent's in it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
        try:
            with warnings.catch_warnings():
                # Python 3.12 warns of other threads, which those of numpy and torch are: see above.
                warnings.simplefilter("ignore", DeprecationWarning)
                process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        return _Worker(process, ours)

    def _send(self, connection: Connection, task: object) -> None:
        try:
            connection.send(task)
        except OSError as error:
            raise self._lost(connection) from error

    def _receive(self, connection: Connection) -> Any:
        try:
            good, value = connection.recv()
        except (EOFError, OSError) as error:
            raise self._lost(connection) from error
        if not good:
            raise value
        return value

    def _lost(self, connection: Connection) -> DarkpixelError:
        """What a worker died of whose pipe is broken."""
        process = next(p for p, own in self._workers if own is connection)
        process.join(_PATIENCE)
        code = process.exitcode
        how = f"ended with status {code}"
        if code is not None and code < 0:
            how = f"was killed by {signal.Signals(-code).name}"
        return DarkpixelError(f"{self._what}: a worker process {how}; {self._remedy}.")


def _serve(
    work: Callable[[Any], Any], connection: Connection, foreign: list[Connection], parent: int
) -> None:
    """What a worker does until it is ended: a task comes in, its result or its error goes out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the parent decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
    for other in foreign:
        other.close()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    torch.set_num_threads(1)
    while True:
        try:
            task = connection.recv()
        except EOFError:
            return
        try:
            answer = (True, work(task))
        except Exception as error:  # noqa: BLE001 - the parent raises it, whatever it is
            answer = (False, _portable(error))
        connection.send(answer)


def _end_with(parent: int) -> None:
    """End the worker when its parent is gone, were it killed in the midst of a long block."""
    while os.getppid() == parent:
        time.sleep(_GLANCE)
    os._exit(1)


def _portable(error: Exception) -> Exception:
    """The error as it can be sent, with the worker's traceback as a note."""
    text = "".join(traceback.format_exception(error))
    try:
        sent: Exception = pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 - some errors cannot be made from what they print
        sent = RuntimeError(f"{type(error).__name__}: {error}")
    sent.add_note(f"In a worker process:\n{text}")
    return sent


@contextmanager
def stopped_in_one_line(what: str) -> Iterator[None]:
    """Within the block SIGINT (Ctrl-C) and SIGTERM raise a `DarkpixelError`.

    So they run the block's `finally`s, which end workers and remove temporary files. Outside the
    main thread, to which alone Python delivers signals, nothing is caught.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, _frame: FrameType | None) -> None:
        for each in _STOPPING:  # once is enough: a second one would interrupt the cleaning up
            signal.signal(each, signal.SIG_IGN)
        raise DarkpixelError(f"{what}: stopped by {signal.Signals(number).name}; nothing was kept.")

    before = {number: signal.signal(number, stop) for number in _STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
