"""How few votes carry the first place, and how far single votes and voters move ratings."""
