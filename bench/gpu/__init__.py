"""What a GPU brings: `make gpu`, or `python -m bench.gpu --help` in the repository's root.

Four steps, each with a JSON file of its own in the output folder, written as soon as anything is
known: `machine` (the card and its two ceilings), `checks` (CUDA against CPU), `rates` (images per
second of samplers and trainings) and `train` (a training within a time budget, its samples and
their measures). A second call with the same folders goes on where the first ended.

The package need not be installed: `PYTHONPATH=src` is enough.
"""
