"""The admin, behind the same door as the desk: our sign-in pages and a second factor."""

from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    default_site = "accounts.admin_site.StaffAdminSite"
