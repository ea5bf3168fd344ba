"""MQTT over aiomqtt, which only this module knows: version 5, or 3.1.1 where a broker speaks nothing newer."""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from engine.link.broker import BrokerError, Connection
from engine.link.discovery import STATUS
from engine.link.place import PASSWORD, BrokerPlace, Version
from engine.link.publication import LONGEST_ANSWER_S, Publication, Topics
from engine.link.requests import Incoming

KEEP_ALIVE_S = 5
TIMEOUT_S = 2.0
"""For each answer of the broker; one that knows no MQTT 5 may simply never give any."""
WILL_DELAY_S = 1
MOST_WAITING = 2000
"""Messages that came and were not read yet; a flood beyond it is lost, and may take a request with it."""
_NOT_ALLOWED = {4, 5, 134, 135}
_UNKNOWN_VERSION = {1, 132}
_PROTOCOLS = {Version.FIVE: aiomqtt.ProtocolVersion.V5, Version.THREE: aiomqtt.ProtocolVersion.V311}

log = logging.getLogger(__name__)
log.addHandler(logging.NullHandler())
log.propagate = False


class _OlderBrokerError(Exception):
    """The broker does not speak this version."""


@dataclass(slots=True)
class MqttBroker:
    """One broker. With version ``auto`` it finds out what is spoken there, and remembers that it is the newer."""

    place: BrokerPlace
    topics: Topics
    _spoken: Version | None = field(default=None)

    @asynccontextmanager
    async def connect(self, will: Publication) -> AsyncIterator[Connection]:
        """Connect and subscribe. Raises BrokerError."""
        client, spoken = await self._entered(will)
        try:
            connection = _MqttConnection(client, spoken)
            await connection.subscribe(self.topics.requests, STATUS if self.place.discovery else None)
            yield connection
        finally:
            await _leave(client)

    async def _entered(self, will: Publication) -> tuple[aiomqtt.Client, Version]:
        wanted = self._spoken or self.place.version
        versions = (Version.FIVE, Version.THREE) if wanted is Version.AUTO else (wanted,)
        for version in versions:
            try:
                client = await self._enter(version, will)
            except _OlderBrokerError:
                continue
            if version is Version.FIVE:
                self._spoken = version
            return client, version
        raise BrokerError(f"The broker at {self.place.name} does not answer in MQTT {versions[-1]}.")

    async def _enter(self, version: Version, will: Publication) -> aiomqtt.Client:
        client = self._client(version, will)
        try:
            with _cancellable():
                await client.__aenter__()
        except aiomqtt.MqttCodeError as error:
            raise self._refused(error) from None
        except aiomqtt.MqttError as error:
            if "timed out" in str(error):
                raise _OlderBrokerError from None
            raise BrokerError(self._unreached(str(error))) from None
        except asyncio.CancelledError:
            await _leave(client)
            raise
        return client

    def _client(self, version: Version, will: Publication) -> aiomqtt.Client:
        newer = version is Version.FIVE
        return aiomqtt.Client(
            self.place.host,
            self.place.port,
            username=self.place.user,
            password=self.place.password,
            protocol=_PROTOCOLS[version],
            will=aiomqtt.Will(
                will.topic, will.body, qos=1, retain=True, properties=_will_properties() if newer else None
            ),
            clean_session=None if newer else True,
            timeout=TIMEOUT_S,
            keepalive=KEEP_ALIVE_S,
            max_queued_incoming_messages=MOST_WAITING,
            tls_context=self._tls(),
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
            logger=log,
        )

    def _tls(self) -> ssl.SSLContext | None:
        if not self.place.secure:
            return None
        try:
            return ssl.create_default_context(cafile=self.place.authority)
        except (OSError, ssl.SSLError) as error:
            raise BrokerError(f"The certificates in {self.place.authority} cannot be read: {error}.") from error

    def _refused(self, error: aiomqtt.MqttCodeError) -> Exception:
        code = getattr(error.rc, "value", error.rc)
        if code in _UNKNOWN_VERSION:
            return _OlderBrokerError()
        if code in _NOT_ALLOWED:
            return BrokerError(
                f"The broker at {self.place.name} refuses this user or password; "
                f"check the user in --mqtt and {PASSWORD}."
            )
        return BrokerError(f"The broker at {self.place.name} refuses this room: {error}.")

    def _unreached(self, why: str) -> str:
        if "CERTIFICATE_VERIFY_FAILED" in why:
            return (
                f"The certificate of {self.place.name} is not signed by an authority that is trusted here; "
                "name the file of yours with ?ca=FILE in --mqtt."
            )
        return f"No broker answers at {self.place.name} ({why})."


@dataclass(frozen=True, slots=True)
class _MqttConnection:
    client: aiomqtt.Client
    version: Version

    async def subscribe(self, requests: str, status: str | None) -> None:
        how: dict[str, Any] = {"qos": 1}
        if self.version is Version.FIVE:
            how = {"options": SubscribeOptions(qos=1, retainAsPublished=True)}
        try:
            for topic in filter(None, (requests, status)):
                with _cancellable():
                    await self.client.subscribe(topic, **how)
        except aiomqtt.MqttError as error:
            raise BrokerError(f"The broker takes no subscription: {error}.") from None

    async def publish(self, publication: Publication) -> None:
        properties = _answer_properties(publication) if self.version is Version.FIVE else None
        try:
            with _cancellable():
                await self.client.publish(
                    publication.topic,
                    publication.body,
                    qos=1 if publication.at_least_once else 0,
                    retain=publication.retain,
                    properties=properties,
                )
        except aiomqtt.MqttError as error:
            raise BrokerError(f"The broker is lost: {error}.") from None

    async def incoming(self) -> AsyncIterator[Incoming]:
        try:
            async for message in self.client.messages:
                payload = message.payload if isinstance(message.payload, bytes) else b""
                yield Incoming(str(message.topic), payload, bool(message.retain))
        except aiomqtt.MqttError as error:
            raise BrokerError(f"The broker is lost: {error}.") from None


@contextmanager
def _cancellable() -> Iterator[None]:
    """aiomqtt waits with wait_for, which in Python 3.11 may swallow a cancellation that comes with the answer."""
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    yield
    if task and task.cancelling() > before:
        raise asyncio.CancelledError


def _will_properties() -> Properties:
    properties = Properties(PacketTypes.WILLMESSAGE)  # type: ignore[no-untyped-call]
    properties.WillDelayInterval = WILL_DELAY_S
    return properties


def _answer_properties(publication: Publication) -> Properties | None:
    if publication.correlation is None:
        return None
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.CorrelationData = publication.correlation.encode()
    properties.MessageExpiryInterval = LONGEST_ANSWER_S
    return properties


async def _leave(client: aiomqtt.Client) -> None:
    """Say goodbye; a broker that does not answer is left all the same."""
    try:
        await client.__aexit__(None, None, None)
    except aiomqtt.MqttError as error:
        log.debug("left without an answer: %s", error)
