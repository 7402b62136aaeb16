"""The contestants of the simulated site, as the catalogue has them."""

from arena.contestants.catalogue.changes import EndpointSpec, register
from arena.contestants.models import Contestant
from arena.workbench.demo.population.models import TAKE_IMAGES, Player


def enter(player: Player, base_url: str, state: str = Contestant.State.ACTIVE) -> Contestant:
    """Register a contestant with the fake endpoint at this address."""
    return register(
        slug=player.slug,
        name=player.name,
        organisation=player.organisation,
        licence="Apache-2.0" if len(player.slug) % 2 else "Proprietary",
        description=f"{player.name} is an invented model of this simulated site. Its answers come "
        "from the fake endpoint, and no vote on it was cast by a human.",
        state=state,
        takes_images=player.slug in TAKE_IMAGES,
        endpoint=EndpointSpec(base_url=base_url, model_id=f"talk~{player.slug}"),
    )


def retire(slug: str, reason: str) -> None:
    """Take a contestant out of the draw; its page stays."""
    contestant = Contestant.objects.get(slug=slug)
    contestant.state, contestant.state_reason = Contestant.State.RETIRED, reason
    contestant.full_clean()
    contestant.save()
