"""What public reads of a thread show: in which order, page by page, and nothing that is private."""

import json
import random
from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import Avatar, SiteProfile
from comments.api.serializers import CommentShape, EntryShape, comment_json
from comments.models import Comment, Revision
from comments.selectors import for_the_public
from comments.services import counting, lifecycle
from comments.states import Sort, Status
from common import clock
from common.ids import new_id
from common.json import dumps
from publishers.states import Screening as SitePolicy
from tests.factories import CommentFactory, ModeratorFactory, ThreadFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def thread():
    return ThreadFactory()


def rated(thread, *votes, **fields):
    """Comments with so many votes up and down, one after another; their ids."""
    author, now = UserFactory(), clock.now()
    rows = [
        Comment(
            thread=thread,
            author=author,
            body="Said.",
            body_html="<p>Said.</p>",
            renderer_version=1,
            edition="en",
            status=Status.PUBLISHED,
            up_count=up,
            down_count=down,
            created_at=now + timedelta(microseconds=number),
            published_at=now,
            touched_at=now,
            **{"language": "en", **fields},
        )
        for number, (up, down) in enumerate(votes)
    ]
    Comment.objects.bulk_create(rows)
    Revision.objects.bulk_create(
        Revision(comment=row, number=1, body=row.body, created_at=now, in_force_at=now)
        for row in rows
    )
    return [str(row.pk) for row in rows]


def get(client, thread, path="", **asked):
    answer = client.get(f"/api/v1/threads/{thread.pk}/comments{path}", asked)
    assert answer.status_code == 200, answer.content
    return answer.json()


def ids(page):
    return [row["id"] for row in page["results"]]


def walk(client, thread, *, way="next", **asked):
    """All pages from here on, in the order they come."""
    pages = [get(client, thread, **asked)]
    while cursor := pages[-1][way]:
        pages.append(get(client, thread, **{**asked, "cursor": cursor}))
    return pages


# -- orders ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("up", "down", "top", "best"),
    [
        (0, 0, 0, -1),
        (2, 0, 0.3424, -1),  # two voted: it is not heard yet
        (3, 0, 0.4385, 0.4385),
        (60, 40, 0.5020, 0.5020),
        (600, 400, 0.5693, 0.5693),  # the same share, better known
        (1, 2, 0.0615, 0.0615),
        (1, 9, 0.0179, -2),  # nine of ten dislike it
        (0, 4, 0, -2),
        (-1, 3, 0, 0),  # a wrong count breaks nothing
        (-1, -1, 0, -1),
    ],
)
def test_what_votes_say_of_a_comment_is_wilsons_lower_bound(up, down, top, best):
    with connection.cursor() as cursor:
        cursor.execute("SELECT comments_top(%s, %s), comments_best(%s, %s)", [up, down] * 2)

        assert cursor.fetchone() == pytest.approx((top, best), abs=5e-5)


def test_the_top_ones_come_first_and_the_latest_of_equals(client, thread):
    disliked, early, late, liked, known = rated(thread, (0, 3), (0, 0), (0, 0), (3, 0), (60, 2))

    assert ids(get(client, thread, sort="top")) == [known, liked, late, early, disliked]


def test_the_most_discussed_come_first(client, thread):
    quiet, busy, some = (CommentFactory(thread=thread) for _ in range(3))
    for parent in (busy, busy, some):
        CommentFactory(parent=parent)

    found = ids(get(client, thread, sort="discussed"))

    assert found == [str(each.pk) for each in (busy, some, quiet)]


def test_of_five_places_the_best_give_the_third_to_a_newcomer(client, thread):
    heard = rated(thread, *((20 - number, 0) for number in range(9)))
    new = rated(thread, *((number % 3, 0) for number in range(4)))[::-1]
    disliked = rated(thread, (1, 9))

    found = ids(get(client, thread))

    expected = [*heard[:2], new[0], *heard[2:6], new[1], *heard[6:9], new[2], new[3], *disliked]
    assert found == expected


def test_where_nobody_voted_the_best_are_the_newest(client, thread):
    posted = rated(thread, *[(0, 0)] * 4)

    assert ids(get(client, thread)) == posted[::-1]


@pytest.mark.parametrize("sort", Sort.values)
def test_in_every_order_pages_go_forth_and_back_the_same_way(client, thread, sort):
    rng = random.Random(sort)
    posted = rated(thread, *((rng.choice((0, 1, 9)), rng.randrange(4)) for _ in range(26)))

    there = walk(client, thread, sort=sort, limit=4)
    back = walk(client, thread, way="previous", sort=sort, limit=4, cursor=there[-1]["previous"])

    whole = ids(get(client, thread, sort=sort, limit=100))
    assert [each for page in there for each in ids(page)] == whole
    assert sorted(whole) == sorted(posted)
    assert [ids(page) for page in back[::-1]] == [ids(page) for page in there[:-1]]
    assert [row["previous"] is None for row in (there[0], back[-1])] == [True, True]


