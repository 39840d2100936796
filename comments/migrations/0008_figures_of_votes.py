from django.db import migrations

FORWARDS = """
CREATE FUNCTION comments_bound(up float8, down float8, side float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (up + 1.9208 + side * 1.96 * sqrt(up * down / greatest(up + down, 1) + 0.9604))
    / (up + down + 3.8416);
COMMENT ON FUNCTION comments_bound IS
    'Wilson''s score interval at 95 %, of the share of votes that are up: the lower bound with side'
    ' -1, the upper one with side 1.';

CREATE FUNCTION comments_top(up integer, down integer) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN up > 0 THEN comments_bound(up, greatest(down, 0), -1) ELSE 0 END;
COMMENT ON FUNCTION comments_top IS
    'How well a comment with these votes is liked at least; 0 to 1.';

CREATE FUNCTION comments_best(up integer, down integer) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN greatest(up, 0) + greatest(down, 0) < 3 THEN -1
    WHEN comments_bound(greatest(up, 0), greatest(down, 0), 1) < 0.5 THEN -2
    ELSE comments_top(up, down)
END;
COMMENT ON FUNCTION comments_best IS
    'The same; -1 where fewer than three voted, -2 where most do not like it at the best.';
"""
BACKWARDS = """
DROP FUNCTION comments_best(integer, integer);
DROP FUNCTION comments_top(integer, integer);
DROP FUNCTION comments_bound(float8, float8, float8);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("comments", "0007_reactions"),
    ]

    operations = [
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
