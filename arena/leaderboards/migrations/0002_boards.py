import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


# Votes counted before this migration have no measured style: they count as of equal style,
# in the middle cell of ratings.engine.GRID (number 67 of 135).
EQUAL_STYLE = """
    UPDATE {table} SET
        cells[202] = first_wins, cells[203] = second_wins, cells[204] = ties + both_bad;
"""
LAST_30_DAYS = """
    INSERT INTO ratings_windowstart ("window", first_day)
    VALUES ('30d', (now() AT TIME ZONE 'UTC')::date - 29);
    INSERT INTO ratings_pairtotal (
        board_id, "window", first_id, second_id, first_wins, second_wins, ties, both_bad,
        cells, sums, changes
    )
    SELECT board_id, '30d', first_id, second_id, sum(first_wins), sum(second_wins), sum(ties),
        sum(both_bad), array_fill(0, ARRAY[405]), array_fill(0::bigint, ARRAY[14]), 0
    FROM ratings_pairday, ratings_windowstart WHERE day >= first_day
    GROUP BY board_id, first_id, second_id;
"""
# Arrays go out of line, so that reading plain counts reads small rows.
OUT_OF_LINE = """
    ALTER TABLE ratings_pairtotal SET (toast_tuple_target = 128);
    ALTER TABLE ratings_pairday SET (toast_tuple_target = 128);
"""
# The new rows' deferred checks, so that the tables can be altered further.
CHECK_NOW = "SET CONSTRAINTS ALL IMMEDIATE;"


