"""What follows when allauth says something happened."""

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.signals import email_confirmed
from django.dispatch import receiver
from django.http import HttpRequest


@receiver(email_confirmed)
def drop_a_strangers_password(request: HttpRequest, email_address: Any, **_: Any) -> None:
    """An address proven by a sign-in code ends a password that was set before it was proven.

    Else somebody could sign up with another's address and a password, wait until its owner signs
    in by code, and then come in by that password.
    """
    user = email_address.user
    records = get_authentication_records(request, user)
    if user.has_usable_password() and any(record["method"] == "code" for record in records):
        user.set_unusable_password()
        user.save(update_fields=["password"])
