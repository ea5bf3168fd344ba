"""The panels of a session's picture. Colours are Okabe and Ito's, told apart by every kind of eye."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator
from numpy.typing import NDArray

from engine.record.picture_story import Span, Story
from engine.record.spectrogram import row_of

INK, QUIET, RULE = "#22303c", "#6b7883", "#dfe4e8"
ORANGE, SKY, GREEN, YELLOW, BLUE, RED, PINK = (
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#F0E442",
    "#0072B2",
    "#D55E00",
    "#CC79A7",
)
LAYER_COLOURS = (BLUE, RED, GREEN, PINK, ORANGE, SKY, INK, QUIET)
STATE_SHADES = {
    "settling": ("#e9edf0", "settling: no baseline yet"),
    "rising": ("#fbe9c0", "rising"),
    "elevated": ("#f6cfa8", "elevated"),
    "recovering": ("#d9ecf8", "recovering"),
    "coasting": ("#d7dade", "coasting: the strap is not heard"),
}
HATCH = "////"
PHASE_SHADES = ("#dbe7ef", "#eef3f6")

STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.titlesize": 11,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "legend.frameon": False,
    "legend.fontsize": 9.5,
    "lines.linewidth": 1.6,
    "lines.solid_capstyle": "round",
    "path.simplify": True,
}

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Panel:
    """One strip of the page: how tall it is against the others, and who draws it."""

    height: float
    draw: Callable[[Axes, Story], None]


def _times(story: Story) -> Floats:
    return np.array([decision.time_s for decision in story.decisions], dtype=float)


def _line(
    axis: Axes,
    story: Story,
    values: Sequence[float | None],
    colour: str,
    label: str,
    *,
    style: str = "-",
    width: float = 1.6,
) -> None:
    """A curve that breaks where nothing is known and where the room was gone."""
    heights = np.array([np.nan if value is None else value for value in values], dtype=float)
    times = _times(story)
    heights[np.flatnonzero(np.diff(times) > 2.0)] = np.nan
    axis.plot(times, heights, color=colour, linestyle=style, linewidth=width, label=label, zorder=3)


def _titled(axis: Axes, title: str, unit: str) -> None:
    axis.set_ylabel(unit, color=QUIET, fontsize=9.5)
    axis.set_title(title, loc="left", pad=5, fontweight="bold", color=INK)
    axis.grid(axis="y", color=RULE, linewidth=0.8, zorder=0)
    axis.set_axisbelow(True)
    axis.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))


def _legend(axis: Axes, columns: int = 4) -> None:
    axis.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=columns, borderaxespad=0)


def _shade(axis: Axes, found: Sequence[Span], shades: dict[str, tuple[str, str]]) -> None:
    for span in found:
        if span.word in shades:
            axis.axvspan(span.start_s, span.end_s, color=shades[span.word][0], linewidth=0, zorder=0)


def draw_phases(axis: Axes, story: Story) -> None:
    """The arc's phases, as a row of named bars."""
    axis.set_ylim(0, 1)
    axis.axis("off")
    for index, span in enumerate(story.phases):
        axis.axvspan(span.start_s, span.end_s, 0.0, 0.8, color=PHASE_SHADES[index % 2], linewidth=0)
        if span.end_s - span.start_s > 0.045 * story.end_s:
            middle = (span.start_s + span.end_s) / 2
            axis.text(middle, 0.4, span.word, ha="center", va="center", fontsize=10, color=INK)


def draw_heart(axis: Axes, story: Story) -> None:
    """Heart rate against what was expected of it."""
    _titled(axis, "Heart rate", "beats / min")
    _shade(axis, story.states, STATE_SHADES)
    heard = [decision.estimate.hr_bpm for decision in story.decisions]
    expected = [decision.estimate.expected_bpm for decision in story.decisions]
    _line(axis, story, heard, INK, "heard")
    _line(axis, story, expected, BLUE, "expected (baseline and drug)", style="--", width=1.4)
    _legend(axis)


