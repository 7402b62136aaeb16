from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('integrity', '0003_own_changes'),
    ]

    operations = [
        # What was kept before has fewer alternatives: it starts again at an e-value of 1, and the
        # highest that it reached stays.
        migrations.RunSQL(
            "UPDATE integrity_voterevidence SET \"values\" = '', log_e = 0, \"offset\" = 0",
            migrations.RunSQL.noop,
        ),
        migrations.RemoveField(
            model_name='voterevidence',
            name='random',
        ),
        migrations.AlterField(
            model_name='voterevidence',
            name='values',
            field=models.BinaryField(default=bytes, help_text='All that the e-process remembers, as `Evidence.packed`.'),
        ),
    ]
