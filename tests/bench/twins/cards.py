"""Our application with the cards of tests/chaos in it, for several processes."""

from contextlib import ExitStack
from typing import Any

from server.app import create_app
from tests.chaos import feature

KEPT = ExitStack()
"""Keeps the cards known as long as the process lives."""


def create() -> Any:
    """Return the application."""
    KEPT.enter_context(feature.registered())
    return create_app()