class Crowd:
    """What others do meanwhile, by chance. `settled`: whose sort keys it has not changed."""

    def __init__(self, thread, sort, rng):
        self.thread, self.sort, self.rng = thread, sort, rng
        votes = ((rng.choice((0, 0, 5)), rng.randrange(3)) for _ in range(30))
        self.settled = set(rated(thread, *votes))
        self.here_before = set(self.settled)

    def act(self):
        some = Comment.objects.get(pk=self.rng.choice(sorted(self.settled)))
        self.rng.choice((self.post, self.reply_to, self.vote_on, self.edit, self.remove))(some)

    def post(self, _some):
        self.settled.update(rated(self.thread, (self.rng.choice((0, 7)), 0)))

    def edit(self, some):
        lifecycle.edit(some.pk, author=some.author, body=f"Better {new_id()}.")

    def remove(self, some):
        lifecycle.withdraw(some.pk, author=some.author)
        self.settled.discard(str(some.pk))

    def vote_on(self, some):
        Comment.objects.filter(pk=some.pk).update(up_count=some.up_count + 1)
        if self.sort in {Sort.TOP, Sort.BEST}:
            self.settled.discard(str(some.pk))

    def reply_to(self, some):
        CommentFactory(parent=some)
        if self.sort == Sort.DISCUSSED:
            self.settled.discard(str(some.pk))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("sort", Sort.values)
def test_paging_while_others_write_neither_repeats_nor_skips(client, thread, sort, seed):
    crowd = Crowd(thread, sort, random.Random(f"{sort} {seed}"))

    page = get(client, thread, sort=sort, limit=4)
    seen = ids(page)
    while page["next"]:
        crowd.act()
        page = get(client, thread, sort=sort, limit=4, cursor=page["next"])
        seen += ids(page)

    assert crowd.settled & crowd.here_before <= set(seen)
    assert [each for each in crowd.settled if seen.count(each) > 1] == []


# -- some of it --------------------------------------------------------------------------------


@pytest.mark.parametrize("sort", Sort.values)
def test_a_language_or_what_is_featured_can_be_read_alone(client, thread, sort):
    rated(thread, (1, 0))
    korean = CommentFactory(thread=thread, language="ko")
    reply = CommentFactory(parent=korean, language="en")
    featured = CommentFactory(thread=thread, featured=True)
    CommentFactory(thread=thread, featured=True, status=Status.HELD)

    in_korean = get(client, thread, sort=sort, language="ko")

    assert ids(in_korean) == [str(korean.pk)]
    assert ids(in_korean["results"][0]["replies"]) == [str(reply.pk)]
    assert ids(get(client, thread, sort=sort, featured="true")) == [str(featured.pk)]
    assert ids(get(client, thread, sort=sort, featured="true", language="ko")) == []
    assert len(ids(get(client, thread, sort=sort, featured="false"))) == 3


@pytest.mark.parametrize("sort", Sort.values)
def test_pages_of_what_is_featured_in_one_language_are_full(client, thread, sort):
    wanted = []
    for votes in [(0, 0), (9, 0), (0, 9)] * 3:
        rated(thread, votes, language="ko")
        rated(thread, votes, featured=True)
        wanted += rated(thread, votes, language="ko", featured=True)
    asked = {"sort": sort, "language": "ko", "featured": "true", "limit": 4}

    there = walk(client, thread, **asked)
    back = walk(client, thread, way="previous", **asked, cursor=there[-1]["previous"])

    assert [len(page["results"]) for page in there] == [4, 4, 1]
    assert sorted(each for page in there for each in ids(page)) == sorted(wanted)
    assert [ids(page) for page in back[::-1]] == [ids(page) for page in there[:-1]]


def test_a_cursor_of_one_language_is_none_of_the_whole(client, thread):
    rated(thread, (0, 0), (0, 0))
    cursor = get(client, thread, language="en", limit=1)["next"]

    answer = client.get(f"/api/v1/threads/{thread.pk}/comments", {"cursor": cursor})

    assert answer.json()["code"] == "bad_cursor"


# -- permalinks --------------------------------------------------------------------------------


