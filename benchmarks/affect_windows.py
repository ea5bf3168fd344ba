"""A labelled recording heard in order: each second's estimate, and the windows that are scored.

The labels tell where the baseline is and which windows are scored; the estimator never sees them otherwise.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, isfinite, log
from pathlib import Path
from statistics import fmean, median

from engine.affect.arousal import Estimator
from engine.affect.estimate import ArousalState, Estimate
from engine.affect.rate import HeartRate
from engine.affect.states import States
from sensors.beat_clock import BeatClock
from sensors.beats import BeatStream
from sensors.heart import RR_TICKS_PER_SECOND, HeartPacket, SourceEvent
from sensors.replay import LabelSpan, Replay

SHORT_PHASE_S = 150.0
"""Where the baseline's phases are shorter, windows are 30 s instead of 60."""
MOST_HELD_S = 3.0
FEWEST_STEPS = 5


@dataclass(frozen=True, slots=True)
class Labels:
    """The words of a recording's labels: what is baseline, stress, and other rest."""

    baseline: frozenset[str]
    stress: frozenset[str]
    rest: frozenset[str]


@dataclass(frozen=True, slots=True)
class Window:
    """One scored window: its label, its end, and what a naive listener could make of it."""

    label: str
    end_s: float
    hr_bpm: float
    ln_rmssd: float


@dataclass(frozen=True, slots=True)
class Second:
    """What was said of one second: the arousal (held while nothing is known), and the states."""

    arousal: float
    elevated: bool
    frozen_bpm: float
    frozen_elevated: bool
    slope: float


@dataclass(frozen=True, slots=True)
class Heard:
    """One person's recording, heard."""

    subject: str
    seconds: tuple[Second, ...]
    windows: tuple[Window, ...]
    calibration: Window
    spans: tuple[LabelSpan, ...]

    def at(self, time_s: float) -> Second:
        """What was said at the last whole second up to ``time_s``."""
        return self.seconds[min(len(self.seconds), max(1, int(time_s))) - 1]


@dataclass(frozen=True, slots=True)
class _Sample:
    """A cleaned beat, or a heart-rate value that speaks for up to 3 s."""

    time_s: float
    hr_bpm: float
    covers_s: float
    step_ms: float | None = None


class Pulse:
    """A recording's heart rate as anyone would clean it offline, with no part of calando's judgement.

    Intervals of 0.3 to 2 s within 20 % of the median of the eleven around them.
    """

    def __init__(self, events: Sequence[SourceEvent]) -> None:
        self._samples = [*_cleaned(list(_intervals(events))), *_values(events)]
        self._times = [sample.time_s for sample in self._samples]

    def window(self, label: str, start_s: float, end_s: float) -> Window | None:
        """The window's mean rate and lnRMSSD; None where clean beats cover less than half."""
        samples = self._samples[bisect_left(self._times, start_s) : bisect_left(self._times, end_s)]
        if sum(sample.covers_s for sample in samples) < (end_s - start_s) / 2:
            return None
        steps = [sample.step_ms**2 for sample in samples if sample.step_ms is not None]
        ln_rmssd = 0.5 * log(max(1.0, fmean(steps))) if len(steps) >= FEWEST_STEPS else float("nan")
        return Window(label, end_s, fmean(sample.hr_bpm for sample in samples), ln_rmssd)


def _intervals(events: Sequence[SourceEvent]) -> Iterator[tuple[float, float]]:
    clock = BeatClock()
    for event in events:
        if not isinstance(event, HeartPacket):
            clock.gap()
            continue
        if not event.rr_ticks:
            continue
        rr_s = tuple(ticks / RR_TICKS_PER_SECOND for ticks in event.rr_ticks)
        yield from zip(clock.place(event.arrival_s, rr_s), rr_s, strict=True)


def _cleaned(beats: Sequence[tuple[float, float]]) -> Iterator[_Sample]:
    before_s: float | None = None
    for i, (time_s, rr_s) in enumerate(beats):
        usual_s = median(rr for _, rr in beats[max(0, i - 5) : i + 6])
        if not 0.3 <= rr_s <= 2.0 or abs(rr_s - usual_s) > 0.2 * usual_s:
            before_s = None
            continue
        yield _Sample(time_s, 60 / rr_s, rr_s, None if before_s is None else (rr_s - before_s) * 1000)
        before_s = rr_s


def _values(events: Sequence[SourceEvent]) -> Iterator[_Sample]:
    if any(isinstance(event, HeartPacket) and event.rr_ticks for event in events):
        return
    before_s = float("-inf")
    for event in events:
        if isinstance(event, HeartPacket) and event.hr_bpm:
            yield _Sample(event.arrival_s, float(event.hr_bpm), min(MOST_HELD_S, event.arrival_s - before_s))
            before_s = event.arrival_s


