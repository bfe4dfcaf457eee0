"""Loading of a configuration: merging its files, and checking what they say together."""

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from darkpixel.config.classifier import ClassifierJudge
from darkpixel.config.conditions import condition_problem
from darkpixel.config.data import Data, JetData, MuonData
from darkpixel.config.discovery import data_names, data_settings, model_names, model_settings
from darkpixel.config.names import JETS, LARTPC_VERTEX
from darkpixel.config.own_data import check_name, without_paper_studies
from darkpixel.config.problems import (
    Key,
    first_problem,
    known_datasets,
    located,
    parsed,
    unknown,
)
from darkpixel.config.run import Datasets, Model, Run, SSNet
from darkpixel.config.search import has_width, space_problem
from darkpixel.config.two_sample import LowLevel
from darkpixel.config.variants import resolve_variants
from darkpixel.errors import DarkpixelError

logger = logging.getLogger(__name__)


def load_run(config: dict[str, Any], files: Sequence[str | Path] = ()) -> Run:
    """Check a merged configuration and complete its models.

    Args:
        config: the mapping, base and overlays already merged.
        files: the YAML files that it was merged from, last one strongest; used to name the file
            of a wrong key.

    Raises:
        DarkpixelError: one line with file, key, what was found and what is allowed.
    """
    for path in files:
        parsed(path)  # Snakemake, which merged them, keeps the last of two keys and says nothing
    config = without_paper_studies(config, files)
    config, custom = _split_custom(config)
    _add_custom_models(config, custom)
    if isinstance(config.get("models"), dict):
        config["models"] = resolve_variants(config["models"], files)
    try:
        run = Run.model_validate(config)
    except ValidationError as error:
        raise DarkpixelError(first_problem(error, Run, (), files)) from None
    run.datasets.add_custom(_custom_data(custom, files))
    if not run.datasets.present():
        raise DarkpixelError(located(("datasets",), files) + "empty; give one, jets for example")
    _check_measured(run, files)
    for name, model in run.models.items():
        key: Key = ("models", name)
        _check_model(model, key, files)
        _check_autoencoder(run, model, (*key, "autoencoder"), files)
        for place in model.where:
            _check_place(run, model, place, (*key, "where", place), files)
            there = run.model(name, *place.split("/", 1))
            _check_model(there, (*key, "where", place), files)
            _check_autoencoder(run, there, (*key, "where", place, "autoencoder"), files)
    for dataset, data in run.datasets.present().items():
        for i, name in enumerate(data.models):
            if name not in run.models:
                raise DarkpixelError(
                    located(("datasets", dataset, "models", i), files)
                    + unknown("model", name, tuple(run.models))
                )
            key = ("datasets", dataset, "models", i)
            _check_joint(run.model(name, dataset), data, key, files)
            _check_conditions(run, name, dataset, data, key, files)
        if isinstance(data, JetData | MuonData) and data.selection is not None:
            for i, name in enumerate(data.selection.models):
                where: Key = ("datasets", dataset, "selection", "models", i)
                _check_known("model", name, run.models, where, files)
    if run.datasets.jets is not None:
        for order, name in run.datasets.jets.orders.items():
            key = ("datasets", JETS, "orders", order)
            _check_known("model", name, run.models, key, files)
            _check_conditions(run, name, JETS, run.datasets.jets, key, files)
        _check_widths(run, files)
    _check_model(run.judges.classifier, ("judges", "classifier"), files)
    low_level = run.evaluation.two_sample.low_level
    _check_model(low_level, ("evaluation", "two_sample", "low_level"), files)
    for name in run.search.studies:
        _check_study(run, name, files)
    if run.datasets.lartpc is not None:
        low_level = run.evaluation.lartpc.low_level
        _check_model(low_level, ("evaluation", "lartpc", "low_level"), files)
        _check_model(run.judges.ssnet, ("judges", "ssnet"), files)
        if run.datasets.lartpc_vertex is None and run.judges.ssnet.weights is None:
            raise DarkpixelError(
                located(("datasets", LARTPC_VERTEX), files) + "left out, but SSNet, which labels "
                "the images of `lartpc`, is trained on it; add it, or name trained weights in "
                "`judges.ssnet.weights`"
            )
    check_name(config, files)
    return run


