"""Parts of a site whose conversations are opened and closed together."""

from django.db import transaction

from articles.models import Article, Section
from articles.services.arriving import tell_threads
from articles.states import CommentsSwitch

#: Threads that change in one transaction; their readers wait no longer than it takes.
AT_ONCE = 500


def switch(*, section: Section, to: CommentsSwitch) -> None:
    """Open, close or hide the conversations of all articles of a section that say nothing
    themselves. What articles come from now on is told first; then those that are there, some at a
    time: interrupted, the same again does the rest.
    """
    section.comments = to
    section.save(update_fields=["comments"])
    undecided = Article.objects.published().filter(section=section, comments="")
    others = undecided.exclude(editions__thread__state=to.thread_state).order_by("pk")
    last = None
    while ids := list((others.filter(pk__gt=last) if last else others)[:AT_ONCE]):
        last = ids[-1].pk
        with transaction.atomic():
            for each in ids:
                each.section = section
            tell_threads(ids)
