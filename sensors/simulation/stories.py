"""The stories that are written, by name. ``sim:drug+cuff`` is the story ``drug`` and the story ``cuff`` at once."""

import difflib
import math
from collections.abc import Sequence
from functools import reduce

from sensors.simulation.happenings import DrugRise, Fault, FaultKind, Rise, SuggestedMark
from sensors.simulation.story import Story


class StoryError(ValueError):
    """A story that nobody wrote; its text is one sentence for the person who asked."""


MINUTE_S = 60.0


def _drug(name: str, route: str, height_bpm: float, use: str) -> Story:
    dose = SuggestedMark(10 * MINUTE_S, "dose")
    return Story(name, use, rises=(DrugRise(dose.start_s, height_bpm, route),), marks=(dose,))


def _rise(at_min: float, height_bpm: float, every_min: float | None = None) -> Rise:
    every_s = every_min and every_min * MINUTE_S
    return Rise(at_min * MINUTE_S, height_bpm, ramp_s=60, hold_s=300, fall_s=180, every_s=every_s)


def _fault(kind: FaultKind, at_min: float, length_s: float, every_min: float) -> Fault:
    return Fault(kind, at_min * MINUTE_S, length_s, every_min * MINUTE_S)


_EMOTIONS = (
    Story("calm", "A listener at rest."),
    Story(
        "distress",
        "Calm for 12 minutes, then 18 bpm up for six, and again every half hour.",
        rises=(_rise(12, 18.0, every_min=30),),
    ),
    Story(
        "rises",
        "8, 12, 15 and 20 bpm up, a quarter of an hour apart.",
        rises=(_rise(12, 8.0), _rise(27, 12.0), _rise(42, 15.0), _rise(57, 20.0)),
    ),
    Story(
        "panic",
        "35 bpm up within 20 seconds at minute 12, and slowly back.",
        rises=(Rise(12 * MINUTE_S, 35.0, ramp_s=20, hold_s=120, fall_s=300),),
    ),
    Story("coupled", "A heart that gives up most of its fear when it hears calm music.", body={"coupling": 0.6}),
    Story("non-responder", "A heart that hardly shows what its owner feels or takes.", body={"response": 0.1}),
)

_DRUGS = (
    _drug("drug", "iv", 6.0, "An infusion of 40 minutes from minute 10: the heart rises with the drug, not with fear."),
    _drug("drug-im", "im", 8.0, "An injection at minute 10, at its peak 20 minutes later."),
    _drug("drug-intranasal", "intranasal", 5.0, "A nasal spray at minute 10, at its peak 40 minutes later."),
    _drug("drug-oral", "oral", 5.0, "A lozenge at minute 10, at its peak 40 minutes later."),
)

_ROOM = (
    Story(
        "cuff",
        "A blood-pressure cuff every quarter of an hour: 10 bpm up for less than a minute.",
        rises=(Rise(15 * MINUTE_S, 10.0, ramp_s=8, hold_s=30, fall_s=20, every_s=15 * MINUTE_S, soothable=False),),
        marks=(SuggestedMark(15 * MINUTE_S, "cuff", every_s=15 * MINUTE_S),),
    ),
    Story(
        "talk",
        "A talk of a minute and a half at minute 13, and every 20 minutes.",
        rises=(Rise(13 * MINUTE_S, 8.0, ramp_s=15, hold_s=60, fall_s=30, every_s=20 * MINUTE_S, soothable=False),),
        marks=(SuggestedMark(13 * MINUTE_S, "talk", every_s=20 * MINUTE_S),),
    ),
    Story(
        "posture",
        "Sitting up at minute 14: a quick rise, most of it gone within a minute.",
        rises=(
            Rise(14 * MINUTE_S, 12.0, ramp_s=8, hold_s=10, fall_s=40, soothable=False),
            Rise(14 * MINUTE_S, 4.0, ramp_s=8, hold_s=240, fall_s=60, soothable=False),
        ),
        marks=(SuggestedMark(14 * MINUTE_S, "posture"),),
    ),
    Story(
        "exercise",
        "A brisk walk at minute 12: 45 bpm up for five minutes, with a strap that shakes.",
        rises=(Rise(12 * MINUTE_S, 45.0, ramp_s=120, hold_s=300, fall_s=300, soothable=False),),
        faults=tuple(Fault(FaultKind.MOTION, (12.5 + minute) * MINUTE_S, 12) for minute in range(7)),
    ),
)

_STRAP = (
    Story(
        "dropout",
        "The strap is lost at minute 8 for 20 seconds and at minute 14 for 90, and so on every 20 minutes.",
        faults=(_fault(FaultKind.LOST, 8, 20, every_min=20), _fault(FaultKind.LOST, 14, 90, every_min=20)),
    ),
    Story("stall", "Connected, but silent for 25 seconds.", faults=(_fault(FaultKind.STALLED, 9, 25, every_min=12),)),
    Story("late", "Four seconds' packets in one burst, each minute.", faults=(_fault(FaultKind.LATE, 1, 4, 1),)),
    Story(
        "contact-loss",
        "A dry strap: no contact for 45 seconds.",
        faults=(_fault(FaultKind.NO_CONTACT, 9, 45, every_min=15),),
        body={"contact_bits": 1.0},
    ),
    Story(
        "off-body",
        "A strap that was taken off at minute 15, and repeats its last beat for five minutes.",
        faults=(_fault(FaultKind.OFF_BODY, 15, 300, every_min=30),),
    ),
    Story("hr-only", "A watch: heart rate and no intervals.", faults=(Fault(FaultKind.HR_ONLY, 0, math.inf),)),
    Story("motion", "Eight seconds of movement in each two minutes.", faults=(_fault(FaultKind.MOTION, 5, 8, 2),)),
    Story("ectopy", "An extra beat now and then, one in twenty-five.", body={"ectopic_share": 0.04}),
    Story("frequent-ectopy", "An extra beat after every second one or so.", body={"ectopic_share": 0.4}),
)

STORIES: dict[str, Story] = {story.name: story for story in (*_EMOTIONS, *_DRUGS, *_ROOM, *_STRAP)}
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
