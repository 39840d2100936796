import pytest


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Hashing is slow on purpose; here it is not what is tested."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
