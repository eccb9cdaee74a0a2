"""Names of sets of images: those that have one of their own, and those that are read off."""

from clipsafe_utils.registry.set_names import condition_name, shift_title


def test_titles_of_shifts() -> None:
    assert (shift_title("r"), shift_title("strong_blur")) == ("ImageNet-R", "strong blur")


def test_names_of_conditions() -> None:
    assert (condition_name("factor_partial_view"), condition_name("id")) == ("partial view", "all images")
