"""How files say who won."""

WINNERS = {
    **dict.fromkeys(("model_a", "modela", "a", "left", "model_1", "model1"), 0),
    **dict.fromkeys(("model_b", "modelb", "b", "right", "model_2", "model2"), 1),
    **dict.fromkeys(("tie", "draw", "tied"), 2),
    **dict.fromkeys(
        ("tie (bothbad)", "tie (both bad)", "both_bad", "bothbad", "both bad", "tie_bothbad"), 3
    ),
}
"""Codes of outcomes, as in `ratings.engine.OUTCOMES`, by the words for them."""
