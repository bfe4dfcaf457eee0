"""Seeds of jobs: fixed for ever, in Pythia's range, each its own."""

from hypothesis import given
from hypothesis import strategies as st

from darkpixel.formats.seeds import job_seed


def test_seeds_are_those_of_all_results_so_far():
    assert job_seed(1, "jets", "signal", "0") == 466959163
    assert job_seed(1, "toy") == 397765728


@given(st.integers(0, 2**31 - 1), st.lists(st.text(max_size=9), max_size=4))
def test_seeds_are_those_that_pythia_takes(root, names):
    assert 1 <= job_seed(root, *names) <= 900_000_000


def test_jobs_have_seeds_of_their_own():
    seeds = {job_seed(root, "jets", label, chunk) for root in (1, 2) for label in "ab"
             for chunk in range(100)}  # fmt: skip
    assert len(seeds) == 400


def test_a_number_and_its_text_are_one_name():
    assert job_seed(1, "jets", 3) == job_seed(1, "jets", "3")
