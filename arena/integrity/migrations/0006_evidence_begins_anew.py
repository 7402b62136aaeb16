from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('integrity', '0005_canaries'),
    ]

    operations = [
        # What was kept before lacks the idle part: it starts again at an e-value of 1, and the
        # highest that it reached stays.
        migrations.RunSQL(
            "UPDATE integrity_voterevidence SET \"values\" = '', log_e = 0, \"offset\" = 0",
            migrations.RunSQL.noop,
        ),
    ]
