import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("battles", "0035_answer_metadata")]

    operations = [
        pgtrigger.migrations.RemoveTrigger("battle", "battle_stays_a_check_or_not"),
        pgtrigger.migrations.RemoveTrigger("canary", "canary_is_kept"),
        pgtrigger.migrations.RemoveTrigger("canary", "canary_of_a_check"),
        pgtrigger.migrations.RemoveTrigger("canary", "decoy_wears_anothers_manner"),
        pgtrigger.migrations.RemoveTrigger("turn", "turns_stay_after_the_vote"),
        pgtrigger.migrations.RemoveTrigger("vote", "vote_on_own_open_battle"),
        pgtrigger.migrations.RemoveTrigger("votestanding", "vote_may_count"),
        migrations.RemoveConstraint("battle", "battle_mode_known_and_checks_are_blind"),
        migrations.RemoveConstraint("battle", "battle_of_two_contestants"),
        migrations.RemoveConstraint("canary", "canary_says_what_was_changed"),
        migrations.RemoveConstraint("manner", "manner_has_something"),
        migrations.RemoveConstraint("turn", "turn_dropped_for_a_reason"),
        migrations.RemoveConstraint("answer", "answer_change_known"),
        migrations.RemoveIndex("battle", "battle_gold_of_voter"),
        migrations.RenameField("battle", "is_check", "is_gold"),
        migrations.RenameField("turn", "dropped", "excluded_reason"),
        migrations.RenameField("manner", "learnt_at", "fitted_at"),
        migrations.RenameModel("Canary", "GoldBattle"),
        migrations.RenameModel("Manner", "StyleProfile"),
        migrations.AlterModelOptions(
            name='goldbattle',
            options={'verbose_name_plural': 'gold battles'},
        ),
        migrations.AlterField(
            model_name='answer',
            name='changed',
            field=models.CharField(blank=True, choices=[('damaged', 'words of its sentences stand in another order'), ('decoy', 'it mimics the style of another model'), ('invisible_decoy', 'the same, with no change that readers see'), ('unclear', 'stopped where only a part of a change was shown')], db_default='', max_length=15),
        ),
        migrations.AlterField(
            model_name='battle',
            name='is_gold',
            field=models.BooleanField(default=False, help_text='Its true result is known, see `GoldBattle`; its vote never counts.'),
        ),
        migrations.AlterField(
            model_name='goldbattle',
            name='battle',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='gold', serialize=False, to='battles.battle'),
        ),
        migrations.AlterField(
            model_name='goldbattle',
            name='drawn_target',
            field=models.ForeignKey(blank=True, help_text='Whose style they mimic.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contestants.contestant'),
        ),
        migrations.AlterField(
            model_name='goldbattle',
            name='kind',
            field=models.CharField(choices=[('same', 'two answers of one model, as they came'), ('damaged', 'two answers of one model, one with its words out of order'), ('decoy', 'two answers of one model, one in the style of another model'), ('invisible_decoy', 'the same, with no change that readers see'), ('voided', 'stopped too early or broken off: its vote is no evidence')], max_length=15),
        ),
        migrations.AlterField(
            model_name='goldbattle',
            name='owed',
            field=models.BooleanField(db_default=False, default=False, help_text='Its vote is no evidence: the next battle of its voter replaces it.'),
        ),
        migrations.AlterField(
            model_name='goldbattle',
            name='stopped_at',
            field=models.DateTimeField(blank=True, help_text='When its voter stopped it so early that its vote is no evidence.', null=True),
        ),
        migrations.AlterField(
            model_name='goldbattle',
            name='target',
            field=models.ForeignKey(blank=True, help_text='The contestant whose style the changed side mimics.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contestants.contestant'),
        ),
        migrations.AlterField(
            model_name='styleprofile',
            name='contestant',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='style_profile', serialize=False, to='contestants.contestant'),
        ),
        migrations.AlterField(
            model_name='turn',
            name='excluded_reason',
            field=models.CharField(blank=True, choices=[('no_answer', 'A model gave no usable answer to the further prompt, so it is left out.'), ('interrupted', 'The answers to the further prompt were interrupted, so it is left out.'), ('stopped', 'You stopped the further prompt before anything was shown, so it is left out.'), ('not_renewed', 'There are no new answers, so the earlier ones stand.'), ('replaced', 'Both models were asked to answer it again.')], help_text='Empty: it is part of the conversation.', max_length=11),
        ),
        migrations.AlterField(
            model_name='votestanding',
            name='code',
            field=models.CharField(blank=True, choices=[('identity_probe', 'The prompt asks the models who they are, so the battle was not blind.'), ('identity_leak', 'An answer says which model or company wrote it, so the battle was not blind.'), ('gold', 'This was a gold question: both answers came from the same model, and one of them may have been changed on purpose. It counts for no model.'), ('program', 'The battle was opened by a program, with a key of the API. It counts on no board.'), ('not_blind', 'You chose the models and knew their names, so the vote counts on no leaderboard.'), ('named_before', 'Before this vote its prompt, or a near copy, was put to a model by name: by you, from your network, or by somebody else while hardly anybody asks it. Who knows that answer may recognise the model, so the vote counts on no leaderboard.'), ('broken_off', "A model's server broke an answer off before it was complete, so the vote says nothing of the models."), ('review', 'Your votes as a whole look unusual. A moderator looks at them before they count.'), ('newcomers', 'Many new visitors voted about this model in a way that no honest crowd would, and this vote is among theirs. That is no judgement of you: a moderator looks at all of them together. If you go on voting, yours is released once 15 votes show that you vote as others do.'), ('moderated', 'A moderator looked at your votes and excluded this one. The page of your votes says why, and how to appeal.')], max_length=20),
        ),
        # The words of the code before; a standing is not changed in what it says.
        migrations.RunSQL(
            """
            UPDATE battles_goldbattle SET kind = CASE kind
                WHEN 'marked' THEN 'invisible_decoy' ELSE 'voided' END
            WHERE kind IN ('marked', 'spoilt');
            UPDATE battles_answer SET changed = 'invisible_decoy' WHERE changed = 'marked';
            ALTER TABLE battles_votestanding DISABLE TRIGGER USER;
            UPDATE battles_votestanding SET code = 'gold' WHERE code = 'check';
            ALTER TABLE battles_votestanding ENABLE TRIGGER USER;
            """,
            """
            UPDATE battles_goldbattle SET kind = CASE kind
                WHEN 'invisible_decoy' THEN 'marked' ELSE 'spoilt' END
            WHERE kind IN ('invisible_decoy', 'voided');
            UPDATE battles_answer SET changed = 'marked' WHERE changed = 'invisible_decoy';
            ALTER TABLE battles_votestanding DISABLE TRIGGER USER;
            UPDATE battles_votestanding SET code = 'check' WHERE code = 'gold';
            ALTER TABLE battles_votestanding ENABLE TRIGGER USER;
            """,
        ),
        migrations.AddIndex(
            model_name='battle',
            index=models.Index(condition=models.Q(('is_gold', True)), fields=['voter'], name='battle_gold_of_voter'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='battle',
            trigger=pgtrigger.compiler.Trigger(name='battle_stays_gold_or_not', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."is_gold" IS DISTINCT FROM (NEW."is_gold"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='d24f1423c19f4bc02eef8eca5292cc9bdba2cba7', operation='UPDATE', pgid='pgtrigger_battle_stays_gold_or_not_5dd6b', table='battles_battle', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='goldbattle',
            trigger=pgtrigger.compiler.Trigger(name='gold_is_kept', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='04958fa087a5b2a4cc13f007995da677a779eeee', operation='DELETE', pgid='pgtrigger_gold_is_kept_53a35', table='battles_goldbattle', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='goldbattle',
            trigger=pgtrigger.compiler.Trigger(name='gold_of_a_gold_question', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    IF NOT EXISTS (\n                        SELECT 1 FROM battles_battle WHERE id = NEW.battle_id AND is_gold\n                    ) THEN\n                        RAISE EXCEPTION 'battle % is no gold question', NEW.battle_id\n                            USING ERRCODE = 'check_violation';\n                    END IF;\n                    RETURN NEW;\n                ", hash='0bf6509710b7871a8cdd239e6983e401241fa4cb', operation='INSERT', pgid='pgtrigger_gold_of_a_gold_question_f93f9', table='battles_goldbattle', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='goldbattle',
            trigger=pgtrigger.compiler.Trigger(name='decoy_mimics_another', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."target_id" IS NOT NULL)', func="\n                    IF EXISTS (\n                        SELECT 1 FROM battles_battle\n                        WHERE id = NEW.battle_id AND contestant_a_id = NEW.target_id\n                    ) THEN\n                        RAISE EXCEPTION 'battle % is of the target itself', NEW.battle_id\n                            USING ERRCODE = 'check_violation';\n                    END IF;\n                    RETURN NEW;\n                ", hash='1e76ea069569d7e1fa4f041d8cc895d602dfa885', operation='INSERT OR UPDATE', pgid='pgtrigger_decoy_mimics_another_ba731', table='battles_goldbattle', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='turn',
            trigger=pgtrigger.compiler.Trigger(name='turns_stay_after_the_vote', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    IF (TG_OP = 'INSERT' OR NEW.excluded_reason <> OLD.excluded_reason) AND EXISTS (\n                        SELECT 1 FROM battles_vote WHERE battle_id = NEW.battle_id\n                    ) THEN\n                        RAISE EXCEPTION 'battle % was voted on: its turns stay as they are',\n                            NEW.battle_id USING ERRCODE = 'check_violation';\n                    END IF;\n                    RETURN NEW;\n                ", hash='b7ed4d236b54bb0564538035b196a0a0552bbfa3', operation='INSERT OR UPDATE', pgid='pgtrigger_turns_stay_after_the_vote_67ea7', table='battles_turn', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='vote',
            trigger=pgtrigger.compiler.Trigger(name='vote_on_own_open_battle', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    IF NOT EXISTS (\n                        SELECT 1 FROM battles_battle\n                        WHERE id = NEW.battle_id AND voter_id = NEW.voter_id AND state = 'open'\n                            AND mode <> 'direct'\n                    ) THEN\n                        RAISE EXCEPTION 'battle % is not open to a vote of voter %',\n                            NEW.battle_id, NEW.voter_id USING ERRCODE = 'check_violation';\n                    END IF;\n                    SELECT count(*) INTO NEW.turns FROM battles_turn AS turn\n                    WHERE battle_id = NEW.battle_id AND turn.excluded_reason = '';\n                    RETURN NEW;\n                ", hash='7d9e9f87601b4d89b0457485f81c824d8fa91823', operation='INSERT', pgid='pgtrigger_vote_on_own_open_battle_05331', table='battles_vote', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='votestanding',
            trigger=pgtrigger.compiler.Trigger(name='vote_may_count', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."standing" = \'counted\')', func="\n                    IF NOT EXISTS (\n                        SELECT 1 FROM battles_vote AS vote\n                        JOIN battles_battle AS battle ON battle.id = vote.battle_id\n                        WHERE vote.id = NEW.vote_id AND battle.mode = 'blind' AND NOT battle.is_gold AND NOT battle.by_program\n                    ) THEN\n                        RAISE EXCEPTION 'vote % is in no rankable battle and never counts',\n                            NEW.vote_id USING ERRCODE = 'check_violation';\n                    END IF;\n                    IF EXISTS (\n                        SELECT 1 FROM battles_vote AS vote\n                        JOIN battles_turn AS turn ON turn.battle_id = vote.battle_id\n                        JOIN battles_answer AS answer ON answer.turn_id = turn.id\n                        WHERE vote.id = NEW.vote_id AND turn.excluded_reason = ''\n                            AND answer.ending = 'broken_off'\n                    ) THEN\n                        RAISE EXCEPTION 'vote % is on a broken answer and never counts',\n                            NEW.vote_id USING ERRCODE = 'check_violation';\n                    END IF;\n                    RETURN NEW;\n                ", hash='7189b94d9db7e13e38525589dda1412e5657c151', operation='INSERT', pgid='pgtrigger_vote_may_count_5ad04', table='battles_votestanding', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='answer',
            constraint=models.CheckConstraint(condition=models.Q(('changed__in', ['', 'damaged', 'decoy', 'invisible_decoy', 'unclear'])), name='answer_change_known'),
        ),
        migrations.AddConstraint(
            model_name='battle',
            constraint=models.CheckConstraint(condition=models.Q(('mode', 'blind'), models.Q(('is_gold', False), ('mode__in', ['side_by_side', 'direct'])), _connector='OR'), name='battle_mode_known_and_gold_is_blind'),
        ),
        migrations.AddConstraint(
            model_name='battle',
            constraint=models.CheckConstraint(condition=models.Q(('is_gold', True), models.Q(('contestant_a', models.F('contestant_b')), ('mode', 'direct')), models.Q(models.Q(('mode', 'direct'), _negated=True), models.Q(('contestant_a', models.F('contestant_b')), _negated=True)), _connector='OR'), name='battle_of_two_contestants'),
        ),
        migrations.AddConstraint(
            model_name='goldbattle',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'same'), ('side', ''), ('target', None)), models.Q(('kind', 'damaged'), ('side__in', ['a', 'b']), ('target', None)), models.Q(('kind__in', ['decoy', 'invisible_decoy']), ('side__in', ['a', 'b']), ('target__isnull', False)), models.Q(('kind', 'voided'), ('side__in', ['', 'a', 'b'])), _connector='OR'), name='gold_says_what_was_changed'),
        ),
        migrations.AddConstraint(
            model_name='styleprofile',
            constraint=models.CheckConstraint(condition=models.Q(('bullet', ''), ('closing', ''), ('closings', []), ('head', ''), ('opening', ''), ('openings', []), ('title', ''), _negated=True), name='style_profile_not_empty'),
        ),
        migrations.AddConstraint(
            model_name='turn',
            constraint=models.CheckConstraint(condition=models.Q(('excluded_reason__in', ['', 'no_answer', 'interrupted', 'stopped', 'not_renewed', 'replaced'])), name='turn_excluded_for_a_reason'),
        ),
    ]
