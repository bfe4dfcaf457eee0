"""When jobs that wait for one another are done on so many cores."""

import heapq
from collections.abc import Iterable, Sequence
from graphlib import TopologicalSorter


def makespan(seconds: Sequence[float], needs: Sequence[Iterable[int]], workers: int) -> float:
    """Seconds until all jobs are done, each on one of so many cores.

    Whenever a core is free, the waiting job with the longest way still to go starts (list
    scheduling): at most twice the best possible.

    Args:
        seconds: of each job.
        needs: positions of the jobs that it waits for.
    """
    followers, waits = _followers(needs)
    remaining = _ways(seconds, needs)
    ready = [(-remaining[job], job) for job, count in enumerate(waits) if count == 0]
    heapq.heapify(ready)
    running: list[tuple[float, int]] = []
    now = 0.0
    while ready or running:
        while ready and len(running) < workers:
            job = heapq.heappop(ready)[1]
            heapq.heappush(running, (now + seconds[job], job))
        now, done = heapq.heappop(running)
        for job in followers[done]:
            waits[job] -= 1
            if waits[job] == 0:
                heapq.heappush(ready, (-remaining[job], job))
    return now


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
