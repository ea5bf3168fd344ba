"""The record's tests run in a runtime folder of their own, as the guardian's do."""

from tests.output.conftest import own_runtime_folder

__all__ = ["own_runtime_folder"]
