from django.urls import path

from notifications.api import inbox

urlpatterns = [
    path("me/notices", inbox.NoticeList.as_view()),
    path("me/notices/read", inbox.NoticesRead.as_view()),
]
