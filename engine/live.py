"""A live room put together: heart, session, guardian, record, signals and keys, until the end has faded."""

import asyncio
import signal
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from engine import clock
from engine.attachment import Attachment
from engine.decision import Decision
from engine.hearts import HeartSpec, find_strap, find_stream, open_recording
from engine.inputs import Act, Command, OutputState
from engine.news import Hear, News, RecordedUpTo, Trouble
from engine.offline import Mark, Rendering, new_writer
from engine.output.guardian_link import GuardianLink
from engine.record.folder import RecordFolder, head
from engine.record.journal import Journal
from engine.room import Room
from engine.session import Folded, Session, Setup
from sensors.heart import HeartSource
from sensors.played import PlayedRecording

Tell = Callable[[str], None]
Submit = Callable[[Command], object]
Keys = Callable[[Submit], AbstractContextManager[object]]


def _no_keys(_: Submit) -> AbstractContextManager[object]:
    return nullcontext()


@dataclass(frozen=True, slots=True)
class LivePlan:
    """What was asked of a live session."""

    setup: Setup
    heart: HeartSpec
    strap: str | None
    outputs: tuple[str, ...]
    room: str
    marks: tuple[Mark, ...]
    minutes: float | None
    attached: tuple[Attachment, ...] = ()


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
    """What a live session leaves: its rendering, its record, how to ask for its strap, and whether Ctrl-C ended it."""

    rendering: Rendering
    folder: RecordFolder
    strap: str | None
    interrupted: bool


HeartFactory = Callable[[clock.Clock], HeartSource | None]


async def find_heart(plan: LivePlan, tell: Tell) -> tuple[str | None, HeartFactory]:
    """How to ask for the strap again, if it is one, and the heart, made with the session's clock once that runs.

    Raises the strap's, the streams' and the recordings' own one-sentence errors.
    """
    if plan.heart.kind == "none":
        return None, lambda _: None
    if plan.heart.is_recorded:
        recording = open_recording(plan.heart, plan.setup.seed)
        return None, lambda _: PlayedRecording(recording)
    if plan.heart.is_streamed:
        return None, await find_stream(plan.heart, tell)
    return await find_strap(plan.heart, plan.strap, tell)


def _soon(loop: asyncio.AbstractEventLoop, room: Room, news: RecordedUpTo | Trouble) -> None:
    """The journal's thread tells the room on the room's own loop."""
    loop.call_soon_threadsafe(room.report, news)


def _folded(take: Callable[[Folded], None]) -> Hear:
    def hear(news: News) -> None:
        if isinstance(news, Folded):
            take(news)

    return hear


@dataclass(slots=True)
class LiveSession:
    """Runs a plan. ``tell`` says a sentence to the person at the terminal, ``watch`` gets each second's decision.

    ``make_folder`` makes the record's place once heart and output are there: a failed start leaves nothing behind.
    """

    plan: LivePlan
    make_folder: Callable[[], RecordFolder]
    tell: Tell
    watch: Callable[[Decision], None]
    keys: Keys = _no_keys

    async def run(self) -> Lived:
        """From the first tick to the end of the fade. Raises what keeps it from starting."""
        strap, heart = await find_heart(self.plan, self.tell)
        profile = self.plan.setup.profile
        link = GuardianLink(
            self.plan.outputs, room=self.plan.room, level_cc=profile.output.level_cc, on_sentence=self.tell
        )
        await link.start()
        try:
            folder = self.make_folder()
            journal = Journal(folder.journal)
            journal.open(head(self.plan.setup))
            try:
                rendering, interrupted = await self._play(heart, link, journal)
            finally:
                journal.close()
        finally:
            await link.close()
        return Lived(rendering, folder, strap, interrupted)

    async def _play(self, heart: HeartFactory, link: GuardianLink, journal: Journal) -> tuple[Rendering, bool]:
        writer = new_writer(self.plan.setup)
        room = Room(
            Session(self.plan.setup),
            link,
            clock.now_s,
            record=journal,
            attached=self.plan.attached,
            minutes=self.plan.minutes,
        )
        room.source = heart(room.now_s)
        room.subscribe(_folded(writer.take))
        room.subscribe(self._hear)
        loop = asyncio.get_running_loop()
        journal.on_trouble = lambda sentence: _soon(loop, room, Trouble(sentence))
        journal.on_recorded = lambda seq: _soon(loop, room, RecordedUpTo(seq))
        interruptions = Interruptions(room.submit, self.tell)
        interruptions.install(loop)
        link.on_state = self._answer(room)
        room.submit(Command(Act.PLAY_ON, "start"))
        self._schedule(room, self.plan.marks)
        with self.keys(room.submit):
            await room.run()
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

    def _schedule(self, room: Room, marks: Iterable[Mark]) -> None:
        loop = asyncio.get_running_loop()
        for mark in marks:
            loop.call_later(mark.at_s, room.submit, Command(mark.act, "mark", mark.value))
