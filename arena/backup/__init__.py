"""Backups: one file with the database, the published exports, the images and the secrets."""