def hear(path: Path, subject: str, labels: Labels | None, first_s: float = 300.0) -> Heard | None:
    """Hear one person; None where the labels give no baseline. Without labels the first ``first_s`` calibrate."""
    recording = Replay.open(path, subject)
    spans = recording.labels
    calibration_s, unscored_until_s = _calibration(spans, labels) if labels else ((0.0, first_s), first_s)
    pulse = Pulse(recording.events)
    length_s = window_s(spans, labels) if labels else 60.0
    calibration = _usual(list(_windows(pulse, LabelSpan(*calibration_s, "baseline"), length_s)))
    if calibration is None:
        return None
    seconds = tuple(_seconds(recording, calibration_s))
    wanted = labels.baseline | labels.stress | labels.rest if labels else frozenset[str]()
    kept = [s for s in spans if s.label in wanted]
    windows = [w for span in kept for w in _windows(pulse, span, length_s, unscored_until_s)]
    return Heard(subject, seconds, tuple(windows), calibration, tuple(spans))


def _usual(windows: Sequence[Window]) -> Window | None:
    """The calibration's median window; None where no window holds enough clean beats."""
    if not windows:
        return None
    known = [window.ln_rmssd for window in windows if isfinite(window.ln_rmssd)]
    return Window(
        "baseline",
        windows[-1].end_s,
        median(window.hr_bpm for window in windows),
        median(known) if known else float("nan"),
    )


def window_s(spans: Sequence[LabelSpan], labels: Labels) -> float:
    """60 s, or 30 s where the phases are short."""
    lengths = [s.end_s - s.start_s for s in spans if s.label in labels.baseline]
    return 60.0 if median(lengths) >= SHORT_PHASE_S else 30.0


def _calibration(spans: Sequence[LabelSpan], labels: Labels) -> tuple[tuple[float, float], float]:
    """The first phase of the baseline, but no more than half of all baseline, and the end of what is never scored."""
    baseline = [s for s in spans if s.label in labels.baseline]
    if not baseline:
        return (0.0, 0.0), 0.0
    left_s = sum(s.end_s - s.start_s for s in baseline) / 2
    first = baseline[0]
    calibration_s = (first.start_s, min(first.end_s, first.start_s + left_s))
    for span in baseline:
        length_s = span.end_s - span.start_s
        if length_s >= left_s:
            return calibration_s, span.start_s + left_s
        left_s -= length_s
    return calibration_s, baseline[-1].end_s


def _windows(pulse: Pulse, span: LabelSpan, length_s: float, from_s: float = 0.0) -> Iterator[Window]:
    start_s = max(span.start_s, from_s)
    while start_s + length_s <= span.end_s + 0.5:
        window = pulse.window(span.label, start_s, start_s + length_s)
        if window is not None:
            yield window
        start_s += 30.0


class _Frozen:
    """The same idea with nothing learned: the 60-s median less the calibration's."""

    def __init__(self, calibration_s: tuple[float, float]) -> None:
        self._stream = BeatStream()
        self._rate = HeartRate()
        self._calibration_s = calibration_s
        self._levels: list[float] = []
        self._base_bpm: float | None = None
        self._states = States()
        self.residual_bpm = 0.0
        self.elevated = False

    def hear(self, event: SourceEvent) -> None:
        if not isinstance(event, HeartPacket):
            self._stream.link(event)
            return
        for beat in self._stream.hear(event):
            self._rate.hear_beat(beat)
        if self._stream.hr_only and event.hr_bpm:
            self._rate.hear_value(event.arrival_s, event.hr_bpm)

    def second(self, now_s: float) -> None:
        self._rate.second(now_s)
        level = self._rate.level_bpm
        if level is None:
            return
        if now_s <= self._calibration_s[1]:
            self._levels.append(level)
            return
        if self._base_bpm is None:
            self._base_bpm = median(self._levels or [level])
        self.residual_bpm = level - self._base_bpm
        self.elevated = self._states.second(self.residual_bpm, 0.0) is ArousalState.ELEVATED


def _seconds(recording: Replay, calibration_s: tuple[float, float]) -> Iterator[Second]:
    estimator, frozen = Estimator(calibration_s=calibration_s), _Frozen(calibration_s)
    held = 0.0
    for number in range(1, ceil(recording.duration_s) + 1):
        now_s = float(number)
        for event in recording.pull(now_s + 0.001):
            (estimator.hear(event) if isinstance(event, HeartPacket) else estimator.link(event))
            frozen.hear(event)
        frozen.second(now_s)
        estimate: Estimate = estimator.advance(now_s)
        held = estimate.arousal if estimate.residual_bpm is not None else held
        elevated = estimate.state is ArousalState.ELEVATED
        yield Second(held, elevated, frozen.residual_bpm, frozen.elevated, estimate.slope_bpm_per_min)


def finite(value: float, otherwise: float = 0.0) -> float:
    """The value, or another where there is none."""
    return value if isfinite(value) else otherwise
