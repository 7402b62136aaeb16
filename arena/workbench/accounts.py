"""Accounts of the development site and of the simulated one: known passwords and second factors."""

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP

from arena.voters.models import Member
from arena.workbench.demo.plan import PASSWORD, TOTP_SECRET


def account(name: str) -> Member:
    """A member, who may log in at once."""
    member = Member.objects.create_user(name, f"{name}@example.org", PASSWORD)
    EmailAddress.objects.create(user=member, email=member.email, primary=True, verified=True)
    return member


def operator(name: str) -> Member:
    """An operator, who may open the admin."""
    made = Member.objects.create_superuser(name, f"{name}@example.org", PASSWORD)
    add_second_factor(made)
    return made


def add_second_factor(member: Member) -> None:
    """Add an authenticator app; `arena.workbench.demo.plan.totp_code` computes its codes."""
    TOTP.activate(member, TOTP_SECRET)
