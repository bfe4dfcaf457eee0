"""When jobs that wait for one another are done on so many cores."""

import heapq
from collections.abc import Iterable, Sequence
from graphlib import TopologicalSorter
from typing import NamedTuple


class Schedule(NamedTuple):
    """When each of some jobs begins and ends, seconds from the start."""

    begins: list[float]
    ends: list[float]

    @property
    def makespan(self) -> float:
        """Until all of them are done."""
        return max(self.ends, default=0.0)

    def peak(self, amounts: Sequence[float]) -> float:
        """The largest sum of what jobs that run at the same time hold, each its amount."""
        moments = [(end, -held) for end, held in zip(self.ends, amounts, strict=True)]
        moments += [(begin, held) for begin, held in zip(self.begins, amounts, strict=True)]
        most = now = 0.0
        for _, change in sorted(moments):  # who ends gives back before the next one takes
            now += change
            most = max(most, now)
        return most


def schedule(
    seconds: Sequence[float],
    needs: Sequence[Iterable[int]],
    workers: int,
    cores: Sequence[int] | None = None,
    *,
    gpus: int = 0,
    on_gpu: Sequence[bool] | None = None,
) -> Schedule:
    """Jobs on so many cores, by list scheduling.

    Whenever cores are free, the waiting job with the longest way still to go starts that fits on
    them. With jobs of one core that takes at most twice the best possible time.

    Args:
        seconds: of each job.
        needs: positions of the jobs that it waits for.
        workers: cores.
        cores: of each job, at most `workers` are taken; None: one.
        gpus: how many there are.
        on_gpu: which jobs need one for themselves, beside their cores; None: none does.
    """
    needs_gpu = on_gpu or [False] * len(seconds)
    if any(needs_gpu) and not gpus:
        raise ValueError("jobs that need a GPU, and there is none")
    wanted = [min(taken, workers) for taken in cores] if cores else [1] * len(seconds)
    followers, waits = _followers(needs)
    remaining = _ways(seconds, needs)
    ready = [(-remaining[job], job) for job, count in enumerate(waits) if count == 0]
    heapq.heapify(ready)
    running: list[tuple[float, int]] = []
    begins, ends = [0.0] * len(seconds), [0.0] * len(seconds)
    now, free, free_gpus = 0.0, workers, gpus
    while ready or running:
        waiting = []
        while ready and free:
            way, job = heapq.heappop(ready)
            if wanted[job] > free or needs_gpu[job] > free_gpus:
                waiting.append((way, job))
                continue
            begins[job], ends[job] = now, now + seconds[job]
            heapq.heappush(running, (ends[job], job))
            free -= wanted[job]
            free_gpus -= needs_gpu[job]
        for entry in waiting:
            heapq.heappush(ready, entry)
        now, done = heapq.heappop(running)
        free += wanted[done]
        free_gpus += needs_gpu[done]
        for job in followers[done]:
            waits[job] -= 1
            if waits[job] == 0:
                heapq.heappush(ready, (-remaining[job], job))
    return Schedule(begins, ends)


def makespan(seconds: Sequence[float], needs: Sequence[Iterable[int]], workers: int) -> float:
    """Seconds until all jobs are done, each on one of so many cores (see `schedule`)."""
    return schedule(seconds, needs, workers).makespan


def longest_chain(seconds: Sequence[float], needs: Sequence[Iterable[int]]) -> float:
    """Seconds of the jobs that no number of cores can run at the same time."""
    return max(_ways(seconds, needs), default=0.0)


def _followers(needs: Sequence[Iterable[int]]) -> tuple[list[list[int]], list[int]]:
    followers: list[list[int]] = [[] for _ in needs]
    waits = [len(set(before)) for before in needs]
    for job, before in enumerate(needs):
        for other in set(before):
            followers[other].append(job)
    return followers, waits


def _ways(seconds: Sequence[float], needs: Sequence[Iterable[int]]) -> list[float]:
    """Seconds from the start of each job to the end of the longest chain that it begins."""
    followers, _ = _followers(needs)
    ways = list(seconds)
    order = TopologicalSorter({job: set(before) for job, before in enumerate(needs)})
    for job in reversed(list(order.static_order())):
        ways[job] = seconds[job] + max((ways[later] for later in followers[job]), default=0.0)
    return ways