def draw_arousal(axis: Axes, story: Story) -> None:
    """Arousal, and how far it can be trusted."""
    _titled(axis, "Arousal", "share")
    _shade(axis, story.states, STATE_SHADES)
    confidence = [decision.estimate.confidence for decision in story.decisions]
    _line(axis, story, confidence, QUIET, "confidence", width=1.0)
    _line(axis, story, [decision.estimate.arousal for decision in story.decisions], RED, "arousal", width=2.0)
    axis.set_ylim(0, 1.02)
    _legend(axis)


def draw_offset(axis: Axes, story: Story) -> None:
    """How far the music is taken calm-ward, and by whom."""
    _titled(axis, "Calm-ward offset", "share")
    times = _times(story)
    axis.fill_between(
        times, [decision.offset for decision in story.decisions], color=BLUE, alpha=0.18, linewidth=0, zorder=1
    )
    _line(axis, story, [decision.offset for decision in story.decisions], BLUE, "in force", width=1.8)
    _line(axis, story, [decision.sensor_offset for decision in story.decisions], SKY, "the heart's", style=":")
    if any(decision.staff_offset for decision in story.decisions):
        _line(axis, story, [decision.staff_offset for decision in story.decisions], PINK, "staff's", style="--")
    axis.set_ylim(0, 1.02)
    _legend(axis)


def draw_tempo(axis: Axes, story: Story) -> None:
    """The pulse asked for."""
    _titled(axis, "Tempo", "beats / min")
    _line(axis, story, [decision.intent.tempo_bpm for decision in story.decisions], GREEN, "tempo")


def draw_density(axis: Axes, story: Story) -> None:
    """The texture asked for, and the notes that came of it."""
    _titled(axis, "Density", "share asked")
    _line(axis, story, [decision.intent.density for decision in story.decisions], GREEN, "asked (left)")
    axis.set_ylim(0, 1.02)
    played = axis.twinx()
    edges = np.arange(0.0, story.end_s + 30.0, 30.0)
    counts, _ = np.histogram([note.start_s for note in story.notes], edges)
    played.stairs(counts * 2.0, edges, color=QUIET, alpha=0.25, fill=True, label="notes played a minute (right)")
    played.set_ylim(0, max(10.0, 1.1 * 2.0 * float(counts.max(initial=1))))
    played.set_ylabel("notes / min", color=QUIET, fontsize=9.5)
    played.yaxis.set_major_locator(MaxNLocator(nbins=3, integer=True))
    played.spines["left"].set_visible(False)
    axis.set_zorder(played.get_zorder() + 1)
    axis.patch.set_visible(False)
    handles = [*axis.get_legend_handles_labels()[0], *played.get_legend_handles_labels()[0]]
    axis.legend(handles=handles, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, borderaxespad=0)


def draw_level(axis: Axes, story: Story) -> None:
    """The level asked for at each breath's peak."""
    _titled(axis, "Level at each breath's peak", "dB")
    _line(axis, story, [decision.intent.level_db for decision in story.decisions], GREEN, "level")


def draw_notes(axis: Axes, story: Story) -> None:
    """The piano roll: a colour for each layer, softer notes paler."""
    _titled(axis, "Notes", "")
    channels = sorted({note.channel for note in story.notes} | set(story.layers))
    colours = {channel: LAYER_COLOURS[index % len(LAYER_COLOURS)] for index, channel in enumerate(channels)}
    least_s = story.end_s / 700
    strokes = [
        ((note.start_s, note.pitch), (max(note.end_s, note.start_s + least_s), note.pitch)) for note in story.notes
    ]
    shades = [to_rgba(colours[note.channel], 0.35 + 0.6 * min(1.0, note.velocity / 72)) for note in story.notes]
    axis.add_collection(LineCollection(strokes, colors=shades, linewidths=2.6, capstyle="butt"))
    pitches = [note.pitch for note in story.notes] or [36, 84]
    axis.set_ylim(min(pitches) - 2, max(pitches) + 2)
    axis.yaxis.set_major_locator(MultipleLocator(12))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda pitch, _: f"C{round(pitch) // 12 - 1}"))
    lines = [
        Line2D([], [], color=colours[channel], linewidth=3, label=story.layers.get(channel, f"channel {channel + 1}"))
        for channel in channels
    ]
    axis.legend(handles=lines, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=len(lines) or 1, borderaxespad=0)


