"""Pictures of the estimator: on recordings, to look at, and on simulated listeners, for docs/estimator.md."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.affect_listeners import Scenario, fear, live
from benchmarks.affect_windows import Heard
from engine.affect.arousal import MIDDLE_BPM, arousal_of
from engine.affect.drug import DrugOffset
from engine.affect.estimate import ArousalState, Estimate, Route
from engine.affect.states import ENTER_BPM, LEAVE_BPM
from engine.inputs import Act
from engine.policy.sensed import DEAD_ZONE
from sensors.simulation.happenings import DrugRise, Rise

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOSE_MIN = 10
CUFF_MIN = 22
FEAR_MIN = 38


def draw(people: Sequence[Heard], folder: Path) -> None:
    """One picture a person: residual against the frozen baseline, arousal, and the labelled phases."""
    from matplotlib.figure import Figure

    folder.mkdir(parents=True, exist_ok=True)
    for heard in people:
        figure = Figure(figsize=(9, 3.2), layout="constrained")
        axes = figure.subplots()
        minutes = [second / 60 for second in range(1, len(heard.seconds) + 1)]
        axes.plot(minutes, [s.frozen_bpm for s in heard.seconds], color="0.6", label="above the first baseline, /min")
        axes.plot(minutes, [20 * s.arousal for s in heard.seconds], color="tab:red", label="arousal (20 = 1)")
        for span in heard.spans:
            axes.axvline(span.start_s / 60, color="0.85")
            axes.annotate(span.label, (span.start_s / 60, 1), xycoords=("data", "axes fraction"), fontsize=6, va="top")
        axes.set(xlabel="minutes", title=heard.subject)
        axes.legend(fontsize=7, loc="lower right")
        figure.savefig(folder / f"{heard.subject}.svg")


def draw_page(folder: Path) -> None:
    """The pictures of docs/estimator.md: a simulated session, the map to arousal, the drug's curves."""
    folder.mkdir(parents=True, exist_ok=True)
    _draw_session(folder / "estimator-session.png")
    _draw_map_and_curves(folder / "estimator-map.png")


def session() -> list[Estimate]:
    """A strong responder's hour: dose at 10 min, a marked cuff at 22, fear at 38."""
    cuff = Rise(CUFF_MIN * 60.0, 10.0, ramp_s=5.0, hold_s=30.0, fall_s=5.0, soothable=False)
    rises = (DrugRise(DOSE_MIN * 60.0, 14.0, "iv"), cuff, fear(FEAR_MIN * 60.0, 15.0, 300.0))
    marks = ((DOSE_MIN * 60.0, Act.DOSE), (CUFF_MIN * 60.0, Act.CUFF))
    return live(Scenario(70, rises, marks=marks, route=Route.IV), 11)


def _draw_session(path: Path) -> None:
    from matplotlib.figure import Figure

    told = session()[::5]
    minutes = [each.time_s / 60 for each in told]
    figure = Figure(figsize=(8, 4.4), layout="constrained")
    heart, arousal = figure.subplots(2, sharex=True, height_ratios=(3, 2))
    heart.plot(minutes, [each.hr_bpm for each in told], color="0.55", linewidth=1, label="heart rate")
    heart.plot(minutes, [each.expected_bpm for each in told], color="tab:blue", label="expected: rest and drug")
    heart.plot(minutes, [each.resting_bpm for each in told], color="tab:blue", linestyle=":", label="expected at rest")
    heart.set_ylabel("beats a minute")
    heart.margins(y=0.15)
    arousal.plot(minutes, [each.arousal for each in told], color="tab:red", label="arousal")
    arousal.plot(minutes, [each.confidence for each in told], color="0.4", linestyle="--", label="confidence")
    arousal.set(xlabel="minutes", ylim=(-0.03, 1.03))
    for axes in (heart, arousal):
        _shade(axes, told)
        axes.legend(fontsize=8, loc="right", framealpha=0.9)
    for minute, word in ((DOSE_MIN, "dose"), (CUFF_MIN, "cuff"), (FEAR_MIN, "fear, +15")):
        heart.annotate(f" {word}", (minute, 0.92), xycoords=("data", "axes fraction"), fontsize=8, ha="left")
        heart.axvline(minute, color="0.8", linewidth=1)
    figure.savefig(path, dpi=90)


def _shade(axes: "Axes", told: Sequence[Estimate]) -> None:
    minutes = [each.time_s / 60 for each in told]
    for state, colour in ((ArousalState.ELEVATED, "tab:red"), (ArousalState.SETTLING, "0.5")):
        here = [each.state is state for each in told]
        axes.fill_between(
            minutes, 0, 1, where=here, color=colour, alpha=0.12, linewidth=0, transform=axes.get_xaxis_transform()
        )
    gated = [each.gated for each in told]
    axes.fill_between(
        minutes, 0, 1, where=gated, color="tab:orange", alpha=0.18, linewidth=0, transform=axes.get_xaxis_transform()
    )


def _draw_map_and_curves(path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 2.9), layout="constrained")
    index, curves = figure.subplots(1, 2)
    residuals = [step / 4 for step in range(-40, 81)]
    index.plot(residuals, [arousal_of(each) for each in residuals], color="tab:red")
    index.axhline(DEAD_ZONE, color="0.7", linewidth=1)
    index.annotate("the music answers above this", (-9.5, DEAD_ZONE + 0.02), fontsize=8)
    for residual, word in ((LEAVE_BPM, "leaves"), (ENTER_BPM, "enters elevated")):
        index.axvline(residual, color="0.7", linewidth=1, linestyle=":")
        index.annotate(word, (residual + 0.2, 0.02 if word == "leaves" else 0.1), fontsize=8)
    index.axvline(MIDDLE_BPM, color="0.85", linewidth=1)
    index.set(xlabel="above expected, beats a minute (scaled)", ylabel="arousal")
    for route in (Route.IV, Route.IM, Route.INTRANASAL, Route.ORAL):
        curves.plot(range(121), [_expected(route, minute) for minute in range(121)], label=str(route))
    curves.set(xlabel="minutes from the dose", ylabel="expected, beats a minute")
    curves.legend(fontsize=8)
    figure.savefig(path, dpi=90)


def _expected(route: Route, minute: int) -> float:
    drug = DrugOffset(route, 40.0, frozenset())
    drug.dose(0.0)
    drug.second(minute * 60.0)
    return drug.expected_bpm
