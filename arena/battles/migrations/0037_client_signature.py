from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("battles", "0036_gold_and_excluded_turns")]

    operations = [
        migrations.RemoveConstraint("origin", "origin_has_a_network_or_a_device"),
        migrations.RenameField("origin", "device", "client_signature"),
        migrations.AlterField(
            "origin",
            "client_signature",
            models.CharField(
                blank=True,
                db_default="",
                max_length=32,
                help_text="Pseudonym of the browser by its headers; empty: they did not say.",
            ),
        ),
        migrations.AddConstraint(
            "origin",
            models.CheckConstraint(
                condition=~models.Q(client_signature="", network=""),
                name="origin_has_a_network_or_a_client_signature",
            ),
        ),
    ]
