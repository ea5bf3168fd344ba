"""What a heart sensor can tell, and the two ways it is told.

A *recording* is pulled: asked for everything up to a time, it answers at once, so an hour folds in a second.
A *source* is pushed: it delivers while the room lives, and says when its link changes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

RR_TICKS_PER_SECOND = 1024
"""Unit of an RR interval on the air: 1/1024 s (Bluetooth Heart Rate Service 1.0, section 3.1.1.4)."""


class Contact(StrEnum):
    """Whether the electrodes touch skin, as far as the strap can tell."""

    UNSUPPORTED = "unsupported"
    ABSENT = "absent"
    PRESENT = "present"


@dataclass(frozen=True, slots=True)
class HeartPacket:
    """One heart-rate measurement as it was sent: nothing judged, nothing rounded.

    ``arrival_s`` counts on the clock of whoever received it: from a recording's start, or from the session's.
    ``rr_ticks`` are RR intervals in 1/1024 s, oldest first; ``hr_bpm`` 0 means "no valid reading".
    """

    arrival_s: float
    hr_bpm: int
    rr_ticks: tuple[int, ...] = ()
    contact: Contact = Contact.UNSUPPORTED
    energy_kj: int | None = None


class Verdict(StrEnum):
    """What an interval is judged to be; only a good one is ever measured."""

    GOOD = "good"
    MISSED = "missed"
    EXTRA = "extra"
    ECTOPIC = "ectopic"
    JITTER = "jitter"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Beat:
    """A judged beat: the interval that ended at ``time_s`` on the packets' clock.

    ``adjacent`` is True where the beat before it was good and nothing was lost between: only then does the
    difference of the two intervals mean anything.
    """

    time_s: float
    uncertainty_s: float
    rr_ticks: int
    verdict: Verdict
    adjacent: bool


class Link(StrEnum):
    """The states of a link to a strap."""

    SEARCHING = "searching"
    CONNECTING = "connecting"
    STREAMING_RR = "streaming(rr)"
    STREAMING_HR_ONLY = "streaming(hr-only)"
    NO_CONTACT = "no-contact"
    STALLED = "stalled"
    LOST = "lost"

    @property
    def words(self) -> str:
        """As a person is told it: ``heard``, ``no contact``."""
        return {Link.STREAMING_RR: "heard", Link.STREAMING_HR_ONLY: "heard, heart rate alone"}.get(
            self, self.replace("-", " ")
        )


@dataclass(frozen=True, slots=True)
class LinkState:
    """A change of the link, with its reason in words."""

    at_s: float
    link: Link
    why: str


SourceEvent = HeartPacket | LinkState


def event_time_s(event: SourceEvent) -> float:
    """When the event arrived, on its receiver's clock."""
    return event.arrival_s if isinstance(event, HeartPacket) else event.at_s


class Recording(Protocol):
    """A heart that can be asked: deterministic, without clock or I/O once it is made."""

    @property
    def duration_s(self) -> float | None:
        """How long it lasts; None where it never ends."""

    def pull(self, until_s: float) -> tuple[SourceEvent, ...]:
        """Everything that arrived before ``until_s`` and was not pulled yet, in order of arrival."""


Deliver = Callable[[SourceEvent], object]


class HeartSource(Protocol):
    """A heart that speaks while the room lives."""

    async def run(self, deliver: Deliver) -> None:
        """Deliver events until cancelled or, for a finite source, until it ends."""
