"""NeuroKit2's Kubios method (Lipponen and Tarvainen, offline and correcting) on each series.

Standard input: ``{series: [rr_ms, ..]}``. Answers for each with ``rmssd_ms`` after its repeated correction, and
``flagged``, the intervals that end at a peak its first pass holds an artefact.
"""

import importlib
import json
import sys
from typing import Any


def main() -> None:
    """Correct every series."""
    numpy, neurokit2 = importlib.import_module("numpy"), importlib.import_module("neurokit2")
    answers: dict[str, Any] = {}
    for series, rr_ms in json.load(sys.stdin).items():
        peaks = numpy.round(numpy.concatenate([[0.0], numpy.cumsum(rr_ms)])).astype(int)
        _, corrected = neurokit2.signal_fixpeaks(peaks, sampling_rate=1000, iterative=True, method="Kubios")
        info, _ = neurokit2.signal_fixpeaks(peaks, sampling_rate=1000, iterative=False, method="Kubios")
        steps = numpy.diff(numpy.diff(corrected))
        kinds = (info.get(kind, []) for kind in ("ectopic", "missed", "extra", "longshort"))
        flagged = sorted({int(index) - 1 for kind in kinds for index in kind if index > 0})
        answers[series] = {"rmssd_ms": float(numpy.sqrt(numpy.mean(steps**2.0))), "flagged": flagged}
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
