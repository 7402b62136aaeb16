"""What a prompt or an answer says about itself: topics, identity, near duplicates, style.

Pure functions of text: no Django, no database, no network. `classification` sorts prompts into
boards, `identity` finds what breaks the blind, `freshness` and `near_duplicates` find repeats of
earlier prompts, `personal_data` finds what should not be sent, `style` measures how an answer
looks, and `transforms` changes answers of gold questions.
"""
