"""A local HTTP server that misbehaves on demand, and the file that it is asked for."""

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from darkpixel.config.sources import Source

CONTENT = bytes(i * i % 251 for i in range(200_000))
MD5 = hashlib.md5(CONTENT).hexdigest()
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Request(BaseHTTPRequestHandler):
    """Answers with the next behaviour of the server's list; the last one stays."""

    server: "Server"

    def do_GET(self) -> None:
        self.server.ranges.append(self.headers.get("Range"))
        self.server.paths.append(self.path)
        plan = self.server.plans[self.path]
        behave = plan.pop(0) if len(plan) > 1 else plan[0]
        behave(self)

    def log_message(self, *_: Any) -> None:
        pass

    def start(self) -> int:
        """Where the wanted range starts."""
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "bytes=0-")
        assert match
        return int(match[1])

    def head(self, status: int, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.plans: dict[str, list[Callable[[Request], None]]] = {}
        self.ranges: list[str | None] = []
        self.paths: list[str] = []
        self.leave = threading.Event()

    def handle_error(self, *_: Any) -> None:
        pass  # a client that hangs up is part of the plan

    def url(self, path: str, *plan: Callable[[Request], None]) -> str:
        self.plans[path] = list(plan)
        return f"http://127.0.0.1:{self.server_address[1]}{path}"


def source(*urls: str, **known: Any) -> Source:
    """The entry of the file at a URL, and at mirrors; with its checksum and size, unless others."""
    known = known or {"md5": MD5, "size": len(CONTENT)}
    return Source(description="bytes", url=urls[0], mirrors=list(urls[1:]), **known)


@contextmanager
def serving() -> Iterator[Server]:
    """A server that answers while the block runs."""
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield running
        finally:
            running.leave.set()
            running.shutdown()
            thread.join()


def good(request: Request, content: bytes = CONTENT, etag: str = '"one"') -> None:
    start = request.start()
    if start >= len(content):
        request.head(416, 0, Content_Range=f"bytes */{len(content)}")
        return
    if start:
        span = f"bytes {start}-{len(content) - 1}/{len(content)}"
        request.head(206, len(content) - start, Content_Range=span, ETag=etag)
    else:
        request.head(200, len(content), ETag=etag)
    request.wfile.write(content[start:])


def drops_after(count: int) -> Callable[[Request], None]:
    """The connection ends `count` bytes into the answer, which promised more."""

    def behave(request: Request) -> None:
        start = request.start()
        span = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
        request.head(206 if start else 200, len(CONTENT) - start, Content_Range=span, ETag='"one"')
        request.wfile.write(CONTENT[start : start + count])
        request.wfile.flush()
        request.close_connection = True

    return behave


def stalls_after(count: int) -> Callable[[Request], None]:
    def behave(request: Request) -> None:
        drops_after(count)(request)
        request.server.leave.wait(5)

    return behave


def ignores_range(request: Request) -> None:
    request.head(200, len(CONTENT))
    request.wfile.write(CONTENT)


def ignores_range_and_drops(request: Request) -> None:
    request.head(200, len(CONTENT))
    request.wfile.write(CONTENT[:1000])
    request.close_connection = True


def lies_about_range(request: Request) -> None:
    start = request.start()
    if not start:
        return good(request)
    request.head(206, 10, Content_Range=f"bytes {start - 5}-{start + 4}/{len(CONTENT)}")
    request.wfile.write(CONTENT[start - 5 : start + 5])
    return None


def other_content(request: Request) -> None:
    good(request, CONTENT[::-1], '"two"')


def says_no_length(request: Request) -> None:
    request.head(200)
    request.wfile.write(CONTENT)
    request.close_connection = True


def hangs_up(request: Request) -> None:
    request.close_connection = True


def raw(*pieces: bytes) -> Callable[[Request], None]:
    """An answer of these bytes, and the end of the connection."""

    def behave(request: Request) -> None:
        for piece in pieces:
            request.wfile.write(piece)
        request.close_connection = True

    return behave


def never_ends(request: Request) -> None:
    """No length, and more bytes for as long as somebody listens."""
    request.head(200)
    while True:
        request.wfile.write(CONTENT)


def state(status: int, **headers: str) -> Callable[[Request], None]:
    return lambda request: request.head(status, 0, **headers)
