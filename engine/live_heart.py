"""The heart of a live session: found before it starts; or, where a session is resumed, while it already lives."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from engine.clock import Clock
from engine.hearts import HeartSpec, find_strap, find_stream, open_recording
from sensors.heart import Deliver, HeartSource, Link, LinkState, Recording
from sensors.played import PlayedRecording

HeartFactory = Callable[[Clock], HeartSource | None]
Found = tuple[str | None, HeartFactory]


async def find_heart(
    spec: HeartSpec, seed: int, strap: str | None, tell: Callable[[str], None], opened: Recording | None = None
) -> Found:
    """How to ask for the strap again, if it is one, and the heart, made with the session's clock once that runs.

    ``strap`` is the one that the room remembers, ``opened`` a recording that is open already. Raises the strap's, the
    streams' and the recordings' own one-sentence errors.
    """
    if spec.kind == "none":
        return None, lambda _: None
    if spec.is_recorded:
        recording = opened or open_recording(spec, seed)
        return None, lambda now_s: PlayedRecording(recording, now_s=now_s)
    if spec.is_streamed:
        return None, await find_stream(spec, tell)
    return await find_strap(spec, strap, tell)


@dataclass(frozen=True, slots=True)
class LateHeart:
    """A heart that is looked for while the room already lives: a resume waits for no strap."""

    find: Callable[[], Awaitable[Found]]
    now_s: Clock

    async def run(self, deliver: Deliver) -> None:
        """Find it, then deliver what it delivers. Raises what ``find`` raises; whoever keeps it tries again."""
        deliver(LinkState(self.now_s(), Link.SEARCHING, "the session was resumed"))
        _, make = await self.find()
        source = make(self.now_s)
        if source is not None:
            await source.run(deliver)
