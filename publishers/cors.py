"""CORS: public reads are for every origin (`*`, set by the view); all else for registered ones.

An own middleware, since the usual library decides by path alone, adds `Vary: Origin` to every
answer, and so cannot keep public GETs the same bytes for everyone on paths that also take writes.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from publishers.services.cross_origin import is_registered

METHODS = "GET, POST, PUT, PATCH, DELETE"
HEADERS = (
    "Accept, Accept-Language, Authorization, Content-Type, Idempotency-Key, If-Match, "
    "If-None-Match, X-Session-Token"
)
EXPOSED = "ETag, Location, Retry-After"
#: What a publisher's page may call: not our pages, and not `/_allauth`, which reader tokens do
#: not open and which refuses app tokens from any web origin.
SHARED = "/api/v1/"


class CrossOrigin:
    """Answer preflights, and name the origin on answers to a registered one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        origin = request.headers.get("Origin")
        if not origin or not request.path.startswith(SHARED):
            return self.get_response(request)
        asked = request.headers.get("Access-Control-Request-Method")
        if request.method == "OPTIONS" and asked:
            return self._preflight(origin, asked)
        response = self.get_response(request)
        if "Access-Control-Allow-Origin" not in response and is_registered(origin):
            response["Access-Control-Allow-Origin"] = origin
            response["Access-Control-Expose-Headers"] = EXPOSED
            response["Vary"] = ", ".join(filter(None, [response.get("Vary"), "Origin"]))
        return response

    def _preflight(self, origin: str, asked: str) -> HttpResponse:
        """A registered origin may do all; any other may only read what is public."""
        answer = HttpResponse(status=204)
        answer["Vary"] = "Origin, Access-Control-Request-Method"
        if is_registered(origin):
            answer["Access-Control-Allow-Origin"] = origin
            answer["Access-Control-Allow-Methods"] = METHODS
            answer["Access-Control-Allow-Headers"] = HEADERS
            answer["Access-Control-Max-Age"] = "600"
        elif asked in {"GET", "HEAD"}:
            answer["Access-Control-Allow-Origin"] = "*"
            answer["Access-Control-Allow-Methods"] = "GET, HEAD"
            answer["Access-Control-Allow-Headers"] = "Accept, Accept-Language, If-None-Match"
        return answer
