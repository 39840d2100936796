"""What is done to every request and answer."""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

from common.json import is_plain

#: allauth's one call that a page's form makes: on to a sign-in provider.
TAKES_A_FORM = "/_allauth/browser/v1/auth/provider/redirect"
#: What says something of pages. A public answer's own policy (`common.views.NO_PAGE`) forbids it to
#: be one, it is in as many languages as its comments, and each header is a part of a read's cost.
OF_PAGES = ("Content-Language", "Cross-Origin-Opener-Policy", "Referrer-Policy", "X-Frame-Options")


class PublicReads:
    """Take back what inner middleware added to an answer that a view marked public.

    `LocaleMiddleware` and sessions put languages and cookies into `Vary`; a cache that believed
    them would keep one copy for each reader.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if getattr(response, "is_public_read", False):
            response["Vary"] = "Accept-Encoding"
            response.cookies.clear()
            for name in OF_PAGES:
                del response[name]
        return response


class SoundRequests:
    """Refuse with 400 what the pages and libraries beside our API would stumble over.

    No database column takes a null character, so none may stand in a path or query. allauth reads
    JSON with Python's parser, which breaks off at deep nesting and long numbers and lets half
    characters by; so are the answers of passkeys, which forms bring in a field. The API reads
    queries and bodies itself, and refuses them as problems.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path:
            raise BadRequest("A null character in the path.")
        if request.path.startswith("/api/"):
            return self.get_response(request)
        if "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("A null character in the query.")
        is_json = request.path.startswith("/_allauth/") and request.path != TAKES_A_FORM
        if is_json and request.body and not is_plain(request.body):
            raise BadRequest("The body is not JSON as we take it.")
        if not is_json and not is_plain(request.POST.get("credential", "0").encode()):
            raise BadRequest("The passkey's answer is not JSON as we take it.")
        return self.get_response(request)
