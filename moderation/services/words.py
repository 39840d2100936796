"""A site's list of words that are looked at more closely."""

from moderation.models import ListedWord
from moderation.states import WordAction
from publishers.models import Site


def put(*, site: Site, word: str, action: WordAction) -> None:
    """List a word, or change what it does. In force within ten seconds."""
    ListedWord.objects.update_or_create(site=site, word=word, defaults={"action": action})


def drop(*, site: Site, word_id: int) -> None:
    """Take a word off the list; one that is not there is not there."""
    ListedWord.objects.filter(site=site, pk=word_id).delete()
