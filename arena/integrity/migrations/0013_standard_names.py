import django.contrib.postgres.fields
from django.db import migrations, models
from django.db.models import Q

FLAGS = {
    'probing': 'identity_probing',
    'regular': 'periodic_timing',
    'repeated': 'repeated_prompts',
    'shared': 'shared_prompts',
    'sleepless': 'no_sleep_gap',
    'trigger': 'trigger_word',
    'unread': 'too_fast',
    'unseen': 'not_scrolled',
}

NAMES = ', '.join(f"('{old}', '{new}')" for old, new in FLAGS.items())

RENAME_FLAGS = f"""
ALTER TABLE integrity_signal DISABLE TRIGGER USER;
UPDATE integrity_signal AS signal
SET detail = signal.detail - 'habit' || jsonb_build_object('flag', flag.now)
FROM (VALUES {NAMES}) AS flag (before, now)
WHERE signal.detail ->> 'habit' = flag.before;
UPDATE integrity_signal
SET detail = detail - 'checks_log_e' || jsonb_build_object('gold_log_e', detail -> 'checks_log_e')
WHERE detail ? 'checks_log_e';
ALTER TABLE integrity_signal ENABLE TRIGGER USER;
UPDATE integrity_voterevidence AS evidence
SET flags = (
    SELECT jsonb_object_agg(
        coalesce(flag.now, state.key),
        CASE WHEN state.value ? 'odd'
            THEN state.value - 'odd' || jsonb_build_object('anomalous', state.value -> 'odd')
            ELSE state.value
        END
    )
    FROM jsonb_each(evidence.flags) AS state
    LEFT JOIN (VALUES {NAMES}) AS flag (before, now) ON flag.before = state.key
)
WHERE evidence.flags <> '{{}}'::jsonb;
"""


def renamed(table, model, old, new, constraint):
    """Rename a constraint without checking all rows again."""
    return migrations.SeparateDatabaseAndState(
        [
            migrations.RunSQL(
                f'ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new}',
                f'ALTER TABLE {table} RENAME CONSTRAINT {new} TO {old}',
            )
        ],
        [
            migrations.RemoveConstraint(model, old),
            migrations.AddConstraint(model, constraint),
        ],
    )


