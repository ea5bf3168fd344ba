"""Which strap is meant: by address, by the name that is printed on it, or the only one there."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from sensors.bluetooth import Bluetooth, BluetoothMissingError, BluetoothTroubleError, Sighting

SETTLE_S = 2.0
"""How long to go on listening after the first match: another strap may match as well."""


class StrapError(Exception):
    """No strap to listen to; the text is one sentence for a person: what, and what to do. Made from its words."""

    def __init__(self, words: str) -> None:
        super().__init__(f"{words[0].upper()}{words[1:]}.")


class NoBluetoothError(StrapError):
    """There is no Bluetooth to search with."""


class NoSuchStrapError(StrapError):
    """Nothing that was heard is the strap that is wanted."""


class SeveralStrapsError(StrapError):
    """More than one strap could be meant, and guessing could pick another person's."""


class StrapInUseError(StrapError):
    """The only strap there is listened to on this computer already: it may be another room's."""


@dataclass(frozen=True, slots=True)
class FoundStrap:
    """A strap near this computer, and what could be learnt of it; None is what could not.

    ``signal_dbm`` is missing where the system holds the strap already. ``sends_rr`` and ``sends_contact`` say what
    its packets bring. ``trouble`` is why it could not be listened to.
    """

    name: str
    id: str
    signal_dbm: int | None
    battery_percent: int | None = None
    heart_rate_bpm: int | None = None
    sends_rr: bool | None = None
    sends_contact: bool | None = None
    trouble: str | None = None


def label(strap: Sighting) -> str:
    """A strap as it is called before people."""
    return f"{strap.name} ({strap.id})"


def matching(wanted: str | None, seen: Mapping[str, Sighting]) -> tuple[Sighting, ...]:
    """The straps that ``wanted`` can mean: an address means one alone; else a whole name; else a part of a name.

    Upper and lower case are the same. None means any. In order of id.
    """
    straps = [seen[key] for key in sorted(seen)]
    if wanted is None:
        return tuple(straps)
    word = wanted.casefold()
    tests = (
        lambda strap: strap.id.casefold() == word,
        lambda strap: strap.name.casefold() == word,
        lambda strap: word in strap.name.casefold(),
    )
    return next((found for test in tests if (found := tuple(filter(test, straps)))), ())


def several(straps: tuple[Sighting, ...]) -> str:
    """One sentence about more than one candidate, all named; the example is none that is in use, where there is one."""
    named = ", ".join(label(each) + (" in use on this computer" if _is_held(each) else "") for each in straps)
    example = min(straps, key=_is_held)
    return f"{len(straps)} straps match, {named}: name the one to use, for example ble:{example.id}"


def _none(wanted: str | None, seen: Mapping[str, Sighting], seconds: float) -> str:
    others = ", ".join(map(label, seen.values()))
    heard = f"; heard: {others}: to use another strap, name it, for example ble:{next(iter(seen))}" if seen else ""
    what = "no strap" if wanted is None else f"no strap called {wanted}"
    return f"{what} was heard in {seconds:g} s: put it on, moisten it, and free it from phones and watches{heard}"


def _is_held(strap: Sighting) -> bool:
    return strap.signal_dbm is None


def in_use(wanted: str | None, candidates: tuple[Sighting, ...]) -> bool:
    """Whether the only strap is one that the system holds and nobody named: it may be playing in another room."""
    return wanted is None and len(candidates) == 1 and _is_held(candidates[0])


def _taken(strap: Sighting) -> str:
    return f"the only strap heard, {label(strap)}, is in use on this computer: name it if it is yours, ble:{strap.id}"


class Search:
    """What was seen so far, and whether that is enough to choose."""

    def __init__(self, wanted: str | None, settle_s: float) -> None:
        self.wanted = wanted
        self.seen: dict[str, Sighting] = {}
        self._settle_s = settle_s
        self._first_s: float | None = None
        self._news = asyncio.Event()

    def see(self, strap: Sighting) -> None:
        """Take note of an advertisement, or of a strap that is held."""
        self.seen[strap.id] = strap
        if self._first_s is None and self.candidates and not _is_held(strap):
            self._first_s = asyncio.get_running_loop().time()
        self._news.set()

    @property
    def candidates(self) -> tuple[Sighting, ...]:
        """The straps that can be meant, as far as they were seen."""
        return matching(self.wanted, self.seen)

    @property
    def certain(self) -> bool:
        """Whether the strap that was seen is wanted by its address, which no other has."""
        return self.wanted is not None and any(key.casefold() == self.wanted.casefold() for key in self.seen)

    async def settled(self, window_s: float) -> tuple[Sighting, ...]:
        """The candidates, at once when certain, else a moment after the first; none where none came in the window.

        Call it once a scan runs: only from then on can a strap that is not held be heard beside one that is.
        """
        now_s = asyncio.get_running_loop().time()
        end_s = now_s + window_s
        if self._first_s is None and self.candidates:
            self._first_s = now_s
        while not self.certain:
            until_s = end_s if self._first_s is None else self._first_s + self._settle_s
            try:
                async with asyncio.timeout_at(until_s):
                    await self._news.wait()
            except TimeoutError:
                break
            self._news.clear()
        return self.candidates


async def find(
    wanted: str | None = None, seconds: float = 10.0, *, bluetooth: Bluetooth | None = None, settle_s: float = SETTLE_S
) -> FoundStrap:
    """The one strap that ``wanted`` (address, printed name, or None for any) means, held by the system or advertising.

    Raises NoBluetoothError, NoSuchStrapError, SeveralStrapsError or StrapInUseError, each one sentence saying what
    to do.
    """
    search = Search(wanted, settle_s)
    try:
        candidates = await _look(bluetooth or Bluetooth(), search, seconds)
    except BluetoothTroubleError as trouble:
        raise NoBluetoothError(str(trouble)) from trouble
    if not candidates:
        raise NoSuchStrapError(_none(wanted, search.seen, seconds))
    if len(candidates) > 1:
        raise SeveralStrapsError(several(candidates))
    if in_use(wanted, candidates):
        raise StrapInUseError(_taken(candidates[0]))
    return FoundStrap(candidates[0].name, candidates[0].id, candidates[0].signal_dbm)


async def _look(bluetooth: Bluetooth, search: Search, seconds: float) -> tuple[Sighting, ...]:
    for strap in await see_held(bluetooth):
        search.see(strap)
    if search.certain:
        return search.candidates
    async with bluetooth.scanning(search.see):
        return await search.settled(seconds)


async def see_held(bluetooth: Bluetooth) -> tuple[Sighting, ...]:
    """The straps that the system holds; none where the platform cannot tell. Raises BluetoothMissingError."""
    try:
        return await bluetooth.held()
    except BluetoothMissingError:
        raise
    except BluetoothTroubleError:
        return ()
