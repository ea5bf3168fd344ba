"""The one place where arc, heart and staff meet and an intent is made of them.

The arc sets where the music is. The heart may only move it toward calm; the staff may move it either way, and
whichever of the two asks for more calm is followed.
"""

from dataclasses import dataclass, replace

from engine.affect.estimate import Estimate, Route
from engine.inputs import Act, Command
from engine.midi import TICKS_PER_SECOND
from engine.policy.aim import ArcPoint, aim, intent_of
from engine.policy.arc import EXTEND_MINUTES, Arc
from engine.policy.commands import Staff
from engine.policy.response import AROUSED, Answer
from engine.policy.sensed import SensorOffset
from engine.policy.slew import Values
from engine.policy.words import Standing
from engine.profile import Phase, Profile
from generators.score import Intent

BASELINE_GIVEN_UP_TICKS = 600 * TICKS_PER_SECOND
"""With no drug and no baseline by now, the arc no longer waits for one."""


@dataclass(frozen=True, slots=True)
class _Held:
    """What was in force when the staff asked to stay."""

    point: ArcPoint
    motion_offset: float
    sound_offset: float
    least_offset: float


class Controller:
    """Makes the intent of every tick from the arc, the estimate and the staff's commands.

    Of two histories that differ only by more arousal in the second, with equal confidence, data and states, the
    second's intent is at no tick quicker, denser, louder, brighter or higher.
    """

    def __init__(self, profile: Profile, route: Route, *, staff_only: bool = False) -> None:
        """``staff_only``: no heart may move the music; the arc and the staff alone do."""
        self._profile, self._route, self._staff_only = profile, route, staff_only
        self._arc = Arc(profile.phases(route))
        self._place_before = self._arc.place
        self._sensor = SensorOffset(profile.rest_offset)
        self._answer = Answer(profile.response)
        self._staff = Staff()
        self._least_offset = 0.0
        self._estimate: Estimate | None = None
        self._waited_ticks = 0
        self._held: _Held | None = None
        self._lightened = False
        self._playing = False
        self._aroused = False
        self._now_s = 0.0
        self._point = ArcPoint.of(self._arc.phase)
        self._phase: Phase | None = None
        self._coasted = False
        self._offsets = (0.0, 0.0)
        self._aimed_at: tuple[ArcPoint, float, float] | None = None
        self._target = aim(self._point, profile, 0.0, 0.0)
        self._values = replace(self._target)
        self._arrived_at: Values | None = None
        self._intent = intent_of(self._values, may_grow=True)

    @property
    def intent(self) -> Intent:
        """What was last decided."""
        return self._intent

    @property
    def offset(self) -> float:
        """How far calm-ward of the arc the music is asked to be, 0..1."""
        return max(self._staff.least_offset, self._answer.sound)

    @property
    def sensor_offset(self) -> float:
        """What the heart asks for, 0..1, whatever the response makes of it."""
        return self._sensor.offset

    @property
    def staff_offset(self) -> float:
        """What *ease* and *lighter* add up to, 0..1."""
        return self._staff.offset

    @property
    def ceiling(self) -> float:
        """The staff's ceiling, as a share 0..1 of the arc."""
        return self._staff.ceiling

    @property
    def staying(self) -> bool:
        """True while the staff hold the music as it is."""
        return self._staff.staying

    @property
    def phase(self) -> str:
        """The phase in force."""
        return self._arc.phase.name

    @property
    def phase_left_s(self) -> float | None:
        """Seconds until the phase ends; None while the arc's clock waits."""
        return self._arc.left_s

    @property
    def standing(self) -> Standing:
        """What can be said of now, in ``engine.policy.words`` and ``engine.policy.explain``."""
        return Standing(
            values=self._values,
            target=self._target,
            neutral=aim(self._point, self._profile, 0.0, 0.0),
            staff=self._staff,
            estimate=self._estimate,
            heart_offset=self._answer.sound,
            coasting=self._sensor.coasting,
            holding=self._answer.is_holding,
            aroused=self._aroused,
            data_age_s=self._sensor.data_age_s(self._now_s),
            phase=self._arc.phase.name,
            playing=self._playing,
        )

    def command(self, command: Command, now_s: float) -> None:
        """Take a person's act at ``now_s``; it is in force in the next step. Other acts change nothing here."""
        self._now_s = now_s
        self._staff = self._staff.after(command)
        self._least_offset = self._staff.least_offset
        if command.act in {Act.DOSE, Act.NEXT_PHASE}:
            self._place_before = self._arc.place
        match command.act:
            case Act.DOSE:
                self._arc.start()
            case Act.NEXT_PHASE:
                self._arc.next_phase()
            case Act.EXTEND:
                self._arc.extend(EXTEND_MINUTES if command.value is None else command.value)
            case Act.STAY if self._held is None:
                self._held = _Held(self._point, *self._offsets, self._staff.least_offset)
            case Act.MOVE_ON:
                self._held = None
            case Act.LIGHTER | Act.CEILING:
                self._lightened = self._sensor.coasting

    def take_back(self, act: Act, now_s: float) -> None:
        """Undo the last *next phase*, *dose* or *ceiling*; of other acts there is nothing to undo here."""
        self._now_s = now_s
        if act is Act.CEILING:
            self._staff = self._staff.without_last_ceiling()
            self._least_offset = self._staff.least_offset
            self._lightened = self._sensor.coasting
        elif act in {Act.DOSE, Act.NEXT_PHASE}:
            self._arc.go_back(self._place_before)

    def reconfigure(self, profile: Profile) -> None:
        """Go on under another profile; the music walks to it at the ordinary slews."""
        self._profile = profile
        self._sensor.rest_offset = profile.rest_offset
        self._answer.response = profile.response
        self._arc.change(profile.phases(self._route))
        self._phase = None
        self._aimed_at = None

    def distrust(self) -> None:
        """The engine stood still for a moment: coast until there were good data for 20 s."""
        self._sensor.distrust()

    def resume(self, gap_s: float) -> None:
        """The room came back after ``gap_s`` unfolded seconds: the arc's clock ran on, good data count anew."""
        if not self._staff.staying:
            self._run_arc(round(gap_s * TICKS_PER_SECOND))
        self._sensor.interrupt()

    def step(self, now_s: float, estimate: Estimate | None, *, playing: bool) -> Intent:
        """The intent of the tick that starts at ``now_s``; called once for each tick, in order.

        The last estimate given holds, and ages, until another is. ``playing`` only changes the words.
        """
        self._now_s, self._playing = now_s, playing
        if not self._staff_only:
            self._listen(now_s, estimate)
        if self._held is None:
            self._run_arc(1)
            moved = self._follow()
        else:
            moved = self._stay(self._held)
        if moved or self._intent.may_grow is self._aroused:
            self._intent = intent_of(self._values, may_grow=not self._aroused)
        return self._intent

    def _listen(self, now_s: float, estimate: Estimate | None) -> None:
        if estimate is not None and estimate is not self._estimate:
            self._estimate = estimate
            self._sensor.hear(estimate)
            self._aroused = estimate.state in AROUSED
        self._sensor.advance(now_s)
        self._answer.advance(self._sensor.offset, aroused=self._aroused)

    def _run_arc(self, ticks: int) -> None:
        if not self._arc.started:
            self._wait_for_baseline(ticks)
        self._arc.advance(ticks)

    def _wait_for_baseline(self, ticks: int) -> None:
        self._waited_ticks += ticks
        if self._route is Route.NONE and (self._sensor.accepted or self._waited_ticks >= self._patience_ticks):
            self._arc.start()

    @property
    def _patience_ticks(self) -> int:
        if self._staff_only:
            return min(BASELINE_GIVEN_UP_TICKS, self._arc.arrival_ticks)
        return BASELINE_GIVEN_UP_TICKS

    def _follow(self) -> bool:
        if self._arc.phase is not self._phase or self._sensor.coasting is not self._coasted:
            self._refresh_point()
        least, answer = self._least_offset, self._answer
        motion, sound = answer.motion, answer.sound
        self._offsets = (motion if motion > least else least, sound if sound > least else least)
        self._aim(self._point, *self._offsets)
        if self._arrived_at is self._target:
            return False
        fall = 1.0 if least else answer.fall
        rise = 0.0 if answer.is_holding or (self._sensor.coasting and not self._lightened) else 1.0
        moved = self._values.advance(self._target, fall=fall, rise=rise, louder=0.0 if self._aroused else 1.0)
        self._arrived_at = None if moved else self._target
        return moved

    def _stay(self, held: _Held) -> bool:
        """Frozen, but for what the staff asked in the meantime: that may only calm."""
        least = self._staff.least_offset
        if least <= held.least_offset:
            return False
        self._aim(held.point, max(least, held.motion_offset), max(least, held.sound_offset))
        return self._values.advance(self._target, rise=0.0)

    def _refresh_point(self) -> None:
        """Follow the arc; while coasting only downward."""
        phase, coasting = self._arc.phase, self._sensor.coasting
        if self._phase is None or self._coasted is not coasting:
            self._lightened = False
        self._phase, self._coasted = phase, coasting
        fresh = ArcPoint.of(phase)
        self._point = fresh.at_most(self._point) if coasting else fresh

    def _aim(self, point: ArcPoint, motion_offset: float, sound_offset: float) -> None:
        aimed_at = (point, motion_offset, sound_offset)
        if aimed_at != self._aimed_at:
            self._aimed_at = aimed_at
            self._target = aim(point, self._profile, motion_offset, sound_offset)
