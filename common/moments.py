"""Moments that a person types."""

from datetime import UTC, datetime


def moment(text: str) -> datetime:
    """An ISO 8601 moment, as `2026-11-22T06:30`; UTC where it says no zone. Raises ValueError."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
