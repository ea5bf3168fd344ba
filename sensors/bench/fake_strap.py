"""A heart-rate strap as a Bluetooth daemon would see it: what it advertises, what it holds, what is wrong with it."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from sensors import heart_rate_service as hrs
from sensors.heart import HeartPacket

Turns = Iterator[tuple[bytes, ...]]
"""What a strap notifies, turn by turn: usually one payload, after a pause several, or none."""


def steady_heart(rr_ticks: int = 853) -> Turns:
    """One interval a packet, nearly always the same: 853 ticks are 833 ms, 72 beats a minute."""
    for sway in itertools.cycle((0, 9, 17, 9, 0, -9, -17, -9)):
        ticks = rr_ticks + sway
        yield (hrs.encode(HeartPacket(0.0, round(60 * 1024 / ticks), (ticks,))),)


@dataclass(slots=True, eq=False)
class FakeStrap:
    """One strap in the air. Change its fields while the bench runs; a None field is a characteristic it lacks.

    ``silent`` keeps the link and sends nothing; ``resolves`` False never tells its services; ``in_range`` False
    neither advertises nor answers. A turn of ``heart`` is taken every ``packet_every_s`` while somebody is subscribed.
    """

    name: str
    address: str
    heart: Turns = field(default_factory=steady_heart)
    packet_every_s: float = 1.0
    signal_dbm: int = -60
    battery_percent: int | None = 87
    location: int | None = 1
    maker: str | None = "Calando"
    model: str | None = "Bench strap"
    firmware: str | None = "1.0"
    in_range: bool = True
    resolves: bool = True
    silent: bool = False
    connected: bool = field(default=False, init=False)

    @property
    def uuids(self) -> list[str]:
        """The services it advertises."""
        return [hrs.HEART_RATE_SERVICE]

    def layout(self) -> dict[str, dict[str, bytes | None]]:
        """Its services, each with its characteristics and their values; the measurement has none to read."""
        heart = {hrs.BODY_SENSOR_LOCATION: _number(self.location)}
        makers = {hrs.MAKER_NAME: self.maker, hrs.MODEL_NUMBER: self.model, hrs.FIRMWARE_REVISION: self.firmware}
        return {
            hrs.HEART_RATE_SERVICE: {hrs.MEASUREMENT: None, **_held(heart)},
            hrs.BATTERY_SERVICE: _held({hrs.BATTERY_LEVEL: _number(self.battery_percent)}),
            hrs.DEVICE_INFORMATION_SERVICE: _held({uuid: _text(value) for uuid, value in makers.items()}),
        }


def _number(value: int | None) -> bytes | None:
    return None if value is None else bytes((value,))


def _text(value: str | None) -> bytes | None:
    return None if value is None else value.encode()


def _held(values: dict[str, bytes | None]) -> dict[str, bytes | None]:
    return {uuid: value for uuid, value in values.items() if value is not None}
