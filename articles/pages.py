"""Pages at the site root that show what was said below articles."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.faces import avatar_url
from articles import selectors
from comments.selectors import by_author, with_a_page
from common.cursors import BadCursor
from common.permissions import public

COMMENTS_A_PAGE = 20


@public
@require_safe
def reader(request: HttpRequest, reader_id: UUID) -> HttpResponse:
    """`/readers/{id}`: a reader's published comments, if they wish it; else there is nothing here,
    as where there is nobody. Three queries.
    """
    author = with_a_page(reader_id)
    try:
        page = by_author(author, limit=COMMENTS_A_PAGE, cursor_text=request.GET.get("cursor"))
    except BadCursor:
        page = by_author(author, limit=COMMENTS_A_PAGE)
    pages = selectors.pages_of(page.rows)
    context = {
        "author": author,
        "avatar_url": avatar_url(author.avatar_id),
        "said": [(row, pages.get(row.pk)) for row in page.rows],
        "page": page,
    }
    return render(request, "articles/reader.html", context)
