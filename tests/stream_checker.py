"""The stream checker ships with ``calando soak``; tests know it by this name."""

from engine.soak.stream_checker import COMPOSER, OUTER, STOPS, Bounds, StreamChecker, check_stream, decibels

__all__ = ["COMPOSER", "OUTER", "STOPS", "Bounds", "StreamChecker", "check_stream", "decibels"]
