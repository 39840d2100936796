from django.urls import path

from articles.api import opening, public, publisher, readers, related

urlpatterns = [
    path("threads", opening.ThreadOpening.as_view()),
    path("threads/lookup", public.ThreadLookup.as_view()),
    path("counts", public.CountList.as_view()),
    path("articles/<uuid:article_id>", public.ArticleDetail.as_view()),
    path("articles/trending", related.TrendingList.as_view()),
    path("articles/<uuid:article_id>/related", related.RelatedList.as_view()),
    path("articles/<uuid:article_id>/related/clicks", related.RelatedClicks.as_view()),
    path("readers/<uuid:reader_id>", readers.ReaderDetail.as_view()),
    path("readers/<uuid:reader_id>/comments", readers.ReaderComments.as_view()),
    path("publisher/articles", publisher.PublisherArticles.as_view()),
    path("publisher/articles/<str:external_id>", publisher.PublisherArticle.as_view()),
    path("publisher/articles/<str:external_id>/related", publisher.PublisherRelated.as_view()),
]
