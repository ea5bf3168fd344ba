"""What a page is told once: which room this is, what is played in it, and what can be done here."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.inputs import Act
from engine.session import Setup

ALL_ACTS = frozenset(Act) - {Act.UNDO}


@dataclass(frozen=True, slots=True)
class About:
    """The fixed facts of a session. ``story`` is what a simulated listener lives, ``stories`` what may happen too."""

    room: str
    profile: str
    route: str = "none"
    flags: tuple[str, ...] = ()
    staff_only: bool = False
    shadow: bool = False
    story: str | None = None
    stories: Mapping[str, str] = field(default_factory=dict)
    acts: frozenset[Act] = ALL_ACTS
    demo: bool = False
    waits: bool = False
    """True where the music waits for a person's *start* on the page."""
    sound: str | None = None
    """What plays, and why that."""
    loudness: str | None = None
    """How loud the room was measured to be, and when."""
    disk: str | None = None
    """Why the disk may not hold the record; None where it has room."""

    def shown(self) -> dict[str, object]:
        """As plain JSON values."""
        return {
            "room": self.room,
            "profile": self.profile,
            "route": self.route,
            "flags": list(self.flags),
            "staff_only": self.staff_only,
            "shadow": self.shadow,
            "story": self.story,
            "stories": dict(self.stories),
            "acts": sorted(self.acts),
            "demo": self.demo,
            "waits": self.waits,
            "sound": self.sound,
            "loudness": self.loudness,
            "disk": self.disk,
        }


def about_session(setup: Setup, room: str) -> About:
    """The facts of a live session."""
    return About(
        room,
        setup.profile.name,
        str(setup.route),
        tuple(sorted(map(str, setup.flags))),
        staff_only=setup.staff_only,
        shadow=setup.shadow,
    )
