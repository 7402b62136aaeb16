"""Addresses of allauth at which a form may send a mail, with the arena's limit before them."""

from allauth.account import views
from django.urls import path

from arena.voters.accounts.decorators import mails_limited

urlpatterns = [
    path("signup/", mails_limited(views.signup), name="account_signup"),
    path("email/", mails_limited(views.email), name="account_email"),
    path(
        "confirm-email/",
        mails_limited(views.email_verification_sent),
        name="account_email_verification_sent",
    ),
    path("password/reset/", mails_limited(views.password_reset), name="account_reset_password"),
    path(
        "password/reset/confirm/",
        mails_limited(views.confirm_password_reset_code),
        name="account_confirm_password_reset_code",
    ),
]
