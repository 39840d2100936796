"""Mail: somebody takes it."""

import smtplib
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage
from django.core.mail import get_connection

from operations.deployment.findings import is_here, said, unwise, wrong


def mail(**kwargs: Any) -> list[CheckMessage]:
    """Mail leaves this machine, and its password does not go in the clear."""
    return list(_mail())


def _mail() -> Iterator[CheckMessage]:
    if not settings.EMAIL_BACKEND.endswith(".smtp.EmailBackend"):
        yield wrong(
            "mail",
            "EMAIL_URL hands mail to nobody, so nobody gets a code to sign in with. Name a mail"
            " server, as in submission://user:password@mail.example:587",
        )
        return
    encrypted = settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL
    if settings.EMAIL_HOST_PASSWORD and not encrypted and not is_here(settings.EMAIL_HOST):
        yield unwise(
            "mail_in_the_clear",
            "EMAIL_URL sends its password in the clear: use submission:// or smtps://.",
        )
    where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    sender = get_connection()
    try:
        sender.open()
    except smtplib.SMTPAuthenticationError:
        yield wrong("mail", f"The mail server at {where} refuses name or password of EMAIL_URL.")
    except (OSError, smtplib.SMTPException) as fault:
        yield wrong("mail", f"The mail server at {where} does not answer: {said(fault)}")
    finally:
        sender.close()
