"""YAML of which no word means something else than it seems to.

Configurations are written in YAML 1.1, which PyYAML and Snakemake read. There `yes` is true, `0100`
is 64, `1:30` is 90, and of a key that stands twice the last value counts. All of these are refused
here, before a run takes them.
"""

import re
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import ConstructorError

_MERGE = "tag:yaml.org,2002:merge"  # of `<<`
_MOST = 100_000  # keys and values of a file, those that stand for others counted each time
_OCTAL = re.compile(r"[-+]?0[0-9_]+")


class _Loader(yaml.SafeLoader):
    """Plain values only, none of them with a surprise."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        lines: dict[Any, int] = {}
        for name, _ in node.value:
            if name.tag == _MERGE or not isinstance(name, yaml.ScalarNode):
                continue
            key, line = self.construct_object(name), name.start_mark.line + 1
            if key in lines:
                raise ConstructorError(
                    None, None,
                    f"key '{key}' stands twice, in lines {lines[key]} and {line}; only the last "
                    "would count, leave one out",
                )  # fmt: skip
            lines[key] = line
        return super().construct_mapping(node, deep)

    def boolean(self, node: yaml.ScalarNode) -> bool:
        value = super().construct_yaml_bool(node)
        if node.value.lower() not in ("true", "false"):
            raise _surprise(node, str(value).lower())
        return value

    def integer(self, node: yaml.ScalarNode) -> int:
        value = super().construct_yaml_int(node)
        if ":" in node.value or _OCTAL.fullmatch(node.value):
            raise _surprise(node, value)
        return value

    def number(self, node: yaml.ScalarNode) -> float:
        value = super().construct_yaml_float(node)
        if ":" in node.value:
            raise _surprise(node, value)
        return value


_Loader.add_constructor("tag:yaml.org,2002:bool", _Loader.boolean)
_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.integer)
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.number)


def _surprise(node: yaml.ScalarNode, value: Any) -> ConstructorError:
    return ConstructorError(
        None, None,
        f"{node.value} in line {node.start_mark.line + 1} is {value} in YAML; write {value}, or "
        f"'{node.value}' in quotes if a text is meant",
    )  # fmt: skip


def load_yaml(text: str) -> Any:
    """The content of a YAML text, plain values only.

    Raises:
        yaml.YAMLError: it is not valid, a key stands twice, a value is not what it looks like, or
            anchors make it endless.

    Example:
        >>> load_yaml("a: 1\\nb: {c: 2}")
        {'a': 1, 'b': {'c': 2}}
    """
    try:
        content = yaml.load(text, _Loader)
    except RecursionError:
        raise yaml.YAMLError("nested too deeply; no configuration is") from None
    _check_size(content)
    return content


def _check_size(content: Any) -> None:
    """Refuse what is endless, or nearly so: an anchor inside itself, or anchors of anchors."""
    waiting, count = [content], 0
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict | list):
            count += len(part)
            waiting.extend(part.values() if isinstance(part, dict) else part)
        if count > _MOST:
            raise yaml.YAMLError(
                f"more than {_MOST} keys and values; an anchor (&) may hold a reference to itself"
            )


def read_text(path: str | Path) -> str:
    """The text of a YAML file.

    Raises:
        OSError: it cannot be read.
        yaml.YAMLError: it is not in UTF-8.
    """
    content = Path(path).read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise yaml.YAMLError(
            f"line {line} is not in UTF-8 (byte 0x{content[error.start]:02x}); save the file in "
            "UTF-8"
        ) from None
