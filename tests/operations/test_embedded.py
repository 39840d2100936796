import pytest
from django.db import connection


@pytest.mark.django_db
def test_db():
    print(connection.settings_dict)
    assert connection.vendor == "postgresql"
