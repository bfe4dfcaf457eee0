"""What the sources never do: run a shell or text as code, unpickle, or reach the network."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from repository import ROOT

_STAYS = "stays for ever when its process is killed: use those of darkpixel.formats.files"
FORBIDDEN = {
    "eval": "runs text as code",
    "exec": "runs text as code",
    "compile": "runs text as code",
    "os.system": "runs a shell",
    "os.popen": "runs a shell",
    "subprocess.getoutput": "runs a shell",
    "subprocess.getstatusoutput": "runs a shell",
    "pickle.load": "unpickles",
    "pickle.loads": "unpickles",
    "pd.read_pickle": "unpickles",
    "joblib.load": "unpickles",
    "marshal.load": "unpickles",
    "marshal.loads": "unpickles",
    "shelve.open": "unpickles",
    "yaml.unsafe_load": "makes any object of YAML",
    "yaml.full_load": "makes any object of YAML",
    "tarfile.open": "members may lie outside of the folder",
    "zipfile.ZipFile": "members may lie outside of the folder",
    "shutil.unpack_archive": "members may lie outside of the folder",
    "tempfile.mktemp": "another process may take the name first",
    "tempfile.mkdtemp": _STAYS,
    "tempfile.mkstemp": _STAYS,
    "tempfile.TemporaryDirectory": _STAYS,
    "TemporaryDirectory": _STAYS,
    "tempfile.NamedTemporaryFile": _STAYS,
    "NamedTemporaryFile": _STAYS,
    "torch.hub.load": "downloads from elsewhere, and runs what it finds",
    "torch.hub.load_state_dict_from_url": "downloads from elsewhere",
}
NETWORK = (
    "aiohttp", "asyncio", "fsspec", "ftplib", "http", "httpx", "imaplib", "paramiko", "poplib",
    "requests", "smtplib", "socket", "socketserver", "ssl", "telnetlib", "urllib.request",
    "urllib3", "websockets", "xmlrpc",
)  # fmt: skip
"""Modules that reach another computer, or are reached by one."""

DOWNLOADS = "src/darkpixel/formats/download.py"
"""The only file that may import them: it asks for URLs of `config/sources.yaml`."""

NEEDS = {"torch.load": ("weights_only", True)}
"""What a call must be given."""

NEVER = {"np.load": ("allow_pickle", False), "numpy.load": ("allow_pickle", False)}
"""What a call must not be given otherwise."""

ALLOWED = {
    ("src/darkpixel/models/workers.py", "pickle.loads"),  # of what it has just pickled
    ("src/darkpixel/cli/info_files.py", "zipfile.ZipFile"),  # reads the names of members alone
    ("src/darkpixel/formats/writers.py", "tempfile.mkdtemp"),  # its name tells who made it
}
HDF5 = {
    f"src/darkpixel/formats/{name}.py"
    for name in ("hdf5", "hdf5_probe", "image_file")
}  # fmt: skip
"""The files that may open HDF5: after a look at it in a process of its own."""
LOADERS = {"_Loader"}  # of yaml.load: a subclass of SafeLoader


def sources() -> list[Path]:
    folders = ("src", "workflow", "bench")
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def modules_of(called: set[str]) -> dict[str, set[str]]:
    """Functions that must not be called, by the module that they are imported from."""
    names: dict[str, set[str]] = {}
    for name in called:
        module, _, function = name.rpartition(".")
        names.setdefault({"np": "numpy", "pd": "pandas"}.get(module, module), set()).add(function)
    return names


HIDDEN = modules_of({name for name in (*FORBIDDEN, *NEEDS, *NEVER) if "." in name})
"""What must not be imported by a name of its own."""


def of_network(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in NETWORK)


def problems(tree: ast.AST, name: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom) and name != DOWNLOADS:
            start = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            for module in (start + alias.name for alias in node.names):
                if of_network(module):
                    yield f"{name}:{node.lineno}: {module} reaches the network"
        if isinstance(node, ast.ImportFrom):  # by a name of its own a call would not be seen
            for alias in node.names:
                hidden = alias.name in HIDDEN.get(str(node.module), ())
                if hidden and (name, f"{node.module}.{alias.name}") not in ALLOWED:
                    yield f"{name}:{node.lineno}: {alias.name} under a name of its own"
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        given = {word.arg: word.value for word in node.keywords}
        if called == "h5py.File" and name not in HDF5:
            yield f"{name}:{node.lineno}: h5py.File without a look at the file in a child process"
        if called in FORBIDDEN and (name, called) not in ALLOWED:
            yield f"{name}:{node.lineno}: {called} {FORBIDDEN[called]}"
        if called in NEEDS or called in NEVER:
            key, value = {**NEEDS, **NEVER}[called]
            word = given.get(key)
            if word is None and called in NEVER:
                continue
            if not isinstance(word, ast.Constant) or word.value is not value:
                yield f"{name}:{node.lineno}: {called} without {key}={value}"
        shell = given.get("shell")
        if shell is not None and not (isinstance(shell, ast.Constant) and shell.value is False):
            yield f"{name}:{node.lineno}: {called} runs a shell"
        if called == "yaml.load" and ast.unparse(node.args[-1]) not in LOADERS:
            yield f"{name}:{node.lineno}: {called} with another loader"


def test_the_sources_run_no_text_unpickle_nothing_and_reach_no_network() -> None:
    assert len(sources()) > 300
    found = [
        problem
        for path in sources()
        for problem in problems(ast.parse(path.read_text()), str(path.relative_to(ROOT)))
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "eval(text)", "os.system(text)", "pickle.loads(data)", "subprocess.run(a, shell=True)",
        "subprocess.run(a, shell=given)", "torch.load(path)", "torch.load(p, weights_only=False)",
        "import urllib.request", "from urllib.request import urlopen", "from urllib import request",
        "import requests as r", "import socket", "from http.client import HTTPConnection",
        "torch.hub.load(url)", "np.load(path, allow_pickle=True)", "yaml.load(text, yaml.Loader)",
        "zipfile.ZipFile(path)",
        "TemporaryDirectory()", "tempfile.mkdtemp()", "from pickle import loads",
        "from torch import load as read", "h5py.File(path)",
    ],
)  # fmt: skip
def test_each_of_these_would_be_found(line: str) -> None:
    assert list(problems(ast.parse(line), "somewhere.py"))


def test_no_rule_runs_a_shell() -> None:
    """Values of a configuration, wildcards and paths reach a script as they are."""
    rules = [*sorted((ROOT / "workflow").rglob("*.smk")), ROOT / "Snakefile"]
    assert len(rules) > 5
    for path in rules:
        text = path.read_text()
        assert not re.search(r"^\s*(shell|run):", text, re.MULTILINE), path
        assert "shell(" not in text, path
