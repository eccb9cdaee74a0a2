"""The table of classes: whole, and equal to what others publish."""

import hashlib
import importlib.util
import json
import os
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from clipsafe_utils.cubes.schema import CUE_CLASSES
from clipsafe_utils.registry.label_maps import index_of_wnid, merging, subset

# imagenet_pytorch_id_to_objectnet_id of abarbu/objectnet-template-pytorch: index, ObjectNet's own number.
OBJECTNET_NUMBERS = """
409:1 530:1 414:2 954:4 419:5 790:8 434:9 440:13 703:16 671:17 444:17 446:20 455:29 930:35 462:38
463:39 499:40 473:45 470:46 487:48 423:52 559:52 765:52 588:57 550:64 507:67 673:68 846:75 533:78
539:81 630:86 740:88 968:89 729:92 549:98 545:102 567:109 578:83 589:112 587:115 560:120 518:120
606:124 608:128 508:131 618:132 619:133 620:134 951:138 623:139 626:142 629:143 644:149 647:150
651:151 659:153 664:154 504:157 677:159 679:164 950:171 695:173 696:175 700:179 418:182 749:182
563:182 720:188 721:190 725:191 728:193 923:196 731:199 737:200 811:201 742:205 761:210 769:216
770:217 772:218 773:219 774:220 783:223 792:229 601:231 655:231 689:231 797:232 804:235 806:236
809:237 813:238 632:239 732:248 759:248 828:250 850:251 834:253 837:255 841:256 842:257 610:258
851:259 849:268 752:269 457:273 906:273 859:275 999:276 412:284 868:286 879:289 882:292 883:293
893:297 531:298 898:299 543:302 778:303 479:304 694:304 902:306 907:307 658:309 909:310
"""


def test_the_table_is_the_one_that_its_readme_describes() -> None:
    folder = files("clipsafe_utils.registry")
    digest = hashlib.sha256((folder / "classes.csv").read_bytes()).hexdigest()
    assert digest in (folder / "README.md").read_text(encoding="utf-8")


def test_classes_are_in_the_order_of_their_wordnet_ids() -> None:
    wnids = list(index_of_wnid())
    assert wnids == sorted(wnids)
    assert list(index_of_wnid().values()) == list(range(1000))


@pytest.mark.parametrize(
    ("column", "classes", "members"),
    [("objectnet", 113, 125), ("imagenet_vid_robust", 30, 288), ("cue_conflict", 16, 207)],
)
def test_merged_classes_have_the_published_numbers(column: str, classes: int, members: int) -> None:
    merged = merging(column)
    assert (len(merged.names), len(merged.indices)) == (classes, members)
    assert (np.diff(merged.indices) > 0).all()
    assert set(merged.numbers) == set(range(classes))


def test_objectnet_groups_are_those_of_a_second_source() -> None:
    theirs = dict(tuple(map(int, pair.split(":"))) for pair in OBJECTNET_NUMBERS.split())
    merged = merging("objectnet")
    assert set(theirs) == set(merged.indices.tolist())
    pairs = {
        (theirs[int(index)], number) for index, number in zip(merged.indices, merged.numbers, strict=True)
    }
    assert len(pairs) == 113


def test_cue_classes_are_those_of_the_cubes_and_of_their_authors(mirror: Path) -> None:
    merged = merging("cue_conflict")
    assert merged.names == CUE_CLASSES
    theirs = json.loads((mirror / "derived" / "sixteen_classes.json").read_text())
    for number, name in enumerate(merged.names):
        assert merged.indices[merged.numbers == number].tolist() == theirs[name]


def test_the_200_classes_are_those_of_timm() -> None:
    found = importlib.util.find_spec("timm")
    if found is None or found.origin is None:
        pytest.skip("needs timm")
    folder = Path(os.path.dirname(found.origin)) / "data" / "_info"
    assert list(index_of_wnid()) == (folder / "imagenet_synsets.txt").read_text().split()
    for letter in "ar":
        theirs = (folder / f"imagenet_{letter}_indices.txt").read_text().split()
        assert subset(f"imagenet_{letter}").tolist() == list(map(int, theirs))


def test_imagenet_o_has_200_classes() -> None:
    assert len(subset("imagenet_o")) == 200
