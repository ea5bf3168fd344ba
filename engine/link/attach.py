"""The links that a call asks for, as attachments of a room."""

import os
import random
import secrets
from collections.abc import Callable, Iterator
from importlib.metadata import version

from engine.attachment import Attachment


def links(mqtt: str | None, osc: str | None, room: str, tell: Callable[[str], None]) -> Iterator[Attachment]:
    """What ``--mqtt`` and ``--osc`` ask for. Raises UsageError and LinkFailedError."""
    if mqtt:
        yield _mqtt(mqtt, room, tell)
    if osc:
        from engine.link.open_sound import OpenSoundOut, open_sender, parse_place

        yield OpenSoundOut(open_sender(*parse_place(osc)), tell)


def _mqtt(url: str, room: str, tell: Callable[[str], None]) -> Attachment:
    from engine.link.mqtt import MqttBroker
    from engine.link.mqtt_link import MqttLink
    from engine.link.place import parse_broker
    from engine.link.publication import Topics
    from engine.link.report import Reporter
    from engine.record.folder import wall_time

    place = parse_broker(url, os.environ)
    topics = Topics(place.site, room)
    return MqttLink(
        topics=topics,
        broker=MqttBroker(place, topics),
        reporter=Reporter(topics, session=secrets.token_hex(4)),
        unix_s=lambda: wall_time().timestamp(),
        random=random.Random(),
        tell=tell,
        version=version("calando"),
        discovers=place.discovery,
    )
