from django.contrib import admin

from ratings.models import Board

admin.site.register(Board)
