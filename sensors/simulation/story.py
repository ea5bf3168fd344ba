"""A story: what happens to a simulated listener, as data; and how several become one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from sensors.simulation.happenings import DrugRise, Fault, Happening, Rise, SuggestedMark

_H = TypeVar("_H", bound=Happening)


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
