"""On which columns of a data set's images a model may be conditioned, before there are images."""

from darkpixel.config.data import CustomData, Data
from darkpixel.config.discovery import model_settings
from darkpixel.config.names import CLASS, JETS, LARTPC, LARTPC_VERTEX, MUONS
from darkpixel.config.run import Model

_ARGON = (
    "species", "momentum", "start_row", "start_column",
    "direction_row", "direction_column", "direction_depth",
)  # fmt: skip
_MADE = {
    (JETS, "simulate"): ("jet_pt", "jet_eta", "jet_mass", "subjets"),
    (JETS, "download"): (
        "jet_pt", "jet_eta", "jet_phi", "jet_mass", "jet_delta_R",
        "tau_1", "tau_2", "tau_3", "tau_21", "tau_32",
    ),
    (MUONS, "simulate"): ("muon_pt", "muon_eta", "pileup"),
    (LARTPC, "simulate"): _ARGON,
    (LARTPC, "download"): _ARGON,
    (LARTPC_VERTEX, "simulate"): ("particles",),
    (LARTPC_VERTEX, "download"): (),
}  # fmt: skip
"""Columns with one number an image, by data set and source; those of a user's files are named in
the data set's key `columns`. LArCV files have a start and a direction in most cases only."""


def known_columns(dataset: str, data: Data) -> tuple[str, ...] | None:
    """Columns of the images, one number an image each, without `class`; None: not known yet.

    Args:
        dataset: its name.
        data: its settings.
    """
    if data.source == "file":
        larcv = dataset == LARTPC and any(path.endswith(".root") for path in data.file.values())
        made = _MADE[LARTPC, "download"] if larcv else ()
    elif isinstance(data, CustomData):  # its module makes what it likes
        return None
    else:
        made = _MADE[dataset, data.source]
    return tuple(dict.fromkeys((*made, *data.columns)))


def condition_problem(name: str, model: Model, dataset: str, data: Data) -> str | None:
    """What is wrong with a model's conditions on a data set; None: nothing.

    Args:
        name: of the model in the configuration.
        model: its entry as it is on the data set.
        dataset, data: as in `known_columns`.
    """
    settings = model_settings(model.model)
    wanted = settings.conditioned_on(model.settings)
    known = known_columns(dataset, data)
    if known is None:
        return None
    labelled = (CLASS,) if settings.is_joint(model.settings) else ()
    for condition in wanted:
        if condition in (*labelled, *known):
            continue
        have = ", ".join((*labelled, *known)) or "none"
        remedy = f"give others under models.{name}.where.{dataset}, or leave the model out"
        if data.source == "file":
            remedy = (
                f"add it to datasets.{dataset}.columns if your files have such a column; else "
                + remedy
            )
        return (
            f"'{name}' is conditioned on '{condition}', and the images of {dataset} have no such "
            f"column (known: {have}); {remedy}"
        )
    return None
