"""What the staff ask of the music, kept until they change it."""

from dataclasses import dataclass, replace

from engine.inputs import Act, Command

EASE = 0.25
"""What one *ease* adds to the staff's offset, and one *lighter* takes off it."""


@dataclass(frozen=True, slots=True)
class Staff:
    """The staff's own offset 0..1, their ceiling as a share 0..1 of the arc, and whether they asked to stay."""

    offset: float = 0.0
    ceiling: float = 1.0
    ceiling_before: float = 1.0
    staying: bool = False

    @property
    def least_offset(self) -> float:
        """The offset below which the music may not come: what ease and ceiling ask together."""
        return max(self.offset, 1 - self.ceiling)

    def after(self, command: Command) -> "Staff":
        """The same staff after a command; any act that is not theirs changes nothing."""
        match command.act:
            case Act.EASE:
                return replace(self, offset=min(1.0, self.offset + EASE))
            case Act.LIGHTER:
                return replace(self, offset=max(0.0, self.offset - EASE))
            case Act.CEILING:
                return replace(self, ceiling=_share(command.value), ceiling_before=self.ceiling)
            case Act.STAY | Act.MOVE_ON:
                return replace(self, staying=command.act is Act.STAY)
            case _:
                return self

    def without_last_ceiling(self) -> "Staff":
        """The same staff had they not set the last ceiling."""
        return replace(self, ceiling=self.ceiling_before)


def _share(value: float | None) -> float:
    return 1.0 if value is None else min(1.0, max(0.0, value))
