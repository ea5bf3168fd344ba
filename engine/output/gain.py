"""The guardian's one gain over time: held, fading, or coming back. Standard library only."""

from dataclasses import dataclass

RETURN_DB_PER_S = 0.5
"""How fast the gain comes back when a missing heartbeat returns."""


@dataclass(frozen=True, slots=True)
class Held:
    """The gain stays; 1 leaves every level as it was asked."""

    gain: float

    def at(self, now_s: float) -> float:
        """The gain at ``now_s``."""
        return self.gain


@dataclass(frozen=True, slots=True)
class Fade:
    """A straight way down to 0 in controller steps; never up. ``put_off``: its end was, once, after a stall."""

    begun_s: float
    from_gain: float
    length_s: float
    put_off: bool = False

    @property
    def ends_s(self) -> float:
        """When the gain is 0."""
        return self.begun_s + self.length_s

    def at(self, now_s: float) -> float:
        """The gain at ``now_s``."""
        if now_s >= self.ends_s:
            return 0.0
        return self.from_gain * min((self.ends_s - now_s) / self.length_s, 1.0)


@dataclass(frozen=True, slots=True)
class Return:
    """Back up to 1 at ``RETURN_DB_PER_S``, in dB of a level controller (40 log10)."""

    begun_s: float
    from_gain: float

    def at(self, now_s: float) -> float:
        """The gain at ``now_s``."""
        gained_db = RETURN_DB_PER_S * max(now_s - self.begun_s, 0.0)
        return float(min(self.from_gain * 10.0 ** (gained_db / 40.0), 1.0))


Gain = Held | Fade | Return
