"""Names of sets of images as figures, tables and sentences write them."""

DETECTION = "detection"
"""Name under which detection of unfamiliar images goes through the analyses of the shifts."""

_SHIFTS = {
    "id": "in distribution",
    "natural": "in distribution",
    "v2_matched_frequency": "ImageNet-V2",
    "r": "ImageNet-R",
    "a": "ImageNet-A",
    "sketch": "ImageNet-Sketch",
    "objectnet": "ObjectNet",
    "id_r200": "classes of ImageNet-R",
    "id_a200": "classes of ImageNet-A",
    "redrawn_plain": "re-drawn",
    "adversarial_labels": "adversarial (labels)",
    "adversarial_wit": "adversarial (wit)",
    "controlled": "controlled pose",
    "sequences_pmk": "sequences",
    DETECTION: "detection (AUROC)",
}
"""Those of the laboratory stand in for the real ones."""

_OOD_SETS = {
    "cood": "COOD",
    "inaturalist": "iNaturalist",
    "sun": "SUN",
    "places": "Places",
    "textures": "Textures",
    "imagenet_o": "ImageNet-O",
}

_CONDITIONS = {"id": "all images", "id_annotated": "annotated"}


def shift_title(name: str) -> str:
    """Return the name of a shift as figures and tables show it."""
    return _SHIFTS.get(name, name.replace("_", " "))


def ood_set_title(name: str) -> str:
    """Return the name of a set of unknown images in words."""
    return _OOD_SETS.get(name, name.replace("_", " ").replace("ninco", "NINCO"))


def condition_name(name: str) -> str:
    """Write the name of a condition as a figure shows it."""
    return _CONDITIONS.get(name, name.removeprefix("factor_").replace("_", " "))
