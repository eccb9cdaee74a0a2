"""Parameters that somebody typed, or copied, are values or a sentence, and never code (D9, D13, D15)."""

from pathlib import Path

import pytest

from clipsafe_utils.publishing import commands
from clipsafe_utils.publishing import render as rendering
from clipsafe_utils.publishing.chapters import Chapter
from tests.attack.command import run

BOMB = "\n".join(["a0: &a0 x", *(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40))])
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
    "9 to the power of 39 entries": f"{BOMB}\nseed: *a39",
    "9 to the power of 39 classes": f"{BOMB}\ngroups: *a39",
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
def passed(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Stand in for the seconds of rendering; gives the parameters that passed every check before it."""
    given: list[object] = []
    monkeypatch.setattr(commands, "write_standalone", lambda *arguments: check(given, *arguments))
    return given


def check(
    given: list[object], _: Path, chapter: Chapter, folder: Path, values: dict[str, object]
) -> list[Path]:
    """Check parameters as `render_chapter` does before it runs anything."""
    rendering.check_parameters(chapter.name, values)
    given.append(rendering._independent_of_folder(values))
    return [folder]


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_sentence(
    case: str,
    passed: list[object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = run(capsys, "render", "shape-bias", "-o", "out", "-y", REFUSED[case])
    assert ended.is_one_sentence, ended
    assert passed == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    ["{}", "{seed: 3}", "seed: 3", "{cue_classes: [cat, dog]}", "{studies: [published]}", "# nothing\n{}"],
)
def test_what_is_right_passes(text: str, passed: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "render", "shape-bias", "-o", "out", "-y", text).code == 0
    assert len(passed) == 1


def test_no_parameters_are_the_defaults(passed: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "render", "shape-bias", "-o", "out").code == 0
    assert passed == [{}]
