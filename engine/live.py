"""A live room put together: heart, session, guardian, record, signals and keys, until the end has faded."""

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial

from engine import clock
from engine.attachment import Attachment, RoomAccess
from engine.background import tell_what_fails
from engine.decision import Decision
from engine.errors import CalandoError, SafetyStopError, leaves
from engine.hearts import HeartSpec, awaited_strap
from engine.inputs import Act, Command, OutputState, Stamped
from engine.live_heart import Found, HeartFactory, LateHeart, find_heart
from engine.news import Hear, News, RecordedUpTo, Trouble
from engine.offline import Mark, Rendering, new_writer
from engine.output.choice import dressed
from engine.output.guardian_link import GuardianLink
from engine.output.lateness import told
from engine.record.folder import RecordFolder, head, run_head
from engine.record.journal import Journal
from engine.record.past import marks_ahead, refold
from engine.record.recorded import read_inputs
from engine.record.unfinished import Unfinished
from engine.room import Continued, Room
from engine.service import standing_by
from engine.session import Folded, Session, Setup
from sensors.heart import LinkState, Recording

log = logging.getLogger(__name__)

Tell = Callable[[str], None]
Submit = Callable[[Command], object]
Keys = Callable[[RoomAccess, Tell], AbstractContextManager[object]]


def _no_keys(_room: RoomAccess, _tell: Tell) -> AbstractContextManager[object]:
    return nullcontext()


@dataclass(frozen=True, slots=True)
class LivePlan:
    """What was asked of a live session; ``unfinished`` is the one that it takes up again."""

    setup: Setup
    heart: HeartSpec
    strap: str | None
    outputs: tuple[str, ...]
    room: str
    marks: tuple[Mark, ...]
    minutes: float | None
    attached: tuple[Attachment, ...] = ()
    unfinished: Unfinished | None = None
    recording: Recording | None = None
    """The recording that ``heart`` names, where it is open already."""
    waits: bool = False
    """True where the music waits for a person's *play on*: it was set up first, or a machine began the session.
    Otherwise whoever began it wants it at once."""


@dataclass(slots=True)
class Interruptions:
    """Ctrl-C once ends, twice silences; SIGTERM and a closed terminal end."""

    submit: Submit
    tell: Tell
    count: int = 0

    def install(self, loop: asyncio.AbstractEventLoop) -> None:
        """Listen, where the platform's loop can."""
        loop.add_signal_handler(signal.SIGINT, self.interrupt)
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.submit, Command(Act.END, number.name))

    def interrupt(self) -> None:
        """One more Ctrl-C."""
        self.count += 1
        if self.count == 1:
            self.tell("Fading out over 8 s; Ctrl-C again silences at once.")
            self.submit(Command(Act.END, "Ctrl-C"))
        else:
            self.submit(Command(Act.SILENCE, "Ctrl-C"))
            self.submit(Command(Act.END, "Ctrl-C"))


@dataclass(frozen=True, slots=True)
class Lived:
    """What a live session leaves: its rendering, its record, and whether Ctrl-C ended it."""

    rendering: Rendering
    folder: RecordFolder
    interrupted: bool


