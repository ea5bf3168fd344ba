"""Simulated listeners through the estimator: what the drug, fear, a cuff and a strap on the table lead to.

Every scenario is a story, the marks a person makes (or forgets), and what is counted. Seeds give the people.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from benchmarks.report import OURS, Condition
from engine.affect.arousal import Estimator
from engine.affect.estimate import ArousalState, Estimate, Route
from engine.inputs import Act
from sensors.heart import HeartPacket, SourceEvent
from sensors.simulated import SimulatedListener, Story
from sensors.simulation.happenings import DrugRise, Fault, FaultKind, Rise

DOSE_S = 600.0
EARLY_S = 660.0
RAMP_S = 45.0
HOLD_S = 420.0
WITHIN_S = 120.0
PEAKS_BPM = (-4.0, 0.0, 4.0, 8.0, 12.0, 16.0)
ON_CURVE_S = DOSE_S + 1500.0
IN_RAMP_S = DOSE_S + 240.0
OFF_BODY_S = 720.0
OFF_BODY_SEEN_S = 45.0

Spoil = Callable[[SourceEvent, random.Random], SourceEvent]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One listener's story: rises, faults, marks, minutes, route, and what the strap does to its packets."""

    minutes: float
    rises: tuple[Rise | DrugRise, ...] = ()
    faults: tuple[Fault, ...] = ()
    marks: tuple[tuple[float, Act], ...] = ()
    route: Route = Route.NONE
    spoil: Spoil | None = None


def live(scenario: Scenario, seed: int) -> list[Estimate]:
    """Every second's estimate, the first at 1 s."""
    listener = SimulatedListener("calm", seed)
    listener.story = Story("scenario", "", rises=scenario.rises, faults=scenario.faults)
    estimator, draw, waiting, told = Estimator(scenario.route), random.Random(seed), list(scenario.marks), []
    for second in range(1, round(scenario.minutes * 60) + 1):
        for event in listener.pull(float(second)):
            _tell(estimator, scenario.spoil(event, draw) if scenario.spoil else event)
        while waiting and waiting[0][0] < second:
            at_s, act = waiting.pop(0)
            estimator.mark(act, at_s)
        told.append(estimator.advance(float(second)))
    return told


def _tell(estimator: Estimator, event: SourceEvent) -> None:
    if isinstance(event, HeartPacket):
        estimator.hear(event)
    else:
        estimator.link(event)


def fear(start_s: float, height_bpm: float, hold_s: float = HOLD_S, ramp_s: float = RAMP_S) -> Rise:
    """A rise of fear."""
    return Rise(start_s, height_bpm, ramp_s=ramp_s, hold_s=hold_s, fall_s=60.0)


def drug_alone(route: Route, peak_bpm: float, *, marked: bool = True) -> Scenario:
    """The drug from minute 10 and nothing else, until its effect is gone."""
    rises = (DrugRise(DOSE_S, peak_bpm, str(route)),)
    return Scenario(90, rises, marks=_dose(marked=marked), route=route)


def rise(height_bpm: float, start_s: float, seed: int, *, drug: bool, marked: bool = True) -> Scenario:
    """A rise before the dose, in its ramp or on its curve; the drug's own size is the seed's."""
    size = random.Random(f"{seed}/size").choice(PEAKS_BPM)
    rises: tuple[Rise | DrugRise, ...] = (fear(start_s, height_bpm),)
    rises = (*rises, DrugRise(DOSE_S, size, "iv")) if drug else rises
    marks = _dose(marked=marked) if drug else ()
    return Scenario((start_s + HOLD_S) / 60, rises, marks=marks, route=Route.IV if drug else Route.NONE)


def cuff(*, gated: bool) -> Scenario:
    """A cuff's blip of +10 for 40 s at minute 12."""
    marks = ((720.0, Act.CUFF),) if gated else ()
    return Scenario(16, (Rise(720.0, 10.0, ramp_s=5.0, hold_s=30.0, fall_s=5.0, soothable=False),), marks=marks)


def off_body(*, jitter: bool) -> Scenario:
    """The strap taken off at minute 12: its last interval for ever, or that within 4 ms."""
    fault = Fault(FaultKind.OFF_BODY, OFF_BODY_S, 3600.0)
    return Scenario(20, faults=(fault,), spoil=_jitter if jitter else None)


def step(height_bpm: float, hold_s: float, *, drug: bool) -> Scenario:
    """A sudden step that is held, at rest or on the drug's curve."""
    start_s = ON_CURVE_S if drug else EARLY_S
    rises: tuple[Rise | DrugRise, ...] = (fear(start_s, height_bpm, hold_s, 1.0),) if height_bpm else ()
    if not drug:
        return Scenario((start_s + hold_s) / 60, rises)
    rises = (*rises, DrugRise(DOSE_S, 4.0, "iv"))
    return Scenario((start_s + hold_s) / 60, rises, marks=_dose(marked=True), route=Route.IV)


def _dose(*, marked: bool) -> tuple[tuple[float, Act], ...]:
    return ((DOSE_S, Act.DOSE),) if marked else ()


