"""A local server in the place of raw.githubusercontent.com, and a few tiny raw files that it gives."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from clipsafe_utils.record.sources import RawFile, swhid_of

CONTENTS = {f"folder-{n % 2}/deeper/table {n}.csv": f"row,{n}\n".encode() * 200 for n in range(8)}
"""What is in the raw files, by their paths in a mirror; a blank stands for what an address must quote."""


def pinned(contents: dict[str, bytes]) -> dict[str, RawFile]:
    """Pin contents as `sources.csv` does."""
    return {
        path: RawFile(
            path=path,
            repository="owner/data",
            commit="c" * 40,
            source_path=path,
            bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            licence="MIT",
            swhid=swhid_of(content),
        )
        for path, content in contents.items()
    }


@dataclass
class Repositories:
    """What is served, by the path of an address, and what was asked for.

    Attributes
    ----------
    contents : dict
        The files.
    given : int or None
        How many files are given before the server refuses all; None for no end.
    breaks : int
        How many of the next answers break off half-way.
    """

    contents: dict[str, bytes]
    given: int | None = None
    breaks: int = 0
    address: str = ""
    asked: list[str] = field(default_factory=list)


@contextmanager
def serving(repositories: Repositories) -> Iterator[Repositories]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with lock:
                refuses = repositories.given is not None and len(repositories.asked) >= repositories.given
                repositories.asked.append(self.path)
                breaks, repositories.breaks = repositories.breaks > 0, max(repositories.breaks - 1, 0)
            content = repositories.contents.get(self.path)
            if refuses or content is None:
                self.send_error(503 if refuses else 404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with suppress(ConnectionError):  # Who asked was killed.
                self.wfile.write(content[: len(content) // 2] if breaks else content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    repositories.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield repositories
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def place(raw: RawFile) -> str:
    """Return the path of a raw file's address, quoted as a server sees it."""
    return f"/{raw.repository}/{raw.commit}/{raw.source_path}".replace(" ", "%20")
