"""Setting a room up from its page: strap, sound, loudness, and what is played; tried before anything is begun.

What a page may choose is only what was offered to it: no path, no address, no text of its own.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from engine.affect.estimate import Flag, Route
from engine.console.messages import SetUp
from engine.console.viewers import Role, Viewer
from engine.errors import CalandoError
from engine.remembered import RoomMemory, recall, remember

if TYPE_CHECKING:
    from sensors.strap import FoundStrap

SOFTEST_DBA, LOUDEST_DBA = 30, 65
"""What a sound-level meter at the pillow may show; 65 dB(A) is the loudest that a listener is given."""
SYNTH, NOTHING = "synth", "none"


class SetUpError(CalandoError):
    """A choice that cannot be: one sentence."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen, in the words of the command line."""

    heart: str
    out: str
    profile: str
    route: Route
    flags: tuple[Flag, ...]
    shadow: bool


@dataclass(frozen=True, slots=True)
class Tools:
    """What setting up needs of the machine, passed in: ``play`` lasts as long as the test chord does."""

    scan: Callable[[], Awaitable[Sequence["FoundStrap"]]]
    ports: Callable[[], Sequence[str]]
    play: Callable[[str, int], Awaitable[object]]
    today: Callable[[], str]
    profiles: Mapping[str, str]
    stories: Mapping[str, str]


@dataclass(slots=True)
class SettingUp:
    """One room's set-up. ``chosen`` holds the choices once somebody begins."""

    room: str
    tools: Tools
    chosen: "asyncio.Future[Choices]"
    trouble: str | None = None
    """What kept the room from opening with the choices before, or a session that was cut off from being taken up."""
    _straps: dict[str, str] = field(default_factory=dict)
    _chord: "asyncio.Task[object] | None" = None

    def shown(self) -> dict[str, object]:
        """What is on offer and what the room remembers, as plain JSON values."""
        memory = recall(self.room)
        return {
            "memory": asdict(memory),
            "strap": memory.strap,
            "outs": self._outs(),
            "profiles": dict(self.tools.profiles),
            "routes": [str(route) for route in Route],
            "flags": [str(flag) for flag in Flag],
            "stories": dict(self.tools.stories),
            "loudness": loudness_words(memory),
            "loudest_dba": LOUDEST_DBA,
            "trouble": self.trouble,
        }

    async def take(self, viewer: Viewer, ask: SetUp) -> None:
        """Do one step, and answer *done* with what it brought, or *refused* with one sentence."""
        steps: dict[str, Callable[[Mapping[str, object]], Awaitable[dict[str, object]]]] = {
            "scan": self._scan,
            "chord": self._play,
            "stop": self._stop,
            "obeys": self._obeys,
            "loudness": self._loudness,
            "begin": self._begin,
        }
        if viewer.role is not Role.CONTROL or ask.step not in steps:
            viewer.answer(ask, "refused", why="That cannot be done from here.")
            return
        try:
            found = await steps[ask.step](ask.choices)
        except Exception as error:
            viewer.answer(ask, "refused", why=str(error) or type(error).__name__)
        else:
            viewer.answer(ask, "done", **found)

    def _outs(self) -> dict[str, str]:
        """What can play, by its word of the command line."""
        ports = {f"midi:{name}": f"MIDI port {name}" for name in self.tools.ports()}
        return {**ports, SYNTH: "The built-in synth", NOTHING: "Nothing: keep the record alone"}

    async def _scan(self, _: Mapping[str, object]) -> dict[str, object]:
        straps = await self.tools.scan()
        self._straps = {strap.id: strap.name for strap in straps}
        return {"straps": [asdict(strap) for strap in straps]}

    async def _play(self, choices: Mapping[str, object]) -> dict[str, object]:
        out = self._out(choices)
        if out == NOTHING:
            raise SetUpError("Nothing sounds there: choose a port or the built-in synth first.")
        if self._chord and not self._chord.done():
            raise SetUpError("The chord is playing already.")
        self._chord = asyncio.ensure_future(self.tools.play(out, _level_cc(choices)))
        try:
            await self._chord
        except asyncio.CancelledError:
            return {"stopped": True}
        return {}

    async def _stop(self, _: Mapping[str, object]) -> dict[str, object]:
        if self._chord and not self._chord.done():
            self._chord.cancel()
        return {}

    async def _obeys(self, choices: Mapping[str, object]) -> dict[str, object]:
        remember(self.room, level_cc=_level_cc(choices))
        return {}

    async def _loudness(self, choices: Mapping[str, object]) -> dict[str, object]:
        dba = choices.get("dba")
        if isinstance(dba, bool) or not isinstance(dba, int | float) or not dba >= SOFTEST_DBA:
            raise SetUpError(f"Write what the meter shows in dB(A), {SOFTEST_DBA} to {LOUDEST_DBA}.")
        if not dba <= LOUDEST_DBA:
            raise SetUpError(f"That is too loud: turn the amplifier down to {LOUDEST_DBA} dB(A) or less at the pillow.")
        remember(self.room, loudness_dba=float(dba), loudness_on=self.tools.today())
        return {"loudness": loudness_words(recall(self.room))}

    async def _begin(self, choices: Mapping[str, object]) -> dict[str, object]:
        profile, route = str(choices.get("profile")), str(choices.get("route"))
        if profile not in self.tools.profiles:
            raise SetUpError("Choose a profile from the list.")
        if route not in set(Route):
            raise SetUpError("Choose a route from the list.")
        asked_flags = choices.get("flags")
        flags = [flag for flag in Flag if isinstance(asked_flags, list) and str(flag) in asked_flags]
        heart, out = self._heart(choices), self._out(choices)
        await self._stop({})
        remember(
            self.room,
            profile=profile,
            route=route,
            port=out.removeprefix("midi:") if out.startswith("midi:") else None,
        )
        chosen = Choices(heart, out, profile, Route(route), tuple(flags), shadow=choices.get("shadow") is True)
        if not self.chosen.done():
            self.chosen.set_result(chosen)
        return {}

    def _heart(self, choices: Mapping[str, object]) -> str:
        heart = str(choices.get("heart"))
        kind, _, rest = heart.partition(":")
        known = {
            "ble": rest in self._straps or (rest and rest == recall(self.room).strap),
            "sim": rest in self.tools.stories,
            "none": not rest,
        }
        if not known.get(kind):
            raise SetUpError("Choose a strap that was found, a rehearsal, or staff only.")
        return heart

    def _out(self, choices: Mapping[str, object]) -> str:
        out = str(choices.get("out"))
        if out not in self._outs():
            raise SetUpError("That output is not there any more: choose another.")
        return out


def _level_cc(choices: Mapping[str, object]) -> int:
    number = choices.get("level_cc")
    if isinstance(number, bool) or number not in (7, 11):
        raise SetUpError("The level controller is 7 or 11.")
    return int(str(number))


def loudness_words(memory: RoomMemory) -> str | None:
    """How loud the room was measured to be and when; None where nobody did."""
    if memory.loudness_dba is None or not re.fullmatch(r"\d{4}-\d\d-\d\d", memory.loudness_on or ""):
        return None
    return f"Loudness: {memory.loudness_dba:.0f} dB(A) at the pillow, measured {memory.loudness_on}"
