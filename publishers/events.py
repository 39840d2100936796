"""What the ground tells by the outbox."""

from dataclasses import dataclass

from outbox.events import Event


@dataclass(frozen=True)
class AnswersChanged(Event):
    """Public answers that have one of these keys are no longer what they were, since `at` (in Unix
    seconds).
    """

    keys: list[str]
    at: float
