"""The admin's pages of contestants and endpoints. Django finds them by importing this package."""

from arena.contestants.admin.catalogue import ContestantAdmin

__all__ = ["ContestantAdmin"]
