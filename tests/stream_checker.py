"""The stream checker ships with ``calando soak``; tests know it by this name."""

from engine.soak.stops import STOPS
from engine.soak.stream_checker import COMPOSER, OUTER, Bounds, StreamChecker, check_stream
from engine.soak.traces import decibels

__all__ = ["COMPOSER", "OUTER", "STOPS", "Bounds", "StreamChecker", "check_stream", "decibels"]