def _split_custom(config: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The configuration without its custom data sets, and the entries of these, by name.

    One that asks to be in every run (`in_every_run`) is there without being named.
    """
    config = {**config}
    custom: dict[str, Any] = {}
    datasets = config.get("datasets") or {}
    for name in data_names():
        if name in Datasets.model_fields:
            raise DarkpixelError(
                f"datasets/{name}.py: a shipped data set has that name; rename the file"
            )
        named = isinstance(datasets, dict) and name in datasets
        if named and datasets[name] is not None:
            custom[name] = datasets[name]
        elif not named and getattr(data_settings(name), "in_every_run", False):
            custom[name] = {}
    if isinstance(datasets, dict):
        config["datasets"] = {k: v for k, v in datasets.items() if k not in data_names()}
    return config, custom


def _add_custom_models(config: dict[str, Any], custom: dict[str, Any]) -> None:
    """Add the models whose files say on which data sets they are to be trained (`trained_on`).

    A model that the configuration names stays as it is there.

    Raises:
        DarkpixelError: `trained_on` is no sequence of names, or names an unknown data set.
    """
    datasets, models = config.get("datasets"), config.get("models")
    if not isinstance(datasets, dict) or not isinstance(models, dict):
        return
    for name in model_names():
        places = getattr(model_settings(name), "trained_on", ())
        where = f"models/{name}.py: Settings.trained_on: "
        if not isinstance(places, list | tuple):
            raise DarkpixelError(f'{where}found {places!r}; give a tuple of names, ("jets",)')
        for place in places:
            if place not in known_datasets():
                raise DarkpixelError(where + unknown("data set", str(place), known_datasets()))
        if not places or name in models:
            continue
        config["models"] = {**config["models"], name: {"model": name}}
        for place in places:
            for group in (datasets, custom):
                entry = group.get(place)
                if isinstance(entry, dict):
                    kind = data_settings(place) if group is custom else Data
                    default = kind.model_fields["models"].get_default(call_default_factory=True)
                    trained = entry.get("models", default)
                    if isinstance(trained, list) and name not in trained:
                        group[place] = {**entry, "models": [*trained, name]}


def _custom_data(custom: dict[str, Any], files: Sequence[str | Path]) -> dict[str, Data]:
    """The custom data sets, checked against their own settings."""
    checked: dict[str, Data] = {}
    for name, entry in custom.items():
        settings = data_settings(name)
        try:
            checked[name] = settings.model_validate(entry)
        except ValidationError as error:
            raise DarkpixelError(
                first_problem(error, settings, ("datasets", name), files)
            ) from None
    return checked


def _check_measured(run: Run, files: Sequence[str | Path]) -> None:
    """Refuse two labels whose measured rows would be in files of one name."""
    found: dict[str, str] = {}
    for name, data in run.datasets.present().items():
        for label in data.labels:
            other = found.setdefault(f"{name}_{label}", name)
            if other != name:
                raise DarkpixelError(
                    located(("datasets", name), files) + f"label '{label}' would share the files "
                    f"{name}_{label}_* with a label of datasets.{other}; give it another name"
                )


def _check_known(
    kind: str, name: str, known: Iterable[str], key: Key, files: Sequence[str | Path]
) -> None:
    if name not in known:
        raise DarkpixelError(located(key, files) + unknown(kind, name, tuple(known)))


def _check_widths(run: Run, files: Sequence[str | Path]) -> None:
    """Refuse a study of the upsampling layer's width of a model that has none."""
    if run.widths is None:
        return
    name, key = run.widths.model, ("widths", "model")
    assert run.datasets.jets is not None
    _check_known("model", name, run.models, key, files)
    if not has_width(run.model(name, JETS, run.datasets.jets.labels[0])):
        raise DarkpixelError(
            located(key, files)
            + f"'{name}' has no upsampling layer; name a sarm with `likelihood: discrete`"
        )


def _check_study(run: Run, name: str, files: Sequence[str | Path]) -> None:
    """Refuse a search on unknown data or of an unknown model, or over keys that it lacks.

    One on a data set that is left out is no mistake: it is left out too. So is one on a label that
    the simulation has, where files of the user's have others.
    """
    study, key = run.search.studies[name], ("search", "studies", name)
    _check_known("data set", study.dataset, known_datasets(), (*key, "dataset"), files)
    _check_known("model", study.model, run.models, (*key, "model"), files)
    data = run.datasets.present().get(study.dataset)
    if data is None:
        return
    if name not in run.studies and study.label in data.own_labels:
        logger.warning(
            "search.studies.%s: left out, as datasets.%s has no label '%s' (it has %s); set the "
            "study's label, or the study to null",
            *(name, study.dataset, study.label, ", ".join(data.labels)),
        )
        return
    _check_known("label", study.label, data.labels, (*key, "label"), files)
    _check_conditions(run, study.model, study.dataset, data, (*key, "model"), files)
    problem = space_problem(study, run.model(study.model, study.dataset, study.label))
    if problem:
        raise DarkpixelError(located((*key, *problem[0]), files) + problem[1])


def _check_place(run: Run, model: Model, place: str, key: Key, files: Sequence[str | Path]) -> None:
    """Refuse what is neither a data set nor `data set/label`; absent data sets may be named."""
    dataset, slash, label = place.partition("/")
    _check_known("data set", dataset, known_datasets(), key, files)
    if slash and model_settings(model.model).is_joint(model.settings):
        raise DarkpixelError(
            located(key, files) + f"a {model.model} is trained once for all labels; give what "
            f"differs under `{dataset}`"
        )
    data = run.datasets.present().get(dataset)
    if slash and data is not None and label not in {*data.labels, *data.own_labels}:
        raise DarkpixelError(located(key, files) + unknown("label", label, data.labels))


def _check_joint(model: Model, data: Data, key: Key, files: Sequence[str | Path]) -> None:
    """Refuse a model of all labels together on a data set that has one."""
    if len(data.labels) < 2 and model_settings(model.model).is_joint(model.settings):
        raise DarkpixelError(
            located(key, files) + f"a {model.model} learns to tell labels apart, and there is only "
            f"'{data.labels[0]}'; leave it out"
        )


def _check_conditions(
    run: Run, name: str, dataset: str, data: Data, key: Key, files: Sequence[str | Path]
) -> None:
    """Refuse a model that is conditioned on what the images of the data set do not have."""
    for label in data.labels:
        problem = condition_problem(name, run.model(name, dataset, label), dataset, data)
        if problem:
            raise DarkpixelError(located(key, files) + problem)


def _check_autoencoder(run: Run, model: Model, key: Key, files: Sequence[str | Path]) -> None:
    """Refuse an autoencoder that is not there or is none, and a prior without one."""
    name = model.autoencoder
    if name is None:
        if model.model == "vqvae_pixelcnn":
            raise DarkpixelError(located(key, files) + "missing; name the vqvae of its codes")
        return
    if name not in run.models:
        raise DarkpixelError(located(key, files) + unknown("model", name, tuple(run.models)))
    kind = run.models[name].model
    if kind != "vqvae":
        raise DarkpixelError(located(key, files) + f"'{name}' is a {kind}, not a vqvae")


def _check_model(
    entry: Model | SSNet | ClassifierJudge | LowLevel, key: Key, files: Sequence[str | Path]
) -> None:
    """Refuse a model file that is not there and settings that it does not take."""
    if entry.model not in model_names():
        raise DarkpixelError(
            located((*key, "model"), files) + unknown("model file", entry.model, model_names())
        )
    settings = model_settings(entry.model)
    try:
        settings.model_validate(entry.settings)
    except ValidationError as error:
        raise DarkpixelError(first_problem(error, settings, (*key, "settings"), files)) from None


def read_yaml(*paths: str | Path) -> dict[str, Any]:
    """Read a base configuration and its overlays, merged as Snakemake merges them."""
    merged: dict[str, Any] = {}
    for path in paths:
        merged = _merged(merged, parsed(path))
    return merged


def _merged(base: dict[str, Any], overlay: dict[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in overlay.items():
        old = result.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        result[key] = _merged(old, value) if both else value  # type: ignore[arg-type]
    return result
