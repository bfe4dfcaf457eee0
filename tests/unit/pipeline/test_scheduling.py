"""How long jobs take on several cores, by hand."""

import random

import pytest

from darkpixel.pipeline.scheduling import longest_chain, makespan, schedule


def test_one_core_takes_all_of_them_one_after_the_other() -> None:
    assert makespan([1, 2, 3], [[], [], [0, 1]], 1) == 6


def test_jobs_wait_for_what_they_need() -> None:
    # 0 and 1 together, 2 after both, 3 beside 2.
    seconds, needs = [1, 2, 3, 1], [[], [], [0, 1], [0]]
    assert makespan(seconds, needs, 2) == 5
    assert longest_chain(seconds, needs) == 5


def test_the_longest_way_goes_first() -> None:
    # Two short jobs and one with a long follower on two cores: started last, it would end at 1 + 5.
    seconds, needs = [1, 1, 1, 4], [[], [], [], [2]]
    assert makespan(seconds, needs, 2) == 5


def test_it_is_never_below_its_bounds() -> None:
    """Total over cores and the longest chain below; twice the greater of them above."""
    chance = random.Random(0)
    for _ in range(50):
        n = chance.randint(1, 40)
        seconds = [chance.random() for _ in range(n)]
        needs = [[other for other in range(job) if chance.random() < 0.1] for job in range(n)]
        for cores in (1, 3, 100):
            least = max(sum(seconds) / cores, longest_chain(seconds, needs))
            taken = makespan(seconds, needs, cores)
            assert least - 1e-9 <= taken <= 2 * least + 1e-9


def test_a_job_that_is_needed_twice_is_waited_for_once() -> None:
    assert makespan([1, 1], [[], [0, 0]], 1) == 2


def test_a_job_of_several_cores_waits_until_they_are_free() -> None:
    # 0 and 1 on one core each, 2 on both, 3 on one: 2 comes when 0 and 1 are done.
    plan = schedule([1, 2, 3, 1], [[], [], [0], []], 2, [1, 1, 2, 1])
    assert plan.begins[2] >= 2
    assert plan.makespan == 5
    # On one core it takes what there is.
    assert schedule([1, 3], [[], []], 1, [1, 2]).makespan == 4


def test_the_peak_counts_what_runs_at_the_same_time() -> None:
    plan = schedule([2, 2, 2], [[], [], [0]], 2)
    assert plan.peak([5, 1, 3]) == 6
    assert schedule([2, 2, 2], [[], [], [0]], 1).peak([5, 1, 3]) == 5


def test_jobs_share_the_gpus() -> None:
    # Three jobs of a GPU and one of cores alone, on four cores: the GPU is what they wait for.
    seconds, needs = [2, 2, 2, 3], [()] * 4
    on_gpu = [True, True, True, False]
    assert schedule(seconds, needs, 4, gpus=1, on_gpu=on_gpu).makespan == 6
    assert schedule(seconds, needs, 4, gpus=3, on_gpu=on_gpu).makespan == 3
    assert schedule(seconds, needs, 4).makespan == 3
    with pytest.raises(ValueError, match="GPU"):
        schedule(seconds, needs, 4, on_gpu=on_gpu)
