"""What a strap tells of itself beside the heart: charge, place on the body, maker. Read once, and never needed."""

from dataclasses import dataclass

from sensors import heart_rate_service as hrs
from sensors.bluetooth import Connection, Sighting

READ_S = 2.0


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
