"""Names of sets of images: those that have one of their own, and those that are read off."""

from clipsafe_utils.registry.set_names import condition_name, ood_set_title, shift_title


def test_titles_of_shifts() -> None:
    assert (shift_title("r"), shift_title("strong_blur")) == ("ImageNet-R", "strong blur")


def test_titles_of_unknown_images() -> None:
    titles = [ood_set_title(name) for name in ("ninco", "ninco_places_full", "sun", "my_set")]
    assert titles == ["NINCO", "NINCO places full", "SUN", "my set"]


def test_names_of_conditions() -> None:
    assert (condition_name("factor_partial_view"), condition_name("id")) == ("partial view", "all images")
