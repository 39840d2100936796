"""What follows when allauth says something happened."""

import time
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.account.signals import (
    email_confirmed,
    password_changed,
    password_reset,
    password_set,
)
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.middleware import SEEN_AT
from accounts.models import User
from accounts.services import tokens


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


@receiver([password_changed, password_set, password_reset])
def end_other_sign_ins(request: HttpRequest, user: User, **_: Any) -> None:
    """A new password ends every session and token but the one it was set in."""
    tokens.revoke_all(user, but=request.session.session_key)


@receiver(user_logged_in)
def note_the_sign_in(request: HttpRequest, **_: Any) -> None:
    """allauth makes a row of each sign-in: no need to note its use at once."""
    request.session[SEEN_AT] = int(time.time())


@receiver(email_confirmed)
def drop_a_strangers_connections(request: HttpRequest, email_address: Any, **_: Any) -> None:
    """The first address to be proven ends every connection with an account elsewhere but the one
    that this very session signed in with.

    Else somebody could bring another's address from a provider that has not checked it, wait until
    its owner proves it here, and then come in by that provider.
    """
    user = email_address.user
    others = EmailAddress.objects.filter(user=user, verified=True).exclude(pk=email_address.pk)
    if request.user == user or others.exists():
        return
    records = get_authentication_records(request, user)
    own = {(record.get("provider"), record.get("uid")) for record in records}
    for account in SocialAccount.objects.filter(user=user):
        if (account.provider, account.uid) not in own:
            account.delete()
