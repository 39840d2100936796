"""The policy of pages: what they may load and run."""

from csp.middleware import CSPMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class Policy(CSPMiddleware):
    """django-csp's, but for answers that bring a policy of their own: it would build one and then
    leave it out.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if "Content-Security-Policy" in response.headers:
            return response
        return super().process_response(request, response)
