"""What an overlay in YAML may hold: one case a line of docs/formats.md (`format_tables`)."""

from typing import NamedTuple

from format_tables import WORKS


class Case(NamedTuple):
    """An overlay and what comes of it.

    Attributes:
        part: of the file.
        what: is found there.
        outcome: `works`, or what the one line says.
        text: of the file.
        key: where the configuration has `value` then.
    """

    part: str
    what: str
    outcome: str
    text: str
    key: str = "run"
    value: object = "demo"


_DEEP = "[" * 5000 + "]" * 5000
_RATE = "training.learning_rate"

CASES: list[Case] = [
    Case("file", "UTF-8", WORKS, "run: mine # été", value="mine"),
    Case("file", "lines that end as on Windows", WORKS, "run: mine\r\nseed: 2\r\n", value="mine"),
    Case("file", "a directive `%YAML`", WORKS, "%YAML 1.2\n---\nrun: mine", value="mine"),
    Case("file", "empty, comments alone", "expected keys and values, found NoneType", "# x"),
    Case("file", "a list", "expected keys and values, found list", "- a"),
    Case("file", "a word", "expected keys and values, found str", "abc"),
    Case("file", "two documents", "expected a single document", "run: a\n---\nrun: b"),
    Case("file", "a character 0", "unacceptable character #x0000", "run: a\0b"),
    Case("file", "tabs as indents", "cannot start any token", "run:\n\tx: 1"),
    Case("file", "a bracket that stays open", "not valid YAML: while parsing", "run: [a"),
    Case("file", "nested 5,000 deep", "nested too deeply", f"run: {_DEEP}"),
    Case("tag", "`!!binary`", WORKS, "run: !!binary bWluZQ==", value="mine"),
    Case("tag", "`!!python/...`", "could not determine a constructor",
         "run: !!python/object/apply:os.getcwd []"),
    Case("tag", "any other", "could not determine a constructor", "run: !mine a"),
    Case("anchor", "used again", WORKS, "seed: &a 3\nseeds: [*a]", "seed", 3),
    Case("anchor", "in itself", "more than 100000 keys", "datasets: &a {jets: *a}"),
    Case("anchor", "nowhere", "found undefined alias", "run: *x"),
    Case("key", "twice", "key 'run' stands twice, in lines 1 and 2", "run: a\nrun: b"),
    Case("key", "unknown", "sede: unknown key 'sede'; did you mean 'seed'?", "sede: 1"),
    Case("key", "a number", "1: found 1; keys should be strings; put it in quotes", "1: 2"),
    Case("key", "a truth value", "keys should be strings; put it in quotes", "true: 2"),
    Case("key", "null", "keys should be strings; put it in quotes", "null: 2"),
    Case("key", "a list", "found unhashable key", "? [a, b]\n: 1"),
    Case("whole number", "decimal", WORKS, "seed: 3", "seed", 3),
    Case("whole number", "hexadecimal", WORKS, "seed: 0x10", "seed", 16),
    Case("whole number", "with `_`", WORKS, "seed: 1_000", "seed", 1000),
    Case("whole number", "in quotes", WORKS, "seed: '3'", "seed", 3),
    Case("whole number", "as 3.0", WORKS, "seed: 3.0", "seed", 3),
    Case("whole number", "3.5", "seed: found 3.5; input should be a valid integer", "seed: 3.5"),
    Case("whole number", "0100, octal", "0100 in line 1 is 64 in YAML; write 64",
         "datasets: {jets: {images: {train: 0100}}}"),
    Case("whole number", "1:30, to base 60", "1:30 in line 2 is 90 in YAML; write 90, or '1:30'",
         "run: mine\nseed: 1:30"),
    Case("whole number", "too large", "input should be less than 2147483648",
         "seed: 99999999999999999999"),
    Case("whole number", "null", "seed: found None; input should be a valid integer", "seed:"),
    Case("whole number", "true", "datasets.jets.images.train",
         "datasets: {jets: {images: {train: true}}}"),
    Case("whole number", "yes", "yes in line 1 is true in YAML; write true",
         "datasets: {jets: {images: {train: yes}}}"),
    Case("whole number", "false", "true and false are no values of it, found false",
         "training: {epochs: false}"),
    Case("whole number", "a list", "seed: found [1]; input should be a valid int", "seed: [1]"),
    Case("list", "of numbers", WORKS, "seeds: [1, 2]", "seeds", [1, 2]),
    Case("list", "with true", "true and false are no values of it, found [True]", "seeds: [true]"),
    Case("list", "one number", "seeds: found 1; input should be a valid list", "seeds: 1"),
    Case("number", "1e-3", WORKS, "training: {learning_rate: 1e-3}", _RATE, 1e-3),
    Case("number", "1.0e-3", WORKS, "training: {learning_rate: 1.0e-3}", _RATE, 1e-3),
    Case("number", "infinite", "found inf; input should be a finite number",
         "training: {learning_rate: .inf}"),
    Case("number", "not a number", "found nan; input should be",
         "training: {learning_rate: .nan}"),
    Case("text", "a number", "run: found 2024; input should be a valid string; put it in quotes",
         "run: 2024"),
    Case("text", "a date", "input should be a valid string; put it in quotes", "run: 2024-01-02"),
    Case("text", "of several lines", r"run: found 'a\nb\n'; string should match",
         "run: |\n  a\n  b\n"),
    Case("text", "half a character", "unable to parse raw data as a unicode string",
         'run: "\\ud800"'),
    Case("text", "`!!set`", "input should be a valid string", "run: !!set {a}"),
    Case("text", "very long", f"run: found '{'a' * 99}...; string should",
         f"run: {'a' * 5000}"),
]  # fmt: skip
