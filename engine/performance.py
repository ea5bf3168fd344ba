"""One uninterrupted stretch of playing: the ensemble, its notes waiting, its controllers walking."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.control_map import ControlMap
from engine.limiter import Limiter
from engine.limits import BANK, COMPOSER
from engine.midi import TICK_US, MidiEvent, control, program
from engine.mixer import GRID_TICKS, Mixer
from engine.profile import LayerSettings, Profile
from engine.scheduler import Scheduler, Waiting
from engine.timeline import Timeline
from generators.ensemble import Ensemble, EnsembleSettings, LayerSpec
from generators.score import Intent, Note, Window


def ensemble_settings(profile: Profile) -> EnsembleSettings:
    """The part of a profile that composes, in the generators' own words."""
    return EnsembleSettings(
        root=profile.harmony.root,
        scale=profile.harmony.scale,
        chord_breaths=profile.harmony.chord_breaths,
        breath_per_min=profile.breath_per_min,
        swell_db=profile.swell_db,
        layers=tuple(
            LayerSpec(name, *each.register_range, *each.velocity, each.trim_db) for name, each in profile.layer.items()
        ),
    )


def patch(layer: LayerSettings) -> Iterator[bytes]:
    """What chooses a layer's sound on its channel: bank, then program."""
    channel = layer.channel - 1
    if layer.bank is not None:
        yield from (control(channel, number, value) for number, value in zip(BANK, layer.bank, strict=True))
    if layer.program is not None:
        yield program(channel, layer.program - 1)


@dataclass(slots=True)
class Performance:
    """What sounds between a *play on* and the next stop. ``seed`` may carry the run: ``"7/1"``.

    A changed ``profile`` composes from the next start on.
    """

    profile: Profile
    seed: str
    _composed: Profile = field(init=False)
    _ensemble: Ensemble = field(init=False)
    _channels: dict[str, int] = field(init=False)
    _control_map: ControlMap = field(init=False)
    _scheduler: Scheduler = field(init=False)
    _mixer: Mixer = field(init=False)
    _begun: bool = False

    def __post_init__(self) -> None:
        self._compose()
        self.silence()

    def _compose(self) -> None:
        self._composed = self.profile
        self._ensemble = Ensemble(ensemble_settings(self.profile), self.seed)
        self._control_map = ControlMap.of(self.profile)
        self._channels = {name: each.channel - 1 for name, each in self.profile.layer.items()}

    def silence(self) -> None:
        """Forget every note and controller: the guardian has ended them."""
        limiter = Limiter(COMPOSER)
        self._scheduler = Scheduler(limiter)
        self._mixer = Mixer(limiter, self._channels, self.profile.output.level_cc)
        self._begun = False

    def begin(self) -> None:
        """From silence, level 0: nothing is held any more."""
        if self.profile is not self._composed:
            self._compose()
        self.silence()
        self._ensemble.restart()

    def play(self, tick: int, window: Window, intent: Intent, timeline: Timeline) -> list[MidiEvent]:
        """The limited events of one tick, in order of time."""
        events = [] if self._begun else self._open(tick, window.start_s)
        for note in self._ensemble.play(window, intent):
            self._scheduler.add(self._waiting(note, timeline))
        if tick % GRID_TICKS == 0:
            asked = self._control_map.mapped(self._ensemble.shape(window, intent), intent)
            events += [MidiEvent(tick, 0, data) for data in self._mixer.walk(window.start_s, asked)]
        events += self._scheduler.take((tick + 1) * TICK_US)
        return events

    def _open(self, tick: int, now_s: float) -> list[MidiEvent]:
        self._begun = True
        told = self.profile.layer.values() if self.profile.output.send_program else ()
        patches = [data for each in told for data in patch(each)]
        return [MidiEvent(tick, 0, data) for data in (*patches, *self._mixer.start(now_s))]

    def _waiting(self, note: Note, timeline: Timeline) -> Waiting:
        on_s = timeline.time_of(note.at_beat) + note.late_s
        return Waiting(
            on_us=round(on_s * 1e6),
            length_us=round(note.length_s * 1e6),
            channel=self._channels[note.layer],
            pitch=note.pitch,
            velocity=note.velocity,
        )