def _soon(loop: asyncio.AbstractEventLoop, room: Room, news: RecordedUpTo | Trouble) -> None:
    """The journal's thread tells the room on the room's own loop; where that has ended, nobody is there to be told."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(room.report, news)


async def _vital(session: Coroutine[object, object, None], output: Coroutine[object, object, None]) -> None:
    """Run the session while its output is kept. Raises SafetyStopError where either fails: closing the pipe fades."""
    try:
        async with asyncio.TaskGroup() as vital:
            watching = vital.create_task(output, name="guardian link")
            await vital.create_task(session, name="session")
            watching.cancel()
    except* CalandoError:
        raise
    except* Exception as group:
        log.debug("the session failed", exc_info=group)
        kinds = ", ".join(sorted({type(error).__name__ for error in leaves(group)}))
        ended = f"The session failed ({kinds}) and was ended in a fade"
        raise SafetyStopError(
            f"{ended}; its record is kept, and calando run --resume takes it up, unless what failed is in it."
        ) from group


def _folded(take: Callable[[Folded], None]) -> Hear:
    def hear(news: News) -> None:
        if isinstance(news, Folded):
            take(news)

    return hear


@dataclass(slots=True)
class LiveSession:
    """Runs a plan. ``tell`` says a sentence to the person at the terminal, ``watch`` gets each second's decision.

    ``make_folder`` makes the record's place once heart and output are there: a failed start leaves nothing behind.
    ``found`` hears then how to ask for the strap again, None without one.
    """

    plan: LivePlan
    make_folder: Callable[[], RecordFolder]
    tell: Tell
    watch: Callable[[Decision], None]
    keys: Keys = _no_keys
    found: Callable[[str | None], None] = lambda _: None

    async def run(self) -> Lived:
        """From the first tick to the end of the fade. Raises what keeps it from starting."""
        async with standing_by(ready=False):
            strap, heart = await self._find_heart()
        profile = self.plan.setup.profile
        link = GuardianLink(
            dressed(self.plan.outputs, profile.layer),
            room=self.plan.room,
            level_cc=profile.output.level_cc,
            midi_clock=profile.output.midi_clock,
            channels=sorted(layer.channel - 1 for layer in profile.layer.values()),
            on_sentence=self.tell,
        )
        unfinished = self.plan.unfinished
        try:
            async with standing_by(ready=False):
                await link.start()
            self.found(strap)
            folder = unfinished.folder if unfinished else self.make_folder()
            journal = Journal(folder.journal)
            journal.open(None if unfinished else head(self.plan.setup, self.plan.room))
            try:
                session = unfinished.session if unfinished else Session(self.plan.setup)
                rendering, interrupted = await self._play(session, heart, link, journal)
            except BaseException:
                await link.close()  # the music does not wait in its fade for a disk that may not answer
                raise
            finally:
                journal.close()
        finally:
            await link.close()
        if self.plan.outputs and (sentence := told(link.report)):
            self.tell(sentence)
        if unfinished:
            rendering = self._whole(rendering, folder)
        return Lived(rendering, folder, interrupted)

    async def _find_heart(self) -> Found:
        plan = self.plan
        find = partial(find_heart, plan.heart, plan.setup.seed, plan.strap, self.tell, plan.recording)
        if not plan.unfinished or plan.heart.kind == "none":
            return await find()
        if plan.heart.is_strap:
            return None, awaited_strap(plan.heart, plan.strap, self.tell)
        return None, lambda now_s: LateHeart(find, now_s)

    def _whole(self, lately: Rendering, folder: RecordFolder) -> Rendering:
        """All runs of the session; where the earlier ones cannot be composed anew, that is told."""
        try:
            return refold(read_inputs(folder.journal))
        except Exception as error:
            log.debug("the earlier runs failed", exc_info=error)
            failed = f"What was played before it was taken up cannot be composed anew ({type(error).__name__})"
            self.tell(f"{failed}; the .mid and the picture begin there, the record is whole.")
            return lately

    def _room(self, session: Session, link: GuardianLink, journal: Journal) -> Room:
        plan, unfinished, now_s = self.plan, self.plan.unfinished, clock.now_s()
        start_s = unfinished.start_s if unfinished else now_s
        past = unfinished.inputs if unfinished else None
        room = Room(
            session,
            link,
            clock.now_s,
            record=journal,
            attached=plan.attached,
            marks=marks_ahead(plan.marks, past) if past else plan.marks,
            minutes=plan.minutes,
            start_s=start_s,
            continued=Continued(past.last_seq, past.last_run) if past else None,
        )
        journal.take_run(run_head(past.last_run + 1 if past else 0, start_s, now_s))
        return room

    async def _play(
        self, session: Session, heart: HeartFactory, link: GuardianLink, journal: Journal
    ) -> tuple[Rendering, bool]:
        writer = new_writer(self.plan.setup)
        room = self._room(session, link, journal)
        room.source = heart(room.now_s)
        room.subscribe(_folded(writer.take))
        room.subscribe(self._hear)
        loop = asyncio.get_running_loop()
        journal.on_trouble = lambda sentence: _soon(loop, room, Trouble(sentence))
        journal.on_recorded = lambda seq: _soon(loop, room, RecordedUpTo(seq))
        tell_what_fails(loop, lambda sentence: room.report(Trouble(sentence)))
        interruptions = Interruptions(room.submit, self.tell)
        interruptions.install(loop)
        link.on_state = self._answer(room)
        link.on_report = lambda report: journal.take_guardian(room.session.next_tick, report)
        if not (self.plan.unfinished or self.plan.waits):
            room.submit(Command(Act.PLAY_ON, "start"))
        with self.keys(room, self.tell):
            await _vital(room.run(), link.watch())
        return writer.rendering, interruptions.count > 0

    def _answer(self, room: Room) -> Callable[[OutputState], None]:
        def answer(state: OutputState) -> None:
            self.tell(f"Output {state.kind.replace('_', ' ')}: {state.why}")
            room.hear_output(state)

        return answer

    def _hear(self, news: News) -> None:
        if isinstance(news, Folded) and news.decision:
            self.watch(news.decision)
        elif isinstance(news, Trouble):
            self.tell(news.sentence)
        elif isinstance(news, Stamped) and isinstance(news.input, LinkState):
            self.tell(f"Heart {news.input.link.words}: {news.input.why}")
