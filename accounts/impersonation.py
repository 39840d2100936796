"""Names that pass for staff: how one is told from a reader's. Pure rules.

Two readers may have one name, as many people do. Nobody but staff has the name of a member of
staff, of a site, or a title such as "Admin", in whatever letters that look like it.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from common.lookalikes import skeleton

#: A word of a name that only staff have.
TITLES = (
    "admin administrator administrators moderator moderators moderation sysadmin webmaster "
    "administrador administradora administrateur administratorin moderador moderadora moderateur "
    "moderatorin amministratore moderatore администратор модератор"
)
#: A name of nothing but these is a title as well; one of them beside others may be a surname.
ROLES = (
    "staff support official editor editors editorial newsroom owner operator operators mod mods "
    "helpdesk root system redaktion redaction 공식 스태프 公式 官方 スタッフ"
)
FILLERS = "the a our site team desk help service account 팀 チーム"
#: What makes a title of any name that holds it, in scripts without spaces between words.
HELD = (
    "운영자 운영진 운영팀 관리자 관리팀 어드민 모더레이터 편집부 편집국 고객센터 "
    "管理者 管理人 運営 編集部 モデレーター アドミン 管理员 管理員 版主 客服 编辑部"
)
#: What people type for a letter, beyond what looks like it.
LEET = str.maketrans("3457@$€", "eastase")


def passes_for_staff(name: str, protected: Iterable[str]) -> bool:
    """Whether a reader's `name` looks like one of `protected` (staff's and sites') or a title."""
    bare = {_bare(name), _bare(name.strip("0123456789 "))} - {""}
    return bool(bare & {_bare(theirs) for theirs in protected}) or is_title(name)


def is_title(name: str) -> bool:
    """Whether a name says that somebody works here."""
    said = [_bare(word) for word in re.split(r"[\W\d_]+", _readable(name)) if word]
    titles, roles, fillers, held = _vocabulary()
    whole = {_bare(name), _bare(name.strip("0123456789 "))}
    return (
        bool(titles & (set(said) | whole))
        or bool(roles & whole)
        or (bool(roles & set(said)) and set(said) <= roles | fillers)
        or any(word in _bare(name) for word in held)
    )


def _bare(name: str) -> str:
    """The skeleton of a name's letters, whatever stands between them."""
    return "".join(
        sign for sign in skeleton(name.translate(LEET)) if unicodedata.category(sign)[0] in "LMN"
    )


def _readable(name: str) -> str:
    """A name without marks, which are no letters to a regular expression, and without leet."""
    parts = unicodedata.normalize("NFD", name.translate(LEET))
    return "".join(sign for sign in parts if unicodedata.category(sign) != "Mn")


@cache
def _vocabulary() -> tuple[frozenset[str], ...]:
    lists = (TITLES, ROLES, FILLERS, HELD)
    return tuple(frozenset(map(_bare, words.split())) for words in lists)
