"""The voices of the ensemble: one file each, holding one class of the file's name. A file here is a layer."""

from pkgutil import iter_modules

IMPORTANCE = ("drone", "pad", "bass", "air", "melody", "bells")
"""Who is heard first where not everyone may start; a layer that is not named here comes after those that are."""


def layer_names() -> tuple[str, ...]:
    """Every layer there is, the most important first."""
    found = sorted(module.name for module in iter_modules(__path__))
    return tuple(sorted(found, key=lambda name: IMPORTANCE.index(name) if name in IMPORTANCE else len(IMPORTANCE)))
