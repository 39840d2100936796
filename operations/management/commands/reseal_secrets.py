"""`manage.py reseal_secrets`: nothing is left that only an older SECRET_KEY opens."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.services import second_factors
from publishers.services import sso_keys


class Command(BaseCommand):
    help = (
        "Seal second factors and publishers' sign-in secrets under SECRET_KEY, whichever of "
        "SECRET_KEY_FALLBACKS they were sealed under. May be run again, and while all runs."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        factors, shut_factors = second_factors.reseal()
        keys, shut_keys = sso_keys.reseal()
        self.stdout.write(f"Under SECRET_KEY: {factors} second factors, {keys} sign-in keys.")
        if shut_factors or shut_keys:
            raise CommandError(
                f"No key in use opens {shut_factors} second factors and {shut_keys} sign-in keys: "
                "name the key they were sealed under in SECRET_KEY_FALLBACKS, if it is still there."
            )
