"""Members, moderators and operators to test with, and browsers that are logged in as them."""

import uuid
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.core import signing
from django.test import Client

from arena.moderation.roles import Role
from arena.voters.identity import COOKIE, SALT
from arena.voters.models import Member, Voter


def add_second_factor(member: Member) -> None:
    Authenticator.objects.create(user=member, type=Authenticator.Type.TOTP, data={"secret": ""})


def make_operator(name: str = "operator", **values: Any) -> Member:
    """An operator with a second factor, as the admin demands."""
    member = Member.objects.create_superuser(name, **values)
    add_second_factor(member)
    return member


def make_moderator(name: str, role: Role = Role.MODERATOR) -> Member:
    """A member of a role, with a second factor."""
    member = Member.objects.create_user(name, f"{name}@example.org", "a long password")
    member.groups.add(Group.objects.get(name=role))
    add_second_factor(member)
    return member


def logged_in(member: Member) -> Client:
    """A browser in which a member is logged in."""
    client = Client()
    client.force_login(member)
    return client


def signed_cookie(voter_id: uuid.UUID | str) -> str:
    """The value of the cookie that a browser of this voter holds."""
    return signing.dumps(str(voter_id), salt=SALT)


def as_voter(voter: Voter | uuid.UUID) -> Client:
    """A browser with a voter's cookie."""
    client = Client()
    client.cookies[COOKIE] = signed_cookie(voter.pk if isinstance(voter, Voter) else voter)
    return client
