from django.urls import include, path

from accounts.pages import account_home
from accounts.popup import signin_widget

urlpatterns = [
    path("signin/widget", signin_widget, name="signin-widget"),
    path("accounts/", account_home, name="account_home"),
    path("accounts/", include("allauth.urls")),
    path("_allauth/", include("allauth.headless.urls")),
]
