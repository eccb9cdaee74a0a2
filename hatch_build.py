"""What a wheel carries beside the package: what chapters read, and the frame of a reader's own page.

An editable install reads the files of the repository where they lie, so it carries none.
"""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CARRIED = (
    "_config.yml",
    "_toc.yml",
    "CITATION.cff",
    "benchmarks",
    "book",
    "cubes",
    "notebooks",
    "references.bib",
    "weights",
)


class CarryRepository(BuildHookInterface):
    """Put the files where `clipsafe_utils.cubes.studies` looks for them."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files; hatchling calls this."""
        if version != "editable":
            build_data["force_include"].update({path: f"clipsafe_utils/carried/{path}" for path in CARRIED})
