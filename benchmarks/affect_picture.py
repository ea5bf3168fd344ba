"""Pictures of the estimator on recordings, for docs and for looking."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.affect_windows import Heard


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
