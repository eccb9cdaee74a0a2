"""The test sets of the drawn world: the real set whose place each takes, and how it is made."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DrawnSet:
    """A test set, its counterpart in the real study, and how it is made."""

    name: str
    counterpart: str
    made: str
    count: str  # the entry of `test_sets.toml` that says how many images it has


SHIFTS = (
    DrawnSet("redrawn_top", "ImageNet-V2, TopImages", "drawn again; from the most typical 40 %", "redrawn"),
    DrawnSet(
        "redrawn_threshold", "ImageNet-V2, Threshold0.7", "drawn again; from the most typical 75 %", "redrawn"
    ),
    DrawnSet("redrawn_plain", "ImageNet-V2, MatchedFrequency", "drawn again; from all candidates", "redrawn"),
    DrawnSet("renditions", "ImageNet-R", "silhouettes, posters and line drawings", "renditions"),
    DrawnSet(
        "adversarial_labels", "ImageNet-A", "misnamed by the reference network of labels", "adversarial"
    ),
    DrawnSet("adversarial_wit", "ImageNet-A", "misnamed by the reference network of wit", "adversarial"),
    DrawnSet("sketches", "ImageNet-Sketch", "line drawings", "sketches"),
    DrawnSet("controlled", "ObjectNet", "every class, background, rotation and size crossed", "controlled"),
    DrawnSet("sequences", "ImageNet-Vid-Robust", "frames of slowly moving objects", "sequences"),
    DrawnSet("stylised", "Stylized-ImageNet", "painted over with other patterns", "stylised"),
)
FOREIGN = (
    DrawnSet("unseen_glyphs", "iNaturalist", "things that no source shows", "unseen_glyphs"),
    DrawnSet("scenes_known", "SUN", "backgrounds of the sources without an object", "scenes"),
    DrawnSet("scenes_unseen", "Places", "new backgrounds without an object", "scenes"),
    DrawnSet("textures", "Textures", "textures alone; half are typical of a class", "textures"),
    DrawnSet(
        "fooling_labels", "ImageNet-O", "unseen things that fool the reference network of labels", "fooling"
    ),
    DrawnSet("fooling_wit", "ImageNet-O", "unseen things that fool the reference network of wit", "fooling"),
)
NATURAL = DrawnSet(
    "natural", "ImageNet, validation", "all factors vary, labelled as in ImageNet-X", "natural"
)
CONFLICT = DrawnSet("cue_conflict", "cue conflict", "shape of one class, texture of another", "cue_conflict")
SETS = (NATURAL, *SHIFTS, *FOREIGN, CONFLICT)  # every test set but those of one factor
