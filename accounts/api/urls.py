from django.urls import path

from accounts.api.views import Exchange, OwnProfile, Revoke, SingleSignOn

urlpatterns = [
    path("me", OwnProfile.as_view(), name="me"),
    path("auth/exchange", Exchange.as_view(), name="auth-exchange"),
    path("auth/sso", SingleSignOn.as_view(), name="auth-sso"),
    path("auth/revoke", Revoke.as_view(), name="auth-revoke"),
]
