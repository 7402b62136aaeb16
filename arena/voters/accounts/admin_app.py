"""Django's admin as an app, with the arena's own site in place of its default one."""

from django.contrib.admin.apps import AdminConfig


class GuardedAdminConfig(AdminConfig):
    default_site = "arena.voters.accounts.admin_site.GuardedAdminSite"
