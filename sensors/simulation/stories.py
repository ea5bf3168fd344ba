"""The stories that a simulated listener can live, by name, and how they are put together.

A story is data. ``sim:drug+cuff`` is the story ``drug`` and the story ``cuff`` at once.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TypeVar

from sensors.simulation.happenings import DrugRise, Fault, FaultKind, Happening, Rise, SuggestedMark

_H = TypeVar("_H", bound=Happening)


class StoryError(ValueError):
    """A story that nobody wrote; its text is one sentence for the person who asked."""


@dataclass(frozen=True, slots=True)
class Story:
    """What happens to a listener. ``body`` holds the traits (of ``heart.Body``) in which they differ from most."""

    name: str
    use: str
    rises: tuple[Rise | DrugRise, ...] = ()
    faults: tuple[Fault, ...] = ()
    marks: tuple[SuggestedMark, ...] = ()
    body: Mapping[str, float] = field(default_factory=dict)

    def __add__(self, other: "Story") -> "Story":
        """Both stories at once; of a trait that both set, the second's."""
        return Story(
            name=f"{self.name}+{other.name}",
            use=f"{self.use} {other.use}",
            rises=self.rises + other.rises,
            faults=self.faults + other.faults,
            marks=self.marks + other.marks,
            body={**self.body, **other.body},
        )

    def once_from(self, at_s: float) -> "Story":
        """The same story told once, its first happening at ``at_s``."""
        starts = [happening.start_s for happening in (*self.rises, *self.faults, *self.marks)]
        shift_s = at_s - min(starts, default=at_s)
        return replace(
            self,
            rises=_moved(self.rises, shift_s),
            faults=_moved(self.faults, shift_s),
            marks=_moved(self.marks, shift_s),
        )


def _moved(happenings: Iterable[_H], shift_s: float) -> tuple[_H, ...]:
    return tuple(replace(each, start_s=each.start_s + shift_s, every_s=None) for each in happenings)


MINUTE_S = 60.0

_WRITTEN = (
    Story("calm", "A listener at rest."),
    Story(
        "distress",
        "Calm for 12 minutes, then 18 bpm up for six, and again every half hour.",
        rises=(Rise(12 * MINUTE_S, 18.0, ramp_s=60, hold_s=300, fall_s=180, every_s=30 * MINUTE_S),),
    ),
    Story(
        "drug",
        "An infusion of 40 minutes from minute 10: the heart rises with the drug, not with fear.",
        rises=(DrugRise(10 * MINUTE_S, 6.0, "iv"),),
        marks=(SuggestedMark(10 * MINUTE_S, "dose"),),
    ),
    Story(
        "dropout",
        "The strap is lost at minute 8 for 20 seconds and at minute 14 for 90, and so on every 20 minutes.",
        faults=(
            Fault(FaultKind.LOST, 8 * MINUTE_S, 20, every_s=20 * MINUTE_S),
            Fault(FaultKind.LOST, 14 * MINUTE_S, 90, every_s=20 * MINUTE_S),
        ),
    ),
)

STORIES: dict[str, Story] = {story.name: story for story in _WRITTEN}
"""Every story by its name."""


def story_named(name: str) -> Story:
    """The story of that name, or several joined by ``+``; raises ``StoryError``."""
    return together([_one(part.strip()) for part in name.split("+")])


def _one(name: str) -> Story:
    if name in STORIES:
        return STORIES[name]
    close = difflib.get_close_matches(name, STORIES, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"choose from {', '.join(STORIES)}"
    raise StoryError(f"there is no story '{name}': {hint}")


def together(stories: Sequence[Story]) -> Story:
    """All of them at once, in order; raises ``StoryError`` where there is none."""
    if not stories:
        raise StoryError(f"a simulated listener needs a story: choose from {', '.join(STORIES)}")
    return reduce(Story.__add__, stories)


def marks_until(story: Story, until_s: float) -> tuple[tuple[float, str], ...]:
    """The marks that the story suggests before ``until_s``, as ``(at_s, act)`` in order of time."""
    found = []
    for mark in story.marks:
        at_s = mark.start_s
        while at_s < until_s:
            found.append((at_s, mark.act))
            if mark.every_s is None:
                break
            at_s += mark.every_s
    return tuple(sorted(found))
