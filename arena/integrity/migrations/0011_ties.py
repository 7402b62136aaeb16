from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('integrity', '0010_group_by_devices'),
    ]

    operations = [
        # Steps before this migration have no closeness: they are replayed by the rules of their
        # time, and evidence from ties begins with the next vote. So are those of a process that
        # still runs the code of before.
        migrations.AddField(
            model_name='voterevidence',
            name='ties',
            field=models.BinaryField(db_default=b'', default=bytes, help_text='Evidence of which of these end in ties, as `Ties.packed`.'),
        ),
        migrations.AddField(
            model_name='weighedvote',
            name='tie_closeness',
            field=models.FloatField(help_text="The board's log-odds of a tie less those for equals. Empty: ties told nothing.", null=True),
        ),
        migrations.AddField(
            model_name='weighedvote',
            name='tie_room',
            field=models.FloatField(db_default=0.0, default=0.0, help_text='Log-odds by which an honest voter may tie more: `extra_room`.'),
        ),
        migrations.AlterField(
            model_name='voterevidence',
            name='seeking',
            field=models.BinaryField(default=bytes, help_text='Evidence of which battles get a vote, as `Seeking.packed`.'),
        ),
    ]
