"""Pack trained models as one file each, with a card beside it; cards of the data sets, too."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.formats.files import whole_file
from darkpixel.models.folder import load_config
from darkpixel.models.packed import SUFFIX, pack_model
from darkpixel.pages.jobs import Jobs
from darkpixel.pipeline.job import job
from darkpixel.pipeline.run_record import read_run_record
from darkpixel.tables.cards import data_card, model_card, quality_rows

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    record = read_run_record(snakemake.params.record)
    run, commit = record["configuration"]["run"], record["commit"]
    jobs = Jobs(Path.cwd())  # Snakemake's records: the run's own is of its last start
    packed, large = {}, {}
    folder = Path(snakemake.output.models)
    for dataset, label, model, trained, images, source in snakemake.params.models:
        size = (Path(trained) / "model.safetensors").stat().st_size
        if size > snakemake.params.largest:
            large[trained] = size
            continue
        path = folder / f"{dataset}-{label}-{model}{SUFFIX}"
        card = model_card(
            load_config(trained),
            run=run,
            commits=jobs.commits(Path(trained) / "model.safetensors"),
            packed_at=commit,
            images=images,
            source=source,
            quality=quality_rows(snakemake.input.tables, dataset, label, model),
        )
        pack_model(trained, path, card)
        with whole_file(path.with_suffix(".md")) as temporary:
            temporary.write_text(card, encoding="utf-8")
        packed[path.name] = {"folder": trained, "bytes": path.stat().st_size}
    for name, (data, labels) in snakemake.params.datasets.items():
        with whole_file(folder / f"{name}.md") as temporary:
            card = data_card(name, data, labels, run=run, packed_at=commit)
            temporary.write_text(card, encoding="utf-8")
    with whole_file(folder / "models.json") as temporary:
        index = {"run": run, "packed_at": commit, "packed": packed, "too_large": large}
        temporary.write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")
