"""Why the music is as it is, in words that a nurse and a synth player both read."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.affect.estimate import Estimate
from engine.affect.reasons import BACK
from engine.affect.trust import FRESH_S
from engine.policy.commands import Staff
from engine.policy.slew import Values


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything the words are made of: where the music is, is bound for, and would be if nobody asked for calm."""

    values: Values
    target: Values
    neutral: Values
    staff: Staff
    estimate: Estimate | None
    heart_offset: float
    """What the response makes of the heart's offset."""
    coasting: bool
    holding: bool
    """True while *iso* stays."""
    aroused: bool
    data_age_s: float
    phase: str
    playing: bool


def limits_in_words(standing: Standing) -> tuple[str, ...]:
    """What is binding now, the person's limits first; empty where the music is where the offset would have it."""
    return (*_bars(standing), *_slews(standing.values, standing.target))


def _bars(standing: Standing) -> Iterator[str]:
    if standing.staff.staying:
        yield "stay"
    if standing.staff.ceiling < 1:
        yield "ceiling"
    if standing.coasting:
        yield "coasting"
    if standing.holding:
        yield "iso holds"
    if standing.aroused and standing.target.level_db > standing.values.level_db:
        yield "never louder while arousal is up"


def _slews(values: Values, target: Values) -> Iterator[str]:
    if values.beat_s != target.beat_s:
        yield "tempo slew"
    if values.density != target.density:
        yield "density slew"
    if values.level_db != target.level_db:
        yield "level slew"
    if values.brightness != target.brightness:
        yield "brightness slew"
    if values.register_top != target.register_top:
        yield "register slew"
    if values.breath_per_min != target.breath_per_min:
        yield "breath slew"


def sentence(standing: Standing) -> str:
    """One sentence: what the music is doing, and why."""
    if not standing.playing:
        return "silent until a person plays on"
    if standing.staff.staying:
        return "held as it is: staff asked to stay"
    return f"{_doing(standing)}: {_why(standing)}"


def _doing(standing: Standing) -> str:
    words = _first_two(standing.values, standing.neutral)
    if words and _is_rising(standing):
        from_where = "coming back" if _calm_is_asked(standing) else f"nearing {standing.phase}"
        return f"{from_where}, still {words}"
    if words:
        return words
    wanted = _first_two(standing.target, standing.neutral)
    return f"turning {wanted}" if wanted else f"as planned for {standing.phase}"


def _first_two(values: Values, neutral: Values) -> str:
    return " and ".join(list(_ways(values, neutral))[:2])


def _ways(values: Values, neutral: Values) -> Iterator[str]:
    """How the music differs from the arc's, as far as one would hear it."""
    if values.density < 0.95 * neutral.density:
        yield "thinner"
    if values.beat_s > 1.02 * neutral.beat_s:
        yield "slower"
    if values.level_db < neutral.level_db - 0.5:
        yield "softer"
    if values.brightness < neutral.brightness - 2:
        yield "darker"


def _is_rising(standing: Standing) -> bool:
    return standing.target.beat_s < standing.values.beat_s or standing.target.density > standing.values.density


def _calm_is_asked(standing: Standing) -> bool:
    return standing.heart_offset > 0 or standing.staff.least_offset > 0


def _why(standing: Standing) -> str:
    least = standing.staff.least_offset
    if standing.coasting:
        return _why_coasting(standing)
    if standing.heart_offset > least or (standing.aroused and standing.heart_offset >= least):
        return _reason(standing)
    if least:
        return "staff asked for calmer" if standing.staff.offset >= least else "staff set a ceiling"
    if standing.estimate is None:
        return "no heart is listened to"
    return _reason(standing)


def _why_coasting(standing: Standing) -> str:
    if standing.data_age_s > FRESH_S:
        return f"no heartbeat for {standing.data_age_s:.0f} s, nothing grows livelier"
    return BACK


def _reason(standing: Standing) -> str:
    estimate = standing.estimate
    return estimate.reasons[0] if estimate is not None and estimate.reasons else "listening for a heart"
