"""A reader's own CLIPs with one template in place of eighty: they are counted nowhere."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from clipsafe_utils.cubes.selection import is_real
from clipsafe_utils.findings.own_models import own_names, who_of
from clipsafe_utils.findings.prompts.changes import Tested, contrast
from clipsafe_utils.findings.shift.clouds import FEWEST_CLIPS
from clipsafe_utils.say import Text, Value

_ONE, _EIGHTY = "1", "80"
"""What `clipsafe measure` calls the two sets."""


@dataclass(frozen=True)
class OwnClip:
    """What one template in place of eighty changes in the accuracy of an own CLIP on ImageNet."""

    name: str
    study: str
    change: Value  # its interval is over paired draws of the images

    @property
    def who(self) -> Text:
        """The CLIP and its study as a sentence names them."""
        return who_of(self.name, self.study)


def own_clips(tested: Iterable[Tested], host: str, confidence: float) -> Iterator[OwnClip]:
    """Give the CLIPs of studies of real models other than `host` that were asked by both sets.

    A study of five CLIPs or more is no study of own models: it has curves of its own.
    """
    for one in tested:
        rows = one.models["model"].values.tolist()
        if one.study == host or not is_real(one.models) or len(rows) >= FEWEST_CLIPS:
            continue
        for at, name in enumerate(own_names(rows)):
            alone = replace(one, values=one.values.isel(model=[at]), models=one.models.isel(model=[at]))
            change = contrast(alone, _ONE, _EIGHTY, "accuracy", confidence)
            if isinstance(change, Value):
                yield OwnClip(name, one.study, change)
