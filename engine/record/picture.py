"""A session on one page: what was heard, what was made of it, and what played.

matplotlib is imported only where it draws, and without pyplot: nothing global is touched and no window can open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.decision import Decision
from engine.midi import MidiEvent
from engine.output.saving import save_whole
from engine.record.picture_story import Story, tell

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(
    decisions: Sequence[Decision],
    events: Sequence[MidiEvent | tuple[float, bytes]],
    path: Path | str,
    *,
    marks: Sequence[tuple[float, str]] = (),
    layers: Mapping[int, str] | None = None,
    title: str = "",
    wav: Path | None = None,
) -> None:
    """Save the picture of a session as a PNG, whole.

    ``events`` are what went to the wire, ``marks`` (seconds, words) what people did, ``layers`` names for channels
    0-15, ``wav`` its sound where that was saved. Raises SaveError where it cannot be saved.
    """
    story = tell(decisions, events, marks=marks, layers=layers or {}, title=title)
    if wav is not None:
        from engine.record.spectrogram import spectrogram

        story = replace(story, sound=spectrogram(wav))
    figure = compose(story)
    save_whole(path, lambda file: figure.savefig(file, format="png", metadata={"Software": None}))


def compose(story: Story) -> "Figure":
    """The page: its panels under one another, on one time axis."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.style import context

    from engine.record.picture_panels import STYLE, column, finish, panels_of

    with context(STYLE):
        figure = Figure(figsize=(14, 14), dpi=100)
        FigureCanvasAgg(figure)
        heights = [panel.height for panel in panels_of(story)]
        axes = figure.subplots(len(heights), 1, sharex=True, gridspec_kw={"height_ratios": heights})
        column(list(axes), story)
        finish(figure, story)
    return figure
