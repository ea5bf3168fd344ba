"""Which loop a test runs on, and how hard hypothesis looks."""

import asyncio
import os
import signal
from collections.abc import Callable, Mapping

import pytest
from hypothesis import HealthCheck, settings

from tests.virtual_time import VirtualTimeLoop

settings.register_profile("calando", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calando")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "virtual_time: the event loop's clock jumps instead of waiting")
    os.environ.pop("INVOCATION_ID", None)  # the tests are no service, even where one runs them
    for number in (signal.SIGINT, signal.SIGHUP):  # nor shut out from a terminal, even where nohup began them
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    if item.get_closest_marker("virtual_time"):
        return {"virtual": VirtualTimeLoop}
    return {"real": asyncio.new_event_loop}
