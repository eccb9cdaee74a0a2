"""Sets of prompts under which zero-shot CLIPs of the drawn world are tested."""

from clipsafe_engine.lab.world.language import check_template
from clipsafe_engine.lab.world.world import World
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.drawn_world import prompt_sets
from clipsafe_utils.registry.toml_tables import entry, read_toml

_FILE = "prompts.toml"


def read_prompt_sets(world: World) -> dict[str, tuple[str, ...]]:
    """Read the sets of prompts, by name.

    Raises
    ------
    ClipsafeError
        If `prompts.toml` is malformed or a prompt has a word that is not in the vocabulary.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> read_prompt_sets(load_world())["one"]
    ('a photo of a {}',)
    """
    sets = prompt_sets(world.folder)
    for name, templates in sets.items():
        for template in templates:
            check_template(world.language, template, f"{world.folder / _FILE}, prompt_sets, {name}")
    return sets


def read_single_templates(world: World) -> dict[str, str]:
    """Read the templates that are kept one by one, each with the first of the sets that hold it.

    Raises
    ------
    ClipsafeError
        As in `read_prompt_sets`, or if `single` is no list of names of prompt sets.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> read_single_templates(load_world())["a {}"]
    'default'
    """
    path, sets = world.folder / _FILE, read_prompt_sets(world)
    first: dict[str, str] = {}
    for name in entry(read_toml(path), "single", list, str(path)):
        if name not in sets:
            raise ClipsafeError(f"{path}, single: expected names of prompt sets, got {name!r}.")
        first |= {template: name for template in sets[name] if template not in first}
    return first
