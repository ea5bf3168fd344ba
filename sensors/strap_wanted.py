"""Which strap is asked for, as a person writes it: ``NAME-OR-ADDRESS?pair=always``, each part only where it matters."""

import difflib
from dataclasses import dataclass
from enum import StrEnum

_KEY = "?pair="


class Pairing(StrEnum):
    """Whether to pair with a strap: once it has asked for it, always, or never."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class StrapWordsError(ValueError):
    """A strap asked for in words that mean none; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class WantedStrap:
    """A strap's address, its printed name or a part of it, and how to pair; None is what was not said."""

    name: str | None = None
    pairing: Pairing | None = None

    def __str__(self) -> str:
        return (self.name or "") + (f"{_KEY}{self.pairing}" if self.pairing else "")

    def over(self, remembered: "WantedStrap") -> "WantedStrap":
        """What is asked for now, completed by what is remembered of the same strap, or of any where none is named."""
        if self.name is not None and self.name != remembered.name:
            return self
        return WantedStrap(remembered.name, self.pairing or remembered.pairing)

    def found_as(self, name: str, identifier: str) -> "WantedStrap":
        """How to ask for the found strap again: by its address where that was asked for, else by its whole name."""
        by_address = self.name is not None and self.name.casefold() == identifier.casefold()
        return WantedStrap(identifier if by_address else name, self.pairing)


def parse_wanted(text: str) -> WantedStrap:
    """Read what a person, or a room's memory, asks for; nothing at all is any strap. Raises StrapWordsError."""
    name, mark, word = text.rpartition(_KEY)
    if not mark:
        return WantedStrap(text or None)
    kinds = [str(each) for each in Pairing]
    if word not in kinds:
        close = difflib.get_close_matches(word, kinds, n=1)
        hint = f"did you mean {close[0]}?" if close else f"it can be {', '.join(kinds)}"
        raise StrapWordsError(f"?pair={word} is not understood: {hint}")
    return WantedStrap(name or None, Pairing(word))
