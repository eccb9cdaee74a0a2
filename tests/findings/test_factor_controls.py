"""How networks that share something with CLIPs stand where CLIPs stand out."""

import pytest
import xarray as xr

from clipsafe_utils.findings.factors.controls import Controls, controls_of
from clipsafe_utils.findings.factors.result import factor_robustness
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.say import NOT_MEASURED

FACTORS = ["pose", "subcategory", "texture"]


def stand(residuals: dict[str, tuple[float, float, float]], measured: list[bool]) -> Controls:
    """Place two CLIPs and two self-supervised networks, with bars of 0.02."""
    shape = ("model", "factor")
    names = list(residuals)
    result = xr.Dataset(
        {
            "residual": (shape, list(residuals.values())),
            "half_width": (shape, [[0.02] * 3] * 4),
            "measured": (shape, [[one] * 3 for one in measured]),
        },
        {"model": names, "factor": FACTORS},
    )
    models = xr.Dataset(
        {
            "group": ("model", ["clip_zero_shot"] * 2 + ["contrastive"] * 2),
            "family": ("model", names),
        },
        {"model": names},
    )
    return controls_of(result, models)


CLIPS = {"a": (-0.03, 0.08, 0.07), "b": (-0.02, 0.07, 0.07)}


@pytest.mark.parametrize(
    ("pose", "subcategory", "short_of"),
    [
        (-0.01, 0.03, "both"),
        (-0.025, 0.03, "subcategory"),
        (-0.01, 0.075, "pose"),
        (-0.03, 0.09, "neither"),
    ],
)
def test_whether_a_control_reaches_a_clip(pose: float, subcategory: float, short_of: str) -> None:
    controls = stand({**CLIPS, "c": (pose, subcategory, 0.0), "d": (0.0, 0.0, 0.01)}, [True] * 4)
    of_kind = controls.self_supervised
    assert of_kind.short_of == short_of
    assert of_kind.below_on_pose == ("1" if pose < -0.02 else "0")
    assert of_kind.above_on_subcategory == "1"
    assert (controls.number, of_kind.number, of_kind.texture) == ("2", "2 of 2", "0.0 and +1.0")
    assert controls.stylised.pose == NOT_MEASURED


def test_controls_where_the_line_has_no_support_are_left_out() -> None:
    both = {**CLIPS, "c": (-0.5, 0.9, 0.0), "d": (0.0, 0.0, 0.0)}
    controls = stand(both, [True, True, False, True])
    assert controls.self_supervised.number == "1 of 2"
    assert controls.self_supervised.short_of == "both"
    assert stand(both, [True, True, False, False]).number == NOT_MEASURED


def test_the_record() -> None:
    found = factor_robustness(check_parameters("factor-robustness", {"studies": ["published"]}))
    controls = found.controls
    assert (controls.stylised.number, controls.self_supervised.number) == ("3 of 4", "20 of 21")
    assert controls.stylised.short_of == controls.self_supervised.short_of == "both"
    assert controls.stylised.pose == "−1.6 to +0.2"
    one = factor_robustness(check_parameters("factor-robustness", {"groups": ["clip_zero_shot", "standard"]}))
    assert one.controls.number == NOT_MEASURED
