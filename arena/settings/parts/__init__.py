"""The settings of Django and its packages, a file for each subject; base.py joins them."""
