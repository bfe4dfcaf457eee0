"""Try settings of a model, as one study of the configuration says; go on where it stopped."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from darkpixel.config.search import Study
from darkpixel.config.training import Training
from darkpixel.formats.digests import file_digest, settings_digest
from darkpixel.formats.files import whole_file
from darkpixel.formats.image_file import ImageFile
from darkpixel.models.device import choose_device
from darkpixel.pipeline.job import job
from darkpixel.studies.machine import hardware
from darkpixel.studies.search import Trainer, run_study
from darkpixel.studies.search_rows import search_rows

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params, paths = snakemake.params, snakemake.input
    torch.set_num_threads(snakemake.threads)
    study, training = Study(**params.study), Training(**params.training)
    device = choose_device(training.device)
    # More trials later go on from those that are done; everything else begins anew.
    kept = {key: value for key, value in params.study.items() if key != "trials"}
    inputs = [file_digest(path) for path in (paths.train, paths.validation)]
    digest = settings_digest(
        [inputs, kept, params.space, params.settings, params.training, params.seed, params.code]
    )
    folder = Path(params.checkpoints)
    trials = run_study(
        params.space,
        Trainer(
            params.settings,
            study,
            training,
            paths.train,
            paths.validation,
            seed=params.seed,
            folder=folder / "trial",
            digest=digest,
        ),
        trials=study.trials,
        seed=params.seed,
        folder=folder,
        digest=digest,
    )
    with ImageFile(paths.train) as file:
        images = min(study.images, len(file))
    rows = search_rows(
        trials,
        name=snakemake.wildcards.study,
        study=study,
        space=params.space,
        images=images,
        hardware=f"{hardware(device)}, {snakemake.threads} threads",
    )
    with whole_file(snakemake.output.rows) as path:
        rows.to_parquet(path, index=False)
    shutil.rmtree(folder / "trial", ignore_errors=True)
