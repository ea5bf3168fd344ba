"""What a journal's head says, so that its inputs can be folded again."""

from dataclasses import asdict

from pydantic import ValidationError

from engine.affect.estimate import Flag, Route
from engine.affect.prior import Prior
from engine.profile import Profile
from engine.record.database import JournalError
from engine.session import Setup

FORMAT = 1


def meta_of(setup: Setup, *, version: str, started: str, room: str = "") -> dict[str, object]:
    """The head of a journal. ``started`` is wall time to the minute and only labels; ``room`` names a live room."""
    return {
        "format": FORMAT,
        "version": version,
        "started": started,
        "room": room,
        "seed": setup.seed,
        "route": str(setup.route),
        "flags": sorted(str(flag) for flag in setup.flags),
        "hears_a_heart": setup.hears_a_heart,
        "pseudonym": setup.pseudonym,
        "shadow": setup.shadow,
        "prior": asdict(setup.prior) if setup.prior else None,
        "profile": setup.profile.model_dump(mode="json"),
    }


def setup_of(meta: dict[str, object]) -> Setup:
    """The setup of a journal's head. Raises JournalError where it is not one of ours."""
    if meta.get("format") != FORMAT:
        raise JournalError(f"The record has format {meta.get('format')!r}; this calando reads format {FORMAT}.")
    try:
        return _setup_of(meta)
    except (KeyError, TypeError, ValueError) as error:
        what = _first_place(error) if isinstance(error, ValidationError) else type(error).__name__
        by = f"it was kept by calando {meta.get('version')}"
        raise JournalError(f"The record's setup is none that this calando knows ({what}); {by}.") from error


def _setup_of(meta: dict[str, object]) -> Setup:
    flags, prior, pseudonym = meta["flags"], meta.get("prior"), meta.get("pseudonym")
    return Setup(
        profile=Profile.model_validate(meta["profile"]),
        seed=int(str(meta["seed"])),
        route=Route(str(meta["route"])),
        flags=frozenset(Flag(flag) for flag in flags) if isinstance(flags, list) else frozenset(),
        hears_a_heart=bool(meta["hears_a_heart"]),
        prior=Prior(**prior) if isinstance(prior, dict) else None,
        pseudonym=str(pseudonym) if pseudonym is not None else None,
        shadow=bool(meta.get("shadow", False)),
    )


def _first_place(error: ValidationError) -> str:
    """The first key of a profile that is wrong, and how."""
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