def draw_sound(axis: Axes, story: Story) -> None:
    """The spectrogram: loudness by time and pitch."""
    _titled(axis, "Sound", "Hz")
    axis.grid(visible=False)
    if story.sound is None:
        return
    axis.imshow(
        story.sound.db,
        origin="lower",
        aspect="auto",
        extent=(0.0, story.sound.end_s, 0.0, len(story.sound.db)),
        cmap="magma",
        vmin=-95.0,
        vmax=-20.0,
        zorder=1,
    )
    marked_hz = (50, 100, 200, 500, 1000, 2000, 5000, 10_000)
    axis.set_yticks([row_of(each) for each in marked_hz], [f"{each:g}" for each in marked_hz])


PANELS = (
    Panel(0.3, draw_phases),
    Panel(1.9, draw_heart),
    Panel(1.4, draw_arousal),
    Panel(1.4, draw_offset),
    Panel(1.1, draw_tempo),
    Panel(1.1, draw_density),
    Panel(1.1, draw_level),
    Panel(2.8, draw_notes),
)


def panels_of(story: Story) -> tuple[Panel, ...]:
    """The strips of this page: the sound too, where there is one."""
    return PANELS if story.sound is None else (*PANELS, Panel(2.4, draw_sound))


def column(axes: Sequence[Axes], story: Story) -> None:
    """One story under one another: its panels, stops and marks through all of them, and the time axis."""
    for axis, panel in zip(axes, panels_of(story), strict=True):
        panel.draw(axis, story)
    for span in story.stops:
        for axis in axes[1:]:
            axis.axvspan(
                span.start_s, span.end_s, facecolor="none", edgecolor=QUIET, hatch="////", linewidth=0, alpha=0.3
            )
    _draw_marks(axes, story)
    axes[-1].set_xlim(0, max(story.end_s, 1.0))
    axes[-1].xaxis.set_major_locator(MultipleLocator(_minutes_apart(story.end_s) * 60))
    axes[-1].xaxis.set_major_formatter(FuncFormatter(lambda at_s, _: f"{at_s / 60:g}"))
    axes[-1].set_xlabel("minutes", color=QUIET)


def finish(figure: Figure, story: Story) -> None:
    """The page's margins, its title, and what the shades mean."""
    figure.subplots_adjust(left=0.06, right=0.945, top=0.915, bottom=0.05, hspace=0.42)
    figure.text(0.06, 0.972, story.title or "A session of calando", fontsize=16, fontweight="bold", va="center")
    shown = {span.word for span in story.states}
    patches = [Patch(color=shade, label=label) for word, (shade, label) in STATE_SHADES.items() if word in shown]
    if story.stops:
        words = ", ".join(dict.fromkeys(span.word for span in story.stops))
        patches.append(Patch(facecolor="none", edgecolor=QUIET, hatch=HATCH, linewidth=0, label=words))
    figure.legend(handles=patches, loc="upper right", bbox_to_anchor=(0.95, 0.985), ncols=len(patches) or 1)


def _draw_marks(axes: Sequence[Axes], story: Story) -> None:
    """A line through the page for each mark, its words above; neighbours' words stand on different rows."""
    rows_end_s = [-1e9, -1e9, -1e9]
    for at_s, words in sorted(story.marks):
        for axis in axes[1:]:
            axis.axvline(at_s, color=INK, linewidth=0.8, linestyle=(0, (2, 2)), zorder=2)
        row = next((row for row, end_s in enumerate(rows_end_s) if at_s >= end_s), 0)
        rows_end_s[row] = at_s + (len(words) + 3) * story.end_s * 0.0062
        axes[0].annotate(
            words,
            (at_s, 0.85),
            xytext=(0, 3 + 13 * row),
            textcoords="offset points",
            fontsize=9.5,
            color=INK,
            ha="left" if at_s < 0.9 * story.end_s else "right",
        )


def _minutes_apart(duration_s: float) -> float:
    """Between the time axis's labels: at most a dozen of them."""
    return next((step for step in (0.25, 0.5, 1, 2, 5, 10, 15, 30, 60) if duration_s / 60 / step <= 13), 120)
