"""Check a configuration and say in one line what is wrong with it."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from darkpixel.config.base import Settings
from darkpixel.config.classifier import ClassifierJudge
from darkpixel.config.data import Data
from darkpixel.config.run import Datasets, Model, Run, SSNet
from darkpixel.config.search import space_problem
from darkpixel.discovery import data_names, data_settings, model_names, model_settings
from darkpixel.errors import DarkpixelError

Key = tuple[str | int, ...]


def load_run(config: dict[str, Any], files: Sequence[str | Path] = ()) -> Run:
    """Check a merged configuration.

    Args:
        config: the mapping, base and overlays already merged.
        files: the YAML files that it was merged from, last one strongest; used to name the file
            of a wrong key.

    Raises:
        DarkpixelError: one line with file, key, what was found and what is allowed.
    """
    config, own = _split_own(config)
    _add_own_models(config, own)
    try:
        run = Run.model_validate(config)
    except ValidationError as error:
        raise DarkpixelError(_line(error, Run, (), files)) from None
    run.datasets.add_own(_own_data(own, files))
    if not run.datasets.present():
        raise DarkpixelError(_where(("datasets",), files) + "empty; give one, jets for example")
    for name, model in run.models.items():
        key: Key = ("models", name)
        _check_model(model, key, files)
        _check_autoencoder(run, model, (*key, "autoencoder"), files)
        for place, variation in model.where.items():
            _check_place(run, place, (*key, "where", place), files)
            _check_model(variation, (*key, "where", place), files)
            _check_autoencoder(run, variation, (*key, "where", place, "autoencoder"), files)
    for dataset, data in run.datasets.present().items():
        for i, name in enumerate(data.models):
            if name not in run.models:
                raise DarkpixelError(
                    _where(("datasets", dataset, "models", i), files)
                    + _unknown("model", name, tuple(run.models))
                )
    if run.datasets.jets is not None:
        for order, name in run.datasets.jets.orders.items():
            _check_known("model", name, run.models, ("datasets", "jets", "orders", order), files)
    _check_model(run.judges.classifier, ("judges", "classifier"), files)
    for name in run.search.studies:
        _check_study(run, name, files)
    if run.datasets.lartpc is not None:
        _check_model(run.judges.ssnet, ("judges", "ssnet"), files)
        if run.datasets.lartpc_vertex is None and run.judges.ssnet.weights is None:
            raise DarkpixelError(
                _where(("datasets", "lartpc_vertex"), files) + "left out, but the judge of "
                "`lartpc` trains on it; add it, or name trained weights in `judges.ssnet.weights`"
            )
    return run


def _split_own(config: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The configuration without the data sets of one file, and these, by name.

    One that asks to be in every run (`in_every_run`) is there without being named.
    """
    config = {**config}
    own: dict[str, Any] = {}
    datasets = config.get("datasets") or {}
    for name in data_names():
        if name in Datasets.model_fields:
            raise DarkpixelError(f"data/{name}.py: a data set of that name is shipped; rename it")
        given = isinstance(datasets, dict) and name in datasets
        if given and datasets[name] is not None:
            own[name] = dict(datasets[name])
        elif not given and getattr(data_settings(name), "in_every_run", False):
            own[name] = {}
    if isinstance(datasets, dict):
        config["datasets"] = {k: v for k, v in datasets.items() if k not in data_names()}
    return config, own


def _add_own_models(config: dict[str, Any], own: dict[str, Any]) -> None:
    """Add the model files that say on which data sets they are to be trained (`trained_on`).

    A model that the configuration names itself stays as it is there.
    """
    datasets, models = config.get("datasets"), config.get("models")
    if not isinstance(datasets, dict) or not isinstance(models, dict):
        return
    for name in model_names():
        places = getattr(model_settings(name), "trained_on", ())
        if not places or name in models:
            continue
        config["models"] = {**config["models"], name: {"model": name}}
        for place in places:
            for group in (datasets, own):
                data = group.get(place)
                if isinstance(data, dict):
                    kind = data_settings(place) if group is own else Data
                    known = data.get("models", kind.model_fields["models"].default)
                    group[place] = {**data, "models": [*known, name]}


def _own_data(own: dict[str, Any], files: Sequence[str | Path]) -> dict[str, Data]:
    """The data sets of one file, checked against their own settings."""
    checked: dict[str, Data] = {}
    for name, entry in own.items():
        settings = data_settings(name)
        try:
            checked[name] = settings.model_validate(entry)
        except ValidationError as error:
            raise DarkpixelError(_line(error, settings, ("datasets", name), files)) from None
    return checked


def _check_known(
    kind: str, name: str, known: Iterable[str], key: Key, files: Sequence[str | Path]
) -> None:
    if name not in known:
        raise DarkpixelError(_where(key, files) + _unknown(kind, name, tuple(known)))


def _check_study(run: Run, name: str, files: Sequence[str | Path]) -> None:
    """Refuse a search on data or of a model that is not there, or over keys that it lacks."""
    study, key = run.search.studies[name], ("search", "studies", name)
    data = run.datasets.present()
    _check_known("data set", study.dataset, data, (*key, "dataset"), files)
    _check_known("label", study.label, data[study.dataset].labels, (*key, "label"), files)
    _check_known("model", study.model, run.models, (*key, "model"), files)
    problem = space_problem(study, run.model(study.model, study.dataset, study.label))
    if problem:
        raise DarkpixelError(_where((*key, *problem[0]), files) + problem[1])


