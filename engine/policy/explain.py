"""Explain: one sentence for any second, the same in the terminal, on the page and in the journal.

It says what the music does and why, why this arousal, why this confidence, and what the music was asked.
"""

from engine.affect.estimate import Estimate
from engine.affect.reasons import of_rate, words_of
from engine.policy.words import Standing, sentence


def explain(standing: Standing) -> str:
    """The sentence of one second: clauses parted by ``; ``, the music's own first."""
    music = sentence(standing)
    heart = () if standing.estimate is None else _heart(standing.estimate, music)
    return "; ".join((music, *heart, _asked(standing)))


def _heart(estimate: Estimate, music: str) -> tuple[str, ...]:
    """Why this arousal and why this confidence; a reason that the music's clause gives is not said again."""
    if estimate.residual_bpm is None:
        unsaid = [reason for reason in estimate.reasons if reason not in music]
        return (": ".join(["no arousal known", *unsaid[:1]]),)
    rate = of_rate(estimate.residual_bpm, estimate.slope_bpm_per_min)
    arousal = f"arousal {estimate.arousal:.2f}, {words_of(estimate.state)}"
    doubts = ", ".join(reason for reason in estimate.reasons if reason != rate)
    confidence = f"confidence {estimate.confidence:.2f}"
    return (
        arousal if rate in music else f"{arousal}: {rate}",
        f"{confidence} ({doubts})" if doubts else confidence,
    )


def _asked(standing: Standing) -> str:
    least = standing.staff.least_offset
    offset = max(least, standing.heart_offset)
    if not offset:
        return "not asked for calm"
    if standing.coasting and standing.heart_offset > least:
        return f"kept {offset:.2f} toward calm while the heart is lost"
    by = "staff" if least >= standing.heart_offset else "the heart"
    return f"asked {offset:.2f} toward calm by {by}"
