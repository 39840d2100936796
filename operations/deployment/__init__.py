"""`manage.py check --deploy`: what is missing or dangerous before readers come, a sentence each.

What no process could start without is refused by `config.environment` already. Here is looked at
what would start and go wrong later: at settings, at the servers they name, and at files. An error
is what cannot work or loses something; a warning is what somebody will regret.
"""

from django.core.checks import register as known_to_django

from operations.deployment import addresses, database, files, mail, memory, safety

CHECKS = (
    *(addresses.public_address, addresses.live_address, addresses.proxies, addresses.networks),
    *(safety.environment, safety.secret_key, safety.passwords, safety.account),
    *(database.database, memory.broker, memory.cache, mail.mail),
    *(files.static_files, files.widget, files.state_folder, files.secrets),
)


def register() -> None:
    """Have Django run them when it is asked to `check --deploy`, and never else."""
    for check in CHECKS:
        known_to_django(check, "deployment", deploy=True)
