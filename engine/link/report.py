"""What a room tells the house: its news, second by second, as publications (pure)."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.decision import Decision
from engine.inputs import Command, OutputKind, OutputState, Stamped
from engine.link.publication import Keeps, Publication, Topics
from engine.news import News, Trouble
from engine.session import Folded
from sensors.heart import RR_TICKS_PER_SECOND, HeartPacket, Link, LinkState

SCHEMA = 1
SESSION_EVERY_S = 30
MODES = {"playing": "auto", "pause": "paused", "waiting": "silent", "silence": "silent", "crash": "silent"}
_STREAMING = (Link.STREAMING_RR, Link.STREAMING_HR_ONLY)
_MOST_INTERVALS = 16


@dataclass(slots=True)
class Reporter:
    """Turns news into publications. ``session`` is an opaque id; nothing of a person is ever among them."""

    topics: Topics
    session: str
    _rr_ms: list[float] = field(default_factory=list)
    _attention: dict[str, str] = field(default_factory=dict)
    _told: tuple[object, ...] = ()

    def state(self, word: str, unix_s: float) -> Publication:
        """``init``, ``ready``, ``disconnected`` or ``lost``, in Homie's words."""
        return self._value("$state", {"state": word}, unix_s, retain=True)

    def info(self, version: str, verbs: tuple[str, ...], unix_s: float) -> Publication:
        """What speaks here, and what it can be asked for."""
        told = {"software": "calando", "version": version, "schema": SCHEMA, "verbs": verbs}
        return self._value("$info", told, unix_s, retain=True)

    def event(self, what: str, who: str, unix_s: float, **more: object) -> Publication:
        """One line of what happened."""
        told = {"what": what, "who": who, **more, "t": unix_s}
        return Publication(self.topics.of("event"), told, Keeps.EVENT, at_least_once=True)

    def answer(self, client: str, request: str, unix_s: float, **more: object) -> Publication:
        """An answer to a client's request."""
        told = {"id": request, **more, "t": unix_s}
        topic = self.topics.of(f"ack/{client}")
        return Publication(topic, told, Keeps.EVENT, at_least_once=True, correlation=request)

    def tell(self, news: News, unix_s: float) -> Iterator[Publication]:
        """What one piece of news makes worth telling, at ``unix_s`` in Unix seconds."""
        match news:
            case Stamped(input=HeartPacket() as packet):
                self._rr_ms += [1000 * rr / RR_TICKS_PER_SECOND for rr in packet.rr_ticks]
                del self._rr_ms[:-_MOST_INTERVALS]
            case Stamped(input=LinkState() as link):
                yield from self._notice("strap", None if link.link in _STREAMING else link.why, unix_s)
            case Stamped(input=OutputState() as output):
                fine = output.kind is not OutputKind.PORT_LOST
                yield from self._notice("synth", None if fine else output.why, unix_s)
            case Stamped(input=Command() as command):
                yield self.event(str(command.act), command.by, unix_s, tick=news.tick)
            case Trouble():
                yield self.event("trouble", "room", unix_s, sentence=news.sentence)
            case Folded(decision=Decision() as decision):
                yield from self._second(decision, unix_s)

    def _second(self, decision: Decision, unix_s: float) -> Iterator[Publication]:
        estimate, intent = decision.estimate, decision.intent
        heard = {"hr_bpm": estimate.hr_bpm, "age_s": estimate.data_age_s, "quality": estimate.quality}
        yield self._value("hr", {**heard, "rr_ms": tuple(self._rr_ms)}, unix_s)
        self._rr_ms.clear()
        made = {"value": estimate.arousal, "word": str(estimate.state), "confidence": estimate.confidence}
        yield self._value("arousal", {**made, "reasons": estimate.reasons}, unix_s)
        played = {"tempo_bpm": intent.tempo_bpm, "density": intent.density, "level_db": intent.level_db}
        more = {"register_top": intent.register_top, "calm": decision.offset, "limited_by": decision.limited_by}
        yield self._value("music", {"sentence": decision.sentence, **played, **more}, unix_s)
        yield from self._session(decision, unix_s)

    def _session(self, decision: Decision, unix_s: float) -> Iterator[Publication]:
        mode = "held" if "stay" in decision.limited_by else MODES.get(decision.playing, decision.playing)
        worth = (decision.phase, mode, int(decision.time_s) // SESSION_EVERY_S)
        if worth != self._told:
            self._told = worth
            told = {"id": self.session, "phase": decision.phase, "left_s": decision.phase_left_s, "mode": mode}
            yield self._value("session", {**told, "elapsed_s": decision.time_s}, unix_s, retain=True)

    def _notice(self, what: str, why: str | None, unix_s: float) -> Iterator[Publication]:
        """Keep or clear one thing that somebody should look at; told where it changed."""
        before = dict(self._attention)
        self._attention.pop(what, None)
        if why:
            self._attention[what] = why
        if self._attention != before:
            yield self._value("attention", {"of": dict(self._attention)}, unix_s, retain=True)

    def _value(self, name: str, told: dict[str, object], unix_s: float, *, retain: bool = False) -> Publication:
        return Publication(self.topics.of(name), {**told, "t": unix_s}, retain=retain, at_least_once=retain)
