"""What a prompt or an answer says about itself: topics, identity leaks, near copies.

Pure functions of text: no Django, no database, no network. `classification` sorts prompts into
boards, `leaks` finds what breaks the blind, `freshness` finds repeats of earlier prompts,
`style` measures how an answer looks.
"""
