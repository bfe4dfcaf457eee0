"""What a GPU brings: `make gpu`, or `python -m bench.gpu --help` in the repository's root.

Four steps, each with a JSON file of its own in the output folder, written as soon as anything is
known: `machine` (the card and its two ceilings), `checks` (CUDA against CPU), `rates` (images per
second of samplers and trainings) and `train` (a training within a time budget, its samples and
their measures). A second call with the same folders goes on where the first ended.

The images of the training are simulated meanwhile (`bench.gpu.recipe`), and with `--prepare` those
of later trainings, too, which find them in the same `--work`. What a call leaves half done, the
next one takes up:

    python -m bench.gpu --out argon --work w --train bench/gpu/argon_transformer.yaml \\
        --prepare bench/gpu/jets_transformer.yaml,bench/gpu/muons_transformer.yaml
    python -m bench.gpu --out jets --work w --steps train --train bench/gpu/jets_transformer.yaml

The package need not be installed: `PYTHONPATH=src` is enough.
"""