def _check_place(run: Run, place: str, key: Key, files: Sequence[str | Path]) -> None:
    """Refuse what is neither a data set nor `data set/label`; absent data sets may be named."""
    dataset, _, label = place.partition("/")
    known = (*Datasets.model_fields, *run.datasets.own)
    if dataset not in known:
        raise DarkpixelError(_where(key, files) + _unknown("data set", dataset, known))
    data = run.datasets.present().get(dataset)
    if label and data is not None and label not in data.labels:
        raise DarkpixelError(_where(key, files) + _unknown("label", label, data.labels))


def _check_autoencoder(run: Run, model: Model, key: Key, files: Sequence[str | Path]) -> None:
    """Refuse an autoencoder that is not there or is none, and a prior without one."""
    name = model.autoencoder
    if name is None:
        if model.model == "vqvae_pixelcnn":
            raise DarkpixelError(_where(key, files) + "missing; name the vqvae of its codes")
        return
    if name not in run.models:
        raise DarkpixelError(_where(key, files) + _unknown("model", name, tuple(run.models)))
    kind = run.models[name].model
    if kind != "vqvae":
        raise DarkpixelError(_where(key, files) + f"'{name}' is a {kind}, not a vqvae")


def _check_model(
    entry: Model | SSNet | ClassifierJudge, key: Key, files: Sequence[str | Path]
) -> None:
    """Refuse a model file that is not there and settings that it does not take."""
    if entry.model not in model_names():
        raise DarkpixelError(
            _where((*key, "model"), files) + _unknown("model file", entry.model, model_names())
        )
    settings = model_settings(entry.model)
    try:
        settings.model_validate(entry.settings)
    except ValidationError as error:
        raise DarkpixelError(_line(error, settings, (*key, "settings"), files)) from None


def read_yaml(*paths: str | Path) -> dict[str, Any]:
    """Read a base configuration and its overlays, merged as Snakemake merges them."""
    merged: dict[str, Any] = {}
    for path in paths:
        merged = _merged(merged, _parsed(path))
    return merged


def _parsed(path: str | Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(Path(path).read_text())
    except OSError as error:
        raise DarkpixelError(f"{path}: cannot be read ({error.strerror})") from None
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())
        raise DarkpixelError(f"{path}: not valid YAML: {problem}") from None
    if not isinstance(content, dict):
        raise DarkpixelError(f"{path}: expected keys and values, found {type(content).__name__}")
    return content


def _merged(base: dict[str, Any], overlay: dict[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in overlay.items():
        old = result.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        result[key] = _merged(old, value) if both else value  # type: ignore[arg-type]
    return result


def _line(
    error: ValidationError, model: type[BaseModel], prefix: Key, files: Sequence[str | Path]
) -> str:
    """One line for the first problem; the number of further ones."""
    # A wrong key of the run's `training` is wrong in every model that shares it: told once, and
    # the shortest location is where it was written.
    found = sorted(error.errors(), key=lambda problem: len(problem["loc"]))
    problems = list(
        {(p["type"], p["loc"][-1:], repr(p["input"])): p for p in reversed(found)}.values()
    )
    first = problems[-1]
    location = tuple(first["loc"])
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    where = _where(prefix + location, files)
    if first["type"] == "extra_forbidden":
        parent = _model_at(model, location[:-1])
        allowed = tuple(parent.model_fields) if parent else ()
        return where + _unknown("key", str(location[-1]), allowed) + more
    if first["type"] == "missing":
        return where + "missing; add it" + more
    expected = first["msg"].removeprefix("Value error, ")
    expected = expected[0].lower() + expected[1:]
    return f"{where}found {first['input']!r}; {expected}{more}"


def _unknown(kind: str, found: str, allowed: Sequence[str]) -> str:
    close = get_close_matches(found, allowed, n=1, cutoff=0.5)
    hint = f"; did you mean '{close[0]}'?" if close else ""
    return f"unknown {kind} '{found}'{hint} (allowed: {', '.join(allowed)})"


def _where(key: Key, files: Sequence[str | Path]) -> str:
    """`file: key: `, the file being the last one that sets the key or the block around it."""
    for length in range(len(key), 0, -1):
        for path in reversed(files):
            if _has(_parsed(path), key[:length]):
                return f"{path}: {'.'.join(map(str, key))}: "
    return f"configuration: {'.'.join(map(str, key))}: "


def _has(content: Any, key: Key) -> bool:
    for part in key:
        in_list = isinstance(content, list) and isinstance(part, int) and part < len(content)
        if not in_list and not (isinstance(content, dict) and part in content):
            return False
        content = content[part]
    return True


def _model_at(model: type[BaseModel], location: Key) -> type[BaseModel] | None:
    """The settings class that a location inside `model` points to, if it is one."""
    annotation: Any = model
    for part in location:
        if _is_settings(annotation):
            field = annotation.model_fields.get(part)
            annotation = field.annotation if field else None
        elif get_origin(annotation) is dict:
            annotation = get_args(annotation)[1]
        else:
            return None
        if get_origin(annotation) is not dict:  # `Settings | None`
            choices = (annotation, *get_args(annotation))
            annotation = next((choice for choice in choices if _is_settings(choice)), None)
    return annotation if _is_settings(annotation) else None


def _is_settings(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Settings)
