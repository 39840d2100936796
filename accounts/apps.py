from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    label = "accounts"

    def ready(self) -> None:
        from accounts import even, passkeys, schema, signals  # noqa: F401  (importing registers)

        passkeys.guard_readers()
        even.install()
