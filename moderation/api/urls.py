from django.urls import path

from moderation.api import flags

urlpatterns = [
    path("threads/<uuid:thread_id>/comments/<uuid:comment_id>/flag", flags.CommentFlag.as_view()),
]
