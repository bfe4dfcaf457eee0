"""Measure the codebooks and the -log p of every PixelCNN on validation and test codes."""

from typing import TYPE_CHECKING

import pandas as pd
import torch

from darkpixel.formats.files import whole_file
from darkpixel.models.device import choose_device
from darkpixel.models.folder import load_model
from darkpixel.models.vqvae.codes import code_statistics
from darkpixel.models.vqvae_pixelcnn.gated_pixelcnn import receptive_field
from darkpixel.pipeline.job import job
from darkpixel.studies.code_likelihood import likelihood_rows, negative_log_likelihoods

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    torch.set_num_threads(snakemake.threads)
    params = snakemake.params
    device = choose_device(params.device)
    codebooks = [
        code_statistics(f"{folder}/test.h5", f"{folder}/train.h5", model=name)
        for name, folder in params.codes.items()
    ]
    likelihoods = []
    for model, autoencoder, seed, folder in params.models:
        prior = load_model(folder, device=device)
        for split in ("validation", "test"):
            nats = negative_log_likelihoods(prior, f"{params.codes[autoencoder]}/{split}.h5")
            likelihoods.append(
                pd.DataFrame(
                    {"model": model, "seed": seed, "split": split, "image": range(len(nats)),
                     "nats": nats}
                )
            )  # fmt: skip
    # What the middle cell sees, of every prior: the blind spot, if there is one.
    fields = []
    for model, _, seed, folder in params.models:
        if seed == params.models[0][2]:
            prior = load_model(folder)
            rows, columns = prior.input_size
            cell = rows // 2, columns // 2
            random = torch.Generator().manual_seed(seed)
            maps = torch.randint(prior.prior.options.codes, (4, rows, columns), generator=random)
            seen = receptive_field(prior.prior, maps, cell)
            at = pd.MultiIndex.from_product([range(rows), range(columns)], names=["row", "column"])
            field = pd.DataFrame({"seen": seen.flatten().tolist()}, index=at).reset_index()
            fields.append(field.assign(model=model, cell_row=cell[0], cell_column=cell[1]))
    values = pd.concat(likelihoods, ignore_index=True)
    codebooks.append(likelihood_rows(values))
    for path, table in (
        (snakemake.output.codebooks, pd.concat(codebooks, ignore_index=True)),
        (snakemake.output.likelihoods, values),
        (snakemake.output.receptive_fields, pd.concat(fields, ignore_index=True)),
    ):
        with whole_file(path) as temporary:
            table.to_parquet(temporary, index=False)