def _jitter(event: SourceEvent, draw: random.Random) -> SourceEvent:
    if not isinstance(event, HeartPacket) or event.arrival_s < OFF_BODY_S:
        return event
    return replace(event, rr_ticks=tuple(rr + draw.randint(-2, 2) for rr in event.rr_ticks))


def elevated_s(told: Sequence[Estimate], from_s: float = 0.0) -> int:
    """Elevated seconds from a time on, outside gates."""
    return sum(e.state is ArousalState.ELEVATED and not e.gated for e in told[int(from_s) :])


def seen_within(told: Sequence[Estimate], start_s: float) -> bool:
    """Whether a rise was elevated within 120 s of its onset."""
    return any(e.state is ArousalState.ELEVATED for e in told[int(start_s) : int(start_s + WITHIN_S)])


def learned_bpm(height_bpm: float, hold_s: float, seed: int, *, drug: bool) -> float:
    """How far a held step moved the expected rate, against the same heart with *distressed* marked at its start.

    After that mark nothing is learned upward for ten minutes, so the difference is what the step taught.
    """
    story = step(height_bpm, hold_s, drug=drug)
    start_s = ON_CURVE_S if drug else EARLY_S
    told = replace(story, marks=(*story.marks, (start_s, Act.DISTRESSED)))
    moved, kept = (live(each, seed)[-1].expected_bpm for each in (story, told))
    return (moved or 0.0) - (kept or 0.0)


def believed_off_body(told: Sequence[Estimate]) -> int:
    """Seconds with any confidence once a frozen source has shown itself."""
    return sum(
        e.confidence > 0 or e.state is not ArousalState.COASTING for e in told[int(OFF_BODY_S + OFF_BODY_SEEN_S) :]
    )


PARTS = ("drug", "rises", "quiet", "learning", "unmarked drug", "unmarked rises")


def listener_conditions(seeds: int, parts: Sequence[str] = PARTS) -> Iterator[Condition]:
    """The table, or some parts of it."""
    people = range(seeds)
    conditions: dict[str, Callable[[], Condition]] = {
        "drug": lambda: _drug_condition(people, marked=True),
        "rises": lambda: _rise_condition(people, marked=True),
        "quiet": lambda: _quiet_condition(people),
        "learning": lambda: _learning_condition(range(min(seeds, 40))),
        "unmarked drug": lambda: _drug_condition(people, marked=False),
        "unmarked rises": lambda: _rise_condition(people, marked=False),
    }
    return (conditions[part]() for part in parts)


def _drug_condition(people: range, *, marked: bool) -> Condition:
    results = {}
    for route in (Route.IV, Route.IM, Route.INTRANASAL, Route.ORAL):
        spent = [elevated_s(live(drug_alone(route, PEAKS_BPM[s % len(PEAKS_BPM)], marked=marked), s)) for s in people]
        results[f"elevated_min_{route}"] = sum(spent) / 60
        results[f"listeners_{route}"] = sum(s > 0 for s in spent)
    return Condition(f"drug alone, peak -4 to +16, {_marked(marked=marked)}", {OURS: results})


def _rise_condition(people: range, *, marked: bool) -> Condition:
    results = {}
    for height in (8.0, 12.0, 15.0):
        for where, start_s, drug in (("rest", EARLY_S, False), ("ramp", IN_RAMP_S, True), ("curve", ON_CURVE_S, True)):
            seen = [seen_within(live(rise(height, start_s, s, drug=drug, marked=marked), s), start_s) for s in people]
            results[f"{where}_{height:.0f}_share"] = sum(seen) / len(seen)
    return Condition(f"a rise is elevated within 120 s, {_marked(marked=marked)}", {OURS: results})


def _quiet_condition(people: range) -> Condition:
    def share(scenario: Scenario) -> float:
        return sum(elevated_s(live(scenario, s)) > 0 for s in people) / len(people)

    off = [believed_off_body(live(off_body(jitter=bool(s % 2)), s)) for s in people]
    results = {
        "cuff_gated_share": share(cuff(gated=True)),
        "cuff_ungated_share": share(cuff(gated=False)),
        "non_responder_share": share(Scenario(60)),
        "off_body_believed_s": sum(off),
    }
    return Condition("what must stay quiet", {OURS: results})


def _learning_condition(people: range) -> Condition:
    results = {}
    for drug in (False, True):
        for height in (8.0, 12.0):
            moved = [learned_bpm(height, 600.0, s, drug=drug) for s in people]
            where = "curve" if drug else "rest"
            results[f"{where}_{height:.0f}_mean_bpm"] = sum(moved) / len(moved)
            results[f"{where}_{height:.0f}_most_bpm"] = max(moved)
    held = [live(step(12.0, 1200.0, drug=False), s)[-1].state is ArousalState.ELEVATED for s in people]
    results["still_elevated_20_min_share"] = sum(held) / len(held)
    return Condition("what a held step teaches", {OURS: results})


def _marked(*, marked: bool) -> str:
    return "dose marked" if marked else "dose not marked"
