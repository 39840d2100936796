"""Requests made up from the OpenAPI document: whatever is asked, the answer is as it says.

A few for each call, the same in every run; `make abuse` makes up many more.
"""

import json
from functools import cache
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.specs.openapi import checks

from tests.abuse.cast import Member
from tests.abuse.documented import document
from tests.abuse.scene import Place, Scene, undone
from tests.routes import API, METHODS, Route

pytestmark = pytest.mark.django_db

#: So many sound requests for each call, and as many unsound ones.
EXAMPLES = 2
FEW = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
DOCUMENTED = [route for route in API if route.path != "/api/v1/schema"]  # the document itself
CALLS = [(route, method) for route in DOCUMENTED for method in route.methods]
NAMES = [f"{method} {route.path}" for route, method in CALLS]
ASKERS = ("anonymous", "reader token", "site key")
#: Of a request that was made up, these are the asker's own.
OWN = {"authorization", "cookie", "content-type"}
#: What is no method of ours, and what no server has heard of.
STRANGE = (*METHODS, "TRACE", "PROPFIND", "QUERY", "FOO")


@schemathesis.serializer("application/x-ndjson")
def in_lines(_context: Any, value: Any) -> bytes:
    """JSON of which each item stands on a line of its own."""
    items = value if isinstance(value, list) else [value]
    return "\n".join(json.dumps(item) for item in items).encode()


@cache
def described() -> Any:
    return schemathesis.openapi.from_dict(document())


def ask(member: Member, case: Case) -> Response:
    """Send what was made up, as somebody; whatever it changed is undone."""
    sent = requests.Request(**case.as_transport_kwargs("http://testserver")).prepare()
    headers = {name: text for name, text in case.headers.items() if name.lower() not in OWN}
    content_type = sent.headers.get("Content-Type", "")
    cookies = member.client.cookies.copy()
    with undone():
        answer = member.client.generic(
            case.method,
            sent.path_url,
            sent.body or b"",
            content_type=content_type,
            headers=headers,
        )
    member.client.cookies = cookies
    return Response(
        answer.status_code,
        {name.lower(): [text] for name, text in answer.headers.items()},
        answer.content,
        sent,
        elapsed=0.0,
        verify=False,
    )


def at(place: Place, case: Case) -> Case:
    """The same request about what there is."""
    case.path_parameters = {
        name: str(place.ids.get(name, made_up)) for name, made_up in case.path_parameters.items()
    }
    return case


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("route", "method"), CALLS, ids=NAMES)
def test_an_answer_is_as_the_document_says(
    scene: Scene, route: Route, method: str, mode: GenerationMode
) -> None:
    made_up = described()[route.path][method].as_strategy(generation_mode=mode)
    members = [scene.member(name) for name in ASKERS]

    @FEW
    @given(case=made_up)
    def run(case: Case) -> None:
        for member in members:
            case.validate_response(ask(member, case), checks=CHECKS)
        if case.path_parameters:
            known = at(scene.threads[0], case)
            for member in members:
                case.validate_response(ask(member, known), checks=CHECKS)

    run()


@pytest.mark.parametrize("route", DOCUMENTED, ids=lambda route: route.path)
def test_another_method_is_refused_by_name(scene: Scene, route: Route) -> None:
    address = scene.threads[0].address(route)
    strange = set(STRANGE) - set(route.methods)
    answers = [
        scene.member(name).client.generic(method, address) for name in ASKERS for method in strange
    ]

    assert {answer.status_code for answer in answers} == {405}
    assert {answer.json()["code"] for answer in answers} == {"method_not_allowed"}
    assert {answer.headers["Content-Type"] for answer in answers} == {"application/problem+json"}
    for answer in answers:
        assert set(route.methods) <= set(answer.headers["Allow"].split(", "))
