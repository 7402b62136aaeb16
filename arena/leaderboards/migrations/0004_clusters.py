import django.contrib.postgres.fields
import arena.leaderboards.models
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ratings', '0003_chain'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='pairday',
            name='pair_day_sound',
        ),
        migrations.RemoveConstraint(
            model_name='pairtotal',
            name='pair_total_sound',
        ),
        migrations.AddField(
            model_name='leaderboard',
            name='clusters',
            field=models.JSONField(help_text='Sums over clusters of voters, if intervals are clustered.', null=True),
        ),
        migrations.AddField(
            model_name='pairday',
            name='voters',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), default=arena.leaderboards.models.no_voters, size=512),
        ),
        migrations.AddField(
            model_name='pairtotal',
            name='voters',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), default=arena.leaderboards.models.no_voters, size=512),
        ),
        migrations.AddField(
            model_name='snapshot',
            name='clusters',
            field=models.JSONField(null=True),
        ),
        migrations.AddConstraint(
            model_name='pairday',
            constraint=models.CheckConstraint(condition=models.Q(('both_bad__gte', 0), ('first__lt', models.F('second')), ('first_wins__gte', 0), ('second_wins__gte', 0), ('ties__gte', 0), ('cells__len', 405), ('sums__len', 14), ('voters__len', 512), models.Func(models.F('cells'), output_field=models.BooleanField(), template='0 <= ALL(%(expressions)s)'), models.Func(models.F('voters'), output_field=models.BooleanField(), template='0 <= ALL(%(expressions)s)')), name='pair_day_sound'),
        ),
        migrations.AddConstraint(
            model_name='pairtotal',
            constraint=models.CheckConstraint(condition=models.Q(('both_bad__gte', 0), ('first__lt', models.F('second')), ('first_wins__gte', 0), ('second_wins__gte', 0), ('ties__gte', 0), ('cells__len', 405), ('sums__len', 14), ('voters__len', 512), models.Func(models.F('cells'), output_field=models.BooleanField(), template='0 <= ALL(%(expressions)s)'), models.Func(models.F('voters'), output_field=models.BooleanField(), template='0 <= ALL(%(expressions)s)')), name='pair_total_sound'),
        ),
    ]
