"""Staff sessions for tests of the pages behind the staff door; the door has tests of its own."""

from allauth.account.internal.flows.login import record_authentication
from django.http import HttpRequest
from django.test import Client

from accounts.models import User
from accounts.services import staff


def sign_in(client: Client, user: User) -> Client:
    """Sign `user` in on `client`, with a second factor set up and used in this session."""
    staff.enroll_totp(user)
    client.force_login(user)
    request = HttpRequest()
    request.session = client.session
    record_authentication(request, user, "mfa", type="totp")
    request.session.save()
    return client
