"""What a page's kernel reads: the files and folders that it opens, and the modules that it loads."""

import json
from collections.abc import Sequence
from pathlib import Path

EVERYTHING = "*"
"""Stands for all files: the page started a process, whose files nobody watched."""

_STARTUP = """
def watch():
    import atexit, json, os, sys

    seen = set()

    def note(event, arguments):
        if event in ("open", "os.listdir", "os.scandir"):
            # Where Python looks for a module says nothing; those that it finds are noted below.
            by_import = "importlib" in sys._getframe(1).f_code.co_filename
            if not by_import and isinstance(arguments[0], (str, bytes, os.PathLike)):
                seen.add(os.path.abspath(os.fsdecode(arguments[0])))
        elif event == "subprocess.Popen":
            seen.add({everything!r})

    def write(_):
        files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
        seen.update(os.path.abspath(file) for file in files if file)
        with open({note!r}, "w", encoding="utf-8") as file:
            json.dump(sorted(seen), file)

    sys.addaudithook(note)
    get_ipython().events.register("post_run_cell", write)


watch()
del watch
"""
_NOTE = "read.json"


def watch_kernels(folder: Path) -> Path:
    """Have kernels whose settings are in a folder note there what they read; return where they start from."""
    startup = folder / "profile_default" / "startup"
    startup.mkdir(parents=True)
    code = _STARTUP.format(everything=EVERYTHING, note=str(folder / _NOTE))
    (startup / "00-watch.py").write_bytes(code.encode())
    return startup


def read_in(folder: Path, roots: Sequence[Path]) -> list[str]:
    """Return what the kernel of a folder read below some roots, as absolute paths, or `EVERYTHING`."""
    note = folder / _NOTE
    seen = json.loads(note.read_text(encoding="utf-8")) if note.is_file() else [EVERYTHING]
    inside = [root.resolve() for root in roots]
    return [name for name in seen if name == EVERYTHING or _is_source(Path(name), inside)]


def _is_source(path: Path, roots: Sequence[Path]) -> bool:
    below = [path.relative_to(root).parts for root in roots if path.is_relative_to(root)]
    return any(not any(part.startswith((".", "_build", "__pycache__")) for part in parts) for parts in below)
