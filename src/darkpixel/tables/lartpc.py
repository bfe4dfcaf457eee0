"""The liquid-argon tables as files: .csv for programs, .md for people."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from darkpixel.config.names import LARTPC
from darkpixel.metrics.divergence import DIRECTIONS, PAPER_MODEL, QUANTITIES
from darkpixel.metrics.lartpc import ARGON_OBSERVABLES
from darkpixel.metrics.lartpc_rows import significance
from darkpixel.metrics.names import ordered
from darkpixel.metrics.published import Table
from darkpixel.tables.layout import document, measured, millions, one_or_range, write_table
from darkpixel.tables.names import OBSERVABLES, SPECIES_SYMBOLS, UNITS, display_name

# Our setting -> the paper's heading and its key in published.yaml.
VQVAE_SETTINGS = {
    "codes": ("quantisation vectors", "codes"),
    "dimension": ("vector dimension", "code_dimension"),
    "encoder_filters": ("encoder filters", "encoder_filters"),
    "decoder_filters": ("decoder filters", "decoder_filters"),
}
PIXELCNN_SETTINGS = {
    "blocks": ("PixelCNN blocks", "blocks"),
    "filters": ("filters per block", "filters"),
}
DIRECTION_NAMES = {
    "test_generated": "KL(test ‖ generated)",
    "generated_test": "KL(generated ‖ test)",
}


def vqvae_parameters_table(
    configs: Mapping[str, Mapping[str, Any]], stem: str | Path, published: Table
) -> None:
    """LArTPC table 2: settings and size of each VQ-VAE, the paper's beside them.

    Args:
        configs: model -> content of its config.yaml.
        published: `table2_vqvae_parameters` of the published tables.
    """
    _settings_table(configs, stem, published, VQVAE_SETTINGS, "VQ-VAE parameters")


def pixelcnn_parameters_table(
    configs: Mapping[str, Mapping[str, Any]], stem: str | Path, published: Table
) -> None:
    """LArTPC table 3: settings and size of each PixelCNN, the paper's beside them.

    Args:
        configs: model -> content of its config.yaml.
        published: `table3_pixelcnn_parameters` of the published tables.
    """
    _settings_table(configs, stem, published, PIXELCNN_SETTINGS, "PixelCNN parameters")


def divergence_table(rows: pd.DataFrame, stem: str | Path, *, direction: str) -> None:
    """LArTPC table 4: KL divergence of SSNet's output by checkpoint, in both directions.

    Args:
        rows: `darkpixel.metrics.divergence.divergence_rows`.
        direction: the one that stands first, with the paper's numbers.
    """
    header = ["checkpoint", *(OBSERVABLES[name] for name in QUANTITIES), "n", "seeds"]
    body = []
    for chosen in sorted(DIRECTIONS, key=lambda name: name != direction):
        own = rows[rows["direction"] == chosen]
        body.append([f"**{DIRECTION_NAMES[chosen]}**", *[""] * (len(header) - 1)])
        for model in dict.fromkeys(own["model"]):
            by_name = own[own["model"] == model].set_index("observable")
            cells = [_with_published(by_name.loc[name]) for name in QUANTITIES]
            body.append([display_name(model, LARTPC), *cells, one_or_range(by_name["n"]),
                         one_or_range(by_name["seeds"])])  # fmt: skip
        for n in sorted(set(own["n"]), reverse=True):
            same = own[own["n"] == n].drop_duplicates("observable").set_index("observable")
            cells = [measured(*same.loc[name, ["floor", "floor_error"]]) for name in QUANTITIES]
            body.append(["*noise floor*", *cells, str(n), ""])
    note = (
        "Nats. Value ± bootstrap standard deviation over images (published value). The paper does "
        "not define direction, bins or smoothing; its numbers stand beside "
        f"{DIRECTION_NAMES[direction]}, its checkpoints #1 to #4 in order beside ours. Pixel "
        "counts: labelled pixels per image. Scores: SSNet's score of each pixel above threshold; "
        "its background score is next to nothing there, so the two columns are nearly one. "
        "Noise floor: the same between disjoint halves of the test images, mean ± standard "
        "deviation over random splits. Reconstructed: other test images through encoder and "
        "decoder: what a perfect PixelCNN would score. n: images a side."
    )
    write_table(
        rows, stem, document("KL divergence of SSNet's output by checkpoint", header, body, note)
    )


def ablation_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """512 against 256 code vectors: the paper's three claims (section 3).

    Args:
        rows: `darkpixel.metrics.lartpc_rows.ablation_rows`.
    """
    first = rows.iloc[0]
    names = [display_name(first[name], LARTPC) for name in ("model", "compared_with")]
    header = ["per image", *names, display_name("monte_carlo", LARTPC), "difference", "sigma",
              "the paper finds", "seen"]  # fmt: skip
    body = []
    for row in rows.itertuples():
        # A share is shown in percent.
        scale = 100.0 if row.observable == "low_confidence_share" else 1.0
        body.append(
            [
                OBSERVABLES[row.observable] + (", %" if scale > 1 else ""),
                measured(scale * row.value, scale * row.error),
                measured(scale * row.model_value, scale * row.model_error),
                measured(scale * row.test_value, scale * row.test_error),
                measured(scale * row.difference, scale * row.difference_error),
                f"{row.sigma:+.1f}",
                row.claim or "–",
                row.seen or "–",
            ]
        )
    seeds = one_or_range(rows["seeds"])
    note = (
        "Means per image ± standard error. Sigma: difference over its error; seen from 2 on. "
        f"Seeds: {seeds}. With one seed the errors know the scatter of images, not that of "
        "training the model again. A pixel of low confidence: shower score at least 0.5 but below "
        "the configured limit."
    )
    write_table(rows, stem, document("Fewer code vectors", header, body, note))


def observables_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """W1 of track length, shower charge and the others to the test images, by group of images.

    Args:
        rows: `darkpixel.metrics.lartpc_rows.argon_rows`.
    """
    names = [name for name in ARGON_OBSERVABLES if name in set(rows["observable"])]
    header = ["model", "images", *(_with_unit(name) for name in names), "n"]
    body = []
    for group in dict.fromkeys(rows["species"]):
        own = rows[rows["species"] == group]
        symbol = SPECIES_SYMBOLS.get(group, group)
        for model in dict.fromkeys(own["model"]):
            by_name = own[own["model"] == model].set_index("observable")
            cells = [measured(*by_name.loc[name, ["value", "error"]]) for name in names]
            body.append([display_name(model, LARTPC), symbol, *cells, one_or_range(by_name["n"])])
        most = own["n"].max()
        same = own[own["n"] == most].drop_duplicates("observable").set_index("observable")
        cells = [measured(*same.loc[name, ["floor", "floor_error"]]) for name in names]
        body.append(["*noise floor*", symbol, *cells, str(most)])
    note = (
        "W1 to test images: value ± bootstrap standard deviation. Noise floor: the same between "
        "disjoint halves of the test images, mean ± standard deviation over random splits, at the "
        "largest n of the group (the .csv has that of each row). Track-like: images with more "
        "track than shower pixels by SSNet; shower-like: the others. "
        "Track length: extent of the largest cluster of track pixels along its principal axis; "
        "width: root mean square distance from that axis; 0 without track pixels. Charges: of all "
        "pixels with the label. The means are in the .csv."
    )
    write_table(rows, stem, document("Physics observables", header, body, note))


def reference_code_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """Correct PixelCNN against the authors' code, a column a model.

    Args:
        rows: `darkpixel.metrics.lartpc_rows.reference_code_rows`.
    """
    models = list(dict.fromkeys(rows["model"]))
    header = ["quantity", *(display_name(model, LARTPC) for model in models), "reference"]
    body = []
    for key, own in rows.groupby(["quantity", "species", "unit"], sort=False):
        by_model = own.set_index("model")
        cells = []
        for model in models:
            if model not in by_model.index:
                cells.append("–")
                continue
            row = by_model.loc[model]
            text = measured(row["value"], row["error"])
            if str(key[0]).startswith("mean_") and np.isfinite(row["value"]):
                pair = (row["value"], row["error"]), (row["reference"], row["reference_error"])
                difference, error, sigma = significance(*pair)
                text += f" ({measured(difference, error)} to test, {sigma:+.1f} σ)"
            cells.append(text)
        first = own.iloc[0]
        reference = measured(first["reference"], first["reference_error"])
        body.append([_quantity(*map(str, key)), *cells, reference])
    note = (
        "Reference: noise floor for distances, the test images themselves for the mean track "
        "length. -log p: of the code maps, per map; lower is better. The authors' masks never "
        "show a cell its left neighbour and the cell directly above, and their gate is a sum."
    )
    write_table(rows, stem, document("PixelCNN: correct masks against the authors' code",
                                     header, body, note))  # fmt: skip


def reconstruction_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """Reconstruction error and size of images and codes, a column a species.

    Args:
        rows: `darkpixel.metrics.compression.compression_rows` of one or more models.
    """
    species = list(dict.fromkeys(rows["species"]))
    header = ["quantity", "model", *(SPECIES_SYMBOLS.get(name, name) for name in species)]
    body = []
    for (quantity, unit), same in rows.groupby(["quantity", "unit"], sort=False):
        for model in ordered(same["model"]):
            own = same[same["model"] == model].set_index("species")
            cells = [
                measured(*own.loc[name, ["value", "error"]]) if name in own.index else "–"
                for name in species
            ]
            text = quantity.replace("_", " ") + (f", {unit}" if unit else "")
            body.append([text, display_name(model, LARTPC), *cells])
    note = (
        "Means over images ± standard error. Charge error and bias: |Q' - Q| / Q and "
        "(Q' - Q) / Q of an image's whole charge. Missed: pixels above threshold that the "
        "reconstruction lacks; false: those that only it has. Sizes: one image or map, "
        "compressed by itself; with the prior: an ideal coder that uses the PixelCNN."
    )
    write_table(rows, stem, document("Reconstruction and compression", header, body, note))


def codebook_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """Use of the codebook, entropies of independent codes, and the PixelCNN's -log p.

    Args:
        rows: `darkpixel.models.vqvae.codes.code_statistics` of each VQ-VAE, and rows of the same columns for
            each PixelCNN's -log p; a column of the table a model.
    """
    models = list(dict.fromkeys(rows["model"]))
    header = ["quantity", *(display_name(model, LARTPC) for model in models)]
    body = []
    for (quantity, unit), own in rows.groupby(["quantity", "unit"], sort=False):
        by_model = own.set_index("model")[["value", "error"]]
        cells = [measured(*by_model.loc[m]) if m in by_model.index else "–" for m in models]
        body.append([quantity.replace("_", " ") + (f", {unit}" if unit else ""), *cells])
    note = (
        "Most cells of a code map are empty and take one code, so the perplexity over all cells "
        "is small by nature; that of charged cells tells how the codebook is used. A PixelCNN "
        "below the entropy of independent codes has learnt how they depend on each other. By "
        "species: -log p given the species, which alone is worth at most ln 5 = 1.6 nats."
    )
    write_table(rows, stem, document("Use of the codebook", header, body, note))


def _settings_table(
    configs: Mapping[str, Mapping[str, Any]],
    stem: str | Path,
    published: Table,
    names: Mapping[str, tuple[str, str]],
    title: str,
) -> None:
    """Rows of the .csv: model, quantity, value, published (the latter in the first row)."""
    paper = published.get(PAPER_MODEL, {})
    header = ["model", *(heading for heading, _ in names.values()), "batch size", "parameters"]
    rows, body = [], []
    for model, config in configs.items():
        values = {key: config["model"].get(name) for name, (_, key) in names.items()}
        values["batch_size"] = config.get("training", {}).get("batch_size")
        values["parameters"] = config["parameters"]["dense"]
        for key, value in values.items():
            rows.append((model, LARTPC, key, _plain(value), _plain(paper.get(key))))
        shown = [_plain(values[key]) for key in values if key != "parameters"]
        body.append([display_name(model, LARTPC), *shown, _count(values["parameters"])])
    keys = [*(key for _, key in names.values()), "batch_size"]
    body.append(["*published*", *(_plain(paper.get(key)) for key in keys), "–"])
    frame = pd.DataFrame(rows, columns=["model", "dataset", "quantity", "value", "published"])
    note = (
        "Batch size of the training. Parameters: a VQ-VAE's with its codebook, a PixelCNN's "
        "without the VQ-VAE."
    )
    write_table(frame, stem, document(title, header, body, note))


def _plain(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(str, value)) + "]"
    return str(value)


def _count(parameters: int) -> str:
    return f"{parameters:,}" if parameters < 1e5 else millions(parameters)


def _with_published(row: "pd.Series[Any]") -> str:
    text = measured(row["value"], row["error"])
    return text + (f" ({row['published']:.2f})" if np.isfinite(row["published"]) else "")


def _with_unit(name: str) -> str:
    return OBSERVABLES[name] + (f", {UNITS[name]}" if UNITS[name] else "")


def _quantity(quantity: str, species: str, unit: str) -> str:
    names = {"nats": "-log p of codes", "kl": "KL", "w1": "W1", "mean": "mean"}
    kind, _, rest = quantity.partition("_")
    images = "" if species == "all" else f", {species} images"
    return f"{names[kind]} {OBSERVABLES.get(rest, rest)}{images}, {unit}"
