"""What the house is told of a room: what is worth telling, once, and nothing of a person."""

import json

from engine.inputs import Act, Command, OutputKind, OutputState, Stamped
from engine.link.discovery import discovery
from engine.link.publication import Publication, Topics
from engine.link.report import Reporter
from engine.news import News, Trouble
from engine.session import Session
from sensors.heart import HeartPacket, Link, LinkState
from tests.session.sessions import a_setup

TOPICS = Topics("north", "blue")


def told(*news: News, reporter: Reporter | None = None) -> dict[str, dict[str, object]]:
    """The last payload of each topic."""
    reporter = reporter or Reporter(TOPICS, "5e55")
    publications = [each for one in news for each in reporter.tell(one, 100.0)]
    return {each.topic.removeprefix(TOPICS.root + "/"): json.loads(each.body) for each in publications}


def stamped(given: Command | HeartPacket | LinkState | OutputState) -> Stamped:
    return Stamped(1, 1, given)


def a_second(*given: Stamped) -> News:
    return Session(a_setup()).fold(0, given)


def test_a_second_tells_heart_arousal_music_and_session() -> None:
    heard = told(stamped(HeartPacket(0.5, 66, (1024, 512))), a_second())
    assert set(heard) == {"hr", "arousal", "music", "session"}
    assert heard["hr"]["rr_ms"] == [1000.0, 500.0]
    assert heard["hr"]["age_s"] is None
    assert heard["arousal"]["word"] == "settling"
    assert str(heard["music"]["sentence"]).startswith("silent until a person plays on")
    assert heard["session"]["mode"] == "silent"
    assert all(each["t"] == 100.0 for each in heard.values())


def test_a_session_that_did_not_change_is_not_told_again() -> None:
    reporter = Reporter(TOPICS, "5e55")
    assert "session" in told(a_second(), reporter=reporter)
    assert "session" not in told(a_second(), reporter=reporter)


def test_a_lost_strap_is_kept_until_it_is_back() -> None:
    reporter = Reporter(TOPICS, "5e55")
    lost = stamped(LinkState(3.0, Link.LOST, "out of reach"))
    assert told(lost, reporter=reporter)["attention"]["of"] == {"strap": "out of reach"}
    assert told(lost, reporter=reporter) == {}
    back = told(stamped(LinkState(5.0, Link.STREAMING_RR, "beats come")), reporter=reporter)
    assert back["attention"]["of"] == {}


def test_a_lost_port_is_told_and_a_silence_is_none() -> None:
    assert told(stamped(OutputState(OutputKind.SILENCED, "panic"))) == {}
    lost = told(stamped(OutputState(OutputKind.PORT_LOST, "unplugged")))
    assert lost["attention"]["of"] == {"synth": "unplugged"}


def test_every_command_is_told_with_where_it_came_from() -> None:
    event = told(stamped(Command(Act.EASE, "page")))["event"]
    assert (event["what"], event["who"], event["tick"]) == ("ease", "page", 1)


def test_trouble_is_told_in_its_sentence() -> None:
    assert told(Trouble("The page failed."))["event"]["sentence"] == "The page failed."


def test_a_stay_is_held() -> None:
    session = Session(a_setup())
    given = [Stamped(0, 1, Command(Act.PLAY_ON, "key")), Stamped(0, 2, Command(Act.STAY, "key"))]
    reporter = Reporter(TOPICS, "5e55")
    heard = told(session.fold(0, given), reporter=reporter)
    assert heard["session"]["mode"] == "held"


def test_home_assistant_is_told_of_sensors_alone() -> None:
    message: Publication = discovery(TOPICS, "1.0")
    payload = json.loads(message.body)
    assert message.retain
    assert {"dev", "o", "cmps"} <= set(payload)
    assert {sensor["p"] for sensor in payload["cmps"].values()} == {"sensor"}
    topics = {sensor["stat_t"] for sensor in payload["cmps"].values()}
    assert topics == {TOPICS.of(name) for name in ("hr", "arousal", "music", "session")}
    assert len({sensor["uniq_id"] for sensor in payload["cmps"].values()}) == len(payload["cmps"])
