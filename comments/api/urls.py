from django.urls import path

from comments.api import reading, writing

urlpatterns = [
    path("threads/<uuid:thread_id>", reading.ThreadDetail.as_view()),
    path("threads/<uuid:thread_id>/comments", writing.CommentList.as_view()),
    path("threads/<uuid:thread_id>/comments/<uuid:comment_id>", writing.CommentDetail.as_view()),
    path(
        "threads/<uuid:thread_id>/comments/<uuid:comment_id>/replies",
        reading.ReplyList.as_view(),
    ),
    path(
        "threads/<uuid:thread_id>/comments/<uuid:comment_id>/context",
        reading.CommentContext.as_view(),
    ),
    path("threads/<uuid:thread_id>/comments/<uuid:comment_id>/vote", writing.CommentVote.as_view()),
    path(
        "threads/<uuid:thread_id>/comments/<uuid:comment_id>/reactions/<slug:kind>",
        writing.CommentReaction.as_view(),
    ),
    path("me/threads/<uuid:thread_id>", writing.MyThread.as_view()),
    path("render", writing.Render.as_view()),
]
