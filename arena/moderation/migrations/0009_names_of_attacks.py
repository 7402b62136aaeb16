from django.db import migrations

RENAME = """
ALTER TABLE moderation_simulation DISABLE TRIGGER USER;
UPDATE moderation_simulation AS simulation SET kind = attack.now
FROM (
    VALUES
        ('target-only, 3/4 rigged', 'target-only, 25% honest'),
        ('target-only, half honest', 'target-only, 50% honest'),
        ('omnipresent, half honest', 'omnipresent, 50% honest')
) AS attack (before, now)
WHERE simulation.kind = attack.before;
ALTER TABLE moderation_simulation ENABLE TRIGGER USER;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('moderation', '0008_help_texts'),
    ]

    operations = [
        migrations.RunSQL(RENAME, migrations.RunSQL.noop),
    ]
