from django.db import migrations

#: Tallies that wait from before name no author: all comments are counted here.
COUNT = """
    INSERT INTO comments_authorfigures
        (site_id, author_id, published_count, rejected_count, withdrawn_count, flag_count)
    SELECT site_id, author_id, count(*) FILTER (WHERE status = 'published'),
        count(*) FILTER (WHERE status = 'rejected'),
        count(*) FILTER (WHERE status = 'withdrawn'), 0
    FROM comments_comment JOIN comments_thread AS thread ON thread.id = thread_id
    WHERE status IN ('published', 'rejected', 'withdrawn')
    GROUP BY site_id, author_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("comments", "0004_author_figures_and_flags"),
    ]

    operations = [
        migrations.RunSQL(COUNT, "DELETE FROM comments_authorfigures"),
    ]
