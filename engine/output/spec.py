"""What an output is asked to be: ``KIND[:NAME][?KEY=VALUE&..]``, read and bounded. Standard library only."""

from dataclasses import dataclass
from typing import Any

from engine.errors import UsageError
from engine.words import instead

LONGEST_LATENCY_MS = 200
"""Others wait this long for the slowest synth while music plays; a stop waits for nobody."""


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """One output and how the music is fitted to it before the outer limits are applied."""

    kind: str
    name: str = ""
    latency_ms: float = 0.0
    """How late this synth answers, 0 to 200 ms; every other output waits for it."""
    transpose: int = 0
    """Semitones up, -24 to 24; what would leave MIDI 28..96 comes back by octaves."""
    velocity: float = 1.0
    """Every velocity times this, 0.25 to 2."""
    channels: tuple[int, ...] = ()
    """MIDI channels 1-16 that are sent here; all of them where there are none."""
    program: tuple[tuple[int, int], ...] = ()
    """(channel 1-16, General MIDI program 1-128) that a SoundFont begins with."""
    layers: tuple[tuple[int, str], ...] = ()
    """(channel 1-16, layer) whose timbre the built-in synth plays there."""

    @property
    def plain(self) -> str:
        """``KIND[:NAME]`` alone."""
        return f"{self.kind}:{self.name}" if self.name else self.kind

    @property
    def is_fitted(self) -> bool:
        """Whether what is sent here differs from what the others hear, besides its time."""
        return bool(self.transpose or self.channels) or self.velocity != 1.0

    def __str__(self) -> str:
        options = [f"{key}={value}" for key, value in self._options()]
        return self.plain + ("?" + "&".join(options) if options else "")

    def _options(self) -> list[tuple[str, str]]:
        said = [
            ("latency_ms", f"{self.latency_ms:g}", self.latency_ms),
            ("transpose", str(self.transpose), self.transpose),
            ("velocity", f"{self.velocity:g}", self.velocity != 1.0),
            ("channels", ",".join(map(str, self.channels)), self.channels),
            ("program", ",".join(f"{channel}.{program}" for channel, program in self.program), self.program),
            ("layers", ",".join(f"{channel}.{layer}" for channel, layer in self.layers), self.layers),
        ]
        return [(key, text) for key, text, matters in said if matters]


def parse_output(text: str) -> OutputSpec:
    """Read one output's words. Raises UsageError naming the key, its bounds and what was meant."""
    place, asked, options = text.partition("?")
    kind, _, name = place.partition(":")
    values: dict[str, Any] = {}
    for part in options.split("&") if asked else ():
        key, _, value = part.partition("=")
        if key not in _READERS:
            raise UsageError(f"--out {text!r}: there is no option {key!r}{instead(key, tuple(_READERS))}")
        try:
            values[key] = _READERS[key](value)
        except ValueError as error:
            raise UsageError(f"--out {text!r}: {key} must be {_BOUNDS[key]}, not {value!r}.") from error
    return OutputSpec(kind, name, **values)


def _within(low: float, high: float, value: float) -> float:
    if not low <= value <= high:
        raise ValueError(value)
    return value


def _latency_ms(text: str) -> float:
    return _within(0, LONGEST_LATENCY_MS, float(text))


def _transpose(text: str) -> int:
    return int(_within(-24, 24, int(text)))


def _velocity(text: str) -> float:
    return _within(0.25, 2.0, float(text))


def _channels(text: str) -> tuple[int, ...]:
    return tuple(sorted({int(_within(1, 16, int(each))) for each in text.split(",")}))


def _program(text: str) -> tuple[tuple[int, int], ...]:
    pairs = [each.partition(".") for each in text.split(",")]
    return tuple((int(_within(1, 16, int(left))), int(_within(1, 128, int(right)))) for left, _, right in pairs)


def _layers(text: str) -> tuple[tuple[int, str], ...]:
    pairs = [each.partition(".") for each in text.split(",")]
    if not all(right.isalpha() for _, _, right in pairs):
        raise ValueError(text)
    return tuple((int(_within(1, 16, int(left))), right) for left, _, right in pairs)


_READERS = {
    "latency_ms": _latency_ms,
    "transpose": _transpose,
    "velocity": _velocity,
    "channels": _channels,
    "program": _program,
    "layers": _layers,
}
_BOUNDS = {
    "latency_ms": f"milliseconds from 0 to {LONGEST_LATENCY_MS}",
    "transpose": "whole semitones from -24 to 24",
    "velocity": "a factor from 0.25 to 2",
    "channels": "MIDI channels 1 to 16 with commas between",
    "program": "CHANNEL.PROGRAM pairs (1-16, 1-128) with commas between",
    "layers": "CHANNEL.LAYER pairs with commas between",
}
