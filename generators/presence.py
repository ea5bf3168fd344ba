"""Which layers are there: they enter and leave one at a time, faded, top-down with the density."""

from collections.abc import Sequence

STAYING = frozenset({"drone", "pad"})
ORDER = ("air", "bass", "bells", "melody")
"""The layers that may leave; the last one leaves first."""
LEAVES_BELOW = (0.08, 0.12, 0.3, 0.46)
HYSTERESIS = 0.04
FADE_DB = -24.0
FADE_DB_PER_S = 2.0
DWELL_S = 8.0


class Presence:
    """How far each layer is faded in, in dB: 0 is there, ``FADE_DB`` is away."""

    def __init__(self, names: Sequence[str]) -> None:
        self.fade_db = {name: 0.0 if name in STAYING else FADE_DB for name in names}
        leaving = [name for name in names if name not in STAYING]
        leaving.sort(key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))
        self._leaves_below = {name: LEAVES_BELOW[min(rank, 3)] for rank, name in enumerate(leaving)}
        self._leaving = tuple(leaving)
        self._wanted = {name: name in STAYING for name in names}
        self._fading: list[str] = []
        self._next_out: str | None = None
        self._next_in = next(iter(leaving), None)
        self._changed_s = 0.0
        self._last_s: float | None = None

    def may_start(self, name: str) -> bool:
        """True where the layer may start notes; one on its way out only lets them end."""
        return self._wanted[name]

    def empty(self) -> None:
        """All but the staying layers are away, as at the start."""
        for name in self._leaving:
            self.fade_db[name] = FADE_DB
            self._wanted[name] = False
        self._fading.clear()
        self._look_ahead()
        self._last_s = None

    def advance(self, now_s: float, density: float, *, may_grow: bool) -> None:
        """Fade on until now, and let one layer enter or leave if it is time."""
        if self._last_s is None:
            self._changed_s = self._last_s = now_s
        step_db = FADE_DB_PER_S * (now_s - self._last_s)
        self._last_s = now_s
        for name in self._fading:
            self._fade(name, step_db, may_grow=may_grow)
        if now_s - self._changed_s >= DWELL_S:
            self._change(now_s, density, may_grow=may_grow)

    def _fade(self, name: str, step_db: float, *, may_grow: bool) -> None:
        fade_db = self.fade_db[name]
        if not self._wanted[name]:
            self.fade_db[name] = max(FADE_DB, fade_db - step_db)
        elif may_grow and fade_db < 0.0:
            self.fade_db[name] = min(0.0, fade_db + step_db)

    def _change(self, now_s: float, density: float, *, may_grow: bool) -> None:
        """One leaves, or one enters; none while another is still on that way, so that no two rise or fall together."""
        self._fading = [name for name in self._fading if self._is_on_its_way(name)]
        comes = [name for name in self._fading if self._wanted[name]]
        name = self._next_out
        if name and density < self._leaves_below[name] and len(comes) == len(self._fading):
            self._want(name, now_s, there=False)
            return
        name = self._next_in
        if name and may_grow and density > self._leaves_below[name] + HYSTERESIS and not comes:
            self._want(name, now_s, there=True)

    def _is_on_its_way(self, name: str) -> bool:
        return self.fade_db[name] < 0.0 if self._wanted[name] else self.fade_db[name] > FADE_DB

    def _want(self, name: str, now_s: float, *, there: bool) -> None:
        self._wanted[name] = there
        self._changed_s = now_s
        if name not in self._fading:
            self._fading.append(name)
        self._look_ahead()

    def _look_ahead(self) -> None:
        """Who leaves first of those that are there, and who enters first of those that are away."""
        self._next_out = next((name for name in reversed(self._leaving) if self._wanted[name]), None)
        self._next_in = next((name for name in self._leaving if not self._wanted[name]), None)
