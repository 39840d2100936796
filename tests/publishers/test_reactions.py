"""A site's reactions: typed as lines, checked, and kept in order."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from moderation.desk.forms import SettingsForm
from publishers import reactions
from publishers.forms import ReactionLines
from publishers.models import Site
from tests.factories import SiteFactory


def test_lines_are_read_and_written_back():
    lines = "insightful\ntea 🍵 With tea\n\nsad ☹️\nrespect 🤝 Hats off"

    kinds = ReactionLines().clean(lines)

    assert [(each["kind"], each["emoji"], each["label"]) for each in kinds] == [
        ("insightful", "💡", ""),
        ("tea", "🍵", "With tea"),
        ("sad", "☹️", ""),
        ("respect", "🤝", "Hats off"),
    ]
    assert ReactionLines().clean(reactions.write(kinds)) == kinds


def test_no_lines_are_no_reactions():
    assert ReactionLines().clean(" \n") == []


@pytest.mark.parametrize(
    "line",
    [
        "tea",  # not one of ours: it needs a sign
        "tea 🍵",  # and a word
        "Tea 🍵 With tea",
        "tea! 🍵 With tea",
        "tea wow With tea",
        "tea <b> With tea",
        "tea 🍵\u202e With tea",  # what turns text around
        f"tea {'🍵' * 17} With tea",
        f"{'t' * 21} 🍵 With tea",
        f"tea 🍵 {'x' * 41}",
        "tea 🍵 With\u202etea",
    ],
)
def test_a_line_that_is_no_reaction_is_named(line):
    with pytest.raises(ValidationError) as refusal:
        ReactionLines().clean(f"sad\n{line}")

    assert "Line 2 is not a reaction" in str(refusal.value)


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("sad\nfunny\nsad", "reaction_twice"),
        ("\n".join(f"kind{n} 🍵 Tea" for n in range(9)), "too_many_reactions"),
    ],
)
def test_reactions_are_few_and_different(lines, code):
    with pytest.raises(ValidationError) as refusal:
        ReactionLines().clean(lines)

    assert refusal.value.code == code


@pytest.mark.parametrize("sign", ["👍🏽", "👩‍🚀", "🇰🇷", "❤️", "✅"])
def test_signs_of_several_parts_are_signs(sign):
    assert ReactionLines().clean(f"some {sign} Some")[0]["emoji"] == sign


@pytest.mark.parametrize("kinds", [None, {}, ["sad"], [{"kind": "sad"}], [{"kind": 1}]])
def test_what_is_no_list_of_kinds_is_refused(kinds):
    with pytest.raises(ValidationError):
        reactions.check(kinds)


@pytest.mark.django_db
def test_a_new_site_is_sound_and_has_the_usual_reactions():
    site = SiteFactory()

    site.full_clean()

    assert [each["kind"] for each in site.reactions] == list(reactions.USUAL)


@pytest.mark.django_db
def test_an_owner_chooses_them_among_the_settings():
    site = SiteFactory()
    kept = {name: getattr(site, name) for name in SettingsForm.Meta.fields}

    refused = SettingsForm(kept | {"reactions": "tea"}, instance=site)
    form = SettingsForm(kept | {"reactions": "tea 🍵 With tea\nsad"}, instance=site)
    form.save()

    site.refresh_from_db()
    assert [each["kind"] for each in site.reactions] == ["tea", "sad"]
    assert "tea 🍵 With tea\nsad 😢" in str(SettingsForm(instance=site))
    assert list(refused.errors) == ["reactions"]


@pytest.mark.django_db
def test_the_database_refuses_too_many():
    site = SiteFactory()

    with pytest.raises(IntegrityError):
        Site.objects.filter(pk=site.pk).update(reactions=[{}] * 9)
