"""Schema and key table: they follow the settings, and the shipped files follow them."""

import json

import pytest
import yaml
from jsonschema import Draft202012Validator
from repository import CONFIG

from darkpixel.pipeline.documentation import key_table, schema, with_keys


def test_schema_and_key_table_follow_the_settings():
    """Run `python -m darkpixel.pipeline.documentation` when this fails."""
    assert json.loads((CONFIG / "schema.json").read_text()) == schema()
    readme = (CONFIG / "README.md").read_text()
    assert readme == with_keys(readme)
    assert "| `datasets.jets.imaging.pixels` | integer, ≥ 2 | `28` |" in key_table()


@pytest.mark.parametrize("name", ["config.yaml", "test.yaml", "study.yaml", "paper.yaml"])
def test_shipped_files_follow_the_schema(name):
    """What an editor says of them."""
    content = yaml.safe_load((CONFIG / name).read_text())
    assert not [error.message for error in Draft202012Validator(schema()).iter_errors(content)]


def test_every_key_has_a_description():
    def check(definition, name):
        for key, value in definition.get("properties", {}).items():
            assert "description" in value or "$ref" in value, f"{name}.{key}"

    content = schema()
    for name, definition in [("run", content), *content["$defs"].items()]:
        check(definition, name)


def test_shipped_files_hold_no_key_twice():
    """YAML keeps the last of two equal keys without a word."""

    class Loader(yaml.SafeLoader):
        pass

    def mapping(loader, node):
        keys = [loader.construct_object(key) for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"repeated key in {node.start_mark}"
        return loader.construct_mapping(node, deep=True)

    Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    for path in CONFIG.glob("*.yaml"):
        yaml.load(path.read_text(), Loader)
