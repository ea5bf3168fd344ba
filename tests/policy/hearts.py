"""Estimates and profiles to drive a controller with, tick by tick."""

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import configs
from engine.affect.estimate import ArousalState, Estimate, Grade, Route
from engine.inputs import Act, Command
from engine.midi import TICK_S, TICKS_PER_SECOND
from engine.policy.controller import Controller
from engine.profile import Profile
from generators.score import Intent

FOLDER = Path(configs.__file__).parent
Story = Callable[[float], Estimate | None]


def profile(**changes: object) -> Profile:
    """The default profile, with some keys changed."""
    text = (FOLDER / "default.toml").read_text(encoding="utf-8")
    return Profile.model_validate(tomllib.loads(text) | changes)


def infusion() -> Profile:
    """The shipped profile for an infusion over 40 minutes."""
    text = (FOLDER / "ketamine-iv-40.toml").read_text(encoding="utf-8")
    own = tomllib.loads(text)
    del own["extends"]
    arcs = profile().model_dump(mode="json")["arc"] | own["arc"]
    return profile(**own | {"arc": arcs})


def phase(name: str, minutes: float, **changes: float) -> dict[str, object]:
    """A phase as a file would say it."""
    usual = {
        "tempo_bpm": 58.0,
        "density": 0.75,
        "level_db": -9.5,
        "brightness": 58,
        "register_top": 79,
        "tension": 0.4,
    }
    return {"name": name, "minutes": minutes} | usual | changes


def level_arc(**changes: object) -> Profile:
    """A profile whose arc never moves: what changes is the offset's doing."""
    phases = [phase("arrival", 5), phase("plateau", 240)]
    return profile(arc={"none": phases}, **changes)


def heard(time_s: float, arousal: float = 0.0, **changes: Any) -> Estimate:
    """A trusted estimate with a good baseline, but for the changes."""
    usual: dict[str, Any] = {
        "hr_bpm": 70.0,
        "expected_bpm": 60.0,
        "residual_bpm": 10.0,
        "slope_bpm_per_min": 0.0,
        "confidence": 1.0,
        "state": ArousalState.STEADY,
        "baseline": Grade.GOOD,
        "data_age_s": 0.0,
        "quality": 1.0,
        "gated": False,
        "reasons": ("heart rate 11 above expected, rising",),
    }
    return Estimate(time_s=time_s, arousal=arousal, **usual | changes)


def calm(time_s: float) -> Estimate:
    """Nothing to answer."""
    return heard(time_s)


def alarmed(time_s: float) -> Estimate:
    """As aroused as can be, and sure of it."""
    return heard(time_s, 1.0)


class Room:
    """A controller, its own clock, and hands to press its buttons."""

    def __init__(self, profile: Profile, route: Route = Route.NONE, *, staff_only: bool = False) -> None:
        self.controller = Controller(profile, route, staff_only=staff_only)
        self.tick = 0

    @property
    def now_s(self) -> float:
        return self.tick * TICK_S

    def press(self, act: Act, value: float | None = None) -> None:
        """A person's command, now."""
        self.controller.command(Command(act, "key", value), self.now_s)

    def ticks(self, seconds: float, story: Story = calm) -> Iterator[Intent]:
        """Each tick's intent, with a new estimate each second."""
        estimate: Estimate | None = None
        for _ in range(round(seconds * TICKS_PER_SECOND)):
            if estimate is None or self.tick % TICKS_PER_SECOND == 0:
                estimate = story(self.now_s)
            yield self.controller.step(self.now_s, estimate, playing=True)
            self.tick += 1

    def live(self, seconds: float, story: Story = calm) -> Intent:
        """The intent after so many seconds."""
        intents = list(self.ticks(seconds, story))
        return intents[-1]
