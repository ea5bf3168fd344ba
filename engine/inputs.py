"""Everything that can enter a session: one closed union, stamped, ordered, and able to go to a journal and back."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sensors.heart import HeartPacket, LinkState


class Act(StrEnum):
    """What a person can ask of a session."""

    SILENCE = "silence"
    PLAY_ON = "play_on"
    PAUSE = "pause"
    END = "end"
    EASE = "ease"
    LIGHTER = "lighter"
    STAY = "stay"
    MOVE_ON = "move_on"
    NEXT_PHASE = "next_phase"
    EXTEND = "extend"
    CEILING = "ceiling"
    DOSE = "dose"
    CUFF = "cuff"
    TALK = "talk"
    POSTURE = "posture"
    DISTRESSED = "distressed"
    NOT_DISTRESSED = "not_distressed"
    NAUSEA = "nausea"
    TOILET = "toilet"
    TEARS = "tears"
    MUSIC_TOO_MUCH = "music_too_much"
    OTHER = "other"
    UNDO = "undo"

    @property
    def words(self) -> str:
        """As a person calls it: ``play on``."""
        return self.replace("_", " ")


NOTES = frozenset({Act.NAUSEA, Act.TOILET, Act.TEARS, Act.MUSIC_TOO_MUCH, Act.OTHER})
"""What staff note beside the marks: chosen words, kept in the record, that move nothing. No free text exists."""
MARKS = frozenset({Act.DOSE, Act.CUFF, Act.TALK, Act.POSTURE, Act.DISTRESSED, Act.NOT_DISTRESSED})
"""What staff tell of the listener, for the estimator."""
UNDOABLE = MARKS | NOTES | {Act.NEXT_PHASE, Act.CEILING}
VALUES = {Act.EXTEND: (1.0, 60.0), Act.CEILING: (0.0, 1.0)}
"""The acts that carry a value, with its bounds, wherever a person says it."""
UNDO_S = 10.0
"""So long the last of the undoable acts can be taken back, by a command of its own."""


@dataclass(frozen=True, slots=True)
class Command:
    """A person's act. ``by`` names the control it came from (page, key, panic, mark), never a person.

    ``value`` is minutes for *extend*, a share 0..1 of the arc for *ceiling*, and for *undo* the ``seq`` of the
    command that is taken back; else None.
    """

    act: Act
    by: str
    value: float | None = None


class OutputKind(StrEnum):
    """What the guardian can report of its output."""

    READY = "ready"
    SILENCED = "silenced"
    PORT_LOST = "port_lost"


@dataclass(frozen=True, slots=True)
class OutputState:
    """The guardian's one answer: how the output stands, and why in words."""

    kind: OutputKind
    why: str


@dataclass(frozen=True, slots=True)
class ConfigChange:
    """The whole resolved profile, as plain JSON values."""

    profile: dict[str, object]


@dataclass(frozen=True, slots=True)
class Resumed:
    """The room came back: ``gap_s`` passed unfolded, and this is run number ``run`` (the first run is 0)."""

    gap_s: float
    run: int


Input = Command | OutputState | ConfigChange | LinkState | HeartPacket | Resumed


@dataclass(frozen=True, slots=True)
class Stamped:
    """An input at the first tick that was not folded yet, and the room's counter."""

    tick: int
    seq: int
    input: Input


def fold_order(stamped: Stamped) -> tuple[int, int]:
    """The order of inputs within a tick: silence, other commands, output state, config, packets; then by seq."""
    match stamped.input:
        case Command(act=Act.SILENCE):
            rank = 0
        case Command() | Resumed():
            rank = 1
        case OutputState():
            rank = 2
        case ConfigChange():
            rank = 3
        case _:
            rank = 4
    return rank, stamped.seq


def in_fold_order(inputs: Iterable[Stamped]) -> list[Stamped]:
    """The inputs of one tick in ``fold_order``, without a *play on* that somebody silenced after it."""
    given = sorted(inputs, key=fold_order)
    silenced_seq = max((each.seq for each in given if _is(each, Act.SILENCE)), default=-1)
    return [each for each in given if not (_is(each, Act.PLAY_ON) and each.seq < silenced_seq)]


def _is(stamped: Stamped, act: Act) -> bool:
    return isinstance(stamped.input, Command) and stamped.input.act is act