@pytest.mark.parametrize("sort", Sort.values)
def test_a_permalink_opens_the_page_on_which_its_comment_stands(client, thread, sort):
    rng = random.Random(sort)
    rated(thread, *((rng.choice((0, 9)), 0) for _ in range(12)))
    root = CommentFactory(thread=thread, up_count=6)
    rated(thread, *((rng.choice((0, 9)), 0) for _ in range(12)))
    first = [CommentFactory(parent=root) for _ in range(6)]
    deep = CommentFactory(parent=first[5])

    context = get(client, thread, f"/{deep.pk}/context", sort=sort, limit=8)
    around = [
        page
        for way in ("next", "previous")
        if context[way]
        for page in walk(client, thread, way=way, sort=sort, limit=8, cursor=context[way])
    ]

    entry = next(row for row in context["results"] if row["id"] == str(root.pk))
    assert context["comment"]["id"] == str(deep.pk)
    assert len(context["results"]) == (8 if context["previous"] else 6)  # with two before it
    assert ids(entry["replies"]) == [str(each.pk) for each in (*first[:3], first[5], deep)]
    more = get(client, thread, f"/{root.pk}/replies", cursor=entry["replies"]["next"])
    assert ids(more) == [str(each.pk) for each in (*first[3:], deep)]
    seen = [each for page in (context, *around) for each in ids(page)]
    assert len(seen) == len(set(seen))


def test_a_permalink_of_what_is_not_shown_leads_nowhere(client, thread):
    held = CommentFactory(thread=thread, status=Status.HELD)
    elsewhere = CommentFactory()

    for each in (held, elsewhere):
        path = f"/api/v1/threads/{thread.pk}/comments/{each.pk}/context"
        assert client.get(path).status_code == 404


# -- what is shown of a comment ----------------------------------------------------------------


@pytest.fixture
def all_kinds(thread):
    """A thread with a comment of every kind that a public answer shows differently."""
    staff = ModeratorFactory(site=thread.site)
    author = UserFactory(public_page=True, name='Kim "Quill" \\O’Hara')
    author.avatar = Avatar.objects.create(id="a" * 64, content=b"")
    author.save()
    SiteProfile.objects.create(user=author, site=thread.site, badges=["Expert"])
    root = CommentFactory(thread=thread, author=author, featured=True)
    CommentFactory(thread=thread, author=staff, body='"Quotes", \u2028 and 한국어')
    gone = CommentFactory(parent=root)
    reply = CommentFactory(parent=gone)
    CommentFactory(parent=reply, answers=reply)
    CommentFactory(parent=reply, answers=gone)
    lifecycle.withdraw(gone.pk, author=gone.author)
    on_the_second = clock.now().replace(microsecond=0)
    Comment.objects.filter(pk=root.pk).update(
        up_count=4, down_count=1, reactions={"heart": 2}, edited_at=on_the_second
    )
    return thread


def test_a_page_says_of_each_comment_what_its_serializer_says(client, all_kinds):
    page = get(client, all_kinds)
    shown = [each for row in page["results"] for each in (row, *row["replies"]["results"])]

    rows = for_the_public(Comment.objects.filter(thread=all_kinds)).in_bulk()
    said = {str(pk): json.loads(dumps(comment_json(row))) for pk, row in rows.items()}

    assert len(shown) == 5
    for each in shown:
        replies = each.pop("replies", None)
        assert each == said[each["id"]]
        assert each.keys() == CommentShape().fields.keys()
        assert replies is None or replies.keys() == EntryShape().fields["replies"].fields.keys()


def test_one_comment_and_its_replies_say_what_the_page_says(client, all_kinds):
    page = get(client, all_kinds, sort="oldest")
    root = page["results"][0]

    assert get(client, all_kinds, f"/{root['id']}") == root
    replies = get(client, all_kinds, f"/{root['id']}/replies")
    assert replies["results"][:3] == root["replies"]["results"]
    context = get(client, all_kinds, f"/{root['id']}/context", sort="oldest")
    assert (context["comment"], context["results"]) == (
        {name: value for name, value in root.items() if name != "replies"},
        page["results"],
    )


def test_nothing_private_and_no_unpublished_text_is_in_any_public_answer(client, all_kinds):
    thread = all_kinds
    root = Comment.objects.get(thread=thread, featured=True)
    for parent in (None, root):
        for status in Status:
            place = {"parent": parent} if parent else {"thread": thread}
            if status != Status.PUBLISHED:
                CommentFactory(**place, status=status, body="Unpublished.", featured=True)
    type(thread.site).objects.update(screening=SitePolicy.SCREEN_FIRST)
    lifecycle.edit(root.pk, author=root.author, body="Unpublished, for it is being screened.")
    counting.fold()
    base = f"/api/v1/threads/{thread.pk}"
    one = f"{base}/comments/{root.pk}"
    paths = [base, one, f"{one}/replies", f"{one}/context"]
    for sort in Sort.values:
        paths += [f"{base}/comments?sort={sort}{more}" for more in ("", "&language=en")]
        paths.append(f"{base}/comments?sort={sort}&featured=true")

    said = "".join(client.get(path).content.decode() for path in paths)

    assert root.body_html in json.loads(client.get(one).content)["body_html"]
    assert "Unpublished" not in said
    for comment in Comment.objects.filter(thread=thread).select_related("author"):
        assert comment.author.email not in said
        assert f'"body":"{comment.body}' not in said
        assert (str(comment.pk) in said) == (
            comment.status == "published" or comment.reply_count > 0
        )
