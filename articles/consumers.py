"""What articles do when the outbox says that one of them changed."""

from articles.events import ArticleChanged
from articles.services import relating
from outbox.events import consumes


@consumes(ArticleChanged, task="articles.relate", together=True)
def relate_article(events: list[ArticleChanged]) -> None:
    """Find what goes with articles that changed. Re-reads: they may be gone again."""
    relating.relate({event.article for event in events})
