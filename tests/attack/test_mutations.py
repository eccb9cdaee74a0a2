"""Thousands of random mutations of what comes from outside end with code 0, or with code 2 and a sentence."""

import random
from functools import cache
from pathlib import Path

import pytest
import yaml

from clipsafe_utils.cubes import find_study, write_cube
from clipsafe_utils.parameters import CHAPTER_PARAMETERS
from clipsafe_utils.publishing import commands
from clipsafe_utils.publishing import render as rendering
from tests.attack.effort import effort
from tests.attack.mutate import bytes_changed, failures, words_changed

CUBES = ("shape_bias", "factors", "models", "calibration")
YAML_PIECES = [
    *"{}[]:,'#|>?~%\n\t\0",
    '"',
    "\\",
    "- ",
    "&a ",
    "*a",
    "<<",
    "!!int ",
    "!!python/name:os.system ",
]
YAML_PIECES += ["null", "true", ".nan", "1e999", "0x", "2001-13-41"]
CSV_PIECES = [*',;"\n\r\0', ",,", "-1", "nan", "1e999", "\ufeff", "\x1b[2J", "[/b]", "../", "=1+1"]
CSV_PIECES += ["clip_zero_shot", "file:", "hf_file:", "hf-hub:", "local-dir:"]
COLUMNS = (
    "name,library,model,tag,group,architecture,family,training_source,input_size,resolves_via,parameters"
)
ROWS = (
    "mine,open_clip,ViT-B-32,w.pt,clip_zero_shot,ViT,mine,mine,224,file:w.pt,151280000",
    "his,timm,resnet50,,standard,ResNet,his,IN-1k,224,hf_file:his/net/w.bin,25560000",
)


@cache
def whole_cubes(folder: Path) -> dict[str, bytes]:
    """Write small cubes of the record once, and return their bytes by name."""
    study, contents = find_study("published"), {}
    for name in CUBES:
        path = folder / "whole" / f"{name}.nc"
        write_cube(study.read(name).isel(model=slice(3)), path)
        contents[name] = path.read_bytes()
    return contents


def a_cube(generator: random.Random, folder: Path) -> list[str]:
    contents = whole_cubes(folder)
    name = generator.choice(CUBES)
    (folder / "study").mkdir(exist_ok=True)
    (folder / "study" / f"{name}.nc").write_bytes(bytes_changed(contents[name], generator))
    return ["cubes", "export", name, "--study", "./study", "-o", "out"]


def parameters(generator: random.Random, _: Path) -> list[str]:
    chapter = generator.choice(sorted(CHAPTER_PARAMETERS))
    values = {
        parameter.name: list(parameter.default) if isinstance(parameter.default, tuple) else parameter.default
        for parameter in CHAPTER_PARAMETERS[chapter]
    }
    text = yaml.safe_dump(values, default_flow_style=generator.random() < 0.5)
    return ["render", chapter, "-o", "out", "-y", words_changed(text, YAML_PIECES, generator)]


def without_rendering() -> None:
    def check(_: Path, chapter, folder: Path, values):  # type: ignore[no-untyped-def]
        rendering.check_parameters(chapter.name, values)
        rendering._independent_of_folder(values)
        return [folder]

    commands.write_standalone = check


def a_table(generator: random.Random, folder: Path) -> list[str]:
    text = words_changed("\n".join([COLUMNS, *ROWS]), CSV_PIECES, generator)
    content = text.encode(errors="surrogatepass")
    changed = bytes_changed(content, generator) if generator.random() < 0.3 else content
    (folder / "own.csv").write_bytes(changed)
    return ["models", "--own", "own.csv", "--json"]


@pytest.mark.slow
@pytest.mark.parametrize("part", range(effort(1, 2)))
def test_cubes(part: int) -> None:
    assert failures(a_cube, effort(300, 5000), seed=part) == {}


@pytest.mark.slow
def test_parameters() -> None:
    assert failures(parameters, effort(500, 10_000), seed=0, before=without_rendering) == {}


@pytest.mark.slow
def test_tables_of_models() -> None:
    assert failures(a_table, effort(500, 10_000), seed=0) == {}
