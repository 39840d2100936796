"""Which addresses the edge keeps, and by what it tells two apart."""

import re

import pytest
import yaml

from common.views import PublicView
from config.public import key_of
from operations.development import PROJECT
from tests.routes import walk

ID = "01900000-0000-7000-8000-000000000000"
ROUTES = list(walk())
PUBLIC = [route for route in ROUTES if route.cls and issubclass(route.cls, PublicView)]
DOCUMENT = yaml.safe_load((PROJECT / "docs" / "openapi.yaml").read_text())


def address(route):
    return route.address(dict.fromkeys(route.ids, ID))


@pytest.mark.parametrize("route", PUBLIC, ids=lambda route: route.path)
def test_a_public_read_is_told_apart_by_all_the_parameters_it_takes(route):
    documented = DOCUMENT["paths"][route.path]["get"].get("parameters", [])

    assert route.cls.asks == {each["name"] for each in documented if each["in"] == "query"}


@pytest.mark.parametrize("route", PUBLIC, ids=lambda route: route.path)
def test_every_public_read_has_one_spelling(route):
    path, names = address(route), sorted(route.cls.asks)
    plain = "&".join(f"{name}=x" for name in names)
    other = "&".join([*(f"{name}=%78" for name in reversed(names)), "fbclid=1"])

    assert key_of(path, "") == path
    assert key_of(path, "fbclid=1") == path
    assert key_of(path, other) == key_of(path, plain) == (f"{path}?{plain}" if names else path)


def test_nothing_else_has_one():
    kept = {address(route) for route in PUBLIC}

    others = [address(route) for route in ROUTES if address(route) not in kept]

    assert len(others) > 100
    assert [path for path in others if key_of(path, "")] == []


@pytest.mark.parametrize(
    "path", ["", "/", "/api/v1/threads/x/comments", f"/api/v1/threads/{ID}/", "x"]
)
def test_what_is_almost_such_an_address_has_none(path):
    assert key_of(path, "") is None


def test_a_repeated_parameter_keeps_its_order():
    assert key_of("/api/v1/counts", "url=b&url=a") == "/api/v1/counts?url=b&url=a"


@pytest.mark.parametrize("query", ["a;b", "&", "x", "x=%FF", "=&=", "%00=1"])
def test_what_says_nothing_makes_no_other_address(query):
    assert key_of(f"/api/v1/threads/{ID}/comments", query) == f"/api/v1/threads/{ID}/comments"


def kept_by(conf, pattern):
    """What a configuration that we ship keeps, as a match for an address."""
    found = re.findall(pattern, (PROJECT / "deploy" / conf).read_text())
    assert found
    return re.compile("|".join(found)).match


@pytest.mark.parametrize(
    "keeps",
    [
        kept_by("nginx.conf", r'"~\^\(\?:GET\|HEAD\) (/api/[^"]+)" "";'),
        kept_by("varnish.vcl", r'req\.url ~ "\^(/api/[^"]+)"'),
    ],
    ids=["nginx", "varnish"],
)
def test_caches_in_front_keep_the_public_reads_and_nothing_else(keeps):
    public = {address(route) for route in PUBLIC}

    assert {path for path in public if not (keeps(path) and keeps(f"{path}?sort=newest"))} == set()
    assert {path for path in map(address, ROUTES) if keeps(path)} == public
    assert not keeps(f"/api/v1/threads/{ID}/comments/..%2fvote")
