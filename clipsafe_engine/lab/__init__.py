"""The laboratory: a drawn world and a zoo of small real networks trained in it.

What a page that shows it needs by name is in `__all__`, and is imported when it is asked for.

Examples
--------
>>> from clipsafe_engine.lab import load_world
>>> load_world().class_names[:3]
('airplane', 'bicycle', 'bird')
"""

from clipsafe_utils.lazy import lazily

_HOMES = {
    "clipsafe_engine.lab.findings.student.result": ("student_laboratory",),
    "clipsafe_engine.lab.findings.world.result": ("miniature_world",),
    "clipsafe_engine.lab.text_towers": ("read_templates",),
    "clipsafe_engine.lab.world.world": ("load_world",),
}
__all__, __getattr__ = lazily(__name__, _HOMES)


def __dir__() -> list[str]:
    return __all__
