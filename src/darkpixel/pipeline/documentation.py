"""Generator of `config/schema.json` and of the key tables of `config/README.md`.

Run `python -m darkpixel.pipeline.documentation` after a change; a test fails when they differ.
"""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from darkpixel.config.base import Settings
from darkpixel.config.discovery import model_names, model_settings
from darkpixel.config.run import Run
from darkpixel.formats.files import whole_file

FOLDER = Path(__file__).resolve().parents[3] / "config"
TOLD_ELSEWHERE = {
    ".training": "training",
    "models.*.where": "models.*",
    "datasets.lartpc_vertex": "datasets.lartpc",
}
"""End of a key whose block has the keys of another: that one's rows stand for both."""
BEGIN, END = "<!-- keys: generated, do not edit -->", "<!-- /keys -->"


def schema() -> dict[str, Any]:
    """JSON schema of the configuration, the keys of every model file included."""
    result = Run.model_json_schema()
    # An overlay sets a few keys only, so nothing is required of a single file.
    definitions = result["$defs"]
    for definition in (result, *definitions.values()):
        definition.pop("required", None)
    cases = []
    for name in model_names():
        part = model_settings(name).model_json_schema(ref_template=f"#/$defs/{name}_{{model}}")
        definitions.update({f"{name}_{k}": v for k, v in part.pop("$defs", {}).items()})
        definitions[f"{name}_settings"] = {**part, "title": f"Settings of {name}"}
        cases.append(
            {
                "if": {"properties": {"model": {"const": name}}, "required": ["model"]},
                "then": {"properties": {"settings": {"$ref": f"#/$defs/{name}_settings"}}},
            }
        )
    definitions["Model"]["properties"]["model"]["enum"] = list(model_names())
    definitions["Model"]["allOf"] = cases
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **result}


def key_table() -> str:
    """Markdown tables of every key, one a block: type, default, meaning; a list of them first."""
    parts = {name: list(rows) for name, rows in groupby(_rows("", Run), _block)}
    for name in model_names():
        parts[f"`models.*.settings` for `model: {name}`"] = [*_rows("", model_settings(name))]
    text = [" · ".join(f"[{name}](#{_anchor(name)})" for name in parts)]
    for name, rows in parts.items():
        text += [
            "",
            f"### {name}",
            "",
            "| key | type | default | meaning |",
            "| --- | --- | --- | --- |",
        ]
        text += rows
    return "\n".join(text)


def _block(row: str) -> str:
    """Heading of the table that a row belongs to: a block of the run, or a data set."""
    key = row.split("`")[1].split(".")
    if not _settings_in(Run.model_fields[key[0]].annotation):
        return "The run"
    return f"`{'.'.join(key[: 2 if key[0] == 'datasets' else 1])}`"


def _anchor(heading: str) -> str:
    """As GitHub and MyST make it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _rows(prefix: str, settings: type[Settings]) -> Iterator[str]:
    for name, field in settings.model_fields.items():
        key = f"{prefix}{name}"
        inner = _settings_in(field.annotation)
        if inner is None:
            yield f"| `{key}` | {_type(field)} | {_default(field)} | {_text(field)} |"
            continue
        told = next((place for end, place in TOLD_ELSEWHERE.items() if key.endswith(end)), None)
        hint = f"; keys as in `{told}`" if told else ""
        yield f"| **`{key}`** | | | {_text(field)}{hint} |"
        if told is None:
            star = "*." if get_origin(field.annotation) is dict else ""
            yield from _rows(f"{key}.{star}", inner)


def _settings_in(annotation: Any) -> type[Settings] | None:
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, Settings):
            return candidate
    return None


def _type(field: FieldInfo) -> str:
    return ", ".join([_name(field.annotation), *_bounds(field.metadata)])


def _bounds(metadata: Iterable[Any]) -> list[str]:
    signs = {"Gt": ">", "Ge": "≥", "Lt": "<", "Le": "≤"}
    metadata = chain.from_iterable(getattr(item, "metadata", [item]) for item in metadata)
    found = (re.fullmatch(r"(\w+)\(\w+=(.*)\)", str(item)) for item in metadata)
    return [f"{signs[match[1]]} {match[2]}" for match in found if match and match[1] in signs]


def _name(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return " ".join([_name(arguments[0]), *_bounds(arguments[1:])])
    if annotation is type(None):
        return "null"
    if origin is Literal:
        return " / ".join(f"`{value}`" for value in arguments)
    if origin in (UnionType, Union):
        return " or ".join(map(_name, arguments))
    if origin is tuple:
        return f"[{', '.join(map(_name, arguments))}]"
    if origin is list:
        return f"list of {_name(arguments[0])}"
    if origin is dict:
        return "mapping"
    return {"str": "text", "int": "integer", "float": "number", "bool": "true / false"}.get(
        getattr(annotation, "__name__", ""), "any"
    )


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "required"
    return f"`{json.dumps(field.default)}`"


def _text(field: FieldInfo) -> str:
    return (field.description or "").replace("|", "\\|")


def write(folder: Path = FOLDER) -> None:
    """Write both files anew."""
    with whole_file(folder / "schema.json") as path:
        path.write_text(json.dumps(schema(), indent=1, ensure_ascii=False) + "\n")
    readme = folder / "README.md"
    with whole_file(readme) as path:
        path.write_text(with_keys(readme.read_text()))


def with_keys(text: str) -> str:
    """The README's text with the key tables between its two markers brought up to date."""
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n{key_table()}\n{END}{after}"


if __name__ == "__main__":
    write()
