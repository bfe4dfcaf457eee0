"""The seeds of a run's jobs."""

import hashlib

# Pythia 8 takes no larger seed than 900,000,000.
_LARGEST = 900_000_000


def job_seed(root: int, *names: object) -> int:
    """The seed of one job, from 1 to Pythia's largest.

    It depends on nothing but the arguments, so jobs have random numbers of their own whatever else
    is in the run.

    Args:
        root: the key `seed` of the configuration.
        names: of the job: what it does, and on which data set, label, chunk, ...
    """
    text = "/".join(map(str, (root, *names)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) % _LARGEST + 1
