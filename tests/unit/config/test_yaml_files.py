"""Words of YAML that mean something else than they seem to are refused in one line."""

from operator import attrgetter

import pytest
from format_tables import WORKS
from overlays import loaded, problem
from yaml_cases import CASES

from darkpixel.config.loading import read_yaml
from darkpixel.errors import DarkpixelError


def test_a_key_that_stands_twice_is_refused_where_its_last_value_would_count(tmp_path):
    text = "speed: {seconds: 1}\nsampling:\n  images: 100\n  block_size: 10\n  images: 200\n"
    message = problem(tmp_path, text)
    assert "mine.yaml: not valid YAML: key 'images' stands twice, in lines 3 and 5" in message
    assert "\n" not in message


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.part}-{case.what}")
def test_an_overlay_works_or_is_refused_in_one_line(tmp_path, case):
    if case.outcome == WORKS:
        assert attrgetter(case.key)(loaded(tmp_path, case.text)) == case.value
        return
    message = problem(tmp_path, case.text)
    assert case.outcome in message
    assert "mine.yaml" in message
    assert message.isprintable()


def test_a_file_that_is_not_in_utf_8_is_refused_in_one_line(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_bytes("run: a\n# été".encode("latin-1"))
    with pytest.raises(DarkpixelError, match=r"line 2 is not in UTF-8 .* save the file in UTF-8"):
        read_yaml(path)
    path.write_bytes("run: été".encode("utf-8-sig"))
    assert read_yaml(path) == {"run": "été"}


def test_anchors_and_merged_keys_may_be_overridden(tmp_path):
    path = tmp_path / "anchors.yaml"
    path.write_text("base: &base {a: 1, b: 2}\nmine: {<<: *base, b: 3}\n")
    assert read_yaml(path)["mine"] == {"a": 1, "b": 3}
