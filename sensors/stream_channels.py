"""Which channels of a stream are a heart's, told by what they are called: streams have names, but no fixed form."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

RR_WORDS = frozenset({"rr", "rri", "rrinterval", "rrintervals", "ibi", "interbeat", "interbeatinterval", "ppi", "nn"})
RATE_WORDS = frozenset({"hr", "bpm", "heartrate", "pulserate"})
UNITS_MS = {
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), 1.0),
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1000.0),
}
RATE_UNITS = frozenset({"bpm", "beats/min", "beats/minute", "beats per minute", "1/min", "/min"})
NO_UNITS = frozenset({"", "none", "unknown", "n/a"})

SECONDS_BELOW = 10.0
"""An interval of no known unit is in seconds below this, else in milliseconds: no heart is near it in either."""


@dataclass(frozen=True, slots=True)
class Channel:
    """What a stream says of one of its channels; empty where it says nothing."""

    label: str = ""
    type: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Interval:
    """The number of a channel that holds RR intervals, and how many milliseconds its unit is; None: told by size."""

    index: int
    unit_ms: float | None

    def ms(self, value: float) -> float:
        """A value of this channel in milliseconds."""
        return value * (self.unit_ms or (1000.0 if value < SECONDS_BELOW else 1.0))


@dataclass(frozen=True, slots=True)
class HeartChannels:
    """The channels of a stream that are a heart's."""

    intervals: tuple[Interval, ...] = ()
    rate: int | None = None

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.intervals) or self.rate is not None

    def rr_ms(self, samples: Sequence[Sequence[float]]) -> Iterator[float]:
        """The intervals in the samples, in milliseconds, oldest first."""
        return (interval.ms(sample[interval.index]) for sample in samples for interval in self.intervals)

    def hr_bpm(self, samples: Sequence[Sequence[float]]) -> float | None:
        """The last heart rate in the samples."""
        return None if self.rate is None or not samples else samples[-1][self.rate]


def heart_channels(channels: Sequence[Channel], stream_words: Sequence[str], *, regular: bool) -> HeartChannels:
    """Find a heart in a stream's channels; where none names itself, ``stream_words`` (type, name) name the first.

    A unit that contradicts a name, as of a respiratory rate called RR in 1/min, rules the channel out. A stream that
    is sampled at a ``regular`` rate repeats an interval until the next one comes: from it only heart rates are taken.
    """
    named = [(index, channel, f"{channel.label} {channel.type}") for index, channel in enumerate(channels)]
    nameless = [each for each in named[:1] if not heart_like(each[2])]
    by_stream = [(0, channel, words) for words in stream_words for _, channel, _ in nameless]
    for candidates in (named, *([each] for each in by_stream)):
        found = HeartChannels(
            tuple(chain.from_iterable(_interval(*each) for each in candidates if not regular)),
            next((index for index, channel, words in candidates if _is_rate(channel, words)), None),
        )
        if found:
            return found
    return HeartChannels()


def heart_like(text: str) -> bool:
    """Whether a stream's name or type sounds like a heart's beats or rate."""
    return bool(_words(text) & (RR_WORDS | RATE_WORDS))


def _words(text: str) -> set[str]:
    """The words of a name, each also with the next: ``Heart rate``, ``heart_rate`` and ``HeartRate`` are the same."""
    words = re.findall(r"[a-z]+", text.lower())
    return {*words, *map("".join, pairwise(words))}


def _unit(channel: Channel) -> str:
    unit = channel.unit.strip().lower()
    return "" if unit in NO_UNITS else unit


def _interval(index: int, channel: Channel, text: str) -> Iterator[Interval]:
    """The channel as one of intervals, if it is that."""
    words, unit = _words(text), _unit(channel)
    if words & RR_WORDS and (not unit or unit in UNITS_MS):
        told = [unit] if unit else sorted(words & UNITS_MS.keys())
        yield Interval(index, UNITS_MS[told[0]] if told else None)


def _is_rate(channel: Channel, text: str) -> bool:
    words, unit = _words(text), _unit(channel)
    return bool(words & RATE_WORDS) and (not unit or unit in RATE_UNITS)
