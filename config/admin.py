"""The admin, behind the same door as the desk: our sign-in pages and a second factor."""

from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    default_site = "accounts.admin_site.StaffAdminSite"

    def ready(self) -> None:
        super().ready()
        from config import admin_names  # which looks at what is registered

        admin_names.translate()
