"""What a strap tells of itself beside the heart: charge, place on the body, maker. Read once, and never needed."""

from dataclasses import dataclass

from sensors import heart_rate_service as hrs
from sensors.bluetooth import Connection, Sighting

READ_S = 2.0
LOW_BATTERY_PERCENT = 20


@dataclass(frozen=True, slots=True)
class StrapDetails:
    """A strap's own words about itself; None is what it does not tell."""

    name: str
    id: str
    battery_percent: int | None
    location: str | None
    maker: str | None
    model: str | None
    firmware: str | None

    @property
    def words(self) -> str:
        """What it tells, for a person; empty where it tells nothing."""
        firmware = f"firmware {self.firmware}" if self.firmware else None
        return ", ".join(each for each in (self.maker, self.model, firmware, self.location, self._charge) if each)

    @property
    def _charge(self) -> str | None:
        if self.battery_percent is None:
            return None
        low = ": change it soon" if self.battery_percent <= LOW_BATTERY_PERCENT else ""
        return f"battery {self.battery_percent} %{low}"


async def read_details(connection: Connection, strap: Sighting) -> StrapDetails:
    """Ask for everything, one after the other; what is missing, refused or slow is None."""

    async def value(uuid: str) -> bytes:
        return await connection.read(uuid, READ_S) or b""

    return StrapDetails(
        name=strap.name,
        id=strap.id,
        battery_percent=hrs.battery_percent(await value(hrs.BATTERY_LEVEL)),
        location=hrs.location_name(await value(hrs.BODY_SENSOR_LOCATION)),
        maker=hrs.text(await value(hrs.MAKER_NAME)),
        model=hrs.text(await value(hrs.MODEL_NUMBER)),
        firmware=hrs.text(await value(hrs.FIRMWARE_REVISION)),
    )
