"""Parameters that somebody typed, or took from the web, are values or a sentence: never code (D9, D13, D15)."""

from pathlib import Path

import pytest

from clipsafe_utils.publishing import commands
from clipsafe_utils.publishing.render import _independent_of_folder
from tests.attack.command import Ended, run

BOMB = (
    "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "\n".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefg", "bcdefgh", strict=True))
    + "\nseed: *h\n"
)
REFUSED = {
    "a date that is none": "{seed: 2001-99-99}",
    "an integer of nothing": "{seed: !!int ''}",
    "a number of letters": "{confidence: !!float abc}",
    "5,000 digits": f"{{seed: {'9' * 5000}}}",
    "5,000 hexadecimal digits": f"{{seed: 0x{'f' * 5000}}}",
    "1,000 nested lists": "[" * 1000 + "]" * 1000,
    "1,000 nested lists in a parameter": "{seed: " + "[" * 1000 + "]" * 1000 + "}",
    "a time that is none": "{seed: !!timestamp x}",
    "binary that is none": "{seed: !!binary ß}",
    "nothing": "",
    "null": "null",
    "a list": "[seed, 3]",
    "text": "seed=3",
    "an open bracket": "{seed: [",
    "a tab": "\tseed: 3",
    "a zero byte": "{seed: \0}",
    "a list that holds itself": "{seed: &a [*a]}",
    "a mapping that holds itself": "{seed: &a {b: *a}}",
    "many anchors": BOMB,
    "code": "!!python/object/apply:os.system [touch ran]",
    "code in a parameter": "{seed: !!python/object/apply:os.system [touch ran]}",
    "a name of Python": "{seed: !!python/name:os.system }",
    "a merged mapping": "{<<: {seed: x}}",
    "not a number": "{confidence: .nan}",
    "infinity": "{confidence: .inf}",
    "true": "{seed: true}",
    "out of range": "{confidence: 1.5}",
    "twice the same": "{cue_classes: [cat, cat]}",
    "an unknown name": "{sead: 3}",
    "a name with a line": '{"seed\\nimport os": 3}',
    "a name that is a number": "{3: 3}",
    "a name that clears the screen": '{"\\e[2J": 3}',
    "studies that are none": "{studies: ['']}",
    "a study of spaces": "{studies: ['  ']}",
    "a study with a long name": f"{{studies: [{'x' * 300}]}}",
    "a study at a long path": f"{{studies: [./{'a' * 300}]}}",
    "a device": "{studies: [/dev/zero]}",
    "a file": "{studies: [/etc/hostname]}",
    "nowhere": "{studies: [/proc/self/nothing]}",
    "a study that is a number": "{studies: [3]}",
    "no study": "{studies: []}",
    "another set of names": "{cue_classes: !!set {cat, dog}}",
    "pairs": "{cue_classes: !!pairs [cat: 1]}",
    "an ordered mapping": "{seed: !!omap [a: 1]}",
}


@pytest.fixture
def only_checked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """Stand in for the rendering, which takes seconds: note the parameters that passed every check before it."""
    passed: list[dict[str, object]] = []

    def note(_: Path, chapter: object, folder: Path, parameters: dict[str, object]) -> tuple[Path, Path]:
        commands.check_before_render(chapter, parameters)
        passed.append(_independent_of_folder(parameters))
        return folder / "a.ipynb", folder / "a.html"

    monkeypatch.setattr(commands, "write_standalone", note)
    return passed
