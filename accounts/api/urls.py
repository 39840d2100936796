from django.urls import path

from accounts.api.avatars import OwnAvatar
from accounts.api.mutes import MutedAuthor, MutedList
from accounts.api.views import Exchange, OwnProfile, Revoke, SingleSignOn

urlpatterns = [
    path("me", OwnProfile.as_view(), name="me"),
    path("me/avatar", OwnAvatar.as_view(), name="me-avatar"),
    path("me/muted", MutedList.as_view(), name="me-muted"),
    path("me/muted/<uuid:author_id>", MutedAuthor.as_view()),
    path("auth/exchange", Exchange.as_view(), name="auth-exchange"),
    path("auth/sso", SingleSignOn.as_view(), name="auth-sso"),
    path("auth/revoke", Revoke.as_view(), name="auth-revoke"),
]
