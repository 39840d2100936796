"""The desk's addresses, below `/moderation/`."""

from django.urls import path

from moderation.desk import (
    articles,
    cases,
    figures,
    keys,
    log,
    sections,
    settings,
    sso,
    staff,
    words,
)

app_name = "moderation"
urlpatterns = [
    path("", cases.desk, name="desk"),
    path("cases/<uuid:case_id>", cases.case, name="case"),
    path("cases/<uuid:case_id>/name", cases.name, name="name"),
    path("cases/<uuid:case_id>/pace", cases.pace, name="pace"),
    path("sites/<uuid:site_id>/staff", staff.staff, name="staff"),
    path("sites/<uuid:site_id>/keys", keys.keys, name="keys"),
    path("sites/<uuid:site_id>/sso", sso.sso, name="sso"),
    path("sites/<uuid:site_id>/articles", articles.articles, name="articles"),
    path("sites/<uuid:site_id>/articles/<uuid:article_id>", articles.article, name="article"),
    path("sites/<uuid:site_id>/sections", sections.sections, name="sections"),
    path("sites/<uuid:site_id>/words", words.words, name="words"),
    path("sites/<uuid:site_id>/settings", settings.settings, name="settings"),
    path("sites/<uuid:site_id>/log", log.log, name="log"),
    path("sites/<uuid:site_id>/figures", figures.figures, name="figures"),
]
