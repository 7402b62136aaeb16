"""Changes to answers for gold questions: shuffled words, and the style of another model."""