class Migration(migrations.Migration):

    dependencies = [
        ('integrity', '0012_newcomers'),
    ]

    operations = [
        migrations.RenameModel('OwnChange', 'VoterCountDelta'),
        migrations.RenameField('votercountdelta', 'number', 'revision'),
        migrations.RenameIndex('votercountdelta', 'count_delta_of_voter', old_name='own_change_of_voter'),
        migrations.RenameIndex('votercountdelta', 'count_delta_unweighed', old_name='own_change_unweighed'),
        renamed(
            'integrity_votercountdelta', 'votercountdelta', 'own_change_by_one', 'count_delta_by_one',
            models.CheckConstraint(condition=Q(('delta__in', [1, 0, -1])), name='count_delta_by_one'),
        ),
        renamed(
            'integrity_votercountdelta', 'votercountdelta', 'own_change_weighed_if_counted', 'count_delta_weighed_if_counted',
            models.CheckConstraint(condition=Q(('unweighed', False), ('delta__gte', 0), _connector='OR'), name='count_delta_weighed_if_counted'),
        ),
        migrations.RenameModel('NewcomersPassed', 'NewcomersAcknowledgement'),
        renamed(
            'integrity_newcomersacknowledgement', 'newcomersacknowledgement', 'newcomers_passed_change_known', 'newcomers_acknowledgement_change_known',
            models.CheckConstraint(condition=Q(('change__in', ['lifted', 'lowered', 'tied'])), name='newcomers_acknowledgement_change_known'),
        ),
        migrations.RenameField('voterevidence', 'values', 'preference'),
        migrations.RenameField('voterevidence', 'own', 'ledger'),
        migrations.RenameField('voterevidence', 'own_changes', 'ledger_revision'),
        migrations.RenameField('voterevidence', 'canaries', 'gold'),
        migrations.RenameField('voterevidence', 'seeking', 'target_seeking'),
        migrations.RenameField('voterevidence', 'habits', 'flags'),
        migrations.RenameField('voterevidence', 'reviewed_log_e', 'acknowledged_log_e'),
        migrations.RenameField('weighedvote', 'helps_a', 'gradient_sign'),
        migrations.RenameField('weighedvote', 'left', 'abandoned'),
        migrations.RenameField('weighedvote', 'tie_room', 'tie_tolerance'),
        renamed(
            'integrity_signal', 'signal', 'signal_of_a_habit_has_no_e_value', 'signal_of_a_flag_has_no_e_value',
            models.CheckConstraint(
                condition=Q(Q(('kind__in', ['attention', 'prompt']), ('log_e', None)), ('kind__in', ['preference', 'group', 'newcomers']), _connector='OR'),
                name='signal_of_a_flag_has_no_e_value',
            ),
        ),
        migrations.AlterField(
            model_name='newcomersacknowledgement',
            name='decision',
            field=models.BigIntegerField(help_text="The moderator's decision, by id.", unique=True),
        ),
        migrations.AlterField(
            model_name='newcomersacknowledgement',
            name='newest',
            field=models.BigIntegerField(help_text='Votes up to this id are no evidence any more.'),
        ),
        migrations.AlterField(
            model_name='newcomersday',
            name='contestants',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), help_text='Those on the board, by id.', size=None),
        ),
        migrations.AlterField(
            model_name='newcomersday',
            name='covariance',
            field=models.BinaryField(help_text='Of the strengths: float32, row by row.'),
        ),
        migrations.AlterField(
            model_name='newcomersday',
            name='strengths',
            field=models.BinaryField(help_text='In log-odds: float64, one for each contestant.'),
        ),
        migrations.AlterField(
            model_name='newcomersday',
            name='ties',
            field=models.FloatField(help_text="Davidson's tie parameter."),
        ),
        migrations.AlterField(
            model_name='votercountdelta',
            name='delta',
            field=models.SmallIntegerField(help_text='1: the vote was counted. -1: it was taken back. 0: it is on a gold question.'),
        ),
        migrations.AlterField(
            model_name='votercountdelta',
            name='revision',
            field=models.BigIntegerField(help_text='Revision of the pair on the overall board after the change; 0: before all.'),
        ),
        migrations.AlterField(
            model_name='votercountdelta',
            name='unweighed',
            field=models.BooleanField(help_text='The vote still has to be weighed.'),
        ),
        migrations.AlterField(
            model_name='voterevidence',
            name='acknowledged_log_e',
            field=models.FloatField(default=0.0, help_text='The `peak_log_e` that a moderator acknowledged.'),
        ),
        migrations.AlterField(
            model_name='voterevidence',
            name='flags',
            field=models.JSONField(default=dict, help_text='State of each behaviour flag by name: `arena.integrity.flags`.'),
        ),
        migrations.AlterField(
            model_name='voterevidence',
            name='gold',
            field=models.BinaryField(default=bytes, help_text='State of the test of gold questions: `GoldEvidence.packed`.'),
        ),
        migrations.AlterField(
            model_name='voterevidence',
            name='hold_due',
            field=models.BooleanField(default=False, help_text="The next check holds the voter's counted votes."),
        ),
        migrations.AlterField(
            model_name='voterevidence',
            name='ledger',
            field=models.BinaryField(default=bytes, help_text="The voter's counts on the overall board: `LedgerCounts.packed`."),
        ),
        migrations.AlterField(
            model_name='voterevidence',
            name='ledger_revision',
            field=models.BigIntegerField(default=0, help_text='Revision of the oldest board that includes all of `ledger`.'),
        ),
        migrations.AlterField(
            model_name='voterevidence',
            name='models_known',
            field=models.PositiveIntegerField(default=0, help_text='Number of contestants in `preference`.'),
        ),
        migrations.AlterField(
            model_name='voterevidence',
            name='offset',
            field=models.FloatField(default=0.0, help_text='At most 0. Added to `log_e`, so that a new contestant never raises it.'),
        ),
        migrations.AlterField(
            model_name='voterevidence',
            name='peak_log_e',
            field=models.FloatField(default=0.0, help_text='The highest `log_e` so far.'),
        ),
        migrations.AlterField(
            model_name='voterevidence',
            name='preference',
            field=models.BinaryField(default=bytes, help_text='State of the test of picks: `PreferenceEvidence.packed`.'),
        ),
        migrations.AlterField(
            model_name='voterevidence',
            name='target_seeking',
            field=models.BinaryField(default=bytes, help_text='State of the test of target-seeking: `TargetSeeking.packed`.'),
        ),
        migrations.AlterField(
            model_name='voterevidence',
            name='ties',
            field=models.BinaryField(db_default=b'', default=bytes, help_text='State of the test of ties: `Ties.packed`.'),
        ),
        migrations.AlterField(
            model_name='voterevidence',
            name='votes',
            field=models.PositiveIntegerField(default=0, help_text='Votes weighed so far.'),
        ),
        migrations.AlterField(
            model_name='weighedvote',
            name='abandoned',
            field=models.BinaryField(default=bytes, help_text='Contestants of the battles abandoned since the previous vote: int32 pairs.'),
        ),
        migrations.AlterField(
            model_name='weighedvote',
            name='gradient_sign',
            field=models.BinaryField(default=bytes, help_text='One bit for each contestant, by id: 1 if a win of A raises its rating.'),
        ),
        migrations.AlterField(
            model_name='weighedvote',
            name='models_known',
            field=models.PositiveIntegerField(help_text='Number of contestants at that time.'),
        ),
        migrations.AlterField(
            model_name='weighedvote',
            name='number',
            field=models.PositiveIntegerField(help_text='Number of the step of this voter, from 1.'),
        ),
        migrations.AlterField(
            model_name='weighedvote',
            name='tie_closeness',
            field=models.FloatField(help_text='Log-odds of a tie of this pair minus those of two equal models. Empty: the vote was weighed before ties were tested.', null=True),
        ),
        migrations.AlterField(
            model_name='weighedvote',
            name='tie_tolerance',
            field=models.FloatField(db_default=0.0, default=0.0, help_text='Log-odds that an honest voter may tie more here: `tie_tolerance`.'),
        ),
        migrations.RunSQL(RENAME_FLAGS, migrations.RunSQL.noop),
    ]
