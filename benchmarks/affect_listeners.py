from collections.abc import Iterator
from benchmarks.report import Condition
def listener_conditions(n: int) -> Iterator[Condition]:
    return iter(())
