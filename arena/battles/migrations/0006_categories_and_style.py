import django.contrib.postgres.fields
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('battles', '0005_freshness'),
    ]

    operations = [
        migrations.AddField(
            model_name='answer',
            name='style_bold',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='answer',
            name='style_headers',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='answer',
            name='style_lists',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='answer',
            name='style_tokens',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='turn',
            name='language',
            field=models.CharField(default='und', help_text='Of the prompt: ISO 639 code, or und.', max_length=8),
        ),
        migrations.AddField(
            model_name='turn',
            name='topics',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, help_text='Of the prompt, by the classifier of its day.', size=None),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='turn',
            trigger=pgtrigger.compiler.Trigger(name='turn_is_final', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."prompt" IS DISTINCT FROM (NEW."prompt") OR OLD."language" IS DISTINCT FROM (NEW."language") OR OLD."topics" IS DISTINCT FROM (NEW."topics") OR OLD."repeats_id" IS DISTINCT FROM (NEW."repeats_id"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='2e71ba230f941117df6f741986bd6ac9300e1e1b', operation='UPDATE', pgid='pgtrigger_turn_is_final_bf571', table='battles_turn', when='BEFORE')),
        ),
    ]
