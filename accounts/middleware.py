"""What is done to requests of who is signed in on our pages."""

import time
from collections.abc import Callable

from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse

#: When the session's use was noted last, in seconds of Unix time. Kept in the session.
SEEN_AT = "seen_at"
NOTED_EVERY = 600


class SignedInPlaces:
    """Note where and when a session was used, for its owner to look at: at most once in ten
    minutes, in a few queries. Requests that did not read the session are not looked at.

    Every 401 names a way to sign in, as RFC 9110 wants; allauth leaves that out.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 401:
            response.headers.setdefault("WWW-Authenticate", "Bearer")
        session = request.session
        if session.accessed and SESSION_KEY in session:
            due = session.get(SEEN_AT, 0) < time.time() - NOTED_EVERY
            if due and request.user.is_authenticated:
                session[SEEN_AT] = int(time.time())
                UserSession.objects.create_from_request(request)
        return response
