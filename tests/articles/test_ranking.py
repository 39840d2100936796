"""What moves a suggestion up, and what does not."""

from datetime import timedelta

from articles import ranking

DAY = timedelta(days=1)


def weight(**changed):
    plain = {"likeness": 0.2, "age": DAY, "heat": 0.0, "clicks": 0.0}
    return ranking.weight(**{**plain, **changed})


def test_talk_freshness_and_clicks_move_it_up():
    assert weight(age=timedelta()) > weight()
    assert weight(heat=5.0) > weight()
    assert weight(clicks=20.0) > weight(clicks=5.0) > weight()


def test_an_old_story_that_is_nearer_stands_above_a_fresh_one():
    assert weight(likeness=0.3, age=1_000 * DAY) > weight(likeness=0.2, age=timedelta())


def test_one_click_is_chance():
    assert weight(clicks=1.0) == weight()


def test_what_was_published_ahead_of_time_is_just_fresh():
    assert weight(age=-DAY) == weight(age=timedelta())


def test_clicks_cool():
    assert ranking.cooled(8.0, ranking.CLICKS_HALVE) == 4.0
    assert ranking.cooled(8.0, -DAY) == 8.0