class Migration(migrations.Migration):

    dependencies = [
        ('contestants', '0001_initial'),
        ('ratings', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Pairing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fitted_at', models.DateTimeField()),
                ('contestants', models.JSONField(help_text='Their ids.')),
                ('votes', models.JSONField(help_text='Votes of each contestant.')),
                ('gain', models.JSONField(help_text='Expected drop of all interval widths in points, per pair.')),
            ],
        ),
        migrations.CreateModel(
            name='RatingPoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rating', models.FloatField()),
                ('lower', models.FloatField()),
                ('upper', models.FloatField()),
                ('rank', models.PositiveIntegerField()),
                ('votes', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='Ticker',
            fields=[
                ('contestant', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='ticker', serialize=False, to='contestants.contestant')),
                ('elo', models.FloatField(help_text='Points.')),
                ('votes', models.BigIntegerField(default=0)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='WindowStart',
            fields=[
                ('window', models.CharField(choices=[('all', 'All time'), ('30d', 'Last 30 days')], max_length=3, primary_key=True, serialize=False)),
                ('first_day', models.DateField()),
            ],
        ),
        migrations.AlterModelOptions(
            name='board',
            options={'ordering': ['position', 'name']},
        ),
        migrations.RemoveConstraint(
            model_name='pairday',
            name='pair_day_sound',
        ),
        migrations.RemoveConstraint(
            model_name='pairtotal',
            name='pair_total_once',
        ),
        migrations.RemoveConstraint(
            model_name='pairtotal',
            name='pair_total_sound',
        ),
        migrations.RemoveConstraint(
            model_name='snapshot',
            name='snapshot_once',
        ),
        migrations.AddField(
            model_name='board',
            name='group',
            field=models.CharField(choices=[('general', 'General'), ('topic', 'Topics'), ('language', 'Languages')], default='general', max_length=8),
        ),
        migrations.AddField(
            model_name='leaderboard',
            name='changes',
            field=models.BigIntegerField(default=-1, help_text="The sum of the counts' changes when it was fitted."),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='leaderboard',
            name='notes',
            field=models.JSONField(default=dict, help_text='What belongs to the board as a whole: fragility, multiplicity, ties, style.'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='leaderboard',
            name='since',
            field=models.DateField(help_text='First day of a rolling window.', null=True),
        ),
        migrations.AddField(
            model_name='leaderboard',
            name='style',
            field=models.CharField(choices=[('plain', 'As voted'), ('controlled', 'Style controlled')], default='plain', max_length=10),
        ),
        migrations.AddField(
            model_name='leaderboard',
            name='window',
            field=models.CharField(choices=[('all', 'All time'), ('30d', 'Last 30 days')], default='all', max_length=3),
        ),
        migrations.AddField(
            model_name='pairday',
            name='cells',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), default=[0] * 405, size=405),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='pairday',
            name='sums',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=[0] * 14, size=14),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='pairtotal',
            name='cells',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), default=[0] * 405, size=405),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='pairtotal',
            name='changes',
            field=models.BigIntegerField(default=0, help_text="Grows with each change, so that a board's sum tells whether it changed."),
        ),
        migrations.AddField(
            model_name='pairtotal',
            name='sums',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=[0] * 14, size=14),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='pairtotal',
            name='window',
            field=models.CharField(choices=[('all', 'All time'), ('30d', 'Last 30 days')], default='all', max_length=3),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='snapshot',
            name='notes',
            field=models.JSONField(default=dict),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='snapshot',
            name='since',
            field=models.DateField(help_text='First day of a rolling window.', null=True),
        ),
        migrations.AddField(
            model_name='snapshot',
            name='style',
            field=models.CharField(choices=[('plain', 'As voted'), ('controlled', 'Style controlled')], default='plain', max_length=10),
        ),
        migrations.AddField(
            model_name='snapshot',
            name='window',
            field=models.CharField(choices=[('all', 'All time'), ('30d', 'Last 30 days')], default='all', max_length=3),
        ),
        migrations.AlterField(
            model_name='leaderboard',
            name='board',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='ratings.board'),
        ),
        migrations.AlterField(
            model_name='snapshot',
            name='board',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='ratings.board'),
        ),
        migrations.AlterField(
            model_name='snapshot',
            name='counts',
            field=models.JSONField(help_text='[first, second, first wins, second wins, ties, both bad], or with style [first, second, [cell, first wins, second wins, drawn] per cell, sums]'),
        ),
        migrations.RunSQL(
            LAST_30_DAYS
            + EQUAL_STYLE.format(table='ratings_pairtotal')
            + EQUAL_STYLE.format(table='ratings_pairday')
            + CHECK_NOW
            + OUT_OF_LINE,
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name='board',
            constraint=models.CheckConstraint(condition=models.Q(('group__in', ['general', 'topic', 'language'])), name='board_group_known'),
        ),
        migrations.AddConstraint(
            model_name='leaderboard',
            constraint=models.UniqueConstraint(fields=('board', 'style', 'window'), name='leaderboard_once_per_variant'),
        ),
        migrations.AddConstraint(
            model_name='leaderboard',
            constraint=models.CheckConstraint(condition=models.Q(('style__in', ['plain', 'controlled']), ('window__in', ['all', '30d'])), name='leaderboard_variant_known'),
        ),
        migrations.AddConstraint(
            model_name='pairday',
            constraint=models.CheckConstraint(condition=models.Q(('both_bad__gte', 0), ('first__lt', models.F('second')), ('first_wins__gte', 0), ('second_wins__gte', 0), ('ties__gte', 0), ('cells__len', 405), ('sums__len', 14), models.Func(models.F('cells'), output_field=models.BooleanField(), template='0 <= ALL(%(expressions)s)')), name='pair_day_sound'),
        ),
        migrations.AddConstraint(
            model_name='pairtotal',
            constraint=models.UniqueConstraint(fields=('board', 'window', 'first', 'second'), name='pair_total_once'),
        ),
        migrations.AddConstraint(
            model_name='pairtotal',
            constraint=models.CheckConstraint(condition=models.Q(('both_bad__gte', 0), ('first__lt', models.F('second')), ('first_wins__gte', 0), ('second_wins__gte', 0), ('ties__gte', 0), ('cells__len', 405), ('sums__len', 14), models.Func(models.F('cells'), output_field=models.BooleanField(), template='0 <= ALL(%(expressions)s)')), name='pair_total_sound'),
        ),
        migrations.AddConstraint(
            model_name='pairtotal',
            constraint=models.CheckConstraint(condition=models.Q(('window__in', ['all', '30d'])), name='pair_total_window_known'),
        ),
        migrations.AddConstraint(
            model_name='snapshot',
            constraint=models.UniqueConstraint(fields=('board', 'style', 'window', 'published_at'), name='snapshot_once'),
        ),
        migrations.AddConstraint(
            model_name='snapshot',
            constraint=models.CheckConstraint(condition=models.Q(('style__in', ['plain', 'controlled']), ('window__in', ['all', '30d'])), name='snapshot_variant_known'),
        ),
        migrations.AddField(
            model_name='pairing',
            name='board',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='pairing', to='ratings.board'),
        ),
        migrations.AddField(
            model_name='ratingpoint',
            name='contestant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='history', to='contestants.contestant'),
        ),
        migrations.AddField(
            model_name='ratingpoint',
            name='snapshot',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='points', to='ratings.snapshot'),
        ),
        migrations.AddConstraint(
            model_name='windowstart',
            constraint=models.CheckConstraint(condition=models.Q(('window__in', ['30d'])), name='window_start_of_rolling_window'),
        ),
        migrations.AddConstraint(
            model_name='ratingpoint',
            constraint=models.UniqueConstraint(fields=('contestant', 'snapshot'), name='rating_point_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='ratingpoint',
            trigger=pgtrigger.compiler.Trigger(name='rating_point_is_final', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='d732f05622c291c10c4324f983998f9366c8e785', operation='UPDATE OR DELETE', pgid='pgtrigger_rating_point_is_final_15812', table='ratings_ratingpoint', when='BEFORE')),
        ),
    ]
