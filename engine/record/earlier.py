"""Earlier sessions of the same pseudonym, only where they are asked for: what their records say of this one's rest."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from engine.affect.estimate import Grade
from engine.affect.prior import Prior
from engine.errors import UsageError
from engine.record.database import JournalError
from engine.record.reading import reading

MOST_SESSIONS = 3
"""The newest sessions count, each as much: a listener of last spring is hardly this one."""
_CODE = re.compile(r"(?=[A-Za-z-]*\d)[A-Za-z0-9-]{2,16}")
_WAY_OUT = "Move it away, or leave --earlier-sessions out."


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was found: the prior, and the sentence that tells staff of it."""

    prior: Prior | None
    sentence: str


def check_pseudonym(code: str) -> str:
    """The code, where it can be no plain name. Raises UsageError."""
    if not _CODE.fullmatch(code):
        raise UsageError(
            f"--pseudonym {code!r} is no code: 2 to 16 letters, digits and -, a digit among them, never a name; "
            "for example K-017."
        )
    return code


def earlier_sessions(records: Path, pseudonym: str) -> Earlier:
    """What the newest records under ``records`` that bear the pseudonym say together: the median of each figure.

    Raises JournalError for a record that cannot be read: it may be the one that counts.
    """
    found = [prior for path in _newest_first(records) if (prior := _learned(path, pseudonym))][:MOST_SESSIONS]
    if not found:
        return Earlier(None, f"No earlier session of {pseudonym} has a good baseline; today's counts alone.")
    sizes = [prior.drug_bpm for prior in found if prior.drug_bpm is not None]
    prior = Prior(round(median(each.resting_bpm for each in found), 1), round(median(sizes), 1) if sizes else None)
    sessions = f"{len(found)} earlier session{'s' if len(found) > 1 else ''} of {pseudonym}"
    return Earlier(prior, f"{sessions}: resting heart rate {prior.resting_bpm:.0f}, counted as one minute of today's.")


def _newest_first(records: Path) -> Iterator[Path]:
    return (folder / "session.sqlite" for folder in sorted(records.glob("*/"), reverse=True))


def _learned(path: Path, pseudonym: str) -> Prior | None:
    """What one record says last of its listener's rest; None where it is another's, or has no good baseline."""
    if not path.is_file():
        return None
    try:
        with reading(path) as database:
            whose = database.execute("SELECT value FROM meta WHERE key = 'pseudonym'").fetchone()
            if whose is None or json.loads(whose[0]) != pseudonym:
                return None
            for (payload,) in database.execute("SELECT payload FROM decision ORDER BY tick DESC"):
                estimate = json.loads(payload)["estimate"]
                if estimate.get("resting_bpm") is not None:
                    return _prior(estimate)
    except JournalError as error:
        raise JournalError(f"{error} {_WAY_OUT}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise JournalError(f"{path} holds a row that cannot be read: {error}. {_WAY_OUT}") from error
    return None


def _prior(estimate: dict[str, object]) -> Prior | None:
    if estimate["baseline"] != Grade.GOOD:
        return None
    size = estimate["drug_size_bpm"]
    return Prior(float(str(estimate["resting_bpm"])), None if size is None else float(str(size)))
