"""``--heart``: which heart is listened to, as a recording that is pulled or a source that speaks."""

from dataclasses import dataclass

from engine.errors import UsageError
from engine.words import did_you_mean
from sensors.heart import Recording
from sensors.replay import Replay, parse_replay_spec
from sensors.simulated import SimulatedListener

KINDS = ("auto", "ble", "replay", "sim", "none")


@dataclass(frozen=True, slots=True)
class HeartSpec:
    """``KIND[:REST]``, split and known."""

    kind: str
    rest: str

    @property
    def is_recorded(self) -> bool:
        """True where it can be pulled as fast as one likes."""
        return self.kind in {"replay", "sim"}


def parse_heart(text: str) -> HeartSpec:
    """``auto|ble[:NAME-OR-ADDRESS]|replay:FILE[?subject=S]|sim:STORY[+STORY]|none``. Raises UsageError."""
    kind, _, rest = text.partition(":")
    if kind not in KINDS:
        raise UsageError(f"--heart {text!r}: there is no source {kind!r}{did_you_mean(kind, KINDS)}.")
    if kind in {"replay", "sim"} and not rest:
        example = "replay:recording.csv" if kind == "replay" else "sim:distress"
        raise UsageError(f"--heart {text!r} does not say which; write for example --heart {example}.")
    return HeartSpec(kind, rest)


def open_recording(spec: HeartSpec, seed: int) -> Recording:
    """The recording of a ``replay`` or ``sim`` heart. Raises the reader's own one-sentence errors."""
    if spec.kind == "sim":
        return SimulatedListener(spec.rest, seed)
    path, subject = parse_replay_spec(spec.rest)
    return Replay.open(path, subject)
