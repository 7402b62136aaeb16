from django.db import migrations


def add_overall(apps, schema_editor):
    apps.get_model("ratings", "Board").objects.get_or_create(
        slug="overall",
        defaults={"name": "Overall", "description": "Every battle that counts."},
    )


class Migration(migrations.Migration):
    dependencies = [("ratings", "0001_initial")]
    operations = [migrations.RunPython(add_overall, migrations.RunPython.noop)]
