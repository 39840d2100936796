"""Adjectives for comments and threads. Read access is decided here, once."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q

from comments.states import UNPUBLISHED, Status, ThreadState
from publishers import roles
from publishers.roles import Permission

if TYPE_CHECKING:
    from comments.models import Comment, Thread  # noqa: F401  (the querysets' own models)

#: Public: published, or a tombstone: gone after publication, with replies that are not. The
#: reading indexes carry this very condition.
SHOWN = Q(status=Status.PUBLISHED) | Q(published_at__isnull=False, reply_count__gt=0)


class ThreadQuerySet(models.QuerySet["Thread"]):
    def shown(self) -> "ThreadQuerySet":
        """Threads the public may know of."""
        return self.exclude(state=ThreadState.OFF)


class CommentQuerySet(models.QuerySet["Comment"]):
    def visible_to(self, viewer: Any) -> "CommentQuerySet":
        """What `viewer` (a user or AnonymousUser) may read: published, and all of their own."""
        own = Q(author=viewer.pk) if viewer.is_authenticated else Q(pk__in=())
        return self.filter(Q(status=Status.PUBLISHED) | own)

    def shown(self) -> "CommentQuerySet":
        """What a public page shows: published comments and tombstones."""
        return self.filter(SHOWN)

    def published(self) -> "CommentQuerySet":
        return self.filter(status=Status.PUBLISHED)

    def unpublished(self) -> "CommentQuerySet":
        """Seen by their authors and moderators only."""
        return self.filter(status__in=UNPUBLISHED)

    def top_level(self) -> "CommentQuerySet":
        return self.filter(parent=None)

    def moderated_by(self, user: Any) -> "CommentQuerySet":
        """Comments on the sites whose cases `user` may read."""
        if not user.is_authenticated:
            return self.none()
        holders = roles.holders(Permission.REVIEW)
        return self.filter(thread__site__staff__user=user, thread__site__staff__role__in=holders)
