"""Rename what has another name in the field: live Elo, chain entries, revisions, diagnostics."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contestants", "0011_first_entries"),
        ("ratings", "0006_snapshot_as_cast"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(model_name="link", name="link_is_final"),
        pgtrigger.migrations.RemoveTrigger(model_name="link", name="link_follows_the_last"),
        migrations.RemoveConstraint(model_name="link", name="link_of_a_snapshot_or_an_export"),
        migrations.RenameModel(old_name="Ticker", new_name="LiveElo"),
        migrations.RenameModel(old_name="Link", new_name="ChainEntry"),
        migrations.RenameField("pairtotal", "changes", "revision"),
        migrations.RenameField("leaderboard", "changes", "revision"),
        migrations.RenameField("leaderboard", "notes", "diagnostics"),
        migrations.RenameField("snapshot", "notes", "diagnostics"),
        migrations.AlterField(
            model_name='chainentry',
            name='snapshot',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='chain_entry', to='ratings.snapshot'),
        ),
        migrations.AlterField(
            model_name='leaderboard',
            name='revision',
            field=models.BigIntegerField(help_text='The sum of the revisions of the counts that it was fitted from.'),
        ),
        migrations.AlterField(
            model_name='liveelo',
            name='contestant',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='live_elo', serialize=False, to='contestants.contestant'),
        ),
        migrations.AlterField(
            model_name='signingkey',
            name='after',
            field=models.BigIntegerField(help_text='The last entry that the key before it signed.'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='chainentry',
            trigger=pgtrigger.compiler.Trigger(name='chain_entry_is_final', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='3d9fd39a0a1d9bd51caa1d9067eb0c82f7a1fbed', operation='UPDATE OR DELETE', pgid='pgtrigger_chain_entry_is_final_0249a', table='ratings_chainentry', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='chainentry',
            trigger=pgtrigger.compiler.Trigger(name='chain_entry_follows_the_last', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    IF EXISTS (SELECT 1 FROM ratings_chainentry WHERE number >= NEW.number)\n                        OR (NEW.number = 1) <> (NEW.previous = '')\n                        OR NEW.number > 1 AND NOT EXISTS (\n                            SELECT 1 FROM ratings_chainentry\n                            WHERE number = NEW.number - 1 AND digest = NEW.previous\n                        )\n                    THEN\n                        RAISE EXCEPTION 'entry % does not follow the last one', NEW.number\n                            USING ERRCODE = 'check_violation';\n                    END IF;\n                    RETURN NEW;\n                ", hash='13140481c8d658eacd9eaacc3614a62d6a4a1dd9', operation='INSERT', pgid='pgtrigger_chain_entry_follows_the_last_81f50', table='ratings_chainentry', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='chainentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'snapshot'), ('snapshot__isnull', False)), models.Q(('kind', 'export'), ('snapshot__isnull', True)), _connector='OR'), name='chain_entry_of_a_snapshot_or_an_export'),
        ),
    ]
