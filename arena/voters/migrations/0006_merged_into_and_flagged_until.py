from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("voters", "0005_voter_cluster")]

    operations = [
        migrations.RemoveConstraint("voter", "voter_member_or_joined"),
        migrations.RemoveConstraint("voter", "voter_erased_is_nobodys"),
        migrations.RenameField("voter", "joined", "merged_into"),
        migrations.RenameField("voter", "risk_until", "flagged_until"),
        migrations.AlterField(
            "voter",
            "merged_into",
            models.ForeignKey(
                "voters.voter",
                blank=True,
                null=True,
                on_delete=models.PROTECT,
                related_name="guests",
                help_text="The member's voter, since this guest logged in.",
            ),
        ),
        migrations.AlterField(
            "voter",
            "flagged_until",
            models.DateTimeField(
                blank=True,
                null=True,
                help_text="Flagged by integrity until then: needs a proof of work at any pace.",
            ),
        ),
        migrations.AlterField(
            "voter",
            "erased_at",
            models.DateTimeField(
                blank=True, null=True, help_text="When this voter's data were erased."
            ),
        ),
        migrations.AlterField(
            "voter",
            "suspended_at",
            models.DateTimeField(
                blank=True,
                null=True,
                help_text="Suspended by a moderator: votes since then do not count.",
            ),
        ),
        migrations.AddConstraint(
            "voter",
            models.CheckConstraint(
                condition=models.Q(member__isnull=True) | models.Q(merged_into__isnull=True),
                name="voter_member_or_merged",
            ),
        ),
        migrations.AddConstraint(
            "voter",
            models.CheckConstraint(
                condition=models.Q(erased_at__isnull=True)
                | models.Q(member__isnull=True, merged_into__isnull=True),
                name="voter_erased_is_nobodys",
            ),
        ),
    ]
