import pytest
from django.db import DatabaseError, connection

pytestmark = pytest.mark.django_db


def test_a_process_that_answers_lives(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/healthz")

    assert answer.status_code == 200


def test_a_migrated_install_is_ready_and_says_so_by_one_query(client, django_assert_num_queries):
    client.get("/readyz")  # the first looks at migrations too

    with django_assert_num_queries(1):
        answer = client.get("/readyz")

    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]


def test_without_its_database_an_install_is_not_ready(client):
    def away(*args: object) -> None:
        raise DatabaseError

    with connection.execute_wrapper(away):
        answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "why": "The database is away."}
