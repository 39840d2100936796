"""Refusals: what a service raises when it says no. `common.problems` makes them answers."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class FieldError:
    """One field's fault: JSON pointer into the body, stable code, sentence."""

    pointer: str
    code: str
    detail: str


class Refusal(Exception):
    """No, with a stable `code`, an HTTP `status` and a sentence the reader understands.

    Subclasses set `code`, `status` and `detail`; an instance may override the sentence, name the
    fields at fault, and say after how many seconds to try again.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    detail: str | Promise = "This was refused."

    def __init__(
        self,
        detail: str | Promise | None = None,
        *,
        errors: tuple[FieldError, ...] = (),
        retry_after: int | None = None,
    ) -> None:
        if detail is not None:
            self.detail = detail
        self.errors = errors
        self.retry_after = retry_after
        super().__init__(self.code)

    def __str__(self) -> str:
        return str(self.detail)


class InvalidInput(Refusal):
    """A request with fields at fault, each named in `errors`."""

    code: ClassVar[str] = "invalid_input"
    detail = _("Some fields need another look.")
