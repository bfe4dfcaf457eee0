"""Words of YAML that mean something else than they seem to are refused in one line."""

import pytest
from overlays import problem

from darkpixel.config.loading import read_yaml
from darkpixel.errors import DarkpixelError


def test_a_key_that_stands_twice_is_refused_where_its_last_value_would_count(tmp_path):
    text = "speed: {seconds: 1}\nsampling:\n  images: 100\n  block_size: 10\n  images: 200\n"
    message = problem(tmp_path, text)
    assert "mine.yaml: not valid YAML: key 'images' stands twice, in lines 3 and 5" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("datasets: {jets: {images: {train: yes}}}", "yes in line 1 is true in YAML; write true"),
        ("datasets: {jets: {images: {train: 0100}}}", "0100 in line 1 is 64 in YAML; write 64"),
        ("run: mine\nseed: 1:30", "1:30 in line 2 is 90 in YAML; write 90, or '1:30' in quotes"),
        ("datasets: {jets: {images: {train: true}}}", "datasets.jets.images.train"),
        ("seeds: [true]", "true and false are no values of it, found [True]"),
        ("training: {epochs: false}", "true and false are no values of it, found false"),
    ],
)
def test_values_that_are_not_what_they_look_like_are_refused(tmp_path, text, words):
    message = problem(tmp_path, text)
    assert words in message
    assert "mine.yaml" in message
    assert "\n" not in message


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
