"""What a wheel carries beside the package: the files of the repository that the chapters read.

An editable install reads them where they lie, so it carries none.
"""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CARRIED = (
    "_config.yml",
    "CITATION.cff",
    "benchmarks",
    "book/_static/miniature",
    "book/results",
    "cubes",
    "notebooks",
    "weights",
)


class CarryRepository(BuildHookInterface):
    """Put the files where `clipsafe_utils.cubes.studies` looks for them."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files; hatchling calls this."""
        if version != "editable":
            build_data["force_include"].update({path: f"clipsafe_utils/carried/{path}" for path in CARRIED})
