"""Variants: entries of `models` that start from the keys of another entry (`variant_of`).

They are resolved in the merged configuration, so that an overlay which changes the base changes
its variants too.
"""

from collections.abc import Sequence
from pathlib import Path
from types import NoneType
from typing import Any, get_args

from darkpixel.config.base import Settings, without_nulls
from darkpixel.config.discovery import model_names, model_settings
from darkpixel.config.problems import located, unknown
from darkpixel.config.training import Training
from darkpixel.errors import DarkpixelError


def resolve_variants(models: dict[str, Any], files: Sequence[str | Path] = ()) -> dict[str, Any]:
    """The entries of `models`, each variant with the keys of its base under its own.

    Mappings are merged key by key; lists and values replace what the base says. Null takes away
    what the base says, except where the key may be null: there it is the value.

    Args:
        models: entries by name, base configuration and overlays already merged.
        files: the YAML files that they were merged from, used to name the file of a wrong key.

    Returns:
        The same names in the same order; an entry without `variant_of` as it was.

    Raises:
        DarkpixelError: a base is not there, is a variant of its own variant, or has another
            `model` than its variant.

    Example:
        >>> models = {
        ...     "sarm": {"model": "sarm", "settings": {"layers": 5, "order": "spiral_out"}},
        ...     "rows": {"variant_of": "sarm", "settings": {"order": "row"}},
        ... }
        >>> resolve_variants(models)["rows"]
        {'model': 'sarm', 'settings': {'layers': 5, 'order': 'row'}, 'variant_of': 'sarm'}
    """
    return {name: _resolved(name, models, files, ()) for name in models}


def _resolved(
    name: str, models: dict[str, Any], files: Sequence[str | Path], variants: tuple[str, ...]
) -> Any:
    """One entry; `variants` leads to it, from the one that was asked for."""
    entry = models[name]
    base = entry.get("variant_of") if isinstance(entry, dict) else None
    if base is None:
        return entry
    key, chain = ("models", name, "variant_of"), (*variants, name)
    if not isinstance(base, str):
        raise DarkpixelError(f"{located(key, files)}found {base!r}; give the name of one model")
    others = tuple(str(other) for other in models if other != name)
    if base not in models:
        raise DarkpixelError(located(key, files) + unknown("model", base, others))
    if base in chain:
        circle = " -> ".join([*chain[chain.index(base) :], base])
        raise DarkpixelError(
            f"{located(key, files)}found '{base}', which leads back here ({circle}); give one of "
            "these entries a `model` of its own in place of `variant_of`"
        )
    below = _resolved(base, models, files, chain)
    if not isinstance(below, dict):  # refused where the base is checked
        return entry
    kind = below.get("model")
    if entry.get("model", kind) != kind:
        raise DarkpixelError(
            f"{located(('models', name, 'model'), files)}found {entry['model']!r}, but a variant "
            f"of '{base}' is a {kind}; leave `model` out, or `variant_of`"
        )
    settings = model_settings(kind) if kind in model_names() else None
    return _variant(below, entry, settings)


def _variant(
    base: dict[str, Any], variant: dict[str, Any], settings: type[Settings] | None
) -> dict[str, Any]:
    """An entry on its base; `settings` is the class of the model's settings."""
    result = _blocks(base, variant, settings, outermost=True)
    if isinstance(variant.get("where"), dict):
        places = base.get("where")
        where = dict(places) if isinstance(places, dict) else {}
        for place, differs in variant["where"].items():
            below = where.get(place) or {}
            both = isinstance(below, dict) and isinstance(differs, dict)
            where[place] = _blocks(below, differs, settings) if both else differs
        result["where"] = without_nulls(where)
    return result


def _blocks(
    base: dict[str, Any],
    variant: dict[str, Any],
    settings: type[Settings] | None,
    *,
    outermost: bool = False,
) -> dict[str, Any]:
    """The entry, or a place under its `where`, on that of the base."""
    result: dict[str, Any] = without_nulls({**base, **variant})
    for block, kind in (("settings", settings), ("training", Training)):
        below = base.get(block) or {}
        if isinstance(below, dict) and isinstance(variant.get(block), dict):
            # Below these are only the defaults; elsewhere null may have to overrule other keys.
            bare = outermost and block == "settings"
            result[block] = _merged(below, variant[block], kind, null_is_default=bare)
    return result


def _merged(
    base: dict[str, Any],
    variant: dict[str, Any],
    kind: type[Settings] | None = None,
    *,
    null_is_default: bool = False,
) -> dict[str, Any]:
    """One of the blocks `settings` and `training` on that of the base.

    Args:
        base: keys of the base.
        variant: keys of the variant.
        kind: class of the keys, which says what may be null.
        null_is_default: whether null in place of a default of null says nothing.
    """
    result = dict(base)
    for key, value in variant.items():
        field = kind.model_fields.get(key) if kind else None
        if value is None and field is not None:
            may_be_null = NoneType in get_args(field.annotation)
            if not may_be_null or (null_is_default and field.default is None):
                result.pop(key, None)
                continue
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = _merged(result[key], value) if both else value
    return result
