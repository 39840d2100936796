"""Readers follow links: that somebody did is counted, who it was is not."""

from uuid import UUID

from django.db import connection

from articles import ranking
from articles.models import Edition, Suggestion
from common import buckets, clock
from common.buckets import Bucket
from common.callers import address_block

#: An address counts once for a link in so many seconds, however often it clicks: longer than a
#: click is remembered by its weight.
ONCE_SECONDS = 14 * 24 * 3600

ADD = """
    INSERT INTO articles_linkclicks AS held (edition_id, target_id, clicks, at)
    VALUES (%s, %s, 1, %s)
    ON CONFLICT (edition_id, target_id) DO UPDATE SET
        clicks = 1 + held.clicks
            * power(0.5, greatest(extract(epoch FROM EXCLUDED.at - held.at), 0) / %s),
        at = greatest(held.at, EXCLUDED.at)
"""


def follow(*, edition: Edition, article_id: UUID, address: str) -> None:
    """Count that somebody at `address` followed the link from an edition to an article that is
    suggested there; what is not suggested there is not counted.

    The address is seen by a bucket that forgets it, and stored nowhere. A query, and an upsert.
    """
    suggested = Suggestion.objects.filter(edition=edition, target__article=article_id)
    target_id = suggested.values_list("target", flat=True).first()
    if target_id is None:
        return
    once = Bucket(f"click:{edition.pk}:{target_id}:{address_block(address)}", 1, ONCE_SECONDS)
    if buckets.take([once]) is None:
        half_life = ranking.CLICKS_HALVE.total_seconds()
        with connection.cursor() as cursor:
            cursor.execute(ADD, [edition.pk, target_id, clock.now(), half_life])
