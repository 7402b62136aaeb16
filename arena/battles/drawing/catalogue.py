"""What opening a battle needs to know of the contestants, read by one statement."""

from dataclasses import dataclass

from django.db.models import Case, Exists, OuterRef, Q, When

from arena.battles.models import StyleProfile
from arena.battles.models.gold import HAS_PROFILE
from arena.contestants.catalogue.reading import CatalogueNames, can_be_asked
from arena.contestants.models import COMPETING, Contestant
from arena.leaderboards.sampling import Drawable


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The contestants as of one moment.

    Attributes:
        answer_twice: ids of those with an endpoint that writes two answers at once.
        have_profile: ids of those with a style profile that another's answer can imitate.
    """

    names: CatalogueNames
    all_drawable: Drawable
    take_images: frozenset[int]
    answer_twice: frozenset[int]
    have_profile: frozenset[int]

    def drawable(self, *, taking_images: bool) -> Drawable:
        """Those that may be drawn, or only those that take images."""
        return tuple(
            entry
            for entry in self.all_drawable
            if not taking_images or entry[0] in self.take_images
        )


def read_catalogue() -> Catalogue:
    profile = StyleProfile.objects.filter(HAS_PROFILE, contestant=OuterRef("pk"))
    rows = (
        Contestant.objects.order_by("pk")
        .annotate(
            may_be_drawn=Case(
                When(Q(can_be_asked(), state__in=COMPETING), then=True), default=False
            ),
            has_profile=Exists(profile),
        )
        .values_list(
            *("pk", "state", "name", "slug", "organisation", "aliases", "takes_images"),
            *("may_be_drawn", "has_profile"),
            *("endpoints__model_id", "endpoints__enabled", "endpoints__max_concurrency"),
            named=True,
        )
    )
    listed = list(rows)
    models = {name for row in listed for name in (row.name, row.slug, *row.aliases)}
    return Catalogue(
        names=CatalogueNames(
            frozenset(models | {row.endpoints__model_id for row in listed} - {None, ""}),
            frozenset(row.organisation for row in listed),
        ),
        all_drawable=tuple(
            dict.fromkeys(
                (row.pk, row.state == Contestant.State.PROVISIONAL)
                for row in listed
                if row.may_be_drawn
            )
        ),
        take_images=frozenset(row.pk for row in listed if row.takes_images),
        answer_twice=frozenset(
            row.pk
            for row in listed
            if row.endpoints__enabled
            and (row.endpoints__max_concurrency is None or row.endpoints__max_concurrency > 1)
        ),
        have_profile=frozenset(row.pk for row in listed if row.has_profile),
    )
