"""What fails in the background of a live room, outside everything that is supervised: told once, in a sentence."""

import asyncio
import errno
import logging
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)


def tell_what_fails(loop: asyncio.AbstractEventLoop, tell: Callable[[str], None]) -> None:
    """Say each kind of failure in the loop's callbacks and forgotten tasks once, instead of printing its traceback."""
    said: set[str] = set()

    def hear(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        log.error("%s", context.get("message"), exc_info=context.get("exception"))
        error = context.get("exception")
        # A socket that was closed before its turn came: whoever owned it has told of the loss already.
        if isinstance(error, OSError) and error.errno == errno.EBADF:
            return
        what = type(error).__name__ if error else str(context.get("message"))
        if what not in said:
            said.add(what)
            tell(f"Something in the background failed ({what}); the music goes on.")

    loop.set_exception_handler(hear)
