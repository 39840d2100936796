from django.urls import path

from bench.floor import views

urlpatterns = [
    path("note", views.add_note),
    path("mark/<uuid:comment_id>", views.set_mark),
    path("seen", views.Seen.as_view()),
]
