"""A local server of one file, which resumes like a real one and breaks off when it is told to."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Served:
    """What is served and what was asked for.

    Attributes
    ----------
    content : bytes
        The file.
    cut_after : list of int
        How many bytes each of the next answers gives before the connection breaks off.
    resumes : bool
        Whether the server knows ranges.
    version : bool
        Whether it names the version of the file.
    """

    content: bytes
    cut_after: list[int] = field(default_factory=list)
    resumes: bool = True
    version: bool = True
    status: int = 200
    declared: bool = True
    address: str = ""
    ranges: list[str] = field(default_factory=list)

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.content).hexdigest()[:16]}"'


@contextmanager
def serving(served: Served, name: str = "set.tar") -> Iterator[Served]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range", "")
            served.ranges.append(asked)
            if served.status != 200:
                self.send_error(served.status)
                return
            start = 0
            if asked and served.resumes and self.headers.get("If-Range", served.etag) == served.etag:
                start = int(asked.removeprefix("bytes=").removesuffix("-"))
            size = len(served.content)
            if start >= size > 0:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{size}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
            if served.declared:
                self.send_header("Content-Length", str(size - start))
            if served.version:
                self.send_header("ETag", served.etag)
            self.end_headers()
            part = served.content[start:]
            self.wfile.write(part[: served.cut_after.pop(0)] if served.cut_after else part)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    served.address = f"http://127.0.0.1:{server.server_port}/{name}"
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
