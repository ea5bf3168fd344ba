"""Two profiles over the same heart, held against each other in measures and on one page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.offline import Rendering
from engine.output.saving import save_whole
from engine.score_file import layers_of
from generators.gates import GATES, is_within
from generators.judge import Measures, judge

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ALSO = ("notes", "onsets_per_s", "polyphony_mean", "chords_per_min", "common_tones", "pitch_class_entropy_bits")
"""Measures that tell two pieces apart and have no gate."""
BEYOND = "!"


@dataclass(frozen=True, slots=True)
class Heard:
    """One profile's music over the recording: its name, what was rendered, what it measured."""

    name: str
    rendering: Rendering
    measures: Measures


def heard(name: str, rendering: Rendering) -> Heard:
    """Measure a rendering."""
    level_cc = rendering.setup.profile.output.level_cc
    return Heard(name, rendering, judge(rendering.wire, level_cc=level_cc, tempo=rendering.tempo))


def table(pieces: Sequence[Heard]) -> str:
    """A line for each measure, a column for each piece; ``!`` marks what lies beyond its gate."""
    lines = ["".join((f"{'':28}", f"{'gate':>14}", *(f"{each.name[:16]:>18}" for each in pieces)))]
    for name in (*GATES, *ALSO):
        cells = (f"{_cell(name, each.measures):>18}" for each in pieces)
        lines.append("".join((f"{name:28}", f"{_gate(name):>14}", *cells)))
    return "\n".join(lines)


def _cell(name: str, measures: Mapping[str, float]) -> str:
    if name not in measures:
        return "-"
    mark = "" if is_within(name, measures[name]) else f" {BEYOND}"
    return f"{measures[name]:.4g}{mark}"


def _gate(name: str) -> str:
    return f"{GATES[name][0]:g} to {GATES[name][1]:g}" if name in GATES else ""


def draw_side_by_side(pieces: Sequence[Heard], path: Path | str) -> None:
    """Save one page with a column for each piece, all on the same axes. Raises SaveError where it cannot be saved."""
    figure = _compose(pieces)
    save_whole(path, lambda file: figure.savefig(file, format="png", metadata={"Software": None}))


def _compose(pieces: Sequence[Heard]) -> "Figure":
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.style import context

    from engine.record.picture_panels import PANELS, STYLE, column
    from engine.record.picture_story import tell

    with context(STYLE):
        figure = Figure(figsize=(10 * len(pieces), 14), dpi=80)
        FigureCanvasAgg(figure)
        heights = [panel.height for panel in PANELS]
        grid = figure.subplots(
            len(PANELS), len(pieces), sharex=True, sharey="row", squeeze=False, gridspec_kw={"height_ratios": heights}
        )
        for place, each in enumerate(pieces):
            layers = layers_of(each.rendering.setup.profile)
            story = tell(each.rendering.decisions, each.rendering.wire, marks=(), layers=layers, title=each.name)
            column([row[place] for row in grid], story)
            grid[0][place].set_title(each.name, loc="left", pad=26, fontsize=16, fontweight="bold")
        figure.subplots_adjust(left=0.045, right=0.955, top=0.94, bottom=0.05, hspace=0.42, wspace=0.14)
    return figure
