"""What every request and socket passes before an app sees it: bounds of size and of text."""
