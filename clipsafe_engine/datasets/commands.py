"""What the command line asks of this package."""

from dataclasses import asdict
from pathlib import Path

from clipsafe_engine.datasets.checking import Report, check_images, list_images
from clipsafe_engine.datasets.downloading import download
from clipsafe_engine.datasets.image_list import ImageList
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.data_sets import data_set, data_sets
from clipsafe_utils.terminal import print_json, print_table, progress


def show_data_sets(as_json: bool) -> None:
    """Print what each data set is, its licence, address, size and checksum."""
    rows = [item.describe() for item in data_sets().values()]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        print(f"{row['name']}: {row['title']}, {row['images']:,} images, {row['role']}")
        for key in ("licence", "page", "archive", "bytes", "checksum", "folder", "webdataset"):
            print(f"    {key:<12}{row[key] or 'none'}")


def check_data_sets(root: Path, as_json: bool) -> None:
    """Print what lies below a root, and each fault in a sentence.

    Raises
    ------
    ClipsafeError
        If the root is no folder or a set is at fault, after the reports were printed; a missing set is none.
    """
    reports = check(root)
    if as_json:
        print_json([asdict(report) for report in reports])
    else:
        print_table(
            [
                {
                    "data set": report.name,
                    "state": report.state,
                    "images": f"{report.images:,} of {report.expected:,}",
                    "place": report.place,
                }
                for report in reports
            ],
            f"Data sets below {root}",
        )
        for fault in (fault for report in reports for fault in report.faults):
            print(fault)
    faults = sum(len(report.faults) for report in reports)
    if faults:
        raise ClipsafeError(f"{root}: {faults:,} faults, named above.")


def check(root: Path) -> list[Report]:
    """Check every data set below a root; a bar shows how far it is.

    Raises
    ------
    ClipsafeError
        If the root is no folder.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as name:
    ...     {report.state for report in check(Path(name))}
    {'missing'}
    """
    if not root.is_dir():
        raise ClipsafeError(f"{root}: no such folder.")
    listed = {name: list_images(item, root) for name, item in data_sets().items()}
    total = sum(len(found) for found in listed.values() if isinstance(found, ImageList))
    with progress("Images", total=total) as advance:
        return [
            check_images(data_set(name), root, found, advance) if isinstance(found, ImageList) else found
            for name, found in listed.items()
        ]


def download_data_set(name: str, root: Path) -> None:
    """Download a data set and print where its images lie.

    Raises
    ------
    ClipsafeError
        If there is no such set or anything on the way fails.
    """
    item = data_set(name)
    place, sha256 = download(item, root)
    print(place)
    if sha256 and not item.checksum:
        print(f"No checksum is published for {item.title}; the SHA-256 of this archive is {sha256}.")
