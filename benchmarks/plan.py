"""Plan the full study for a laptop, one GPU and 64 of them, by the command `clipsafe predict --plan`.

Command: python benchmarks/plan.py [--rates rates.json]
Run time: two minutes on two idle cores; seconds with rates that were measured before.
Expected: nothing; the appendix shows what comes out.

The rates of the laptop are measured on this machine, by `clipsafe predict --calibrate`. There is no GPU here:
its rates are those of the laptop's networks divided by an assumed factor. Writes benchmarks/plan.json.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from clipsafe_engine.predict.planning import Rates
from clipsafe_utils.registry.catalogue import read_models

REPORT = Path(__file__).with_suffix(".json")
IMAGES = Path(__file__).parents[2] / "shared" / "images"
MEASURED = ("resnet50.tv_in1k", "vit_base_patch16_224.augreg_in1k", "RN50.openai", "ViT-B-32.openai")
"""Networks whose rates are measured; the others are estimated from these."""

SPEED = 100.0
"""Assumed: how many times as fast as all cores of this machine a GPU runs a network."""

GPU_CORES, GPU_PARAMETERS = 16, 10_000_000_000
"""Assumed: cores beside a GPU, as fast as those here, and parameters that it holds: half of 80 GB."""

HOUR = Path(__file__).parents[1] / "clipsafe_utils" / "registry" / "gpu_hour.csv"
SETS = ("imagenet-v2-matched-frequency", "cue-conflict", "imagenet", "textures")
"""What the page on one hour of a GPU speaks of: CLIPs of lineages that are measured by few, and data sets."""

DEVICES = {"laptop": 1, "one GPU": 1, "64 GPUs": 64}


def main() -> None:
    """Measure or read rates, plan, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rates", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        laptop = Rates.read(options.rates or calibrated(folder / "rates.json"))
        plans = {}
        for machine, devices in DEVICES.items():
            rates = laptop if machine == "laptop" else gpu(laptop)
            plans[machine] = planned(folder, rates, "--workers", devices)
            print(f"{machine:<10} {plans[machine]['hours']:12,.1f} h")
        hour = {
            name: planned(folder, gpu(laptop), "--own", HOUR, *of_hour(), "--data", name) for name in SETS
        }
    assumed = {"speed": SPEED, "cores": GPU_CORES, "parameters_at_once": GPU_PARAMETERS}
    load = round(os.getloadavg()[0], 1)
    said = {"load": load, "laptop": asdict(laptop), "gpu_assumed": assumed, "plans": plans, "hour": hour}
    REPORT.write_text(json.dumps(said, indent=1) + "\n")


def planned(folder: Path, rates: Rates, *options: object) -> Any:
    """Plan with rates of a machine."""
    rates.write(folder / "of_machine.json")
    return clipsafe(str(folder), "--plan", "--rates", folder / "of_machine.json", *options, "--json")


def of_hour() -> list[str]:
    """Name the CLIPs of the hour as options."""
    return [part for entry in read_models(HOUR) for part in ("--model", entry.name)]


def calibrated(rates: Path) -> Path:
    """Measure the rates of this machine."""
    models = [part for model in MEASURED for part in ("--model", model)]
    clipsafe(
        IMAGES, "--calibrate", "--data", "imagenet-samples", *models, "--batch", 4, "--device", "cpu",
        "--rates", rates,
    )  # fmt: skip
    return rates


def gpu(laptop: Rates) -> Rates:
    """Return the rates that are assumed of a GPU."""
    return replace(
        laptop,
        machine="a GPU, assumed",
        cores=GPU_CORES,
        parameters_at_once=GPU_PARAMETERS,
        per_effort=laptop.per_effort / SPEED,
        forward={model: seconds / SPEED for model, seconds in laptop.forward.items()},
    )


def clipsafe(*arguments: object) -> dict[str, Any]:
    """Run `clipsafe predict` and return what it prints, where that is JSON."""
    command = [str(Path(sys.executable).parent / "clipsafe"), "predict", *map(str, arguments)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, Any] = json.loads(said) if "--json" in arguments else {}
    return found


if __name__ == "__main__":
    main()
