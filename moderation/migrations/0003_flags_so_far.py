from django.db import migrations

OF_COMMENTS = """
    UPDATE comments_comment SET flag_count = flags.amount
    FROM (SELECT comment_id, count(*) AS amount FROM moderation_flag GROUP BY comment_id) AS flags
    WHERE flags.comment_id = comments_comment.id
"""
OF_AUTHORS = """
    INSERT INTO comments_authorfigures AS held
        (site_id, author_id, published_count, rejected_count, withdrawn_count, flag_count)
    SELECT site_id, author_id, 0, 0, 0, count(*)
    FROM moderation_flag AS flag
    JOIN comments_comment AS comment ON comment.id = flag.comment_id
    JOIN comments_thread AS thread ON thread.id = thread_id
    GROUP BY site_id, author_id
    ON CONFLICT (author_id, site_id) DO UPDATE SET flag_count = EXCLUDED.flag_count
"""


class Migration(migrations.Migration):
    dependencies = [
        ("comments", "0005_figures_of_authors_so_far"),
        ("moderation", "0002_count_flags"),
    ]

    operations = [
        migrations.RunSQL(OF_COMMENTS, "UPDATE comments_comment SET flag_count = 0"),
        migrations.RunSQL(OF_AUTHORS, "UPDATE comments_authorfigures SET flag_count = 0"),
    ]
