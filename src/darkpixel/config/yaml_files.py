"""YAML in which a key that stands twice is a mistake."""

from typing import Any

import yaml
from yaml.constructor import ConstructorError

_MERGE = "tag:yaml.org,2002:merge"  # of `<<`


class _UniqueKeys(yaml.SafeLoader):
    """YAML wants the keys of a mapping to differ; PyYAML keeps the last one and says nothing."""

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


def load_yaml(text: str) -> Any:
    """The content of a YAML text, plain values only.

    Raises:
        yaml.YAMLError: it is not valid, or a key stands twice.

    Example:
        >>> load_yaml("a: 1\\nb: {c: 2}")
        {'a': 1, 'b': {'c': 2}}
    """
    return yaml.load(text, _UniqueKeys)
