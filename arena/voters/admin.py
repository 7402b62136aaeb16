"""Accounts in the admin."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from arena.voters.models import Member

admin.site.register(Member, UserAdmin)
