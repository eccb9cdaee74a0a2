"""A server on the loopback address that answers with whatever bytes a test gives it."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress


@contextmanager
def answering(*answers: bytes) -> Iterator[str]:
    """Give an address whose nth connection gets the nth answer, and the last one all that come after it.

    ``{port}`` in an answer is replaced by that of the server.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        thread = threading.Thread(target=_serve, args=(listening, port, answers), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}/SUN.tar.gz"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def answer(status: str, *headers: str, body: bytes = b"") -> bytes:
    """Write down an answer of HTTP."""
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode("latin-1") + body


def _serve(listening: socket.socket, port: int, answers: Sequence[bytes]) -> None:
    served = 0
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        with connection, suppress(OSError):
            connection.settimeout(1)
            request = b""
            while b"\r\n\r\n" not in request:
                part = connection.recv(65536)
                if not part:
                    break
                request += part
            connection.sendall(answers[min(served, len(answers) - 1)].replace(b"{port}", str(port).encode()))
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
        served += 1
