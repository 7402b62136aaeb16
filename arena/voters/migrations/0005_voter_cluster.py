import arena.voters.models
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('voters', '0004_suspension_and_bans'),
    ]

    operations = [
        migrations.AddField(
            model_name='voter',
            name='cluster',
            field=models.PositiveSmallIntegerField(default=arena.voters.models.random_cluster, help_text='Whose votes are summed together for the intervals of ratings: drawn at random.'),
        ),
        migrations.RunSQL(
            """
            UPDATE voters_voter SET cluster = floor(random() * 256);
            UPDATE voters_voter AS guest SET cluster = member.cluster
            FROM voters_voter AS member WHERE guest.joined_id = member.id;
            SET CONSTRAINTS ALL IMMEDIATE;
            """,
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name='voter',
            constraint=models.CheckConstraint(condition=models.Q(('cluster__lt', 256)), name='voter_cluster_is_one_of_all'),
        ),
    ]
