"""Public reads are the same bytes for everyone: nothing of the asker may colour them."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


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
        return response
