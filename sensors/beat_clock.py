"""Places RR intervals in time."""


class BeatClock:
    """Beat times on the packets' clock, never backwards."""

    def __init__(self) -> None:
        self._last_s = float("-inf")

    def gap(self) -> None:
        """Time passed that no interval tells of: the next packet anchors the clock anew."""

    def place(self, arrival_s: float, rr_s: tuple[float, ...]) -> tuple[float, ...]:
        """The times of a packet's beats, each the end of its interval."""
        time_s = arrival_s - sum(rr_s)
        times = []
        for interval_s in rr_s:
            time_s += interval_s
            self._last_s = max(self._last_s, time_s)
            times.append(self._last_s)
        return tuple(times)
