"""What gives way to another transaction is run anew; what is too slow is told so."""

import threading
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from django.db import OperationalError, connection, transaction
from django.test import RequestFactory
from psycopg import connect
from rest_framework.response import Response

from common.errors import Refusal
from common.permissions import Anyone
from common.retrying import retried
from common.views import PrivateView
from publishers.models import Site
from tests.factories import SiteFactory

pytestmark = pytest.mark.django_db(transaction=True)


class Other:
    """Another request, on a connection of its own."""

    def __init__(self) -> None:
        database = connection.settings_dict
        self.connection = connect(
            host=database["HOST"],
            port=database["PORT"],
            user=database["USER"],
            password=database["PASSWORD"],
            dbname=database["NAME"],
        )
        self.connection.execute("SET deadlock_timeout = '20s'")  # the victim is never this one

    def lock(self, site: Site) -> None:
        self.connection.execute("SELECT 1 FROM publishers_site WHERE id = %s FOR UPDATE", [site.pk])


@pytest.fixture
def other() -> Iterator[Other]:
    other = Other()
    yield other
    other.connection.close()


class Renaming(PrivateView):
    """Renames two sites, one after the other, in one transaction."""

    permission_classes: ClassVar = [Anyone]
    authentication_classes: ClassVar = []
    sites: ClassVar[list[Site]] = []
    tries = 0

    def put(self, request: Any) -> Response:
        type(self).tries += 1
        with transaction.atomic():
            for site in self.sites:
                Site.objects.filter(pk=site.pk).update(name=request.data["name"])
                self.first_done()
        return Response({"tries": self.tries})

    def first_done(self) -> None:
        """Where tests step in."""


def put(view: type[Renaming]) -> Any:
    request = RequestFactory().put("/api/v1/x", {"name": "Anew"}, content_type="application/json")
    return view.as_view()(request)


def test_a_write_that_lost_a_deadlock_is_run_anew_and_stored_once(other):
    first, second = SiteFactory(), SiteFactory()
    other.lock(second)
    crossing = threading.Thread(target=other.lock, args=[first])

    class Crossed(Renaming):
        sites: ClassVar = [first, second]

        def first_done(self) -> None:
            if crossing.ident is None:
                crossing.start()
                threading.Timer(0.5, lambda: (crossing.join(), other.connection.rollback())).start()

    with connection.cursor() as cursor:
        cursor.execute("SET deadlock_timeout = '50ms'")
    answer = put(Crossed)
    connection.close()

    assert (answer.status_code, answer.data["tries"]) == (200, 2)
    assert set(Site.objects.values_list("name", flat=True)) == {"Anew"}


def test_what_gives_way_every_time_is_told_that_we_are_busy():
    class Unlucky(Renaming):
        sites: ClassVar = [SiteFactory(name="Old")]

        def first_done(self) -> None:
            fail("40001")

    answer = put(Unlucky)

    assert (answer.status_code, answer.data["code"]) == (503, "busy")
    assert answer["Retry-After"] == "1"
    assert Unlucky.tries == 4
    assert Site.objects.get().name == "Old"


@pytest.mark.parametrize(
    ("sqlstate", "code"),
    [
        ("55P03", "busy"),  # a lock was not to be had
        ("57014", "busy"),  # a statement took too long
        ("57P01", "unavailable"),  # the database is shutting down
        ("57P03", "unavailable"),  # or starting up
        ("53300", "unavailable"),  # or has no connection left
        ("25006", "unavailable"),  # or is a standby by now
    ],
)
def test_what_is_no_crossing_is_run_once_and_answered_503(sqlstate, code):
    class Failing(Renaming):
        sites: ClassVar = [SiteFactory()]

        def first_done(self) -> None:
            fail(sqlstate)

    answer = put(Failing)

    assert (answer.status_code, answer.data["code"]) == (503, code)
    assert Failing.tries == 1


def test_a_refusal_is_not_run_anew():
    tries = []

    @retried
    def refuse() -> None:
        tries.append(1)
        raise Refusal

    with pytest.raises(Refusal):
        refuse()

    assert len(tries) == 1


def test_who_waits_too_long_for_a_lock_is_told_that_we_are_busy_and_stores_nothing(other):
    site = SiteFactory(name="Old")
    other.lock(site)

    class Waiting(Renaming):
        sites: ClassVar = [site]

    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("2s",)
        cursor.execute("SET lock_timeout = '50ms'")
    answer = put(Waiting)
    connection.close()

    assert (answer.status_code, answer.data["code"]) == (503, "busy")
    assert Site.objects.get().name == "Old"


def test_a_connection_that_breaks_in_the_middle_stores_nothing_and_the_next_request_is_served():
    class Cut(Renaming):
        sites: ClassVar = [SiteFactory(name="Old"), SiteFactory(name="Old")]

        def first_done(self) -> None:
            if self.tries == 1:
                with pytest.raises(OperationalError), connection.cursor() as cursor:
                    cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    broken, served = put(Cut), put(Cut)

    assert (broken.status_code, broken.data["code"]) == (503, "unavailable")
    assert served.status_code == 200


def fail(sqlstate: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE SQLSTATE '{sqlstate}'; END $$")
